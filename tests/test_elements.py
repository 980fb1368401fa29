"""Derivations entry by entry, as the study notes do them."""

from __future__ import annotations

import pytest

from matrixcalc import derive


def lines(text: str, *wrt: str, vars: dict[str, str] | None = None) -> list[str]:
    from matrixcalc.derivation.elements import elements

    d = derive(text, *wrt, vars=vars, verify=False)
    return [f"{s.left} = {s.after}" for s in elements(d)]


@pytest.mark.parametrize(
    ("text", "wrt", "expected"),
    [
        (
            "y = W*x",
            "x",
            ["y_i = Σ_k W_ik x_k", "∂y_i/∂x_j = Σ_k W_ik δ_kj", "∂y_i/∂x_j = W_ij", "∂y/∂x = W"],
        ),
        (
            "y = x*W",
            "x",
            ["y_i = Σ_k x_k W_ki", "∂y_i/∂x_j = Σ_k δ_kj W_ki", "∂y_i/∂x_j = W_ji", "∂y/∂x = W'"],
        ),
        (
            "x: scalar; y = p*x",
            "x",
            ["y_i = x p_i", "∂y_i/∂x = p_i", "∂y/∂x = p"],
        ),
        (
            "y = tr(A*X)",
            "X",
            [
                "y = Σ_kl A_kl X_lk",
                "∂y/∂X_ij = Σ_kl A_kl δ_li δ_kj",
                "∂y/∂X_ij = A_ji",
                "∂y/∂X = A",
            ],
        ),
        (
            "f = norm2(W*x)^2",
            "x",
            [
                "f = Σ_jkl W_jk x_k W_jl x_l",
                "∂f/∂x_i = Σ_jkl W_jk δ_ki W_jl x_l + Σ_jkl W_jk x_k W_jl δ_li",
                "∂f/∂x_i = 2 Σ_jk W_ji W_jk x_k",
                "∂f/∂x = 2*(W*x)'*W",
            ],
        ),
    ],
)
def test_an_entry_is_written_differentiated_and_read_off(
    text: str, wrt: str, expected: list[str]
) -> None:
    assert lines(text, wrt) == expected


def test_what_has_no_entries_of_its_own_is_differentiated_by_its_rule() -> None:
    found = lines("y = a'*inv(X)*b", "X", vars={"a": "vector(n)", "b": "vector(n)"})
    assert found[0] == "y = Σ_kl a_k inv(X)_kl b_l"
    assert found[-1] == "∂y/∂X = -inv(X)*b*a'*inv(X)"


def test_the_chain_rule_goes_one_function_at_a_time() -> None:
    assert lines("y = sin(A*x)", "x") == [
        "y_i = sin(A*x)_i",
        "∂y_i/∂x_j = cos(A*x)_i ∂(A*x)_i/∂x_j",
        "∂y_i/∂x_j = Σ_k cos(A*x)_i A_ik δ_kj",
        "∂y_i/∂x_j = cos(A*x)_i A_ij",
        "∂y/∂x = diag(cos(A*x))*A",
    ]


def test_each_function_is_named_with_its_rule() -> None:
    from matrixcalc.derivation.elements import elements

    steps = elements(derive("f = log(det(X'*X))", "X", verify=False))
    assert [s.rule for s in steps][1:4] == ["log", "det", "product rule"]
    assert "Jacobi's formula" in steps[2].source


def test_a_sum_of_ones_counts_them() -> None:
    assert lines("y = tr(X + a)", "a", vars={"X": "matrix(n, n)"})[1] == "∂y/∂a = n"


def test_entries_are_typeset_as_entries() -> None:
    text = derive("y = sin(W_1*x)", "x", verify=False).explain("elements", "latex")
    assert r"\frac{\partial y_{i}}{\partial x_{j}} &= \cos(\mathbf{W}_{1} \mathbf{x})_{i} " in text
    assert r"W_{1,ij}" in text


def test_second_derivatives_go_on_from_the_first() -> None:
    found = lines("y = x'*A*x", "x", "x")
    assert found[-1] == "∂²y/∂x∂x = A + A'"
    assert any(line.startswith("∂²y/∂x_i∂x_j = ") for line in found)


def test_the_reason_names_the_letters_that_are_used() -> None:
    text = derive("y = W*x", "x", verify=False).explain(style="elements")
    assert "∂x_k/∂x_j = δ_kj, which is 1 where k = j, else 0" in text
