"""Options in the order in which they were written, where one belongs to the one before it."""

from typing import Any, Final

import typer
from typer.core import TyperCommand

_PLACE: Final = f"{__name__}.written"


class InWrittenOrder(TyperCommand):
    """A command whose options are known in the order in which they were written."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note the order, then parse as any command does."""
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        remaining = {name: list(texts) for name, texts in values.items() if isinstance(texts, list)}
        ctx.meta[_PLACE] = [
            (str(parameter.name), remaining[parameter.name].pop(0))
            for parameter in order
            if parameter.param_type_name == "option" and parameter.name in remaining
        ]
        return super().parse_args(ctx, args)


def written_order(context: typer.Context) -> list[tuple[str, str]]:
    """Return repeatable options by the name of their parameter, in the order as written."""
    written: list[tuple[str, str]] = context.meta[_PLACE]
    return written
