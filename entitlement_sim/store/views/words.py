"""What columns hold that mean the same in many views: said once, written to all."""

from collections.abc import Iterable
from typing import Final

import duckdb

from ..quoting import literal
from ..words import COLUMN_WORDS

COMMON_WORDS: Final[dict[str, str]] = {
    "entitlement_id": "The entitlement.",
    "case_id": "The case.",
    "product_id": "The product.",
    "product": "Name of the product.",
    "customer_id": "Its customer.",
    "segment": "Segment of the customer.",
    "template_id": "Number of the template.",
    "template": "Template from which the entitlement was made.",
    "allocation": "Unit of the terms: cases or hours, which are never added to each other.",
    "restrict": "Whether a case is refused when no terms are left.",
    "state": "State on the last day of the run.",
    "ended_by": "What ended it: expiry or cancellation; NULL while neither did.",
    "predecessor_id": "The entitlement that it renews; NULL for a first one.",
    "renewal_number": "0 for a first entitlement, one more at every renewal.",
    "created_on": "Day on which the record was made.",
    "start_date": "First day of the term.",
    "end_date": "Last day of the term.",
    "effective_end": "Last day covered: the day before a cancellation, or else the end date.",
    "covered_from": "First day covered.",
    "covered_to": "Last day covered, at most the last day of the run.",
    "term_days": "Length of the term, first and last day counted.",
    "elapsed_days": "Days of the term that are over.",
    "is_unlimited": "Whether it covers without a number of terms.",
    "allotment": "Terms put in: allotted, adjusted, topped up and rolled in.",
    "used": "Terms used: taken by cases less given back.",
    "remaining": "Terms left.",
    "price": "Price of the whole term.",
    "annual_value": "Price a year: price x 365 / days of the term, to the hundredth.",
    "origin": "How cases come in.",
    "month": "First day of the month.",
    "is_partial": "Whether the run begins or ends within the month and shows only a part of it.",
    "is_left_truncated": "Whether it covered days before the run begins.",
    "n": "How many the row counts: the denominator of its shares.",
    "is_paying": "Whether its price is above 0, or unknown; false where it is free.",
    "in_base": "Whether it counts where contracts, customers and renewals are told: see base.",
    "base": "Which contracts count: paying or, where nothing has a price, all.",
    "is_mature": "Whether the row can no longer change with time.",
}

_WORDS: Final = COLUMN_WORDS["cases"] | COMMON_WORDS


def comment_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """Give every column of a view that has no words of its own those of its name."""
    bare = connection.execute(
        "SELECT view_name, column_name FROM duckdb_views() AS views "
        "JOIN duckdb_columns() AS columns "
        "ON columns.table_oid = views.view_oid AND columns.database_oid = views.database_oid "
        "WHERE NOT views.internal AND columns.comment IS NULL "
        "AND views.database_name = current_database()"
    ).fetchall()
    connection.execute("".join(words_of_columns(view, [column]) for view, column in bare))


def words_of_columns(view: str, columns: Iterable[str]) -> str:
    """Return the statements that give columns of a view the words of their names."""
    return "".join(
        f'COMMENT ON COLUMN {view}."{column}" IS {literal(_WORDS[column])};'
        for column in columns
        if column in _WORDS
    )
