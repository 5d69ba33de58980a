"""What simulated machines do when they are asked: same bytes again, service in place of failure."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_plant import T0, plant_with

from twin.core.rows import RESET
from twin.sources.base import Batch
from twin.sources.physics.commands import IDLE, OWN, Command, as_json, from_json
from twin.sources.simulator import Simulator
from twin.types import Event

COUNTS = {"mill": 3, "pump": 2}
PLANT, CATALOGUE = plant_with(COUNTS)
MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000
DRIVE = Command(T0, "drive")
Told = Mapping[int, Sequence[Command]]
"""Step before which commands are given."""


def simulator(life_spread: float = 0.95) -> Simulator:
    return Simulator(PLANT, CATALOGUE, 3, T0, life_spread=life_spread)


def run(source: Simulator, n: int, told: Told, first: int = 0) -> list[Batch]:
    out = []
    for k in range(first, first + n):
        source.tell(told.get(k, ()))
        out.append(source.step())
    return out


def at(k: int, kind: str) -> Command:
    return Command(T0 + k * MINUTE_US, kind)  # type: ignore[arg-type]


def same(a: Batch, b: Batch) -> bool:
    return (
        a.rows.keys() == b.rows.keys()
        and all(a.rows[c].tobytes() == b.rows[c].tobytes() for c in a.rows)
        and a.events == b.events
    )


def told(n: int) -> st.SearchStrategy[dict[int, list[Command]]]:
    machine = st.sampled_from(["mill-01", "mill-02", "pump-01"])
    one = st.one_of(
        st.builds(lambda m, v: ("ask", m, v, v), machine, st.sampled_from([0.0, 0.4, 0.9])),
        st.builds(lambda m: ("ask", m, *OWN), machine),
        st.builds(lambda m: ("mend", m, *OWN), machine),
        st.builds(lambda m: ("service", m, *OWN), machine),
    )

    def made(found: dict[int, list[tuple[str, str, float, float]]]) -> dict[int, list[Command]]:
        out = {
            k: [at(k, c[0])._replace(machine=c[1], load=c[2], speed=c[3]) for c in commands]
            for k, commands in found.items()
        }
        for k, commands in out.items():
            until = T0 + (k + 40) * MINUTE_US
            out[k] = [c._replace(until=until) if c.kind == "service" else c for c in commands]
        out[0] = [DRIVE, *out.get(0, [])]
        return out

    found = st.dictionaries(st.integers(0, n - 1), st.lists(one, min_size=1, max_size=2))
    return found.map(made)


@settings(deadline=None, max_examples=7)
@given(told(110), st.integers(1, 109))
def test_a_commanded_simulation_resumed_anywhere_goes_on_as_if_never_stopped(
    commands: dict[int, list[Command]], cut: int
) -> None:
    whole = run(simulator(), 110, commands)
    state = [b.state for b in whole[:cut] if b.state is not None][-1]
    again = simulator()
    again.resume(whole[cut - 1].position or b"", state)
    rest = run(again, 110 - cut, commands, cut)
    assert all(same(a, b) for a, b in zip(whole[cut:], rest, strict=True))


def test_commands_survive_being_written_down() -> None:
    commands = [DRIVE, at(3, "ask")._replace(machine="mill-01", load=0.5, speed=0.25)]
    back = from_json(as_json(commands))
    assert back[1] == commands[1]
    assert back[0][:3] == DRIVE[:3]
    assert np.isnan(back[0].load)


def column(batches: list[Batch], machine: str, lane: str) -> tuple[np.ndarray, np.ndarray]:
    class_id, slot = CATALOGUE.slot(machine)
    rows = np.concatenate([b.rows[class_id] for b in batches if class_id in b.rows])
    rows = rows[rows["slot"] == slot]
    order = np.argsort(rows["time"], kind="stable")
    n = PLANT.classes[class_id].lane_ids.index(lane)
    return rows["time"][order], rows["value"][order, n]


def test_a_machine_runs_as_asked_from_the_next_minute_on_and_the_others_as_before() -> None:
    ask = at(70, "ask")._replace(machine="mill-01", load=0.9, speed=0.8)
    rest = at(130, "ask")._replace(machine="mill-01", load=IDLE[0], speed=IDLE[1])
    sent = run(simulator(), 190, {0: [DRIVE], 70: [ask], 130: [rest]})
    times, load = column(sent, "mill-01", "load_pct")
    busy = (times > T0 + 71 * MINUTE_US) & (times < T0 + 130 * MINUTE_US)
    assert 75 < np.nanmean(load[busy]) < 100
    assert np.nanmax(load[times > T0 + 132 * MINUTE_US]) < 5
    free = run(simulator(), 190, {0: [DRIVE]})
    other = [np.nanmean(column(s, "mill-02", "load_pct")[1]) for s in (sent, free)]
    assert other[0] == pytest.approx(other[1], abs=1)


def test_a_service_that_is_asked_for_stands_renews_and_says_so_once() -> None:
    until = T0 + 100 * MINUTE_US
    service = at(40, "service")._replace(machine="mill-02", until=until, note="s-1")
    source = simulator()
    sent = run(source, 41, {0: [DRIVE], 40: [service]})
    worn = source.truth().wear["mill"][1].copy()
    sent += run(source, 70, {}, 41)
    times, _ = column(sent, "mill-02", "load_pct")
    assert not ((times > T0 + 41 * MINUTE_US) & (times < until)).any()
    assert (times > until).any()
    events = [e for b in sent for e in b.events if e.machine_id == "mill-02"]
    want = {"mode": None, "planned": True, "service": "s-1"}
    assert events == [Event(until + 500, "repair", "mill-02", want)]
    rows = np.concatenate([b.rows["mill"] for b in sent])
    begins = rows[(rows["slot"] == (1 | int(RESET))) & (rows["time"] > T0)]
    assert begins["time"].tolist() == [until + 500]
    assert (source.truth().wear["mill"][1] < worn).all()
    assert source.truth().wear["mill"][1].max() < 0.01


@pytest.mark.parametrize("seed", [4])
def test_a_service_in_time_spares_the_failure_that_comes_without_it(seed: int) -> None:
    plant, catalogue = plant_with({"pump": 6})

    def failures(served: Mapping[int, str], hours: int) -> list[tuple[int, str, str]]:
        source = Simulator(plant, catalogue, seed, T0, period_s=3600)
        source.tell([DRIVE])
        for k in range(hours):
            now = T0 + k * HOUR_US
            if k in served:
                source.tell([Command(now, "service", served[k], until=now + 3 * HOUR_US)])
            source.step()
        return sorted(source.truth().failures)

    time, machine, _ = next(f for f in failures({}, 24 * 20) if f[0] > T0 + 30 * HOUR_US)
    hour = (time - T0) // HOUR_US - 24
    served = failures({hour: machine}, hour + 24 * 8)
    assert machine not in {f[1] for f in served if f[0] > T0 + hour * HOUR_US}


def test_a_serviced_machine_begins_with_the_readings_of_a_healthy_one() -> None:
    """Nothing of its worn coolant system lingers: it begins as warm as it is an hour later."""
    until = T0 + 100 * MINUTE_US
    service = at(10, "service")._replace(machine="mill-02", until=until)
    idle = at(10, "ask")._replace(machine="mill-02", load=IDLE[0], speed=IDLE[1])
    sent = run(simulator(), 170, {0: [DRIVE], 10: [service, idle]})
    times, warm = column(sent, "mill-02", "coolant_temp_degc")
    first, later = (
        np.nanmean(warm[(times > until + a * MINUTE_US) & (times < until + b * MINUTE_US)])
        for a, b in ((0, 8), (30, 65))
    )
    assert first == pytest.approx(later, abs=1.0)


def test_a_machine_mended_by_hand_runs_at_once_and_no_repair_is_told_twice() -> None:
    plant, catalogue = plant_with({"pump": 30})
    source = Simulator(plant, catalogue, 9, T0, period_s=600)
    source.tell([DRIVE])
    failure = None
    while failure is None:
        found = [e for e in source.step().events if e.kind == "failure"]
        failure = found[0] if found else None
    source.tell([Command(source.now_us, "mend", failure.machine_id)])
    after = [source.step() for _ in range(6 * 24)]
    told_ = [e for b in after for e in b.events if e.machine_id == failure.machine_id]
    assert told_ == []
    slot = catalogue.slot(failure.machine_id).slot
    rows = np.concatenate([b.rows["pump"] for b in after[:12]])
    assert (rows["slot"] == slot).any()


def test_machines_that_are_driven_are_serviced_by_nobody_but_who_asks() -> None:
    plant, catalogue = plant_with({"pump": 40})
    free, driven = (Simulator(plant, catalogue, 2, T0, period_s=3600) for _ in range(2))
    driven.tell([DRIVE])
    planned = [
        sum(
            e.kind == "repair" and e.detail["planned"]
            for _ in range(24 * 10)
            for e in s.step().events
        )
        for s in (free, driven)
    ]
    assert planned[0] > 0
    assert planned[1] == 0


def test_a_state_of_the_first_release_is_gone_on_with() -> None:
    """It had no commands, and kept of its events time, kind, machine and mode as text."""
    whole = run(simulator(), 130, {})
    state = [b.state for b in whole[:70] if b.state is not None][-1]
    old, rest = b"", state
    while rest:
        size = int.from_bytes(rest[:4], "little")
        arrays = dict(np.load(io.BytesIO(rest[4 : 4 + size])))
        rest = rest[4 + size :]
        for name in ("fleet.demand.asked_load", "fleet.demand.asked_speed", "fleet.driven"):
            del arrays[name]
        assert orjson.loads(arrays["events"].tobytes()) == []
        arrays["events"] = np.array([], dtype=np.str_).reshape(0, 4)
        file = io.BytesIO()
        np.savez(file, **arrays)
        old += len(file.getvalue()).to_bytes(4, "little") + file.getvalue()
    again = simulator()
    again.resume((whole[69].position or b"")[:8], old)
    assert all(same(a, b) for a, b in zip(whole[70:], run(again, 60, {}), strict=True))
