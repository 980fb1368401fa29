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
    # diag(softmax(A*x))*A - softmax(A*x)*softmax(A*x)'*A
    first_derivative = value .* A .- value * (A' * value)'
    return value, first_derivative
end
