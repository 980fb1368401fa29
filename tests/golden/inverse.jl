using LinearAlgebra

"""
    derivative(X, a, b)

logdet(X) + a'*inv(X)*b, by X: order 0, 1, 2, mixed layout.

# Arguments
- `X`: matrix, n×n
- `a`: vector, n×1
- `b`: vector, n×1

# Returns
- `value`: logdet(X) + a'*inv(X)*b, a number
- `first_derivative`: ((eye - inv(X)*b*a')*inv(X))', n×n
- `second_derivative`: kron(kron((inv(X)*b)', inv(X)), inv(X)'*a) - kron((eye - inv(X)*b*a')*inv(X), inv(X)')*commutation(n, n), n×n×n×n
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
    factor = lu(X)
    # inv(X)*b
    solution = factor \ b
    # logdet(X) + a'*inv(X)*b
    value = logabsdet(factor)[1] + dot(a, solution)
    # inv(X)
    inverse = inv(factor)
    # inv(X)'*a
    solution_2 = factor' \ a
    # inv(X) - inv(X)*b*a'*inv(X)
    difference = inverse .- solution * solution_2'
    # (inv(X) - inv(X)*b*a'*inv(X))'
    first_derivative = copy(difference')
    # core[i, j] = solution_2[i] * solution[j]
    core = solution_2 .* solution'
    stacked = stack((core, inverse'), dims=1)
    stacked_2 = stack((inverse, .-difference), dims=1)
    # second_derivative[i, j, k, l] = sum over p of stacked[p, i, l] * stacked_2[p, j, k]
    second_derivative = permutedims(reshape(reshape(stacked, 2, n * n)' * reshape(stacked_2, 2,
            n * n), n, n, n, n), (1, 3, 4, 2))
    return value, first_derivative, second_derivative
end
