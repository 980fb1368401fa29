function [value, first_derivative] = derivative(S, m, x)
%DERIVATIVE 0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m), by S: order 0, 1, mixed layout.
%
%   Arguments:
%       S: matrix, n-by-n, positive definite
%       m: vector, n-by-1
%       x: vector, n-by-1
%
%   Returns:
%       value: 0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m), a number
%       first_derivative: -0.5*inv(S)*((x - m)*(x - m)'*inv(S) - eye), n-by-n

    if ~ismatrix(S)
        error('derivative:size', 'S must be a matrix, n-by-n');
    end
    S = double(S);
    if ~isvector(m)
        error('derivative:size', 'm must be a vector, of length n');
    end
    m = double(m(:));
    if ~isvector(x)
        error('derivative:size', 'x must be a vector, of length n');
    end
    x = double(x(:));
    n = size(S, 1);
    if ~isequal(size(S), [n, n])
        error('derivative:size', 'S is %d-by-%d and must be n-by-n = %d-by-%d', size(S), [n, n]);
    end
    if numel(m) ~= n
        error('derivative:size', 'm is of length %d and must be of length n = %d', numel(m), n);
    end
    if numel(x) ~= n
        error('derivative:size', 'x is of length %d and must be of length n = %d', numel(x), n);
    end
    factor = chol(S);
    % x - m
    difference = x - m;
    solution = factor \ (factor' \ difference);
    % 0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m)
    value = 0.5 * (2 * sum(log(diag(factor)))) + 0.5 * (difference' * solution);
    % 0.5*inv(S) - 0.5*inv(S)*(x - m)*(x - m)'*inv(S)
    first_derivative = 0.5 * (factor \ (factor' \ eye(n))) - 0.5 * solution * solution';
end
