"""Customers who add the same to a number, taken together in SQL before they are fetched."""

from collections.abc import Sequence

from .resampling import FEW


def customers_alike(sums: str, cells: Sequence[str], columns: Sequence[str]) -> str:
    """Return a query that has one row for all customers of a segment who add the same to a cell.

    What it returns is what :func:`ratios` and :func:`totals` take with ``frequency="frequency"``,
    and comes to the same limits as a row for each customer. Of cells with so few customers that
    these are drawn anew, each keeps its row.

    Parameters
    ----------
    sums : str
        Name of a relation with one row for each customer of a cell, and the columns `customer_id`,
        `segment`, `cells` and `columns`.
    cells : sequence of str
        Columns that tell cells apart; rows in which one is NULL are left out.
    columns : sequence of str
        What customers add.

    Returns
    -------
    str
        A query for `cells`, `columns`, `customer_id` (one of those who are alike) and `frequency`,
        how many they are.

    Examples
    --------
    >>> import duckdb
    >>> sums = "SELECT range AS customer_id, 1 AS segment, range < 80 AS renewed FROM range(200)"
    >>> query = customers_alike("sums", [], ["renewed"])
    >>> duckdb.sql(f"WITH sums AS ({sums}) {query} ORDER BY customer_id").fetchall()
    [(True, 0, 80), (False, 80, 120)]
    """
    named = "".join(f"{cell}, " for cell in cells)
    added = ", ".join(columns)
    sizes = f"(SELECT {named}count(*) AS in_cell FROM {sums} GROUP BY ALL)"
    beside = f"JOIN {sizes} USING ({', '.join(cells)})" if cells else f"CROSS JOIN {sizes}"
    return (
        f"SELECT {named}{added}, min(customer_id) AS customer_id, count(*)::BIGINT AS frequency "
        f"FROM {sums} {beside} "
        f"GROUP BY {named}{added}, segment, CASE WHEN in_cell < {FEW} THEN customer_id END"
    )


def customers_alike_throughout(sums: str, cell: str, columns: Sequence[str]) -> str:
    """Return a query that takes customers together who add the same to every cell.

    As :func:`customers_alike`, for what is set against each other over cells, such as a paired
    :func:`difference`: a customer stands for the same customers in all of them.

    Parameters
    ----------
    sums : str
        Name of a relation with one row for each customer of a cell, and the columns `customer_id`,
        `segment`, `cell` and `columns`.
    cell : str
        Column that tells cells apart.
    columns : sequence of str
        What customers add.

    Returns
    -------
    str
        A query for `cell`, `columns`, `customer_id` (one of those who are alike) and `frequency`,
        how many they are.

    Examples
    --------
    >>> import duckdb
    >>> sums = (
    ...     "SELECT range // 2 AS customer_id, 1 AS segment, range % 2 AS half, 1 AS asked "
    ...     "FROM range(400)"
    ... )
    >>> query = customers_alike_throughout("sums", "half", ["asked"])
    >>> duckdb.sql(f"WITH sums AS ({sums}) FROM ({query}) ORDER BY half").fetchall()
    [(0, 1, 0, 200), (1, 1, 0, 200)]
    """
    named = ", ".join([cell, *columns])
    same = " AND ".join(
        f"sums.{name} IS NOT DISTINCT FROM _added.{name}" for name in [cell, *columns]
    )
    # Numbers of what is added to a cell, since lists of rows would take much longer to compare.
    return (
        f"SELECT {named}, customer_id, frequency FROM ("
        "WITH _added AS MATERIALIZED ("
        f"SELECT row_number() OVER () AS addition, * FROM (SELECT DISTINCT {named} FROM {sums})), "
        "_by_customer AS ("
        "SELECT sums.customer_id, any_value(sums.segment) AS segment, "
        "list_sort(list(addition)) AS additions "
        f"FROM {sums} AS sums JOIN _added ON {same} GROUP BY sums.customer_id), "
        "_alike AS ("
        "SELECT additions, min(customer_id) AS customer_id, count(*)::BIGINT AS frequency "
        "FROM (SELECT *, count(*) OVER () AS in_all FROM _by_customer) "
        f"GROUP BY additions, segment, CASE WHEN in_all < {FEW} THEN customer_id END) "
        f"SELECT {named}, customer_id, frequency "
        "FROM (SELECT unnest(additions) AS addition, customer_id, frequency FROM _alike) "
        "JOIN _added USING (addition))"
    )
