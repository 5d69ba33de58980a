"""All that the desk knows between two steps, and the documents that it is kept in.

Kind "desk" is what screens read twice a second: position, alarms, alarm_rates, services, machines
(of each the newest lines), journal. Kind "log" has each machine's full log; kind "desk-memory" what
only the desk needs; kind "orders" a document an order. Every list is bounded.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from twin.actions import VERBS
from twin.core.alarm_rates import AlarmRates
from twin.core.alarms import Alarm, state_of
from twin.pipeline.orders.orders import KIND as ORDERS
from twin.pipeline.orders.orders import heal
from twin.pipeline.orders.written import read_written_orders
from twin.stores.base import FIRST_ID, Documents, Store

__all__ = ["DESK", "LOG", "MEMORY", "POSITION", "DeskState", "Line", "load_state"]

DESK, LOG, MEMORY, POSITION = "desk", "log", "desk-memory", "position"
JOURNAL_MAX = 250
"""Lines of people, and as many of the plant: a flood must not push out what people did."""
ORDER_LINES_MAX = 100
"""Of people's lines those about orders, which other systems send day and night."""
TOKENS_MAX = 500
COMMENTS_MAX, LOG_MAX, SHOWN_MAX, REPORTS_MAX = 50, 200, 20, 20
SERVICES_MAX = 1000
CLOSED_MAX = 500
"""Orders done or called off that are kept, the newest."""
Line = dict[str, Any]
"""A line of the journal: id, n, time, who, role, verb, machine, detail, note, outcome, …"""


class Standing:
    """An alarm that is not simply normal: its record, and where it belongs."""

    __slots__ = ("alarm", "machine", "priority", "sensor", "value")

    def __init__(self, machine: str, sensor: str, priority: int) -> None:
        self.machine, self.sensor, self.priority = machine, sensor, priority
        self.alarm = Alarm()
        self.value: float | None = None

    def document(self) -> dict[str, Any]:
        alarm = self.alarm._asdict()
        own = {"machine": self.machine, "sensor": self.sensor, "priority": self.priority}
        return (
            own
            | {"state": state_of(self.alarm), "value": self.value, "since": alarm["came"]}
            | alarm
        )


class DeskState:
    """Changed in place by whoever folds; `mark` says which document that changed."""

    def __init__(self, rates: AlarmRates) -> None:
        self.events_after = self.actions_after = FIRST_ID
        self.alarms: dict[str, Standing] = {}
        self.rates = rates
        self.services: list[dict[str, Any]] = []
        self.logs: dict[str, dict[str, Any]] = {}
        """Machine → failed_since, repaired, comments, log, failures, repairs; oldest first."""
        self.orders: dict[str, dict[str, Any]] = {}
        self.order_number = 0
        """The highest that was given to an order without an id."""
        self.people: list[Line] = []
        self.plant: list[Line] = []
        self.tokens: list[str] = []
        self.n_lines = 0
        self.summary: dict[str, Any] = {}
        """The document alarm_rates."""
        self.position_text: bytes | None = None
        self._changed: set[str] = set()
        self._changed_logs: set[str] = set()
        self._changed_orders: set[str] = set()

    def mark(self, *names: str) -> None:
        self._changed.update(names)

    @property
    def is_changed(self) -> bool:
        return bool(self._changed or self._changed_logs or self._changed_orders)

    # --- alarms ---------------------------------------------------------------------------
    def standing(self, alarm_id: str, priority: int) -> Standing:
        """The alarm's entry; a normal one has none yet."""
        machine, _, sensor = alarm_id.partition(":")
        return self.alarms.get(alarm_id) or Standing(machine, sensor, priority)

    def put_alarm(self, alarm_id: str, entry: Standing) -> None:
        """Keep the entry while it is anything but normal."""
        if state_of(entry.alarm) == "normal":
            self.alarms.pop(alarm_id, None)
        else:
            self.alarms[alarm_id] = entry
        self.mark("alarms")

    # --- machines -------------------------------------------------------------------------
    def log_of(self, machine: str) -> dict[str, Any]:
        """The machine's log, to be changed in place."""
        self._changed_logs.add(machine)
        self.mark("machines")
        lists: dict[str, Any] = {k: [] for k in ("comments", "log", "failures", "repairs")}
        return self.logs.setdefault(machine, {"failed_since": None, "repaired": None} | lists)

    def failed_since(self, machine: str) -> int | None:
        log = self.logs.get(machine)
        return None if log is None else log["failed_since"]

    # --- services -------------------------------------------------------------------------
    def service(self, service_id: str) -> dict[str, Any] | None:
        return next((s for s in self.services if s["id"] == service_id), None)

    # --- orders ---------------------------------------------------------------------------
    def put_order(self, order: dict[str, Any]) -> None:
        """Keep an order that is new or was changed in place."""
        self.orders[order["id"]] = order
        self._changed_orders.add(order["id"])

    def drop_order(self, order_id: str) -> None:
        self.orders.pop(order_id, None)
        self._changed_orders.add(order_id)

    # --- the journal ----------------------------------------------------------------------
    def write(self, line: Line) -> Line:
        """Add a line to the journal and, where a person did it to a machine, to its log."""
        by_person = line["verb"] in VERBS
        self.n_lines += 1
        line["n"] = self.n_lines
        kept = self.people if by_person else self.plant
        kept.append(line)
        del kept[:-JOURNAL_MAX]
        _thin(self.people, ORDER_LINES_MAX)
        self.mark("journal")
        if by_person and line["machine"]:
            log = self.log_of(line["machine"])["log"]
            log.append(line)
            del log[:-LOG_MAX]
        return line

    def line(self, action_id: str) -> Line | None:
        """The journal's line of an action, if it is not too old."""
        return next((x for x in reversed(self.people) if x["id"] == action_id), None)

    # --- as documents ---------------------------------------------------------------------
    def take_changes(self) -> dict[str, Documents]:
        """What has changed since the last call, by kind; always with the position."""
        self._bound()
        made = DOCUMENTS.items()
        desk: dict[str, bytes | None] = {
            name: orjson.dumps(make(self)) for name, make in made if name in self._changed
        }
        self.position_text = orjson.dumps(self._position())
        desk[POSITION] = self.position_text
        out: dict[str, Documents] = {DESK: desk}
        memory: dict[str, bytes | None] = {}
        if "rates" in self._changed:
            memory["rates"] = orjson.dumps(self.rates.to_json())
        if "tokens" in self._changed:
            memory["tokens"] = orjson.dumps(self.tokens)
        if self._changed_orders:
            memory["orders"] = orjson.dumps({"number": self.order_number})
            out[ORDERS] = {
                i: orjson.dumps(self.orders[i]) if i in self.orders else None
                for i in sorted(self._changed_orders)
            }
        if memory:
            out[MEMORY] = memory
        if self._changed_logs:
            out[LOG] = {m: orjson.dumps(self.logs[m]) for m in sorted(self._changed_logs)}
        self._changed.clear()
        self._changed_logs.clear()
        self._changed_orders.clear()
        return out

    def _position(self) -> dict[str, Any]:
        return {
            "events": self.events_after.decode(),
            "actions": self.actions_after.decode(),
            "n": self.n_lines,
        }

    def _bound(self) -> None:
        del self.tokens[:-TOKENS_MAX]
        if len(self.services) > SERVICES_MAX:
            past = [s for s in self.services if s["state"] != "planned"]
            drop = {s["id"] for s in past[: len(self.services) - SERVICES_MAX]}
            self.services = [s for s in self.services if s["id"] not in drop]
        if self._changed_orders:
            closed = [o for o in self.orders.values() if o["state"] != "open"]
            closed.sort(key=lambda o: o.get("closed") or 0)
            for order in closed[:-CLOSED_MAX]:
                self.drop_order(order["id"])
        for machine in self._changed_logs:
            log = self.logs[machine]
            del log["comments"][:-COMMENTS_MAX]
            del log["failures"][:-REPORTS_MAX], log["repairs"][:-REPORTS_MAX]

    def load(self, desk: Mapping[str, bytes], memory: Mapping[str, bytes]) -> None:
        """Take up what take_changes gave to a store."""
        self.position_text = desk.get(POSITION)
        position = orjson.loads(self.position_text or b"{}")
        self.events_after = position.get("events", "0-0").encode()
        self.actions_after = position.get("actions", "0-0").encode()
        self.n_lines = position.get("n", 0)
        for alarm_id, held in _read(desk, "alarms", {}).items():
            entry = Standing(held["machine"], held["sensor"], held["priority"])
            entry.alarm = Alarm(*(held[name] for name in Alarm._fields))
            entry.value = held["value"]
            self.alarms[alarm_id] = entry
        self.services = _read(desk, "services", [])
        lines = _read(desk, "journal", [])
        self.people = [x for x in lines if x["verb"] in VERBS]
        self.plant = [x for x in lines if x["verb"] not in VERBS]
        self.summary = _read(desk, "alarm_rates", {})
        self.tokens = _read(memory, "tokens", [])
        self.order_number = _read(memory, "orders", {}).get("number", 0)
        if "rates" in memory:
            self.rates = AlarmRates.from_json(orjson.loads(memory["rates"]))


def load_state(store: Store, now_us: int) -> DeskState:
    """The state as the store holds it; without any, as of plant time now_us. Raises StoreError."""
    state = DeskState(AlarmRates(now_us))
    state.orders = read_written_orders(store)
    for order in list(state.orders.values()):
        if heal(order):
            state.put_order(order)
    state.logs = {m: orjson.loads(text) for m, text in store.documents(LOG).items()}
    state.load(store.documents(DESK), store.documents(MEMORY))
    return state


def _read(held: Mapping[str, bytes], name: str, default: Any) -> Any:
    return orjson.loads(held[name]) if name in held else default


def _thin(lines: list[Line], most: int) -> None:
    """Take out the oldest lines about orders beyond so many."""
    places = [n for n, line in enumerate(lines) if line["verb"].startswith("order.")]
    for n in reversed(places[:-most]):
        del lines[n]


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
