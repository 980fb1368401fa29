function [value, first_derivative] = derivative(X, a, b)
%DERIVATIVE a'*logm(X)*b, by X: order 0, 1, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-n
%       a: vector, n-by-1
%       b: vector, n-by-1
%
%   Returns:
%       value: a'*logm(X)*b, a number
%       first_derivative: logm_frechet(X', a*b'), n-by-n

    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-n');
    end
    X = double(X);
    if ~isvector(a)
        error('derivative:size', 'a must be a vector, of length n');
    end
    a = double(a(:));
    if ~isvector(b)
        error('derivative:size', 'b must be a vector, of length n');
    end
    b = double(b(:));
    n = size(X, 1);
    if ~isequal(size(X), [n, n])
        error('derivative:size', 'X is %d-by-%d and must be n-by-n = %d-by-%d', size(X), [n, n]);
    end
    if numel(a) ~= n
        error('derivative:size', 'a is of length %d and must be of length n = %d', numel(a), n);
    end
    if numel(b) ~= n
        error('derivative:size', 'b is of length %d and must be of length n = %d', numel(b), n);
    end
    % logm(X)
    logm_part = real(logm(X));
    % a'*logm(X)*b
    value = a' * (logm_part * b);
    % a*b'
    outer = a * b';
    % logm_frechet(X', a*b')
    block = real(logm([(X'), outer; zeros(n), (X')]));
    first_derivative = block(1:n, n+1:end);
end
