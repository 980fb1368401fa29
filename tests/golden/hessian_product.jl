using LinearAlgebra

"""
    derivative(T, U, V, v)

norm2(T - U*V')^2, by U: hvp.

# Arguments
- `T`: matrix, n×m
- `U`: matrix, n×p
- `V`: matrix, m×p
- `v`: matrix, n×p

# Returns
- `hvp`: 2*v*V'*V, n×p
"""
function derivative(T, U, V, v)
    ndims(T) == 2 || throw(DimensionMismatch("T must be a matrix, n×m"))
    T = float(T)
    ndims(U) == 2 || throw(DimensionMismatch("U must be a matrix, n×p"))
    U = float(U)
    ndims(V) == 2 || throw(DimensionMismatch("V must be a matrix, m×p"))
    V = float(V)
    ndims(v) == 2 || throw(DimensionMismatch("v must be a matrix, n×p"))
    v = float(v)
    n, m = size(T)
    p = size(U, 2)
    size(U) == (n, p) || throw(DimensionMismatch(
        "U is of size $(size(U)) and must be n×p = $((n, p))"))
    size(V) == (m, p) || throw(DimensionMismatch(
        "V is of size $(size(V)) and must be m×p = $((m, p))"))
    size(v) == (n, p) || throw(DimensionMismatch(
        "v is of size $(size(v)) and must be n×p = $((n, p))"))
    product = v * V' * V
    # 2*v*V'*V
    hvp = 2 .* product
    return hvp
end
