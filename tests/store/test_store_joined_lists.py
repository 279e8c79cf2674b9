"""A query may filter the unnested lists of joined rows, over which DuckDB 2.0.0 stumbles."""

import pytest
from store_rows import facts

from entitlement_sim import open_run
from entitlement_sim.store.writer import write_run

TABLES = """
CREATE TEMP TABLE contracts AS SELECT range AS number FROM range(10);
CREATE TEMP TABLE names AS
    SELECT range AS number, CASE range % 2 WHEN 0 THEN 'a name of twenty-two' ELSE 'b' END AS name
    FROM range(10);
"""
#: A list is longer than the 2,048 rows that DuckDB handles at once, and few of its days are left.
LAST_DAYS = """
SELECT count(*) AS n, min(name) AS first
FROM (
    SELECT name, number, unnest(range((3000 + number % 7)::INTEGER)) AS day
    FROM contracts JOIN names USING (number)
)
WHERE day + number % 3 >= 3000
"""


@pytest.mark.parametrize("place", ["on disk", "sealed", "in memory"])
def test_few_days_of_long_lists_of_joined_rows_are_found(place, tmp_path):
    with write_run([], facts(), out=None if place == "in memory" else tmp_path) as made:
        run = open_run(made.path, sealed=True) if place == "sealed" else made
        with run:
            run.connection.execute(TABLES)
            assert run.sql(LAST_DAYS).to_dict("list") == {
                "n": [33],
                "first": ["a name of twenty-two"],
            }
