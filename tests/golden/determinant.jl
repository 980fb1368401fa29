using LinearAlgebra

"""
    derivative(A, X)

det(X)*tr(adj(X)*A), by X: order 0, 1, mixed layout.

# Arguments
- `A`: matrix, n×n
- `X`: matrix, n×n

# Returns
- `value`: det(X)*tr(adj(X)*A), a number
- `first_derivative`: ((det(X)*(tr(inv(X)*A)*eye - inv(X)*A) + tr(adj(X)*A)*eye)*adj(X))', n×n
"""
function derivative(A, X)
    ndims(A) == 2 || throw(DimensionMismatch("A must be a matrix, n×n"))
    A = float(A)
    ndims(X) == 2 || throw(DimensionMismatch("X must be a matrix, n×n"))
    X = float(X)
    n = size(A, 1)
    size(A) == (n, n) || throw(DimensionMismatch(
        "A is of size $(size(A)) and must be n×n = $((n, n))"))
    size(X) == (n, n) || throw(DimensionMismatch(
        "X is of size $(size(X)) and must be n×n = $((n, n))"))
    # det(X)
    det_part = det(X)
    # adj(X)
    # det(U)*det(V)*V*adj(S)*U' for A = U*S*V', right for a singular matrix too
    usv = svd(X)
    others = [prod(usv.S[(1:end) .!= k]) for k in 1:n]
    adj = (det(usv.U) * det(usv.V)) .* (usv.V * (others .* usv.U'))
    # tr(adj(X)*A)
    trace_product = dot(adj', A)
    # det(X)*tr(adj(X)*A)
    value = det_part * trace_product
    # inv(X)*A
    solution = X \ A
    # tr(inv(X)*A)*eye - inv(X)*A
    total = -solution + tr(solution) * I
    # det(X)*(tr(inv(X)*A)*eye - inv(X)*A) + tr(adj(X)*A)*eye
    total_2 = det_part .* total + trace_product * I
    # ((det(X)*(tr(inv(X)*A)*eye - inv(X)*A) + tr(adj(X)*A)*eye)*adj(X))'
    first_derivative = copy((total_2 * adj)')
    return value, first_derivative
end
