"""How each elementwise function is written in each target: one row a function.

``{0}`` is the argument, always a name, a number or in parentheses. What ends with a parenthesis is
one call, or stands in parentheses as a whole. A function without a row
here is written out by its meaning.
"""

from __future__ import annotations

from typing import NamedTuple


class Spelling(NamedTuple):
    """The templates of one function; those of ``numba`` are for one entry, in a loop."""

    numpy: str
    array_api: str
    jax: str
    torch: str
    numba: str
    julia: str
    matlab: str


_S = Spelling
ELEMENTWISE: dict[str, Spelling] = {
    # name: NumPy, array API, JAX, PyTorch, one entry in Numba, Julia, MATLAB
    "exp": _S("np.exp({0})", "xp.exp({0})", "jnp.exp({0})", "torch.exp({0})", "math.exp({0})", "exp.({0})", "exp({0})"),
    "log": _S("np.log({0})", "xp.log({0})", "jnp.log({0})", "torch.log({0})", "math.log({0})", "log.({0})", "log({0})"),
    "log1p": _S("np.log1p({0})", "xp.log1p({0})", "jnp.log1p({0})", "torch.log1p({0})", "math.log1p({0})", "log1p.({0})", "log1p({0})"),
    "abs": _S("np.abs({0})", "xp.abs({0})", "jnp.abs({0})", "torch.abs({0})", "abs({0})", "abs.({0})", "abs({0})"),
    "sign": _S("np.sign({0})", "xp.sign({0})", "jnp.sign({0})", "torch.sign({0})", "np.sign({0})", "sign.({0})", "sign({0})"),
    "step": _S("(np.sign({0}) + 1.0) * 0.5", "(xp.sign({0}) + 1.0) * 0.5", "(jnp.sign({0}) + 1.0) * 0.5", "(torch.sign({0}) + 1.0) * 0.5", "(np.sign({0}) + 1.0) * 0.5", "(sign.({0}) .+ 1) ./ 2", "(sign({0}) + 1) / 2"),
    "sin": _S("np.sin({0})", "xp.sin({0})", "jnp.sin({0})", "torch.sin({0})", "math.sin({0})", "sin.({0})", "sin({0})"),
    "cos": _S("np.cos({0})", "xp.cos({0})", "jnp.cos({0})", "torch.cos({0})", "math.cos({0})", "cos.({0})", "cos({0})"),
    "tan": _S("np.tan({0})", "xp.tan({0})", "jnp.tan({0})", "torch.tan({0})", "math.tan({0})", "tan.({0})", "tan({0})"),
    "arcsin": _S("np.arcsin({0})", "xp.asin({0})", "jnp.arcsin({0})", "torch.asin({0})", "math.asin({0})", "asin.({0})", "asin({0})"),
    "arccos": _S("np.arccos({0})", "xp.acos({0})", "jnp.arccos({0})", "torch.acos({0})", "math.acos({0})", "acos.({0})", "acos({0})"),
    "arctan": _S("np.arctan({0})", "xp.atan({0})", "jnp.arctan({0})", "torch.atan({0})", "math.atan({0})", "atan.({0})", "atan({0})"),
    "sinh": _S("np.sinh({0})", "xp.sinh({0})", "jnp.sinh({0})", "torch.sinh({0})", "math.sinh({0})", "sinh.({0})", "sinh({0})"),
    "cosh": _S("np.cosh({0})", "xp.cosh({0})", "jnp.cosh({0})", "torch.cosh({0})", "math.cosh({0})", "cosh.({0})", "cosh({0})"),
    "tanh": _S("np.tanh({0})", "xp.tanh({0})", "jnp.tanh({0})", "torch.tanh({0})", "math.tanh({0})", "tanh.({0})", "tanh({0})"),
    "relu": _S("np.maximum({0}, 0.0)", "xp.maximum({0}, 0.0)", "jnp.maximum({0}, 0.0)", "torch.relu({0})", "max({0}, 0.0)", "max.({0}, 0)", "max({0}, 0)"),
    "sigmoid": _S("special.expit({0})", "xp.exp(-xp.logaddexp(xp.zeros_like({0}), -{0}))", "jax.nn.sigmoid({0})", "torch.sigmoid({0})", "(1.0 / (1.0 + math.exp(-{0})))", "(1 ./ (1 .+ exp.(.-{0})))", "(1 ./ (1 + exp(-{0})))"),
    "softplus": _S("np.logaddexp(0.0, {0})", "xp.logaddexp(xp.zeros_like({0}), {0})", "jnp.logaddexp(0.0, {0})", "torch.logaddexp(torch.zeros_like({0}), {0})", "(max({0}, 0.0) + math.log1p(math.exp(-abs({0}))))", "(max.({0}, 0) .+ log1p.(exp.(.-abs.({0}))))", "(max({0}, 0) + log1p(exp(-abs({0}))))"),
    "erf": _S("special.erf({0})", "erf({0}, xp)", "jax.scipy.special.erf({0})", "torch.erf({0})", "math.erf({0})", "erf.({0})", "erf({0})"),
    "cbrt": _S("np.cbrt({0})", "(xp.sign({0}) * xp.abs({0}) ** (1.0 / 3.0))", "jnp.cbrt({0})", "(torch.sign({0}) * torch.abs({0}) ** (1.0 / 3.0))", "np.cbrt({0})", "cbrt.({0})", "nthroot({0}, 3)"),
    "sqrt": _S("np.sqrt({0})", "xp.sqrt({0})", "jnp.sqrt({0})", "torch.sqrt({0})", "math.sqrt({0})", "sqrt.({0})", "sqrt({0})"),
    "expm1": _S("np.expm1({0})", "xp.expm1({0})", "jnp.expm1({0})", "torch.expm1({0})", "math.expm1({0})", "expm1.({0})", "expm1({0})"),
    "log1mexp": _S(
        "np.where({0} > -0.69, np.log(-np.expm1(np.maximum({0}, -0.69))), np.log1p(-np.exp(np.minimum({0}, -0.69))))",
        "xp.where({0} > -0.69, xp.log(-xp.expm1(xp.maximum({0}, 0.0 * {0} - 0.69))), xp.log1p(-xp.exp(xp.minimum({0}, 0.0 * {0} - 0.69))))",
        "jnp.where({0} > -0.69, jnp.log(-jnp.expm1(jnp.maximum({0}, -0.69))), jnp.log1p(-jnp.exp(jnp.minimum({0}, -0.69))))",
        "torch.where({0} > -0.69, torch.log(-torch.expm1(torch.clamp({0}, min=-0.69))), torch.log1p(-torch.exp(torch.clamp({0}, max=-0.69))))",
        "(math.log(-math.expm1({0})) if {0} > -0.69 else math.log1p(-math.exp({0})))",
        "ifelse.({0} .> -0.69, log.(.-expm1.(max.({0}, -0.69))), log1p.(.-exp.(min.({0}, -0.69))))",
        "(log(-expm1(max({0}, -0.69))) - log(-expm1(-0.69)) + log1p(-exp(min({0}, -0.69))))",
    ),
    "log_inv_cloglog": _S(
        "np.where({0} > -0.37, np.log1p(-np.exp(-np.exp(np.clip({0}, -0.37, 7.0)))), np.log(-np.expm1(-np.exp(np.clip({0}, -37.0, -0.37)))) + np.minimum({0} + 37.0, 0.0))",
        "xp.where({0} > -0.37, xp.log1p(-xp.exp(-xp.exp(xp.minimum(xp.maximum({0}, 0.0 * {0} - 0.37), 0.0 * {0} + 7.0)))), xp.log(-xp.expm1(-xp.exp(xp.minimum(xp.maximum({0}, 0.0 * {0} - 37.0), 0.0 * {0} - 0.37)))) + xp.minimum({0} + 37.0, 0.0 * {0}))",
        "jnp.where({0} > -0.37, jnp.log1p(-jnp.exp(-jnp.exp(jnp.clip({0}, -0.37, 7.0)))), jnp.log(-jnp.expm1(-jnp.exp(jnp.clip({0}, -37.0, -0.37)))) + jnp.minimum({0} + 37.0, 0.0))",
        "torch.where({0} > -0.37, torch.log1p(-torch.exp(-torch.exp(torch.clamp({0}, -0.37, 7.0)))), torch.log(-torch.expm1(-torch.exp(torch.clamp({0}, -37.0, -0.37)))) - torch.relu(-37.0 - {0}))",
        "(math.log1p(-math.exp(-math.exp(min({0}, 7.0)))) if {0} > -0.37 else math.log(-math.expm1(-math.exp(max({0}, -37.0)))) + min({0} + 37.0, 0.0))",
        "ifelse.({0} .> -0.37, log1p.(.-exp.(.-exp.(min.(max.({0}, -0.37), 7)))), log.(.-expm1.(.-exp.(min.(max.({0}, -37), -0.37)))) .+ min.({0} .+ 37, 0))",
        "(log(-expm1(-exp(min(max({0}, -37), -0.37)))) - log(-expm1(-exp(-0.37))) + log1p(-exp(-exp(min(max({0}, -0.37), 7)))) + min({0} + 37, 0))",
    ),
    "log_cosh": _S(
        "(np.log1p(np.sinh(np.minimum(np.abs({0}), 20.0)) ** 2) / 2 + np.maximum(np.abs({0}) - 20.0, 0.0))",
        "(xp.log1p(xp.sinh(xp.minimum(xp.abs({0}), 0.0 * {0} + 20.0)) ** 2) / 2 + xp.maximum(xp.abs({0}) - 20.0, 0.0 * {0}))",
        "(jnp.log1p(jnp.sinh(jnp.minimum(jnp.abs({0}), 20.0)) ** 2) / 2 + jnp.maximum(jnp.abs({0}) - 20.0, 0.0))",
        "(torch.log1p(torch.sinh(torch.clamp(torch.abs({0}), max=20.0)) ** 2) / 2 + torch.relu(torch.abs({0}) - 20.0))",
        "(math.log1p(math.sinh(min(abs({0}), 20.0)) ** 2) / 2 + max(abs({0}) - 20.0, 0.0))",
        "(log1p.(sinh.(min.(abs.({0}), 20)) .^ 2) ./ 2 .+ max.(abs.({0}) .- 20, 0))",
        "(log1p(sinh(min(abs({0}), 20)) .^ 2) / 2 + max(abs({0}) - 20, 0))",
    ),
    "log_softplus": _S(
        "(np.log(np.logaddexp(0.0, np.maximum({0}, -37.0))) + np.minimum({0} + 37.0, 0.0))",
        "(xp.log(xp.logaddexp(0.0 * {0}, xp.maximum({0}, 0.0 * {0} - 37.0))) + xp.minimum({0} + 37.0, 0.0 * {0}))",
        "(jnp.log(jnp.logaddexp(0.0, jnp.maximum({0}, -37.0))) + jnp.minimum({0} + 37.0, 0.0))",
        "(torch.log(torch.logaddexp(torch.zeros_like({0}), torch.clamp({0}, min=-37.0))) - torch.relu(-37.0 - {0}))",
        "(math.log(max({0}, 0.0) + math.log1p(math.exp(-abs(max({0}, -37.0))))) + min({0} + 37.0, 0.0))",
        "(log.(max.({0}, 0) .+ log1p.(exp.(.-abs.(max.({0}, -37))))) .+ min.({0} .+ 37, 0))",
        "(log(max({0}, 0) + log1p(exp(-abs(max({0}, -37))))) + min({0} + 37, 0))",
    ),
}
