function [value, first_derivative, second_derivative] = derivative(T, U, V)
%DERIVATIVE norm2(T - U*V')^2, by U: order 0, 1, 2, mixed layout.
%
%   Arguments:
%       T: matrix, n-by-m
%       U: matrix, n-by-p
%       V: matrix, m-by-p
%
%   Returns:
%       value: norm2(T - U*V')^2, a number
%       first_derivative: -2*(T - U*V')*V, n-by-p
%       second_derivative: 2*kron(V'*V, eye(n)), n-by-p-by-n-by-p

    if ~ismatrix(T)
        error('derivative:size', 'T must be a matrix, n-by-m');
    end
    T = double(T);
    if ~ismatrix(U)
        error('derivative:size', 'U must be a matrix, n-by-p');
    end
    U = double(U);
    if ~ismatrix(V)
        error('derivative:size', 'V must be a matrix, m-by-p');
    end
    V = double(V);
    [n, m] = size(T);
    p = size(U, 2);
    if ~isequal(size(U), [n, p])
        error('derivative:size', 'U is %d-by-%d and must be n-by-p = %d-by-%d', size(U), [n, p]);
    end
    if ~isequal(size(V), [m, p])
        error('derivative:size', 'V is %d-by-%d and must be m-by-p = %d-by-%d', size(V), [m, p]);
    end
    % T - U*V'
    difference = T - U * V';
    % norm2(T - U*V')
    norm2 = norm(difference, 'fro');
    % norm2(T - U*V')^2
    value = norm2 * norm2;
    % -2*(T - U*V')*V
    first_derivative = -2 * (difference * V);
    % 2*kron(V'*V, eye(n))
    second_derivative = zeros([n, p, n, p]);
    % the entries (i, j, i, k)
    at = 1 + (1 + n * p) * (0:n-1)' + n * (0:p-1) + n * n * p * reshape(0:p-1, [1, 1, p]);
    second_derivative(at) = reshape(second_derivative(at), size(at)) + reshape(2 * (V' * V), ...
            [1, p, p]);
end
