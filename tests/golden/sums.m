function [value, first_derivative] = derivative(X, a, b)
%DERIVATIVE sum(X, 1)*a + b'*sum(X, 2) + sum(X)/(m*n) + sum(X, 1)*a/n, by X: order 0, 1, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-m
%       a: vector, m-by-1
%       b: vector, n-by-1
%
%   Returns:
%       value: sum(X, 1)*a + b'*sum(X, 2) + sum(X)/(m*n) + sum(X, 1)*a/n, a number
%       first_derivative: 1/(m*n) + b*vector(1)' + (1 + 1/n)*vector(1)*a', n-by-m

    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-m');
    end
    X = double(X);
    if ~isvector(a)
        error('derivative:size', 'a must be a vector, of length m');
    end
    a = double(a(:));
    if ~isvector(b)
        error('derivative:size', 'b must be a vector, of length n');
    end
    b = double(b(:));
    [n, m] = size(X);
    if numel(a) ~= m
        error('derivative:size', 'a is of length %d and must be of length m = %d', numel(a), m);
    end
    if numel(b) ~= n
        error('derivative:size', 'b is of length %d and must be of length n = %d', numel(b), n);
    end
    % sum(X, 1)*a
    product = sum(X, 1) * a;
    scaled = m * n;
    % sum(X, 1)*a + b'*sum(X, 2) + sum(X)/(m*n) + sum(X, 1)*a/n
    value = product + b' * sum(X, 2) + sum(sum(X)) / scaled + product / n;
    % 1/(m*n) + b*vector(1)' + (1 + 1/n)*vector(1)*a'
    first_derivative = b * ones(m, 1)' + (1 + 1 / n) * ones(n, 1) * a' + 1 / scaled;
end
