function [value, first_derivative, second_derivative] = derivative(A, x)
%DERIVATIVE 0.5*x'*A*x, by x: order 0, 1, 2, mixed layout.
%
%   Arguments:
%       A: matrix, n-by-n, symmetric
%       x: vector, n-by-1
%
%   Returns:
%       value: 0.5*x'*A*x, a number
%       first_derivative: A*x, a vector
%       second_derivative: A, n-by-n

    if ~ismatrix(A)
        error('derivative:size', 'A must be a matrix, n-by-n');
    end
    A = double(A);
    if ~isvector(x)
        error('derivative:size', 'x must be a vector, of length n');
    end
    x = double(x(:));
    n = size(A, 1);
    if ~isequal(size(A), [n, n])
        error('derivative:size', 'A is %d-by-%d and must be n-by-n = %d-by-%d', size(A), [n, n]);
    end
    if numel(x) ~= n
        error('derivative:size', 'x is of length %d and must be of length n = %d', numel(x), n);
    end
    % A*x
    first_derivative = A * x;
    % 0.5*x'*A*x
    value = 0.5 * (x' * first_derivative);
    second_derivative = A;
end
