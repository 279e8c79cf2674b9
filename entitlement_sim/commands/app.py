"""All commands, in the order in which help lists them."""

import functools
from typing import Annotated, Any

import typer

from . import (
    asking,
    attributing,
    auditing,
    comparing,
    demo,
    designing,
    exporting,
    fitting,
    forecasting,
    importing,
    merging,
    notebooks,
    offerings,
    reporting,
    runs,
    scenarios,
    scoring,
    searching,
    simulating,
    stories,
    sweeping,
)
from .written_order import InWrittenOrder


class _Commands(typer.Typer):
    """Commands that are put together once, however many are given to one process."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Give a command."""
        return self._together(*arguments, **options)

    @functools.cached_property
    def _together(self) -> Any:
        return typer.main.get_command(self)


# Without Rich's markup, help is shown in an eighth of a second.
app = _Commands(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"entitlement-sim {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def entitlement_sim(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Simulate support entitlements by the rules of Dynamics 365, and look at what happened."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(demo.demo)
app.command()(simulating.run)
app.command()(merging.merge)
app.command()(scenarios.check)
app.command()(scenarios.scenarios)
app.command()(offerings.offerings)
app.command()(scenarios.schema)
app.command()(runs.runs)
app.command()(asking.query)
app.command()(asking.explain)
app.command()(asking.describe)
app.command()(exporting.export)
app.command("import")(importing.import_exports)
app.command(cls=InWrittenOrder)(comparing.compare)
app.command()(sweeping.sweep)
app.command()(searching.search)
app.command()(designing.design)
app.command()(fitting.fit)
app.command()(forecasting.forecast)
app.command()(runs.verify)
app.command()(scoring.scorecard)
app.command()(auditing.audit)
app.command()(attributing.ceiling)
app.command()(attributing.rule_impact)
app.command()(stories.story)
app.command()(notebooks.notebooks)
app.command()(reporting.report)
