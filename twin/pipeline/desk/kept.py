"""The desk's state as documents, and back.

Kind "desk" is what screens read twice a second: position, alarms, alarm_rates, services, machines
(of each the newest lines), journal. Kind "log" has each machine's full log; kind "desk-memory" what
only the desk needs; kind "orders" a document an order.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from twin.actions import VERBS
from twin.core.alarm_rates import AlarmRates
from twin.core.alarms import Alarm
from twin.pipeline.desk.state import DeskState, Line, Standing
from twin.pipeline.orders.orders import KIND as ORDERS
from twin.pipeline.orders.orders import heal
from twin.pipeline.orders.written import read_written_orders
from twin.stores.base import Documents, Store

__all__ = ["DESK", "POSITION", "load_state", "take_changes"]

DESK, LOG, MEMORY, POSITION = "desk", "log", "desk-memory", "position"
SHOWN_MAX = 20
"""Lines of a machine's log that screens read twice a second."""


def load_state(store: Store, now_us: int) -> DeskState:
    """The state as the store holds it; without any, as of plant time now_us. Raises StoreError."""
    state = DeskState(AlarmRates(now_us))
    state.orders = read_written_orders(store)
    for order in list(state.orders.values()):
        if heal(order):
            state.put_order(order)
    state.logs = {m: orjson.loads(text) for m, text in store.documents(LOG).items()}
    _load(state, store.documents(DESK), store.documents(MEMORY))
    return state


def take_changes(state: DeskState) -> dict[str, Documents]:
    """What has changed since the last call, by kind; always with the position."""
    state.bound()
    made = DOCUMENTS.items()
    desk: dict[str, bytes | None] = {
        name: orjson.dumps(make(state)) for name, make in made if name in state.changed
    }
    state.position_text = orjson.dumps(_position(state))
    desk[POSITION] = state.position_text
    out: dict[str, Documents] = {DESK: desk}
    memory: dict[str, bytes | None] = {}
    if "rates" in state.changed:
        memory["rates"] = orjson.dumps(state.rates.to_json())
    if "tokens" in state.changed:
        memory["tokens"] = orjson.dumps(state.tokens)
    if state.changed_orders:
        memory["orders"] = orjson.dumps({"number": state.order_number})
        out[ORDERS] = {
            i: orjson.dumps(state.orders[i]) if i in state.orders else None
            for i in sorted(state.changed_orders)
        }
    if memory:
        out[MEMORY] = memory
    if state.changed_logs:
        out[LOG] = {m: orjson.dumps(state.logs[m]) for m in sorted(state.changed_logs)}
    state.changed.clear()
    state.changed_logs.clear()
    state.changed_orders.clear()
    return out


def _load(state: DeskState, desk: Mapping[str, bytes], memory: Mapping[str, bytes]) -> None:
    """Take up what take_changes gave to a store."""
    state.position_text = desk.get(POSITION)
    position = orjson.loads(state.position_text or b"{}")
    state.events_after = position.get("events", "0-0").encode()
    state.actions_after = position.get("actions", "0-0").encode()
    state.n_lines = position.get("n", 0)
    for alarm_id, held in _read(desk, "alarms", {}).items():
        entry = Standing(held["machine"], held["sensor"], held["priority"])
        entry.alarm = Alarm(*(held[name] for name in Alarm._fields))
        entry.value = held["value"]
        state.alarms[alarm_id] = entry
    state.services = _read(desk, "services", [])
    lines = _read(desk, "journal", [])
    state.people = [x for x in lines if x["verb"] in VERBS]
    state.plant = [x for x in lines if x["verb"] not in VERBS]
    state.summary = _read(desk, "alarm_rates", {})
    state.tokens = _read(memory, "tokens", [])
    state.order_number = _read(memory, "orders", {}).get("number", 0)
    if "rates" in memory:
        state.rates = AlarmRates.from_json(orjson.loads(memory["rates"]))


def _read(held: Mapping[str, bytes], name: str, default: Any) -> Any:
    return orjson.loads(held[name]) if name in held else default


def _position(state: DeskState) -> dict[str, Any]:
    return {
        "events": state.events_after.decode(),
        "actions": state.actions_after.decode(),
        "n": state.n_lines,
    }


def _alarms(state: DeskState) -> dict[str, Any]:
    return {i: entry.document() for i, entry in sorted(state.alarms.items())}


def _machines(state: DeskState) -> dict[str, Any]:
    """Of each machine that has a log: since when it stands failed, and the newest lines."""
    return {
        machine: {k: v[-SHOWN_MAX:] if isinstance(v, list) else v for k, v in log.items()}
        for machine, log in sorted(state.logs.items())
    }


def _journal(state: DeskState) -> list[Line]:
    return sorted([*state.people, *state.plant], key=lambda x: x["n"])


DOCUMENTS: Mapping[str, Callable[[DeskState], Any]] = {
    "alarms": _alarms,
    "alarm_rates": lambda state: state.summary,
    "services": lambda state: state.services,
    "machines": _machines,
    "journal": _journal,
}
