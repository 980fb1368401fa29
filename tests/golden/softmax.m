function [value, first_derivative] = derivative(A, x)
%DERIVATIVE softmax(A*x), by x: order 0, 1, mixed layout.
%
%   Arguments:
%       A: matrix, n-by-m
%       x: vector, m-by-1
%
%   Returns:
%       value: softmax(A*x), a vector
%       first_derivative: (diag(softmax(A*x)) - softmax(A*x)*softmax(A*x)')*A, n-by-m

    if ~ismatrix(A)
        error('derivative:size', 'A must be a matrix, n-by-m');
    end
    A = double(A);
    if ~isvector(x)
        error('derivative:size', 'x must be a vector, of length m');
    end
    x = double(x(:));
    [n, m] = size(A);
    if numel(x) ~= m
        error('derivative:size', 'x is of length %d and must be of length m = %d', numel(x), m);
    end
    % A*x
    Ax = A * x;
    % softmax(A*x)
    powers = exp(Ax - max(Ax));
    value = powers / sum(powers);
    % softmax_times(A, softmax(A*x))
    % the row of a weight near 1 is near the mean: it differs by what the others add
    others = value;
    others(value > 0.5) = 0;
    first_derivative = A - value' * A;
    first_derivative(value > 0.5, :) = sum(others) * A(value > 0.5, :) - others' * A;
    first_derivative = value .* first_derivative;
end
