"""Names of columns, states and outcomes as words."""


def plain_name(name: object) -> str:
    """Write the name of a column, a state or an outcome as words.

    Examples
    --------
    >>> plain_name("turned_away")
    'turned away'
    """
    return str(name).replace("_", " ")
