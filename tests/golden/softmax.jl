using LinearAlgebra

"""
    derivative(A, x)

softmax(A*x), by x: order 0, 1, mixed layout.

# Arguments
- `A`: matrix, n×m
- `x`: vector, m×1

# Returns
- `value`: softmax(A*x), a vector
- `first_derivative`: (diag(softmax(A*x)) - softmax(A*x)*softmax(A*x)')*A, n×m
"""
function derivative(A, x)
    ndims(A) == 2 || throw(DimensionMismatch("A must be a matrix, n×m"))
    A = float(A)
    ndims(x) == 1 || throw(DimensionMismatch("x must be a vector, of length m"))
    x = float(x)
    n, m = size(A)
    length(x) == m || throw(DimensionMismatch(
        "x is of length $(length(x)) and must be of length m = $(m)"))
    # A*x
    Ax = A * x
    # softmax(A*x)
    powers = exp.(Ax .- maximum(Ax))
    value = powers ./ sum(powers)
    # softmax_times(A, softmax(A*x))
    # the row of a weight near 1 is near the mean: it differs by what the others add
    others = ifelse.(value .> 0.5, 0.0, value)
    first_derivative = value .* ifelse.(value .> 0.5, sum(others) .* A .- others' * A, A .-
            value' * A)
    return value, first_derivative
end
