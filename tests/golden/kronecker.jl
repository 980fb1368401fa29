using LinearAlgebra

"""
    derivative(X, Y)

kron(X, Y), by X: order 0, 1, mixed layout.

# Arguments
- `X`: matrix, n×m
- `Y`: matrix, p×q

# Returns
- `value`: kron(X, Y), n*p×m*q
- `first_derivative`: kron(eye(m), kron(commutation(q, n), eye(p)))*kron(eye(m*n), vec(Y)), n*p×m*q×n×m
"""
function derivative(X, Y)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×m"))
    X = float(X)
    ndims(Y) == 2 || throw(DimensionMismatch("Y must be a matrix, p×q"))
    Y = float(Y)
    n, m = size(X)
    p, q = size(Y)
    # kron(X, Y)
    value = kron(X, Y)
    tensor = zeros(n, p, m, q, n, m)
    for l in 1:q, k in 1:m, j in 1:p, i in 1:n
        tensor[i, j, k, l, i, k] += Y[j, l]
    end
    # kron(eye(m), kron(commutation(q, n), eye(p)))*kron(eye(m*n), vec(Y))
    first_derivative = reshape(permutedims(tensor, (2, 1, 4, 3, 5, 6)), n * p, m * q, n, m)
    return value, first_derivative
end
