using LinearAlgebra

"""
    derivative(X)

sqrtm(X), by X: order 0, 1, mixed layout.

# Arguments
- `X`: matrix, n×n

# Returns
- `value`: sqrtm(X), n×n
- `first_derivative`: sqrtm_jacobian(X), n×n×n×n
"""
function derivative(X)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×n"))
    X = float(X)
    n = size(X, 1)
    size(X) == (n, n) || throw(DimensionMismatch(
        "X is of size $(size(X)) and must be n×n = $((n, n))"))
    # sqrtm(X)
    value = real(sqrt(X))
    # sqrtm_jacobian(X)
    root = real(sqrt(X))
    identity = Matrix{Float64}(I, n, n)
    sqrtm_jacobian = inv(kron(identity, root) .+ kron(root', identity))
    shaped = permutedims(reshape(sqrtm_jacobian', n, n, n, n), (4, 3, 2, 1))
    # sqrtm_jacobian(X)
    first_derivative = permutedims(shaped, (2, 1, 4, 3))
    return value, first_derivative
end
