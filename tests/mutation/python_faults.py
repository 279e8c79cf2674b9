"""All one-line faults of a Python file, from its syntax tree.

Left out are places where a fault changes nothing that runs: annotations, docstrings, decorators,
imports and what stands under ``TYPE_CHECKING``. Within f-strings nodes carry no places of their
own before Python 3.12, so faults of all versions leave them out.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from .fault import Fault

_COMPARISONS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "in": ("not in",),
    "not in": ("in",),
    "is": ("is not",),
    "is not": ("is",),
}
_COMPARISON = re.compile(rb"not\s+in\b|is\s+not\b|\bin\b|\bis\b|<=|>=|==|!=|<|>")
_ARITHMETIC = {
    "+": ("-",),
    "-": ("+",),
    "*": ("+", "//"),
    "/": ("*",),
    "//": ("*",),
    "%": ("//",),
    "**": ("*",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
    "<<": (">>",),
    ">>": ("<<",),
}
_OPERATOR = re.compile(rb"\*\*|//|<<|>>|[-+*/%&|^]")
_JUNCTION = re.compile(rb"\b(and|or)\b")
_CALLED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "minimum": "maximum",
    "maximum": "minimum",
    "floor": "ceil",
    "ceil": "floor",
    "first": "last",
    "last": "first",
}
#: Methods that look a text up.
_LOOKS_UP = {"get", "index", "pop", "startswith", "endswith", "removeprefix", "removesuffix"}


def python_faults(path: str, source: bytes) -> list[Fault]:
    """Return all faults of a Python file.

    Parameters
    ----------
    path : str
        The file, from the root of the tree.
    source : bytes
        What is in it.
    """
    return list(_Reader(path, source).faults(ast.parse(source)))


class _Reader:
    """Goes through a file's syntax tree."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self.source = source
        self.line_starts = [0, *(match.end() for match in re.finditer(rb"\n", source))]

    def faults(self, node: ast.AST) -> Iterator[Fault]:
        """Return the faults of a node and of all below it."""
        for start, end, new in self.changes(node):
            yield Fault.at(self.path, self.source, start, end, new)
        for child in _running_children(node):
            yield from self.faults(child)

    def changes(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        """Return the changes of a node itself: where they begin and end, and the new text."""
        match node:
            case ast.Compare():
                yield from self.comparisons(node)
            case ast.BoolOp():
                for left, right in pairwise(node.values):
                    start, end, old = self.between(left, right, _JUNCTION)
                    yield start, end, "or" if old == "and" else "and"
            case ast.UnaryOp(op=ast.Not() | ast.USub() as operator):
                start = self.start(node)
                yield start, start + len("not" if isinstance(operator, ast.Not) else "-"), ""
            case ast.BinOp() if not isinstance(node.op, ast.MatMult) and not _joins_texts(node):
                start, end, old = self.between(node.left, node.right, _OPERATOR)
                for new in _ARITHMETIC[old]:
                    yield start, end, new
            case ast.AugAssign():
                start, end, old = self.between(node.target, node.value, _OPERATOR)
                for new in _ARITHMETIC[old]:
                    yield start, end, new
                yield *self.span(node), "pass"
            case ast.Constant():
                yield from self.constants(node)
            case ast.Return(value=ast.expr() as value):
                yield from self.returned(value)
            case ast.FunctionDef(returns=ast.Name(id="bool" | "int" as kind)):
                yield from self.returned_otherwise(node, kind)
            case ast.Expr(value=ast.Call()) | ast.Raise():
                yield *self.span(node), "pass"
            case ast.Break() | ast.Continue():
                yield *self.span(node), "pass"
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield *self.span(node), "pass"
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pass
            case ast.If() | ast.While() | ast.IfExp():
                yield from self.negated(node.test)
            case ast.comprehension():
                for condition in node.ifs:
                    yield from self.negated(condition)
            case ast.Call():
                yield from self.called(node)
        yield from self.looked_up(node)

    def comparisons(self, node: ast.Compare) -> Iterator[tuple[int, int, str]]:
        """Move each boundary by one, and turn each comparison round."""
        for left, right in pairwise([node.left, *node.comparators]):
            start, end, old = self.between(left, right, _COMPARISON)
            for new in _COMPARISONS[old]:
                yield start, end, new

    def constants(self, node: ast.Constant) -> Iterator[tuple[int, int, str]]:
        """Move numbers by one, and turn truth round."""
        if isinstance(node.value, bool):
            yield *self.span(node), str(not node.value)
        elif isinstance(node.value, int | float):
            # In brackets where a sign or an attribute may stand beside the number.
            yield *self.span(node), repr(node.value + 1)
            yield *self.span(node), f"({node.value - 1!r})"

    def returned(self, value: ast.expr) -> Iterator[tuple[int, int, str]]:
        """Return nothing in place of a value."""
        if not (isinstance(value, ast.Constant) and value.value is None):
            yield *self.span(value), "None"

    def returned_otherwise(
        self, function: ast.FunctionDef, kind: str
    ) -> Iterator[tuple[int, int, str]]:
        """Return the opposite, or one more, where a function says that it returns such a value."""
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                start, end = self.span(node.value)
                value = self.text(start, end)
                yield start, end, f"not ({value})" if kind == "bool" else f"({value}) + 1"

    def negated(self, condition: ast.expr) -> Iterator[tuple[int, int, str]]:
        """Turn a condition round, unless its own operator is turned round anyway."""
        if not isinstance(condition, ast.Compare | ast.UnaryOp):
            start, end = self.span(condition)
            yield start, end, f"not ({self.text(start, end)})"

    def called(self, node: ast.Call) -> Iterator[tuple[int, int, str]]:
        """Call the counterpart of a function, or swap arguments that stand side by side."""
        name = node.func
        if isinstance(name, ast.Name) and name.id in _CALLED:
            yield *self.span(name), _CALLED[name.id]
        elif isinstance(name, ast.Attribute) and name.attr in _CALLED:
            end = self.span(name)[1]
            yield end - len(name.attr), end, _CALLED[name.attr]
        if isinstance(name, ast.Name) and name.id in ("min", "max"):
            return  # whose arguments may stand in any order
        for left, right in pairwise(node.args):
            if isinstance(left, ast.Starred) or isinstance(right, ast.Starred):
                continue
            (start, left_end), (right_start, end) = self.span(left), self.span(right)
            texts = self.text(start, left_end), self.text(right_start, end)
            if texts[0] != texts[1]:
                yield start, end, texts[1] + self.text(left_end, right_start) + texts[0]

    def looked_up(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        """Change texts that are compared, indexed with or looked up."""
        looked_up: list[ast.expr] = []
        match node:
            case ast.Compare():
                for side in (node.left, *node.comparators):
                    looked_up += side.elts if isinstance(side, ast.Tuple | ast.Set) else [side]
            case ast.Subscript():
                looked_up = [node.slice]
            case ast.Call(func=ast.Attribute(attr=attribute)) if attribute in _LOOKS_UP:
                looked_up = node.args[:1]
            case ast.MatchValue():
                looked_up = [node.value]
        for each in looked_up:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield *self.span(each), repr(f"{each.value}?")

    def start(self, node: ast.expr) -> int:
        """Return where a node begins, in bytes of the file."""
        return self.line_starts[node.lineno - 1] + node.col_offset

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node begins and ends, in bytes of the file."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.line_starts[node.lineno - 1] + node.col_offset,
            self.line_starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def text(self, start: int, end: int) -> str:
        """Return a part of the file."""
        return self.source[start:end].decode()

    def between(
        self, left: ast.expr, right: ast.expr, operator: re.Pattern[bytes]
    ) -> tuple[int, int, str]:
        """Return where the operator between two operands stands, and what it is."""
        start = self.span(left)[1]
        gap = self.source[start : self.start(right)]
        without_comments = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), gap)
        found = operator.search(without_comments)
        assert found is not None, gap
        return start + found.start(), start + found.end(), " ".join(found[0].decode().split())


def _joins_texts(node: ast.BinOp) -> bool:
    """Whether an operand is a text, so that another operator fails wherever it is tried."""
    return any(
        isinstance(side, ast.JoinedStr)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _running_children(node: ast.AST) -> Iterator[ast.AST]:
    """Return the parts of a node in which a fault could change what runs."""
    skipped: list[ast.AST | None] = []
    match node:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            yield from node.orelse
            return
        case ast.AnnAssign():
            skipped = [node.annotation]
        case ast.arg():
            skipped = [node.annotation]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            skipped = [node.returns, *node.decorator_list]
        case ast.ClassDef():
            skipped = [*node.decorator_list]
    for child in ast.iter_child_nodes(node):
        if not any(child is each for each in skipped):
            yield child
