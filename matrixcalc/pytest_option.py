"""The entry of the pytest plugin: its option, and nothing more until it is asked for."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, and the ini line that stands for it."""
    group = parser.getgroup("matrixcalc")
    group.addoption(
        "--matrixcalc",
        action="store_true",
        help="check the claims in Markdown, docstrings, LaTeX and .mc files",
    )
    parser.addini("matrixcalc", "check the claims in files", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Bring in the collector where it is asked for."""
    if config.getoption("--matrixcalc") or config.getini("matrixcalc"):
        from matrixcalc import pytest_plugin

        if not config.pluginmanager.is_registered(pytest_plugin):
            config.pluginmanager.register(pytest_plugin, "matrixcalc.collector")
