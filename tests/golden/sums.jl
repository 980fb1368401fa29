using LinearAlgebra

"""
    derivative(X, a, b)

sum(X, 1)*a + b'*sum(X, 2) + sum(X)/(m*n) + sum(X, 1)*a/n, by X: order 0, 1, mixed layout.

# Arguments
- `X`: matrix, n×m
- `a`: vector, m×1
- `b`: vector, n×1

# Returns
- `value`: sum(X, 1)*a + b'*sum(X, 2) + sum(X)/(m*n) + sum(X, 1)*a/n, a number
- `first_derivative`: 1/(m*n) + b*vector(1)' + (1 + 1/n)*vector(1)*a', n×m
"""
function derivative(X, a, b)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×m"))
    X = float(X)
    ndims(a) == 1 || throw(DimensionMismatch("a must be a vector, of length m"))
    a = float(a)
    ndims(b) == 1 || throw(DimensionMismatch("b must be a vector, of length n"))
    b = float(b)
    n, m = size(X)
    length(a) == m || throw(DimensionMismatch(
        "a is of length $(length(a)) and must be of length m = $(m)"))
    length(b) == n || throw(DimensionMismatch(
        "b is of length $(length(b)) and must be of length n = $(n)"))
    # sum(X, 1)*a
    product = dot(vec(sum(X, dims=1)), a)
    scaled = m * n
    # sum(X, 1)*a + b'*sum(X, 2) + sum(X)/(m*n) + sum(X, 1)*a/n
    value = product + dot(b, vec(sum(X, dims=2))) + sum(X) / scaled + product / n
    # 1/(m*n) + b*vector(1)' + (1 + 1/n)*vector(1)*a'
    first_derivative = b * ones(m)' .+ (1 + 1 / n) .* ones(n) * a' .+ 1 / scaled
    return value, first_derivative
end
