"""Random small histories go through the desk and through the engine, and every row agrees."""

from engine_rows import rows_of
from hypothesis import HealthCheck, given, settings
from played_at_desk import PlayedAtDesk
from random_histories import History, histories

from entitlement_sim.engine.history import replay

#: The same histories on every machine: a failure stays until it is mended, and none comes by luck.
THOROUGH = settings(
    max_examples=1500,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@THOROUGH
@given(histories)
def test_desk_and_engine_agree_on_every_row(history: History) -> None:
    model = history.model()
    block = replay(model, history.customers)
    by_engine, by_desk = rows_of(block), PlayedAtDesk(model, history.customers).rows()
    assert by_engine == by_desk
    entries: dict[int, int] = {}
    for entitlement, entry in zip(
        block["ledger"]["entitlement_id"].tolist(), block["ledger"]["entry"].tolist(), strict=True
    ):
        entries[entitlement] = entries.get(entitlement, 0) + 1
        assert entry == entries[entitlement]
