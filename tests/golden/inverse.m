function [value, first_derivative, second_derivative] = derivative(X, a, b)
%DERIVATIVE logdet(X) + a'*inv(X)*b, by X: order 0, 1, 2, mixed layout.
%
%   Arguments:
%       X: matrix, n-by-n
%       a: vector, n-by-1
%       b: vector, n-by-1
%
%   Returns:
%       value: logdet(X) + a'*inv(X)*b, a number
%       first_derivative: ((eye - inv(X)*b*a')*inv(X))', n-by-n
%       second_derivative: kron(kron((inv(X)*b)', inv(X)), inv(X)'*a) - kron((eye - inv(X)*b*a')*inv(X), inv(X)')*commutation(n, n), n-by-n-by-n-by-n

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
    [L, U, p] = lu(X, 'vector');
    if any(diag(U) == 0)
        error('derivative:singular', 'X is singular');
    end
    % inv(X)*b
    solution = U \ (L \ b(p, :));
    % logdet(X) + a'*inv(X)*b
    value = sum(log(abs(diag(U)))) + a' * solution;
    % inv(X)
    inverse = zeros(n);
    inverse(:, p) = U \ (L \ eye(n));
    % inv(X)'*a
    solution_2 = zeros(n, 1);
    solution_2(p, :) = L' \ (U' \ a);
    % inv(X) - inv(X)*b*a'*inv(X)
    difference = inverse - solution * solution_2';
    % (inv(X) - inv(X)*b*a'*inv(X))'
    first_derivative = difference';
    % core(i, j) = solution_2(i) * solution(j)
    core = solution_2 .* solution';
    stacked = cat(1, reshape(core, [1, n, n]), reshape(inverse', [1, n, n]));
    stacked_2 = cat(1, reshape(inverse, [1, n, n]), reshape(-difference, [1, n, n]));
    % second_derivative(i, j, k, l) = sum over p of stacked(p, i, l) * stacked_2(p, j, k)
    second_derivative = permute(reshape(reshape(stacked, [2, n * n])' * reshape(stacked_2, ...
            [2, n * n]), [n, n, n, n]), [1, 3, 4, 2]);
end
