function [value, first_derivative, second_derivative] = derivative(A, B, C, X)
%DERIVATIVE tr(A*X'*B*X*C), by X: order 0, 1, 2, mixed layout.
%
%   Arguments:
%       A: matrix, n-by-m
%       B: matrix, p-by-p
%       C: matrix, m-by-n
%       X: matrix, p-by-m
%
%   Returns:
%       value: tr(A*X'*B*X*C), a number
%       first_derivative: B'*X*(C*A)' + B*X*C*A, p-by-m
%       second_derivative: kron(C*A, B') + kron((C*A)', B), p-by-m-by-p-by-m

    if ~ismatrix(A)
        error('derivative:size', 'A must be a matrix, n-by-m');
    end
    A = double(A);
    if ~ismatrix(B)
        error('derivative:size', 'B must be a matrix, p-by-p');
    end
    B = double(B);
    if ~ismatrix(C)
        error('derivative:size', 'C must be a matrix, m-by-n');
    end
    C = double(C);
    if ~ismatrix(X)
        error('derivative:size', 'X must be a matrix, p-by-m');
    end
    X = double(X);
    [n, m] = size(A);
    p = size(B, 1);
    if ~isequal(size(B), [p, p])
        error('derivative:size', 'B is %d-by-%d and must be p-by-p = %d-by-%d', size(B), [p, p]);
    end
    if ~isequal(size(C), [m, n])
        error('derivative:size', 'C is %d-by-%d and must be m-by-n = %d-by-%d', size(C), [m, n]);
    end
    if ~isequal(size(X), [p, m])
        error('derivative:size', 'X is %d-by-%d and must be p-by-m = %d-by-%d', size(X), [p, m]);
    end
    BtX = B' * X;
    % tr(A*X'*B*X*C)
    value = sum(sum(A' .* (BtX' * (X * C))));
    % C*A
    CA = C * A;
    % B'*X*(C*A)' + B*X*C*A
    first_derivative = BtX * CA' + B * X * CA;
    stacked = cat(1, reshape(B, [1, p, p]), reshape(B', [1, p, p]));
    stacked_2 = cat(1, reshape(CA', [1, m, m]), reshape(CA, [1, m, m]));
    % kron(C*A, B') + kron((C*A)', B)
    second_derivative = permute(reshape(reshape(stacked, [2, p * p])' * reshape(stacked_2, ...
            [2, m * m]), [p, p, m, m]), [1, 3, 2, 4]);
end
