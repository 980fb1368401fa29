using LinearAlgebra

"""
    derivative(S, m, x)

0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m), by S: order 0, 1, mixed layout.

# Arguments
- `S`: matrix, n×n, positive definite
- `m`: vector, n×1
- `x`: vector, n×1

# Returns
- `value`: 0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m), a number
- `first_derivative`: -0.5*inv(S)*((x - m)*(x - m)'*inv(S) - eye), n×n
"""
function derivative(S, m, x)
    ndims(S) == 2 || throw(DimensionMismatch("S must be a matrix, n×n"))
    S = float(S)
    ndims(m) == 1 || throw(DimensionMismatch("m must be a vector, of length n"))
    m = float(m)
    ndims(x) == 1 || throw(DimensionMismatch("x must be a vector, of length n"))
    x = float(x)
    n = size(S, 1)
    size(S) == (n, n) || throw(DimensionMismatch(
        "S is of size $(size(S)) and must be n×n = $((n, n))"))
    length(m) == n || throw(DimensionMismatch(
        "m is of length $(length(m)) and must be of length n = $(n)"))
    length(x) == n || throw(DimensionMismatch(
        "x is of length $(length(x)) and must be of length n = $(n)"))
    factor = cholesky(Symmetric(S))
    # x - m
    difference = x .- m
    solution = factor \ difference
    # 0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m)
    value = 0.5 * logdet(factor) + 0.5 * dot(difference, solution)
    # 0.5*inv(S) - 0.5*inv(S)*(x - m)*(x - m)'*inv(S)
    first_derivative = 0.5 .* inv(factor) .- 0.5 .* solution * solution'
    return value, first_derivative
end
