using LinearAlgebra

"""
    derivative(X, w, y)

sum(log(exp(-y.*(X*w)) + 1)), by w: order 0, 1, 2, mixed layout.

# Arguments
- `X`: matrix, n×m
- `w`: vector, m×1
- `y`: vector, n×1

# Returns
- `value`: sum(log(exp(-y.*(X*w)) + 1)), a number
- `first_derivative`: -X'*(sigmoid(-y.*(X*w)).*y), a vector
- `second_derivative`: X'*diag(y.^2.*sigmoid(-y.*(X*w)).*(1 - sigmoid(-y.*(X*w))))*X, m×m
"""
function derivative(X, w, y)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×m"))
    X = float(X)
    ndims(w) == 1 || throw(DimensionMismatch("w must be a vector, of length m"))
    w = float(w)
    ndims(y) == 1 || throw(DimensionMismatch("y must be a vector, of length n"))
    y = float(y)
    n, m = size(X)
    length(w) == m || throw(DimensionMismatch(
        "w is of length $(length(w)) and must be of length m = $(m)"))
    length(y) == n || throw(DimensionMismatch(
        "y is of length $(length(y)) and must be of length n = $(n)"))
    # y.*(X*w)
    scaled = y .* (X * w)
    # -y.*(X*w)
    negative = .-scaled
    # sum(softplus(-y.*(X*w)))
    value = sum(max.(negative, 0) .+ log1p.(exp.(.-abs.(negative))))
    # sigmoid(-y.*(X*w))
    sigmoid = 1 ./ (1 .+ exp.(.-negative))
    # -X'*(sigmoid(-y.*(X*w)).*y)
    first_derivative = -(X' * (sigmoid .* y))
    # rows scaled by square roots, so that the product is symmetric
    scaled_2 = sqrt.(y .* y .* sigmoid .* (1 ./ (1 .+ exp.(.-scaled)))) .* X
    # X'*diag(y.^2.*sigmoid(-y.*(X*w)).*sigmoid(y.*(X*w)))*X
    second_derivative = scaled_2' * scaled_2
    return value, first_derivative, second_derivative
end
