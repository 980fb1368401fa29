using LinearAlgebra

"""
    derivative(T, U, V)

norm2(T - U*V')^2, by U: order 0, 1, 2, mixed layout.

# Arguments
- `T`: matrix, n×m
- `U`: matrix, n×p
- `V`: matrix, m×p

# Returns
- `value`: norm2(T - U*V')^2, a number
- `first_derivative`: -2*(T - U*V')*V, n×p
- `second_derivative`: 2*kron(V'*V, eye(n)), n×p×n×p
"""
function derivative(T, U, V)
    ndims(T) == 2 || throw(DimensionMismatch("T must be a matrix, n×m"))
    T = float(T)
    ndims(U) == 2 || throw(DimensionMismatch("U must be a matrix, n×p"))
    U = float(U)
    ndims(V) == 2 || throw(DimensionMismatch("V must be a matrix, m×p"))
    V = float(V)
    n, m = size(T)
    p = size(U, 2)
    size(U) == (n, p) || throw(DimensionMismatch(
        "U is of size $(size(U)) and must be n×p = $((n, p))"))
    size(V) == (m, p) || throw(DimensionMismatch(
        "V is of size $(size(V)) and must be m×p = $((m, p))"))
    # T - U*V'
    difference = T .- U * V'
    # norm2(T - U*V')
    norm2 = norm(difference)
    # norm2(T - U*V')^2
    value = norm2 * norm2
    # -2*(T - U*V')*V
    first_derivative = -2 .* (difference * V)
    scaled = 2 .* (V' * V)
    # 2*kron(V'*V, eye(n))
    second_derivative = zeros(n, p, n, p)
    for k in 1:p, j in 1:p, i in 1:n
        second_derivative[i, j, i, k] += scaled[j, k]
    end
    return value, first_derivative, second_derivative
end
