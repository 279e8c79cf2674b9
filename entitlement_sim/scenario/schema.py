"""The JSON schema of scenarios, for editors, and what every field means."""

import ast
import inspect
import json
from functools import cache
from typing import Any

from . import models


def schema_text() -> str:
    """Return the JSON schema of scenario files, as it stands in ``scenario.schema.json``."""
    schema = models.ScenarioModel.model_json_schema()
    _describe(models.ScenarioModel.__name__, schema)
    for name, part in schema["$defs"].items():
        _describe(name, part)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **schema}, indent=2) + "\n"


def description(part: str, field: str) -> str:
    """Return the docstring of a field of a part of the models, empty where there is none.

    Examples
    --------
    >>> description("Calendar", "days")
    'Length of the run in days.'
    """
    for parent in getattr(models, part).__mro__:
        text = _docstrings().get((parent.__name__, field))
        if text is not None:
            return text
    return ""


def _describe(part: str, schema: dict[str, Any]) -> None:
    for field, of_field in schema["properties"].items():
        of_field["description"] = description(part, field)


@cache
def _docstrings() -> dict[tuple[str, str], str]:
    """Return the texts that stand under the fields of the models, by class and field."""
    descriptions = {}
    for part in ast.parse(inspect.getsource(models)).body:
        if isinstance(part, ast.ClassDef):
            for field, text in zip(part.body, part.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    match text:
                        case ast.Expr(value=ast.Constant(value=str() as words)):
                            name = field.target.id.removesuffix("_")  # of a key that Python has
                            descriptions[part.name, name] = inspect.cleandoc(words)
    return descriptions
