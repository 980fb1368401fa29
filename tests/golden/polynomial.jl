using LinearAlgebra

"""
    derivative(X)

X^3 - 2*X^2 + X, by X: order 0, 1, mixed layout.

# Arguments
- `X`: matrix, n×n

# Returns
- `value`: X^3 - 2*X^2 + X, n×n
- `first_derivative`: eye - 2*(kron(X', eye(n)) + kron(eye(n), X)) + kron((X^2)', eye(n)) + kron(X', X) + kron(eye(n), X^2), n×n×n×n
"""
function derivative(X)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×n"))
    X = float(X)
    n = size(X, 1)
    size(X) == (n, n) || throw(DimensionMismatch(
        "X is of size $(size(X)) and must be n×n = $((n, n))"))
    # X^2
    matrix_power = X^2
    # X^3 - 2*X^2 + X
    value = X^3 .+ X .- 2 .* matrix_power
    scaled = -2 .* X
    transposed = scaled'
    transposed_2 = matrix_power'
    first_derivative = reshape(X, n, 1, n) .* reshape(X', 1, n, 1, n)
    for j in 1:n, i in 1:n
        first_derivative[i, j, i, j] += 1
    end
    for k in 1:n, j in 1:n, i in 1:n
        first_derivative[i, j, i, k] += transposed[j, k]
    end
    for k in 1:n, j in 1:n, i in 1:n
        first_derivative[i, j, k, j] += scaled[i, k]
    end
    for k in 1:n, j in 1:n, i in 1:n
        first_derivative[i, j, i, k] += transposed_2[j, k]
    end
    for k in 1:n, j in 1:n, i in 1:n
        first_derivative[i, j, k, j] += matrix_power[i, k]
    end
    return value, first_derivative
end
