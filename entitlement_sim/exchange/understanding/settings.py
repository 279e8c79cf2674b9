"""How exports are to be understood where they do not say it themselves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What whoever imports has said.

    Attributes
    ----------
    zone : str
        The business zone.
    date_order : str or None
        ``day-first`` or ``month-first``; None where the values of a file must settle it.
    date_only : str or None
        Whose day a moment in a column of days means: ``utc`` or ``local``; None where each value
        says it, since it stands at midnight of the one or the other.
    are_times_utc : bool
        Whether moments without an offset are those of Greenwich, rather than local.
    decimal : str or None
        What parts the decimals of numbers; None where the values of a file must settle it.
    """

    zone: str = "UTC"
    date_order: str | None = None
    date_only: str | None = None
    are_times_utc: bool = False
    decimal: str | None = None
