"""Random small histories go through the desk and through the engine, and every row agrees."""

from hypothesis import HealthCheck, given, settings
from random_histories import History, histories

from entitlement_sim.replay.by_desk import play_at_desk
from entitlement_sim.replay.by_engine import replay
from entitlement_sim.replay.rows import rows_of

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
    assert rows_of(block) == play_at_desk(model, history.customers)
    entries: dict[int, int] = {}
    for entitlement, entry in zip(
        block["ledger"]["entitlement_id"].tolist(), block["ledger"]["entry"].tolist(), strict=True
    ):
        entries[entitlement] = entries.get(entitlement, 0) + 1
        assert entry == entries[entitlement]
