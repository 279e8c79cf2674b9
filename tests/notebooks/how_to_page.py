"""The page of everyday questions, executed: each block of Python, with what it shows below it.

What is shown stands in the page and is held fast; where it is meant to move::

    python tests/notebooks/how_to_page.py
"""

import ast
import contextlib
import io
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

PAGE = Path(__file__).parents[2] / "docs" / "how-to.md"

#: The run of the page, as its first block makes it.
CUSTOMERS = {"small": 100, "midsize": 40, "enterprise": 10}

_BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)


def executed(text: str) -> str:
    """Return a page with the outputs of its blocks, run one after the other in this folder."""
    session: dict[str, Any] = {"__name__": "__main__"}
    wide = ("display.width", 100, "display.max_columns", 20, "display.max_rows", 60)

    def with_output(found: re.Match[str]) -> str:
        shown = _shown_by(found[1], session)
        output = f"\n```text\n{shown}\n```\n" if shown else ""
        return f"```python\n{found[1]}```\n{output}"

    with pd.option_context(*wide):
        return _BLOCK.sub(with_output, text)


def _shown_by(source: str, session: dict[str, Any]) -> str:
    """Run a block and return what a notebook would show: what it prints, and its last value."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, PAGE.name, "exec"), session)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), PAGE.name, "eval"), session)
            if value is not None and not isinstance(value, Path):
                print(repr(value))
    return "\n".join(line.rstrip() for line in printed.getvalue().strip("\n").splitlines())


if __name__ == "__main__":
    from entitlement_sim import Scenario, simulate

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        few = {f"segments.{name}.customers": count for name, count in CUSTOMERS.items()}
        simulate(Scenario.load("demo", few), out="runs", name="demo").close()
        os.environ["COLUMNS"] = "100"
        PAGE.write_text(executed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
