using LinearAlgebra

"""
    derivative(X, a, b)

a'*logm(X)*b, by X: order 0, 1, mixed layout.

# Arguments
- `X`: matrix, n×n
- `a`: vector, n×1
- `b`: vector, n×1

# Returns
- `value`: a'*logm(X)*b, a number
- `first_derivative`: logm_frechet(X', a*b'), n×n
"""
function derivative(X, a, b)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×n"))
    X = float(X)
    ndims(a) == 1 || throw(DimensionMismatch("a must be a vector, of length n"))
    a = float(a)
    ndims(b) == 1 || throw(DimensionMismatch("b must be a vector, of length n"))
    b = float(b)
    n = size(X, 1)
    size(X) == (n, n) || throw(DimensionMismatch(
        "X is of size $(size(X)) and must be n×n = $((n, n))"))
    length(a) == n || throw(DimensionMismatch(
        "a is of length $(length(a)) and must be of length n = $(n)"))
    length(b) == n || throw(DimensionMismatch(
        "b is of length $(length(b)) and must be of length n = $(n)"))
    # logm(X)
    logm = real(log(X))
    # a'*logm(X)*b
    value = dot(a, logm * b)
    # a*b'
    outer = a * b'
    # logm_frechet(X', a*b')
    block = real(log([(X') outer; zeros(n, n) (X')]))
    first_derivative = block[1:n, n+1:end]
    return value, first_derivative
end
