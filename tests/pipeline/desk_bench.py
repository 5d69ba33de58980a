"""A desk on a small plant: a clock to set, actions to send, documents to read."""

import orjson

from twin.actions import Action, pack_action
from twin.pipeline.desk import Desk
from twin.types import Clock, Event

T0_US = 1_700_000_000_000_000
HOUR_US = 3_600_000_000
TEMP = "mill-0:temp"


class Bench:
    """The plant's clock stands at `now`, µs, until it is moved."""

    def __init__(self, store, site):
        self.store, self.site, self.n = store, site, 0
        self.now = T0_US
        self.set_clock(T0_US)
        self.desk = Desk(store, site)

    def set_clock(self, now):
        self.now = now
        self.store.set_clock(Clock(0, now, 0.0, True))

    def do(self, verb, detail=None, machine=None, who="Late", role="admin", token=None, time=None):
        """Send an action; its id as text."""
        self.n += 1
        action = Action(
            verb,
            machine,
            self.now if time is None else time,
            self.now,
            who,
            role,
            detail or {},
            token or f"t{self.n}",
        )
        return self.store.add_action(pack_action(action)).decode()

    def event(self, kind, machine="mill-0", after_s=0, **detail):
        event = Event(self.now + int(after_s * 1e6), kind, machine, detail)
        self.store.add_events([event])
        return event

    def alarm_on(self, machine="mill-0", after_s=0, limit="high", value=79.0):
        given = {"sensor": "temp", "value": value, "limit": limit, "priority": 2}
        return self.event("alarm_on", machine, after_s, **given)

    def alarm_off(self, machine="mill-0", after_s=0):
        return self.event("alarm_off", machine, after_s, sensor="temp", value=70.0, priority=2)

    def step(self):
        while self.desk.step():
            pass

    def document(self, name, kind="desk"):
        return orjson.loads(self.store.documents(kind).get(name) or b"null")

    def state(self, alarm_id=TEMP):
        entry = self.document("alarms").get(alarm_id)
        return entry["state"] if entry else "normal"

    def line(self, action_id):
        return next(x for x in self.document("journal") if x["id"] == action_id)

    def kinds(self):
        """Kinds of the events that the desk made."""
        events = [e for _, e in self.store.events(b"0-0", 10_000)]
        return [e.kind for e in events if "action" in e.detail]
