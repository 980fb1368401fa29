function [value, first_derivative, second_derivative] = derivative(A, end_, fill, lu_, lambda_1)
%DERIVATIVE lu*end'*A*end + λ_1*sum(fill), by end: order 0, 1, 2, mixed layout.
%
%   Arguments:
%       A: matrix, for-by-for
%       end_: vector, for-by-1
%       fill: vector, end-by-1
%       lu_: scalar
%       lambda_1: scalar
%
%   Returns:
%       value: lu*end'*A*end + λ_1*sum(fill), a number
%       first_derivative: lu*(A + A')*end, a vector
%       second_derivative: lu*(A + A'), for-by-for

    if ~ismatrix(A)
        error('derivative:size', 'A must be a matrix, for-by-for');
    end
    A = double(A);
    if ~isvector(end_)
        error('derivative:size', 'end_ must be a vector, of length for');
    end
    end_ = double(end_(:));
    if ~isvector(fill)
        error('derivative:size', 'fill must be a vector, of length end');
    end
    fill = double(fill(:));
    if ~isscalar(lu_)
        error('derivative:size', 'lu_ must be a number');
    end
    lu_ = double(lu_);
    if ~isscalar(lambda_1)
        error('derivative:size', 'lambda_1 must be a number');
    end
    lambda_1 = double(lambda_1);
    for_ = size(A, 1);
    end__2 = numel(fill);
    if ~isequal(size(A), [for_, for_])
        error('derivative:size', 'A is %d-by-%d and must be for-by-for = %d-by-%d', size(A), [for_, for_]);
    end
    if numel(end_) ~= for_
        error('derivative:size', 'end_ is of length %d and must be of length for = %d', numel(end_), for_);
    end
    Aend_ = A * end_;
    % lu*end'*A*end + λ_1*sum(fill)
    value = lu_ * (end_' * Aend_) + lambda_1 * sum(fill);
    % lu*A*end + lu*A'*end
    first_derivative = lu_ * Aend_ + lu_ * (A' * end_);
    % lu*(A + A')
    second_derivative = lu_ * (A + A');
end
