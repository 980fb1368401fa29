function [value, first_derivative] = derivative(X)
%DERIVATIVE X^3 - 2*X^2 + X, by X: order 0, 1, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-n
%
%   Returns:
%       value: X^3 - 2*X^2 + X, n-by-n
%       first_derivative: eye - 2*(kron(X', eye(n)) + kron(eye(n), X)) + kron((X^2)', eye(n)) + kron(X', X) + kron(eye(n), X^2), n-by-n-by-n-by-n

    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-n');
    end
    X = double(X);
    n = size(X, 1);
    if ~isequal(size(X), [n, n])
        error('derivative:size', 'X is %d-by-%d and must be n-by-n = %d-by-%d', size(X), [n, n]);
    end
    % X^2
    matrix_power = X^2;
    % X^3 - 2*X^2 + X
    value = X^3 + X - 2 * matrix_power;
    scaled = -2 * X;
    first_derivative = reshape(X, [n, 1, n]) .* reshape(X', [1, n, 1, n]);
    % the entries (i, j, i, j)
    at = 1 + (1 + n * n) * (0:n-1)' + (n + n * n * n) * (0:n-1);
    first_derivative(at) = reshape(first_derivative(at), size(at)) + 1;
    % the entries (i, j, i, k)
    at_2 = 1 + (1 + n * n) * (0:n-1)' + n * (0:n-1) + n * n * n * reshape(0:n-1, [1, 1, n]);
    first_derivative(at_2) = reshape(first_derivative(at_2), size(at_2)) + reshape(scaled', ...
            [1, n, n]);
    % the entries (i, j, k, j)
    at_3 = 1 + (0:n-1)' + (n + n * n * n) * (0:n-1) + n * n * reshape(0:n-1, [1, 1, n]);
    first_derivative(at_3) = reshape(first_derivative(at_3), size(at_3)) + reshape(scaled, ...
            [n, 1, n]);
    % the entries (i, j, i, k)
    at_4 = 1 + (1 + n * n) * (0:n-1)' + n * (0:n-1) + n * n * n * reshape(0:n-1, [1, 1, n]);
    first_derivative(at_4) = reshape(first_derivative(at_4), size(at_4)) + ...
            reshape(matrix_power', [1, n, n]);
    % the entries (i, j, k, j)
    at_5 = 1 + (0:n-1)' + (n + n * n * n) * (0:n-1) + n * n * reshape(0:n-1, [1, 1, n]);
    first_derivative(at_5) = reshape(first_derivative(at_5), size(at_5)) + ...
            reshape(matrix_power, [n, 1, n]);
end
