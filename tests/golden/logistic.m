function [value, first_derivative, second_derivative] = derivative(X, w, y)
%DERIVATIVE sum(log(exp(-y.*(X*w)) + 1)), by w: order 0, 1, 2, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-m
%       w: vector, m-by-1
%       y: vector, n-by-1
%
%   Returns:
%       value: sum(log(exp(-y.*(X*w)) + 1)), a number
%       first_derivative: -X'*(sigmoid(-y.*(X*w)).*y), a vector
%       second_derivative: X'*diag(y.^2.*sigmoid(-y.*(X*w)).*(1 - sigmoid(-y.*(X*w))))*X, m-by-m

    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-m');
    end
    X = double(X);
    if ~isvector(w)
        error('derivative:size', 'w must be a vector, of length m');
    end
    w = double(w(:));
    if ~isvector(y)
        error('derivative:size', 'y must be a vector, of length n');
    end
    y = double(y(:));
    [n, m] = size(X);
    if numel(w) ~= m
        error('derivative:size', 'w is of length %d and must be of length m = %d', numel(w), m);
    end
    if numel(y) ~= n
        error('derivative:size', 'y is of length %d and must be of length n = %d', numel(y), n);
    end
    % y.*(X*w)
    scaled = y .* (X * w);
    % -y.*(X*w)
    negative = -scaled;
    % sum(softplus(-y.*(X*w)))
    value = sum(max(negative, 0) + log1p(exp(-abs(negative))));
    % sigmoid(-y.*(X*w))
    sigmoid = 1 ./ (1 + exp(-negative));
    % -X'*(sigmoid(-y.*(X*w)).*y)
    first_derivative = -(X' * (sigmoid .* y));
    % rows scaled by square roots, so that the product is symmetric
    scaled_2 = sqrt(y .* y .* sigmoid .* (1 ./ (1 + exp(-scaled)))) .* X;
    % X'*diag(y.^2.*sigmoid(-y.*(X*w)).*sigmoid(y.*(X*w)))*X
    second_derivative = scaled_2' * scaled_2;
end
