"""An invented plan as the planner writes it: orders through four stages, services, suggestions.

Of any size: every bar is placed by a greedy rule, so that bars of a machine do not overlap and
steps of an order follow each other; what it costs is invented.
"""

import json
from typing import Any

import numpy as np

from twin.plant import Plant
from twin.stores.base import Store

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
FAMILIES = ("housing", "shaft", "bracket", "cover")
SKILLS = ("mechanic", "electric")
TERMS = {
    "makespan_h": 160.0,
    "tardiness": 4200.0,
    "risk": 9100.0,
    "energy": 2300.0,
    "changeover": 800.0,
    "idle_h": 210.0,
    "stability": 0.0,
    "total": 16400.0,
    "late_jobs": 9,
    "late_h": 61.0,
    "energy_kwh": 14200.0,
    "setup_h": 19.0,
}


class FakeSchedule:
    """Documents of the planner for a plant at a moment; `write` puts them into a store."""

    def __init__(self, plant: Plant, now_us: int, n_orders: int = 300, seed: int = 5) -> None:
        self.plant, self.now = plant, now_us // (15 * MINUTE_US) * 15 * MINUTE_US
        self.rng = np.random.default_rng(seed)
        self.machines = [m.id for m in plant.machines]
        self.crews = [c.id for c in plant.crews] or ["crew-1", "crew-2"]
        self.free = dict.fromkeys(self.machines, self.now)
        self.services = [self._service(n, m) for n, m in enumerate(self.machines[2:34:8])]
        self.orders: dict[str, dict[str, Any]] = {}
        self.operations: list[dict[str, Any]] = []
        for n in range(n_orders):
            self._order(n)
        self.operations.sort(key=lambda o: o["start"])
        self.in_force = self._plan(12, self.operations, self.services, "clock")
        self.proposed = self._proposed()
        self.documents: dict[str, Any] = {
            "in_force": self.in_force,
            "proposed": self.proposed,
            "suggestions": self._suggestions(),
            "changes": {
                "version": 13,
                "saves": 1500.0,
                "moves": [],
                "terms_before": TERMS,
                "terms_after": self.proposed["terms"],
            },
            "decisions": {"vetoes": [], "accepted": [], "locks": [self._lock()]},
            "versions": [
                self._version(11, "order", None),
                self._version(12, "clock", "Early Shift"),
                self._version(13, "risk", None),
            ],
        }

    def write(self, store: Store) -> None:
        """All of it, as planner and desk would."""
        texts = {name: json.dumps(value).encode() for name, value in self.documents.items()}
        store.set_documents("schedule", texts)
        past = json.dumps({**self.in_force, "version": 11}).encode()
        store.set_documents("schedule_plans", {"plan-11": past})
        store.set_documents("orders", {k: json.dumps(v).encode() for k, v in self.orders.items()})

    def decide(self, store: Store, kind: str, suggestion: str | None, **values: Any) -> None:
        """Write what the desk would after somebody's word: kind "accepted" or "vetoes"; None: as
        if nobody had said any."""
        self.documents["decisions"] |= {"accepted": [], "vetoes": []}
        if suggestion is not None:
            said = {"suggestion": suggestion, "who": "Late Shift", "time": self.now} | values
            self.documents["decisions"][kind] = [said]
        text = json.dumps(self.documents["decisions"]).encode()
        store.set_documents("schedule", {"decisions": text})

    # --- orders and their steps ------------------------------------------------------------
    def _order(self, n: int) -> None:
        order_id, family = f"A-{n + 1001}", FAMILIES[n % len(FAMILIES)]
        n_steps = 3 + n % 4
        at, steps = self.now + (n // 60) * 6 * HOUR_US, []
        for step in range(n_steps):
            state = "done" if n < 12 and step == 0 else "waiting"
            state = "running" if n < 12 and step == 1 else state
            at, record = self._step(order_id, step, family, at, state)
            steps.append(record)
        due = at + int(self.rng.normal(18, 14)) * HOUR_US
        self.orders[order_id] = {
            "id": order_id,
            "product": f"{family}-{1 + n % 3}",
            "quantity": 10 + n % 40,
            "release": self.now,
            "due": due,
            "priority": 1 + n % 5,
            "late_cost_h": 50.0,
            "state": "open",
            "who": "Early Shift",
            "added": self.now,
            "note": "",
            "steps": steps,
        }
        for operation in self.operations[-n_steps:]:
            operation["late"] = operation["order"] == order_id and at > due

    def _step(
        self, order: str, step: int, family: str, at: int, state: str
    ) -> tuple[int, dict[str, Any]]:
        """The step done, or running, before the plan begins, or on the machine that is free."""
        minutes = int(self.rng.integers(3, 20)) * 15
        if state == "done":
            machine = self.machines[int(self.rng.integers(len(self.machines)))]
            end = self.now - int(self.rng.integers(1, 8)) * HOUR_US
            start = end - minutes * MINUTE_US
            return at, {"state": state, "machine": machine, "start": start, "end": end}
        machine = min(self.machines, key=lambda m: max(self.free[m], at))
        setup = 0 if self.rng.random() < 0.5 else 15
        begin = self._clear(machine, max(self.free[machine], at), (setup + minutes) * MINUTE_US)
        start = begin + setup * MINUTE_US
        end = start + minutes * MINUTE_US
        self.free[machine] = end
        pin = {"running": "running"}.get(state) or (
            "frozen" if start < self.now + HOUR_US else None
        )
        self.operations.append(
            {
                "order": order,
                "step": step,
                "machine": machine,
                "setup_start": begin,
                "start": start,
                "end": end,
                "family": family,
                "late": False,
                "pin": pin,
            }
        )
        actual = start if state == "running" else None
        return end, {
            "state": state,
            "machine": machine if actual else None,
            "start": actual,
            "end": None,
        }

    def _clear(self, machine: str, at: int, length: int) -> int:
        """The first moment from `at` at which no service is in the way for so long."""
        for service in self.services:
            if service["machine"] == machine and service["start"] < at + length:
                at = max(at, service["end"]) if service["end"] > at else at
        return at

    def _lock(self) -> dict[str, Any]:
        operation = next(o for o in self.operations if o["pin"] is None)
        operation["pin"] = "locked"
        kept = {k: operation[k] for k in ("order", "step", "machine", "start")}
        return kept | {"who": "Late Shift"}

    # --- services --------------------------------------------------------------------------
    def _service(self, n: int, machine: str) -> dict[str, Any]:
        start = self.now + (9 + 13 * n) * HOUR_US
        return {
            "id": f"service-{n + 1}",
            "machine": machine,
            "start": start,
            "end": start + 4 * HOUR_US,
            "crew": self.crews[n % len(self.crews)],
            "skill": SKILLS[n % 2],
            "part": "bearing-set" if n % 2 == 0 else None,
            "pin": "accepted" if n == 1 else None,
        }

    def _suggestions(self) -> list[dict[str, Any]]:
        found = [self._suggestion(n, s) for n, s in enumerate(self.services) if not s["pin"]]
        terms = TERMS | {"total": 14900.0, "tardiness": 3100.0, "risk": 8700.0, "late_jobs": 7}
        found.append(
            {
                "id": "plan-13",
                "kind": "plan",
                "machine": None,
                "state": "open",
                "who": None,
                "reason": None,
                "version": 13,
                "moves": [],
                "saves": 1500.0,
                "terms_before": TERMS,
                "terms_after": terms,
            }
        )
        return found

    def _suggestion(self, n: int, service: dict[str, Any]) -> dict[str, Any]:
        day = 24 * HOUR_US
        own = (o["order"] for o in self.operations if o["machine"] == service["machine"])
        late = list(dict.fromkeys(own))[: 2 - n % 2]
        delays = [{"order": o, "hours": 1.5 - k} for k, o in enumerate(late)]
        curve = [
            [self.now + k * 6 * HOUR_US, 1 - float(np.exp(-0.03 * k * (n + 1))), 900.0 + 55.0 * k]
            for k in range(29)
        ]
        return {
            **{k: service[k] for k in ("id", "machine", "start", "end", "crew", "part", "skill")},
            "kind": "service",
            "risk": {"now": {"p_shift": 0.03, "p_day": 0.11, "p_week": 0.58}, "curve": curve},
            "alternatives": [
                {
                    "start": service["start"] + k * day,
                    "cost": 1900.0 + 320.0 * k * k,
                    "delta": 320.0 * k * k,
                    "p_fail": 0.04 + 0.09 * k,
                    "delays": delays[:1] if k == 1 else [],
                }
                for k in range(4)
            ],
            "saves": 5200.0 - 900.0 * n,
            "if_not": {"p_fail": 0.58, "cost": 8300.0},
            "delays": delays,
            "state": "open",
            "who": None,
            "reason": None,
            "version": 12,
        }

    # --- plans -----------------------------------------------------------------------------
    def _proposed(self) -> dict[str, Any]:
        """Like the plan in force, but every twentieth operation an hour later or elsewhere."""
        moved = []
        for n, operation in enumerate(self.operations):
            shift = HOUR_US if n % 20 == 7 else 0
            times = {k: operation[k] + shift for k in ("setup_start", "start", "end")}
            elsewhere = {"machine": self.machines[n % len(self.machines)]} if n % 40 == 7 else {}
            moved.append(operation | times | elsewhere)
        services = [
            s | {k: s[k] + 2 * HOUR_US for k in ("start", "end")} if n == 2 else s
            for n, s in enumerate(self.services)
        ]
        plan = self._plan(13, moved, services, "risk")
        return plan | {"terms": TERMS | {"total": 14900.0, "tardiness": 3100.0, "risk": 8700.0}}

    def _plan(
        self, version: int, operations: list[dict[str, Any]], services: list[Any], why: str
    ) -> dict[str, Any]:
        ends = {o["order"]: o["end"] for o in operations}
        late = {k: (e - self.orders[k]["due"]) / HOUR_US for k, e in ends.items()}
        return {
            "version": version,
            "made": self.now,
            "start": self.now,
            "end": max([o["end"] for o in operations], default=self.now) + 12 * HOUR_US,
            "why": why,
            "solver": "anneal",
            "seconds": 10.0,
            "bound": None,
            "terms": TERMS,
            "operations": operations,
            "services": services,
            "left_out": [{"order": "A-0999", "reason": "no_machine", "by": "press-03"}],
            "late": [
                {"order": k, "late_h": round(h, 2), "reason": "machine_busy", "by": "A-1001"}
                for k, h in late.items()
                if h > 0
            ][:40],
        }

    def _version(self, version: int, why: str, who: str | None) -> dict[str, Any]:
        made = self.now - (13 - version) * HOUR_US
        return {
            "version": version,
            "made": made,
            "why": why,
            "in_force_from": made if version < 13 else None,
            "whole": version == 11,
            "terms": TERMS,
            "who": who,
        }
