"""All that the desk knows between two steps, and what has changed of it. Every list is bounded."""

from typing import Any

from twin.actions import VERBS
from twin.core.alarm_rates import AlarmRates
from twin.core.alarms import Alarm, state_of
from twin.stores.base import FIRST_ID

__all__ = ["DeskState", "Line", "Standing"]

JOURNAL_MAX = 250
"""Lines of people, and as many of the plant: a flood must not push out what people did."""
ORDER_LINES_MAX = 100
"""Of people's lines those about orders, which other systems send day and night."""
TOKENS_MAX = 500
COMMENTS_MAX, LOG_MAX, REPORTS_MAX = 50, 200, 20
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
        self.changed: set[str] = set()
        self.changed_logs: set[str] = set()
        self.changed_orders: set[str] = set()
        """What no store has yet: documents by name, logs by machine, orders by id."""

    def mark(self, *names: str) -> None:
        self.changed.update(names)

    @property
    def is_changed(self) -> bool:
        return bool(self.changed or self.changed_logs or self.changed_orders)

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
        self.changed_logs.add(machine)
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
        self.changed_orders.add(order["id"])

    def drop_order(self, order_id: str) -> None:
        self.orders.pop(order_id, None)
        self.changed_orders.add(order_id)

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

    # --- bounds ---------------------------------------------------------------------------
    def bound(self) -> None:
        """Forget the oldest of what only grows."""
        del self.tokens[:-TOKENS_MAX]
        if len(self.services) > SERVICES_MAX:
            past = [s for s in self.services if s["state"] != "planned"]
            drop = {s["id"] for s in past[: len(self.services) - SERVICES_MAX]}
            self.services = [s for s in self.services if s["id"] not in drop]
        if self.changed_orders:
            closed = [o for o in self.orders.values() if o["state"] != "open"]
            closed.sort(key=lambda o: o.get("closed") or 0)
            for order in closed[:-CLOSED_MAX]:
                self.drop_order(order["id"])
        for machine in self.changed_logs:
            log = self.logs[machine]
            del log["comments"][:-COMMENTS_MAX]
            del log["failures"][:-REPORTS_MAX], log["repairs"][:-REPORTS_MAX]


def _thin(lines: list[Line], most: int) -> None:
    """Take out the oldest lines about orders beyond so many."""
    places = [n for n, line in enumerate(lines) if line["verb"].startswith("order.")]
    for n in reversed(places[:-most]):
        del lines[n]
