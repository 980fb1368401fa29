using LinearAlgebra

"""
    derivative(A, end_, fill_, lu_, λ_1)

lu*end'*A*end + λ_1*sum(fill), by end: order 0, 1, 2, mixed layout.

# Arguments
- `A`: matrix, for×for
- `end_`: vector, for×1
- `fill_`: vector, end×1
- `lu_`: scalar
- `λ_1`: scalar

# Returns
- `value`: lu*end'*A*end + λ_1*sum(fill), a number
- `first_derivative`: lu*(A + A')*end, a vector
- `second_derivative`: lu*(A + A'), for×for
"""
function derivative(A, end_, fill_, lu_, λ_1)
    ndims(A) == 2 || throw(DimensionMismatch("A must be a matrix, for×for"))
    A = float(A)
    ndims(end_) == 1 || throw(DimensionMismatch("end_ must be a vector, of length for"))
    end_ = float(end_)
    ndims(fill_) == 1 || throw(DimensionMismatch("fill_ must be a vector, of length end"))
    fill_ = float(fill_)
    lu_ isa Number || throw(ArgumentError("lu_ must be a number"))
    lu_ = float(lu_)
    λ_1 isa Number || throw(ArgumentError("λ_1 must be a number"))
    λ_1 = float(λ_1)
    for_ = size(A, 1)
    end__2 = length(fill_)
    size(A) == (for_, for_) || throw(DimensionMismatch(
        "A is of size $(size(A)) and must be for×for = $((for_, for_))"))
    length(end_) == for_ || throw(DimensionMismatch(
        "end_ is of length $(length(end_)) and must be of length for = $(for_)"))
    Aend_ = A * end_
    # lu*end'*A*end + λ_1*sum(fill)
    value = lu_ * dot(end_, Aend_) + λ_1 * sum(fill_)
    # lu*A*end + lu*A'*end
    first_derivative = lu_ .* Aend_ .+ lu_ .* (A' * end_)
    # lu*(A + A')
    second_derivative = lu_ .* (A .+ A')
    return value, first_derivative, second_derivative
end
