function [value, first_derivative] = derivative(X, Y)
%DERIVATIVE kron(X, Y), by X: order 0, 1, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-m
%       Y: matrix, p-by-q
%
%   Returns:
%       value: kron(X, Y), n*p-by-m*q
%       first_derivative: kron(eye(m), kron(commutation(q, n), eye(p)))*kron(eye(m*n), vec(Y)), n*p-by-m*q-by-n-by-m

    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-m');
    end
    X = double(X);
    if ~ismatrix(Y)
        error('derivative:size', 'Y must be a matrix, p-by-q');
    end
    Y = double(Y);
    [n, m] = size(X);
    [p, q] = size(Y);
    % kron(X, Y)
    value = kron(X, Y);
    tensor = zeros([n, p, m, q, n, m]);
    % the entries (i, j, k, l, i, k)
    at = 1 + (1 + m * n * p * q) * (0:n-1)' + n * (0:p-1) + (n * p + m * n * n * p * q) * ...
            reshape(0:m-1, [1, 1, m]) + m * n * p * reshape(0:q-1, [1, 1, 1, q]);
    tensor(at) = reshape(tensor(at), size(at)) + reshape(Y, [1, p, 1, q]);
    % kron(eye(m), kron(commutation(q, n), eye(p)))*kron(eye(m*n), vec(Y))
    first_derivative = reshape(permute(tensor, [2, 1, 4, 3, 5, 6]), [n * p, m * q, n, m]);
end
