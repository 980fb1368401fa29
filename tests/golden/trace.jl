using LinearAlgebra

"""
    derivative(A, B, C, X)

tr(A*X'*B*X*C), by X: order 0, 1, 2, mixed layout.

# Arguments
- `A`: matrix, n×m
- `B`: matrix, p×p
- `C`: matrix, m×n
- `X`: matrix, p×m

# Returns
- `value`: tr(A*X'*B*X*C), a number
- `first_derivative`: B'*X*(C*A)' + B*X*C*A, p×m
- `second_derivative`: kron(C*A, B') + kron((C*A)', B), p×m×p×m
"""
function derivative(A, B, C, X)
    ndims(A) == 2 || throw(DimensionMismatch("A must be a matrix, n×m"))
    A = float(A)
    ndims(B) == 2 || throw(DimensionMismatch("B must be a matrix, p×p"))
    B = float(B)
    ndims(C) == 2 || throw(DimensionMismatch("C must be a matrix, m×n"))
    C = float(C)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, p×m"))
    X = float(X)
    n, m = size(A)
    p = size(B, 1)
    size(B) == (p, p) || throw(DimensionMismatch(
        "B is of size $(size(B)) and must be p×p = $((p, p))"))
    size(C) == (m, n) || throw(DimensionMismatch(
        "C is of size $(size(C)) and must be m×n = $((m, n))"))
    size(X) == (p, m) || throw(DimensionMismatch(
        "X is of size $(size(X)) and must be p×m = $((p, m))"))
    BtX = B' * X
    # tr(A*X'*B*X*C)
    value = dot(A', BtX' * (X * C))
    # C*A
    CA = C * A
    # B'*X*(C*A)' + B*X*C*A
    first_derivative = BtX * CA' .+ B * X * CA
    stacked = stack((B, B'), dims=1)
    stacked_2 = stack((CA', CA), dims=1)
    # kron(C*A, B') + kron((C*A)', B)
    second_derivative = permutedims(reshape(reshape(stacked, 2, p * p)' * reshape(stacked_2, 2,
            m * m), p, p, m, m), (1, 3, 2, 4))
    return value, first_derivative, second_derivative
end
