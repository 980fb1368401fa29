using LinearAlgebra

"""
    derivative(A, x)

0.5*x'*A*x, by x: order 0, 1, 2, mixed layout.

# Arguments
- `A`: matrix, n×n
- `x`: vector, n×1

# Returns
- `value`: 0.5*x'*A*x, a number
- `first_derivative`: 0.5*(A + A')*x, a vector
- `second_derivative`: 0.5*(A + A'), n×n
"""
function derivative(A, x)
    ndims(A) == 2 || throw(DimensionMismatch("A must be a matrix, n×n"))
    A = float(A)
    ndims(x) == 1 || throw(DimensionMismatch("x must be a vector, of length n"))
    x = float(x)
    n = size(A, 1)
    size(A) == (n, n) || throw(DimensionMismatch(
        "A is of size $(size(A)) and must be n×n = $((n, n))"))
    length(x) == n || throw(DimensionMismatch(
        "x is of length $(length(x)) and must be of length n = $(n)"))
    # A*x
    Ax = A * x
    # 0.5*x'*A*x
    value = 0.5 * dot(x, Ax)
    # 0.5*A*x + 0.5*A'*x
    first_derivative = 0.5 .* (Ax .+ A' * x)
    # 0.5*(A + A')
    second_derivative = 0.5 .* (A .+ A')
    return value, first_derivative, second_derivative
end
