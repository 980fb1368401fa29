using LinearAlgebra

"""
    derivative(X, a)

norm1(X) + norm2(X) + max(X) + min(X) + norm2(X*a) + max(X*a) + norm1(a), by X: order 0, 1, mixed layout.

# Arguments
- `X`: matrix, n×m
- `a`: vector, m×1

# Returns
- `value`: norm1(X) + norm2(X) + max(X) + min(X) + norm2(X*a) + max(X*a) + norm1(a), a number
- `first_derivative`: (1 - sign(max(X*a) - X*a) + X*a/norm2(X*a))*a' + 2 - sign(X - min(X)) - sign(max(X) - X) + X/norm2(X) + sign(X), n×m
"""
function derivative(X, a)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×m"))
    X = float(X)
    ndims(a) == 1 || throw(DimensionMismatch("a must be a vector, of length m"))
    a = float(a)
    n, m = size(X)
    length(a) == m || throw(DimensionMismatch(
        "a is of length $(length(a)) and must be of length m = $(m)"))
    # norm2(X)
    norm2 = norm(X)
    # max(X)
    largest = maximum(X)
    # min(X)
    smallest = minimum(X)
    # X*a
    Xa = X * a
    # norm2(X*a)
    norm2_2 = norm(Xa)
    # max(X*a)
    largest_2 = maximum(Xa)
    total = norm(X, 1) + norm2 + largest + smallest + norm2_2 + largest_2
    # norm1(X) + norm2(X) + max(X) + min(X) + norm2(X*a) + max(X*a) + norm1(a)
    value = total + norm(a, 1)
    total_2 = (1 / norm2_2 .* Xa .+ 1 .- sign.(largest_2 .- Xa)) * a' .+ 1 / norm2 .* X
    first_derivative = total_2 .+ sign.(X) .+ 2 .- sign.(X .- smallest) .- sign.(largest .- X)
    return value, first_derivative
end
