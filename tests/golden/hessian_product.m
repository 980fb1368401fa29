function hvp = derivative(T, U, V, v)
%DERIVATIVE norm2(T - U*V')^2, by U: hvp.
%
%   Arguments:
%       T: matrix, n-by-m
%       U: matrix, n-by-p
%       V: matrix, m-by-p
%       v: matrix, n-by-p
%
%   Returns:
%       hvp: 2*v*V'*V, n-by-p

    if ~ismatrix(T)
        error('derivative:size', 'T must be a matrix, n-by-m');
    end
    T = double(T);
    if ~ismatrix(U)
        error('derivative:size', 'U must be a matrix, n-by-p');
    end
    U = double(U);
    if ~ismatrix(V)
        error('derivative:size', 'V must be a matrix, m-by-p');
    end
    V = double(V);
    if ~ismatrix(v)
        error('derivative:size', 'v must be a matrix, n-by-p');
    end
    v = double(v);
    [n, m] = size(T);
    p = size(U, 2);
    if ~isequal(size(U), [n, p])
        error('derivative:size', 'U is %d-by-%d and must be n-by-p = %d-by-%d', size(U), [n, p]);
    end
    if ~isequal(size(V), [m, p])
        error('derivative:size', 'V is %d-by-%d and must be m-by-p = %d-by-%d', size(V), [m, p]);
    end
    if ~isequal(size(v), [n, p])
        error('derivative:size', 'v is %d-by-%d and must be n-by-p = %d-by-%d', size(v), [n, p]);
    end
    if n * (p * m + m * p) < p * (n * p + p * m)
        product = v * V' * V;
    else
        product = v * (V' * V);
    end
    % 2*v*V'*V
    hvp = 2 * product;
end
