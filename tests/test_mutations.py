"""No false claim is called true: true ones are mutated, and those that differ must be found out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import oracle
import pytest
from reference import OutsideError

from matrixcalc import MatrixCalcError, check
from matrixcalc.reading.files import claims_of

HERE = Path(__file__).parent
ROWS = [
    json.loads(line)
    for line in (HERE / "corpus" / "claims.jsonl").read_text(encoding="utf-8").splitlines()
]
CORPUS = {
    row["id"]: (row["claim"], row["vars"], row["layout"], row.get("structured"))
    for row in ROWS
    if row["verdict"] == ["true"]
}
OWN = {
    f"{path.stem}:{found.line}": (*oracle.apart(found.text, found.layout), None)
    for folder in (HERE / "claims", HERE.parent / "docs" / "identities")
    for path in sorted(folder.glob("*.mc"))
    for found in claims_of(path)
    if found.expected == "true"
}
FACTOR = r"(\w+\([^()]*\)'?|\b[A-Za-z]\b'?)"
TWINS = {"sin": "cos", "cos": "sin", "exp": "cosh", "tanh": "sin", "sigmoid": "tanh", "log": "sqrt"}


def mutants(right: str) -> Iterator[str]:
    """The right side with one slip in it."""
    for m in re.finditer("'", right):  # a transpose dropped, or put behind a name
        yield right[: m.start()] + right[m.end() :]
    for m in re.finditer(r"\b[A-Za-z]\b(?![('])", right):
        yield f"{right[: m.end()]}'{right[m.end() :]}"
    for m in re.finditer(r"(?<![\w.^-])(\d)(?![\w.)])", right):  # a factor, an exponent
        yield right[: m.start()] + str(int(m[1]) + 1) + right[m.end() :]
    for m in re.finditer(r"(?<=[\w)'] )?(?<=[\w)' ])([+-])(?=[ \w(])", right):  # a sign
        yield right[: m.start()] + ("-" if m[1] == "+" else "+") + right[m.end() :]
    for m in re.finditer(rf"{FACTOR}\*{FACTOR}", right):
        yield right[: m.start()] + f"{m[2]}*{m[1]}" + right[m.end() :]  # factors exchanged
    for m in re.finditer(r"[*](\w+\([^()]*\)'?|\b[A-Za-z]'?)(?![\w(])", right):  # one dropped
        yield right[: m.start()] + right[m.end() :]
    for m in re.finditer(r"\b(inv|adj|sin|cos|exp|log|tanh|sigmoid|tr|det|diag)\(", right):
        yield right[: m.start()] + right[m.end() - 1 :]  # a function dropped, or another one
        if m[1] in TWINS:
            yield right[: m.start()] + TWINS[m[1]] + right[m.end() - 1 :]
    for m in re.finditer(r"(\.\*|\*)", right):  # the kind of product
        yield right[: m.start()] + ("*" if m[1] == ".*" else ".*") + right[m.end() :]
    terms = re.split(r" (?=[+-] )", right)
    if len(terms) > 1 and all(t.count("(") == t.count(")") for t in terms):
        for k in range(len(terms)):  # a term dropped
            yield " ".join(t for i, t in enumerate(terms) if i != k).removeprefix("+ ")
    yield f"-({right})"
    yield f"2*({right})"


def differs(claim: str, kinds: dict[str, str], layout: str | None) -> bool:
    """Whether the second judge finds it false; one that it cannot read is left out."""
    try:
        return not oracle.true_somewhere(claim, kinds, layout)
    except (SyntaxError, ValueError, KeyError, OutsideError, IndexError, TypeError):
        return False
    except (AssertionError, AttributeError, np.linalg.LinAlgError):
        return False


def survivors(
    claim: str, kinds: dict[str, str], layout: str | None, structured: str | None
) -> tuple[int, list[str]]:
    """How many false mutants of a claim there are, and those that are called true."""
    if oracle.structured(claim, kinds):
        return 0, []
    left, _, right = claim.rpartition(" = ")
    count, called_true = 0, []
    for mutant in dict.fromkeys(mutants(right)):
        text = f"{left} = {mutant}"
        if not differs(text, kinds, layout):
            continue
        count += 1
        try:
            verdict = check(text, kinds, layout, structured)
        except MatrixCalcError:
            continue
        if verdict.status == "true":
            called_true.append(text)
    return count, called_true


@pytest.mark.parametrize("name", CORPUS)
def test_mutants_are_not_true(name: str) -> None:
    assert survivors(*CORPUS[name])[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_mutants_of_own_claims_are_not_true(name: str) -> None:
    assert survivors(*OWN[name])[1] == []


def test_there_are_many_mutants() -> None:
    some = list(CORPUS.values())[::8]
    assert sum(survivors(*row)[0] for row in some) > 8 * len(some)
