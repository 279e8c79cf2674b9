"""What was known of a history at the close of a day."""

import numpy as np
import pandas as pd

from entitlement_sim.replay.tables import HistoryTables
from entitlement_sim.replay.until import history_until
from entitlement_sim.rules.words import NOTHING, UNWRITTEN, Action, CaseMove

DAY = 1440
#: Two customers, one of them of day 20; a contract that renews another one, and is booked on day 9
#: for day 15; a case of day 8 that is resolved on day 12.
HISTORY = HistoryTables(
    customers=pd.DataFrame({"joined": [20, 0]}),
    terms=pd.DataFrame({"allocation": [0], "decrease_on": [0], "restrict": [1], "total": [1000]}),
    entitlements=pd.DataFrame(
        {
            "customer": [0, 1, 1],
            "terms": [0, 0, 0],
            "start": [21, 1, 15],
            "end": [30, 14, 28],
            "predecessor": [-1, -1, 1],
        }
    ),
    bookings=pd.DataFrame(
        {
            "day": [20, 1, 9, 15],
            "action": [Action.CREATE, Action.CREATE, Action.CREATE, Action.ACTIVATE],
            "entitlement": [0, 1, 2, 2],
        }
    ),
    cases=pd.DataFrame(
        {"customer": [0, 1, 1], "created": [22 * DAY, 8 * DAY, 16 * DAY], "wants": [0, 1, 2]}
    ),
    events=pd.DataFrame(
        {
            "case": [1, 1, 2],
            "at": [12 * DAY, 13 * DAY, 17 * DAY],
            "move": [CaseMove.RESOLVE, CaseMove.MERGE, CaseMove.RESOLVE],
            "into": [-1, 2, -1],
            "entitlement": [UNWRITTEN, 1, NOTHING],
        }
    ),
)


def test_what_is_booked_for_a_later_day_is_known_and_what_is_not_booked_is_not() -> None:
    until = history_until(HISTORY, 9)
    assert until.customers.tolist() == [1]
    assert until.entitlements.tolist() == [1, 2]
    assert until.history.entitlements["predecessor"].tolist() == [-1, 0]
    assert until.history.bookings[["day", "entitlement"]].to_numpy().tolist() == [[1, 0], [9, 1]]


def test_a_case_is_known_from_the_day_on_which_it_came() -> None:
    assert history_until(HISTORY, 7).cases.tolist() == []
    until = history_until(HISTORY, 8)
    assert until.cases.tolist() == [1]
    assert len(until.history.events) == 0


def test_what_happens_to_a_case_is_known_unless_it_names_what_was_not_there() -> None:
    until = history_until(HISTORY, 13)
    assert until.history.events["move"].tolist() == [CaseMove.RESOLVE]
    assert until.history.events["case"].tolist() == [0]


def test_all_is_known_in_the_end() -> None:
    until = history_until(HISTORY, 100)
    for table in ("customers", "entitlements", "bookings", "cases", "events"):
        whole = getattr(HISTORY, table)
        np.testing.assert_array_equal(getattr(until.history, table).to_numpy(), whole.to_numpy())
