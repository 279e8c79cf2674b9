"""The desk: the rulebook one record at a time."""

from .cases import CaseActions


class Desk(CaseActions):
    """A service desk on which every action of the rulebook can be done, one record at a time.

    Actions are methods. A refused action raises :class:`~entitlement_sim.desk.refused.Refused`
    and changes no record; a case that found no terms leaves one entry of amount 0 in the ledger.

    Parameters
    ----------
    today : date or datetime
        Local time in the business zone at which the desk opens; a date means its first minute.
    settings : Settings, optional
        Organisation settings and rule switches, by default the recommended readings.

    Raises
    ------
    ValueError
        The settings name an unknown time zone or an impossible time of day.

    Examples
    --------
    >>> from datetime import date
    >>> from entitlement_sim.rules.words import DecreaseOn
    >>> desk = Desk(date(2025, 6, 15))
    >>> pack = desk.create_entitlement(
    ...     "E1", customer="Contoso", start=date(2025, 6, 1), end=date(2026, 5, 31),
    ...     total_terms=5, decrease_on=DecreaseOn.CREATION,
    ... )
    >>> desk.activate("E1")
    >>> case = desk.create_case("C1", customer="Contoso", entitlement="E1")
    >>> pack.remaining_terms
    Decimal('4.00')
    >>> [(str(entry.reason), entry.amount, str(entry.rule)) for entry in desk.ledger]
    [('allot', 500, 'T8'), ('consume', -100, 'T1')]
    """
