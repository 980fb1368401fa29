function [value, first_derivative] = derivative(X, a)
%DERIVATIVE norm1(X) + norm2(X) + max(X) + min(X) + norm2(X*a) + max(X*a) + norm1(a), by X: order 0, 1, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-m
%       a: vector, m-by-1
%
%   Returns:
%       value: norm1(X) + norm2(X) + max(X) + min(X) + norm2(X*a) + max(X*a) + norm1(a), a number
%       first_derivative: (1 - sign(max(X*a) - X*a) + X*a/norm2(X*a))*a' + 2 - sign(X - min(X)) - sign(max(X) - X) + X/norm2(X) + sign(X), n-by-m

    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-m');
    end
    X = double(X);
    if ~isvector(a)
        error('derivative:size', 'a must be a vector, of length m');
    end
    a = double(a(:));
    [n, m] = size(X);
    if numel(a) ~= m
        error('derivative:size', 'a is of length %d and must be of length m = %d', numel(a), m);
    end
    % norm2(X)
    norm2 = norm(X, 'fro');
    % max(X)
    largest = max(max(X));
    % min(X)
    smallest = min(min(X));
    % X*a
    Xa = X * a;
    % norm2(X*a)
    norm2_2 = norm(Xa);
    % max(X*a)
    largest_2 = max(Xa);
    total = sum(sum(abs(X))) + norm2 + largest + smallest + norm2_2 + largest_2;
    % norm1(X) + norm2(X) + max(X) + min(X) + norm2(X*a) + max(X*a) + norm1(a)
    value = total + norm(a, 1);
    total_2 = (1 / norm2_2 * Xa + 1 - sign(largest_2 - Xa)) * a' + 1 / norm2 * X;
    first_derivative = total_2 + sign(X) + 2 - sign(X - smallest) - sign(largest - X);
end
