"""Whether a run still holds what was stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ..parameters import takes
from ..telling import counted, listed
from .balance_check import broken_laws
from .damage import reading
from .errors import DamagedRun
from .fact_check import differing_facts
from .formats import Format, format_of
from .hashing import TableHash, hash_of_tables
from .kept import COUNTS, count_amiss, keeps_counts, kept_views
from .opened_views import RUN as RUN_CATALOGUE
from .opened_views import RUN_SCHEMA, VIEWS_SCHEMA
from .opening import own_labels_of
from .parquet import digest_of_file, files_of
from .rows import rows_of
from .run import RUN, Run
from .schema import STATIC_TABLES
from .static import static_hash

#: What is kept follows from this, by view.
_FOLLOWS_FROM: Final = {
    "terms_at_closes": "the ledger",
    "balance_totals": "the ledger",
    "breakage_of_balances": "the balances and the ledger",
    "breakage_of_balances_by_month": "the balances and the ledger",
    "ledger_totals": "the ledger",
    "blocked_demand_by_month": "the cases and the ledger",
    "work_by_month": "the cases",
    COUNTS: "the rows",
}


@dataclass(frozen=True)
class Verification:
    """What became of the rows and of the facts of a run.

    Attributes
    ----------
    expected, found : str
        The content hash that the run carries and the one of its rows as they are now.
    changed : tuple of str
        Tables whose rows differ from what was stored.
    facts : tuple of str
        What differs in the facts: in table ``run`` or in the manifest, in words.
    laws : tuple of str
        What of the balances does not add up, in words.
    amiss : dict of str to int
        Rows of what is kept of views beside the rows of the run that do not follow from these, and
        those that are missing there, by view; none where all does.
    """

    expected: str
    found: str
    changed: tuple[str, ...]
    facts: tuple[str, ...]
    laws: tuple[str, ...] = ()
    amiss: Mapping[str, int] = field(default_factory=dict, hash=False)

    @property
    def holds(self) -> bool:
        """Whether every row and every fact is as it was stored, and the balances add up."""
        is_stored = self.expected == self.found and not self.changed and not self.facts
        return is_stored and not self.laws and not self.amiss

    def __str__(self) -> str:
        if self.holds:
            return f"content {self.found[:12]}: every row and every fact is as it was stored"
        sentences = []
        if self.expected != self.found or self.changed:
            tables = f" (in {listed(self.changed)})" if self.changed else ""
            sentences.append(
                f"the rows differ from what was stored{tables}: expected content "
                f"{self.expected[:12]}, found {self.found[:12]}"
            )
        else:
            sentences.append(f"content {self.found[:12]}: every row is as it was stored")
        sentences += [f"the facts differ from what was stored: {fact}" for fact in self.facts]
        sentences += [f"the balances do not add up: {law}" for law in self.laws]
        sentences += [
            f"{view} does not follow from {_FOLLOWS_FROM[view]}: {counted(rows, 'row')} amiss"
            for view, rows in self.amiss.items()
        ]
        return "\n".join(sentences)


@takes(run=RUN)
def verify(run: Run) -> Verification:
    """Compare the rows and the facts of a run with the hashes that it carries.

    This finds accidents and edits. It does not find what somebody has changed who computed the
    hashes anew: that, only simulating anew does.

    Raises
    ------
    DamagedRun
        The file cannot be read as it was written.
    """
    digests = table_hashes(run, format_of(run.manifest))
    stored = run.manifest.table_hashes
    changed = tuple(table for table, digest in digests.items() if stored[table] != digest)
    return Verification(
        run.manifest.content_hash,
        hash_of_tables(digests),
        changed,
        (*differing_facts(run), *_other_files(run)),
        broken_laws(run) if run.manifest.source == "simulated" else (),
        _count_amiss(run),
    )


def _other_files(run: Run) -> list[str]:
    """Return in words which files of Parquet are not those that were stored, to the byte.

    What a file says of its rows beside them, such as the least and the greatest of some, decides
    which of them a question looks at.
    """
    stored = run.manifest.files
    if run.path is None or stored is None:
        return []
    with reading(run.file):
        present = {file.name: file for files in files_of(run.path).values() for file in files}
    names = sorted({*present, *stored})
    return [
        f"the file {name} is not the one that was stored"
        for name in names
        if name not in stored
        or name not in present
        or digest_of_file(present[name]) != stored[name]
    ]


def _count_amiss(run: Run) -> dict[str, int]:
    """Hold what the file keeps of views against the rows that it follows from."""
    if run.path is None:
        return {}
    with reading(run.file):
        counts = {
            view: count_amiss(run.connection, RUN_CATALOGUE, view)
            for view in kept_views(run.connection, RUN_CATALOGUE)
        }
        counts[COUNTS] = _count_amiss_of_counts(run)
        return {view: count for view, count in counts.items() if count}


def _count_amiss_of_counts(run: Run) -> int:
    """Hold the counts that the file keeps against its rows; none where nothing reads them."""
    if not keeps_counts(run.connection, RUN_CATALOGUE):
        return 0
    from .scorecard_counts import count_amiss_of_counts, period_of

    period = period_of(run.connection, RUN_SCHEMA, run.manifest)
    if period.model is None:
        return 0
    return count_amiss_of_counts(run.connection, RUN_CATALOGUE, period)


def table_hashes(run: Run, layout: Format) -> dict[str, str]:
    """Return the hash of each table of a run, as it was reckoned in some version of the format.

    The hashes of a newer run in an older format tell whether what both have is the same.
    """
    with reading(run.file):
        hashes = {table: _table_hash(run, table, layout) for table in layout.columns}
        return hashes | {table: _static_hash(run, table, layout) for table in STATIC_TABLES}


def _static_hash(run: Run, table: str, layout: Format) -> str:
    """Hash a static table; what the run lacks of it is derived."""
    columns = layout.small[table]
    is_stored = columns.keys() <= format_of(run.manifest).small[table].keys()
    return static_hash(run.connection, table, columns, run.stored_in if is_stored else VIEWS_SCHEMA)


def _table_hash(run: Run, table: str, layout: Format) -> str:
    """Read a table back as the engine's numbers, in the order of its rows, and hash it."""
    own = own_labels_of(run.connection, run.stored_in, format_of(run.manifest))
    hashed = TableHash(table, own, layout)
    for arrays in rows_of(run, table, layout.columns[table]):
        try:
            hashed.add(arrays)
        except IndexError:
            raise DamagedRun(run.file, f"table {table} has words that its types do not") from None
    return hashed.digest()
