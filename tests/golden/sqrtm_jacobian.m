function [value, first_derivative] = derivative(X)
%DERIVATIVE sqrtm(X), by X: order 0, 1, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-n
%
%   Returns:
%       value: sqrtm(X), n-by-n
%       first_derivative: sqrtm_jacobian(X), n-by-n-by-n-by-n

    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-n');
    end
    X = double(X);
    n = size(X, 1);
    if ~isequal(size(X), [n, n])
        error('derivative:size', 'X is %d-by-%d and must be n-by-n = %d-by-%d', size(X), [n, n]);
    end
    % sqrtm(X)
    value = real(sqrtm(X));
    % sqrtm_jacobian(X)
    root = real(sqrtm(X));
    sqrtm_jacobian = inv(kron(eye(n), root) + kron(root', eye(n)));
    shaped = permute(reshape(sqrtm_jacobian', [n, n, n, n]), [4, 3, 2, 1]);
    % sqrtm_jacobian(X)
    first_derivative = permute(shaped, [2, 1, 4, 3]);
end
