"""The simulator as a source: deterministic, resumable, and as messy as a real one."""

import numpy as np
import pytest
from small_plant import T0, plant_with

from twin.core.rows import RESET
from twin.errors import DataError
from twin.plant import Plant
from twin.sources.base import Batch
from twin.sources.simulator import Simulator

COUNTS = {"mill": 5, "pump": 4}
MINUTE_US = 60_000_000


def run(simulator: Simulator, n: int) -> list[Batch]:
    return [simulator.step() for _ in range(n)]


def joined(batches: list[Batch], class_id: str) -> np.ndarray:
    return np.concatenate([b.rows[class_id] for b in batches if class_id in b.rows])


def same(a: Batch, b: Batch) -> bool:
    return (
        a.rows.keys() == b.rows.keys()
        and all(a.rows[c].tobytes() == b.rows[c].tobytes() for c in a.rows)
        and a.events == b.events
        and a.due_us == b.due_us
    )


def test_same_seed_same_bytes_and_another_seed_others() -> None:
    plant, catalogue = plant_with(COUNTS)
    once, twice = (run(Simulator(plant, catalogue, 1, T0), 100) for _ in range(2))
    assert all(same(a, b) for a, b in zip(once, twice, strict=True))
    other = run(Simulator(plant, catalogue, 2, T0), 100)
    assert joined(once, "mill").tobytes() != joined(other, "mill").tobytes()


def test_history_holds_what_the_steps_send_in_order_and_once() -> None:
    plant, catalogue = plant_with(COUNTS)
    history, _ = Simulator(plant, catalogue, 1, T0).history(1 / 6)
    sent = run(Simulator(plant, catalogue, 1, T0), 4 * 60 + 5)
    for class_id in COUNTS:
        end = T0 + 4 * 60 * MINUTE_US
        steps, whole = joined(sent, class_id), history[class_id]
        assert (np.diff(whole["time"]) >= 0).all()
        once = {r.tobytes() for r in whole[whole["time"] < end]}
        assert len(once) == (whole["time"] < end).sum()
        assert once == {r.tobytes() for r in steps[steps["time"] < end]}


@pytest.mark.parametrize("cut", [1, 59, 60, 61, 150, 333])
def test_a_resumed_simulation_goes_on_as_if_never_stopped(cut: int) -> None:
    plant, catalogue = plant_with(COUNTS)
    whole = run(Simulator(plant, catalogue, 1, T0), 400)
    resumed = Simulator(plant, catalogue, 1, T0 + 12_345_678_901)
    states = [b.state for b in whole[: max(1, cut - 70)] if b.state is not None]
    position = whole[cut - 1].position
    assert position is not None
    resumed.resume(position, states[-1])
    rest = run(resumed, 400 - cut)
    assert all(same(a, b) for a, b in zip(whole[cut:], rest, strict=True))


def test_a_machine_that_is_added_leaves_the_others_as_they_were() -> None:
    plant, catalogue = plant_with(COUNTS)
    before = Simulator(plant, catalogue, 1, T0)
    sent = run(before, 120)
    worn = before.truth().wear["mill"]
    more, _ = plant_with({"mill": 6, "pump": 4})
    after = Simulator(more, catalogue.update(more), 1, T0)
    states = [b.state for b in sent if b.state is not None]
    after.resume(sent[-1].position or b"", states[-1])
    # Of the block under way, one more machine draws other noise: an hour's, at most.
    np.testing.assert_allclose(after.truth().wear["mill"][:5], worn, atol=0.02)
    new = joined(run(after, 3), "mill")
    births = new[new["slot"] >= RESET]
    assert births["slot"].tolist() == [5 | int(RESET)]


def test_a_simulation_whose_state_is_lost_begins_anew_after_its_position() -> None:
    plant, catalogue = plant_with(COUNTS)
    sent = run(Simulator(plant, catalogue, 1, T0), 10)
    again = Simulator(plant, catalogue, 1, T0)
    again.resume(sent[-1].position or b"", None)
    rows = joined(run(again, 5), "mill")
    samples = rows[rows["slot"] < RESET]
    assert samples["time"].min() > T0 + 10 * MINUTE_US - MINUTE_US
    with pytest.raises(DataError, match="simulator"):
        again.resume(sent[-1].position or b"", b"\x08\0\0\0rubbish.")


def test_samples_come_late_twice_and_not_at_all() -> None:
    plant, catalogue = plant_with({"mill": 50})
    sent = run(Simulator(plant, catalogue, 4, T0), 60 * 24)
    rows = joined(sent, "mill")
    rows = rows[rows["slot"] < RESET]
    keys = np.stack([rows["slot"].astype(np.int64), rows["time"]], axis=1)
    assert len(np.unique(keys, axis=0)) < len(keys), "twice"
    late = 0
    for slot in range(50):
        times = rows["time"][rows["slot"] == slot]
        late += int((times < np.maximum.accumulate(times)).sum())
    assert 0 < late < 0.01 * len(rows)
    assert len(np.unique(keys, axis=0)) < 50 * 60 * 24


def test_a_failure_is_followed_by_silence_a_repair_and_a_new_machine() -> None:
    plant, catalogue = plant_with({"pump": 30})
    simulator = Simulator(plant, catalogue, 9, T0, period_s=600)
    rows, events = simulator.history(40)
    pump = rows["pump"]
    failures = [e for e in events if e.kind == "failure"]
    assert len(failures) > 20
    assert [(e.time, e.machine_id, e.detail["mode"]) for e in failures] == [
        f for f in simulator.truth().failures if f[0] <= simulator.generated_us
    ]
    for failure in failures[:20]:
        slot = catalogue.slot(failure.machine_id).slot
        repairs = [
            e.time
            for e in events
            if e.kind == "repair" and e.machine_id == failure.machine_id and e.time > failure.time
        ]
        if not repairs:
            continue
        mine = pump[(pump["slot"] & ~RESET) == slot]
        between = mine[(mine["time"] >= failure.time) & (mine["time"] < repairs[0])]
        assert len(between) == 0
        reset = mine[mine["time"] == repairs[0]]
        assert reset["slot"].tolist() == [slot | int(RESET)]


def test_classes_of_one_s_own_are_simulated_too() -> None:
    plant = Plant.model_validate(
        {
            "plant": {"name": "mine"},
            "line": [{"id": "a"}],
            "class": {
                "loom": {
                    "period_s": 10,
                    "sensor": [
                        {"id": "tension_n", "normal": [50, 90]},
                        {"id": "noise_db", "normal": [60, 85]},
                    ],
                    "input": [{"id": "speed_rpm", "range": [0, 600]}],
                    "failure_mode": [{"id": "shuttle"}],
                }
            },
            "machine": [{"id": "loom-1", "class": "loom", "line": "a"}],
        }
    )
    from twin.catalogue import Catalogue

    rows, _ = Simulator(plant, Catalogue().update(plant), 1, T0).history(0.5)
    values = rows["loom"]["value"][rows["loom"]["slot"] < RESET]
    assert 45 < np.nanmedian(values[:, 0]) < 95
    assert 0 <= np.nanmin(values[:, 2]) <= np.nanmax(values[:, 2]) <= 600
