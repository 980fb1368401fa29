using LinearAlgebra
using SpecialFunctions: erf

"""
    derivative(a, b, x)

sum(sin(x) + cos(x) + tan(x) + arcsin(x) + arccos(x) + arctan(x) + sinh(x) + cosh(x) + tanh(x) + relu(x) + sigmoid(x) + softplus(x) + erf(x) + cbrt(x) + sqrt(x) + log1p(x) + abs(x) + exp(x) + log(x) + x.^a + vector(b).^x + 1./x), by x: order 0, 1, 2, mixed layout.

# Arguments
- `a`: scalar, positive
- `b`: scalar, positive
- `x`: vector, n×1

# Returns
- `value`: sum(sin(x) + cos(x) + tan(x) + arcsin(x) + arccos(x) + arctan(x) + sinh(x) + cosh(x) + tanh(x) + relu(x) + sigmoid(x) + softplus(x) + erf(x) + cbrt(x) + sqrt(x) + log1p(x) + abs(x) + exp(x) + log(x) + x.^a + vector(b).^x + 1./x), a number
- `first_derivative`: ((x - 1)./x.^1.5 + 0.5)./sqrt(x) + vector(b).^x.*log(vector(b)) + a*x.^(a - 1) + exp(x) + sign(x) + 1./(1 + x) + cbrt(x).^-2/3 + 2*(exp(-x.^2)/sqrt(pi) + 1) + sigmoid(x).*(2 - sigmoid(x)) + step(x) - tanh(x).^2 + sinh(x) + cosh(x) + 1./(1 + x.^2) + tan(x).^2 - sin(x) + cos(x), a vector
- `second_derivative`: diag(2*(tan(x) + tan(x).^3 - tanh(x) + tanh(x).^3 - x./(1 + x.^2).^2 - 2*exp(-x.^2).*x/sqrt(pi)) - sin(x) - cos(x) + sinh(x) + cosh(x) + (2 - 2*sigmoid(x)).*sigmoid(x).*(1 - sigmoid(x)) - 2*cbrt(x).^-5/9 - (1 + x).^-2 + exp(x) + a*(a - 1)*x.^(a - 2) + log(vector(b)).^2.*vector(b).^x + ((2 - x)./x.^1.5 - 0.25)./x.^1.5), n×n
"""
function derivative(a, b, x)
    a isa Number || throw(ArgumentError("a must be a number"))
    a = float(a)
    b isa Number || throw(ArgumentError("b must be a number"))
    b = float(b)
    ndims(x) == 1 || throw(DimensionMismatch("x must be a vector, of length n"))
    x = float(x)
    n = length(x)
    # sin(x)
    sin_x = sin.(x)
    # cos(x)
    cos_x = cos.(x)
    # tan(x)
    tan_x = tan.(x)
    total = sin_x .+ cos_x .+ tan_x .+ asin.(x) .+ acos.(x) .+ atan.(x)
    # sinh(x)
    sinh_x = sinh.(x)
    # cosh(x)
    cosh_x = cosh.(x)
    # tanh(x)
    tanh_x = tanh.(x)
    # sigmoid(x)
    sigmoid_x = 1 ./ (1 .+ exp.(.-x))
    total_2 = total .+ sinh_x .+ cosh_x .+ tanh_x .+ max.(x, 0) .+ sigmoid_x
    total_3 = total_2 .+ (max.(x, 0) .+ log1p.(exp.(.-abs.(x)))) .+ erf.(x)
    # cbrt(x)
    cbrt_x = cbrt.(x)
    # sqrt(x)
    sqrt_x = sqrt.(x)
    # abs(x)
    abs_x = abs.(x)
    # exp(x)
    exp_x = exp.(x)
    total_4 = total_3 .+ cbrt_x .+ sqrt_x .+ log1p.(x) .+ abs_x .+ exp_x
    # vector(b, n)
    full = fill(b, n)
    # vector(b).^x
    power = full .^ x
    value = sum(total_4 .+ log.(x) .+ x .^ a .+ power .+ 1 ./ x)
    # x.^1.5
    power_2 = x .^ 1.5
    # log(vector(b, n))
    log_full = log.(full)
    total_5 = ((x .- 1) ./ power_2 .+ 0.5) ./ sqrt_x .+ power .* log_full
    # a - 1
    difference = a - 1
    # 1 + x
    total_6 = x .+ 1
    total_7 = total_5 .+ a .* x .^ difference .+ exp_x .+ sign.(x) .+ 1 ./ total_6
    total_8 = total_7 .+ 0.3333333333333333 .* (1 ./ (cbrt_x .* cbrt_x))
    # sqrt(pi)
    sqrt_pi = sqrt(pi)
    # x.^2
    scaled = x .* x
    # exp(-x.^2)
    exp_part = exp.(.-scaled)
    total_9 = total_8 .+ 2 .* (1 / sqrt_pi .* exp_part .+ 1) .+ sigmoid_x .* (2 .- sigmoid_x)
    # 1 + x.^2
    total_10 = scaled .+ 1
    total_11 = total_9 .+ ((sign.(x) .+ 1) ./ 2) .+ sinh_x .+ cosh_x .+ 1 ./ total_10
    # tan(x).^2
    scaled_2 = tan_x .* tan_x
    first_derivative = total_11 .+ scaled_2 .+ cos_x .- tanh_x .* tanh_x .- sin_x
    exp_part_2 = exp.(-2 .* abs_x)
    total_12 = 1 .+ exp_part_2
    difference_2 = tan_x .+ scaled_2 .* tan_x .- tanh_x .* (4 .* exp_part_2 ./ (total_12 .*
            total_12))
    # tan(x) + tan(x).^3 - tanh(x).*sech2(x) - x./(1 + x.^2).^2 - 2*exp(-x.^2).*x/sqrt(pi)
    difference_3 = difference_2 .- x ./ (total_10 .* total_10) .- 2 / sqrt_pi .* (exp_part .* x)
    # sigmoid(-x)
    sigmoid = 1 ./ (1 .+ exp.(x))
    total_13 = 2 .* difference_3 .+ sinh_x .+ cosh_x .+ 2 .* (sigmoid_x .* (sigmoid .* sigmoid))
    total_14 = total_13 .+ exp_x .+ a * difference .* x .^ (a - 2) .+ log_full .* log_full .*
            power
    difference_4 = total_14 .+ ((2 .- x) ./ power_2 .- 0.25) ./ power_2 .- sin_x
    difference_5 = difference_4 .- cos_x .- 0.2222222222222222 .* (1 ./ cbrt_x .^ 5)
    second_derivative = Matrix(Diagonal(difference_5 .- 1 ./ (total_6 .* total_6)))
    return value, first_derivative, second_derivative
end
