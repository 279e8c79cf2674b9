"""Tables and views of a run as attributes, which complete as they are typed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .dictionary import Kind, Relation, description, find_relation, fitted, overview, relations
from .errors import RunError
from .quoting import quoted

if TYPE_CHECKING:
    import pandas as pd

    from .run import Run


class TableByName:
    """One table or view: called, it is a frame; shown, it says what it holds."""

    def __init__(self, run: "Run", relation: Relation) -> None:
        self._run = run
        self._relation = relation
        self.__doc__ = relation.holds

    def __call__(self) -> "pd.DataFrame":
        """Return all its rows."""
        return self._run.sql(f"SELECT * FROM {quoted(self._relation.name)}")

    def __repr__(self) -> str:
        return fitted(description(self._run, self._relation.name))

    def _repr_html_(self) -> str:
        return description(self._run, self._relation.name).html()


class TablesByName:
    """The tables and views of a run by their names; shown, it lists what each holds.

    Called, it returns the names, sorted.

    Examples
    --------
    >>> from entitlement_sim import Scenario, simulate
    >>> run = simulate(Scenario.load("reference", ["segments.everyone.customers=2"]))
    >>> run.tables()[:3], len(run.views.utilisation_by_template())
    (['arrived_cases', 'balance_totals', 'balances'], 1)
    """

    def __init__(self, run: "Run", kind: Kind | None = None) -> None:
        self._run = run
        self._kind = kind

    def __call__(self) -> list[str]:
        """Return the names, sorted."""
        return [relation.name for relation in relations(self._run, self._kind)]

    def __getitem__(self, name: str) -> TableByName:
        return TableByName(self._run, find_relation(self._run, name))

    def __getattr__(self, name: str) -> TableByName:
        # What notebooks and copies look for is none of a table; to ask would cost a query each.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except RunError as error:
            raise AttributeError(str(error)) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self()]

    def __iter__(self) -> Iterator[str]:
        return iter(self())

    def __len__(self) -> int:
        return len(self())

    def __repr__(self) -> str:
        return fitted(overview(self._run, self._kind))

    def _repr_html_(self) -> str:
        return overview(self._run, self._kind).html()
