function [value, first_derivative] = derivative(A, X)
%DERIVATIVE det(X)*tr(adj(X)*A), by X: order 0, 1, mixed layout.
%
%   Arguments:
%       A: matrix, n-by-n
%       X: matrix, n-by-n
%
%   Returns:
%       value: det(X)*tr(adj(X)*A), a number
%       first_derivative: ((det(X)*(tr(inv(X)*A)*eye - inv(X)*A) + tr(adj(X)*A)*eye)*adj(X))', n-by-n

    if ~ismatrix(A)
        error('derivative:size', 'A must be a matrix, n-by-n');
    end
    A = double(A);
    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, n-by-n');
    end
    X = double(X);
    n = size(A, 1);
    if ~isequal(size(A), [n, n])
        error('derivative:size', 'A is %d-by-%d and must be n-by-n = %d-by-%d', size(A), [n, n]);
    end
    if ~isequal(size(X), [n, n])
        error('derivative:size', 'X is %d-by-%d and must be n-by-n = %d-by-%d', size(X), [n, n]);
    end
    % det(X)
    det_part = det(X);
    % adj(X)
    % det(U)*det(V)*V*adj(S)*U' for A = U*S*V', right for a singular matrix too
    [left, scales, right] = svd(X);
    scales = diag(scales);
    others = arrayfun(@(k) prod(scales([1:k-1, k+1:end])), (1:n)');
    adj = det(left) * det(right) * (right * (others .* left'));
    % tr(adj(X)*A)
    trace_product = sum(sum(adj' .* A));
    % det(X)*tr(adj(X)*A)
    value = det_part * trace_product;
    % inv(X)*A
    solution = X \ A;
    % tr(inv(X)*A)*eye - inv(X)*A
    total = -solution + trace(solution) * eye(n);
    % det(X)*(tr(inv(X)*A)*eye - inv(X)*A) + tr(adj(X)*A)*eye
    total_2 = det_part * total + trace_product * eye(n);
    % ((det(X)*(tr(inv(X)*A)*eye - inv(X)*A) + tr(adj(X)*A)*eye)*adj(X))'
    first_derivative = (total_2 * adj)';
end
