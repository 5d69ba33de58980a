"""Single failures and single dated forecasts: what was said, and what came.

A *dated forecast* is the first of a machine's life whose whole 80 % range of remaining life lies
within the longest horizon. It is chosen by what was said alone, before anything is known of the
outcome, and a life has one: so dated forecasts are independent, and of those that were right 80 of
100 hold, that is, the failure comes within the range. (What was said a fixed time before each
failure is shown too, but is no measure: it looks at failures only, and a fair range need not hold
the failures that came soonest.) It is decided once the end of its range has passed, whatever came
earlier, so that early failures are not counted before late ones.
"""

from typing import Any

import numpy as np

from twin.pipeline.scorer.labels import HOUR_US, Labels

__all__ = ["EPISODES_KEPT", "HELD_OF", "Episodes"]

EPISODES_KEPT = 300
HELD_OF = 16
"""Dated forecasts that "n of the last m" looks back on."""
DECIDED = ("inside", "below", "above")
Said = dict[str, Any]


class Episodes:
    """Failures with what was said before them; dated forecasts, open and closed."""

    def __init__(self, held: dict[str, Any] | None = None) -> None:
        held = held or {}
        self.failures: dict[str, dict[str, Any]] = held.get("failures", {})
        self.open: list[Said] = held.get("open", [])
        self.closed: list[Said] = held.get("closed", [])
        self.dated: dict[str, int] = held.get("dated", {})
        """Machine → time of its last dated forecast."""

    # --- failures -----------------------------------------------------------------------------
    def fail(self, class_id: str, machine_id: str, time: int, mode: str | None) -> None:
        """A failure has come."""
        entry = {"class": class_id, "machine": machine_id, "time": time, "mode": mode, "said": {}}
        self.failures.setdefault(f"{machine_id}@{time}", entry)

    def retract(self, machine_id: str, labels: Labels) -> None:
        """Forget failures of a machine that its labels no longer hold."""
        known = set(labels.failures.get(machine_id, []))
        for key in [k for k, f in self.failures.items() if f["machine"] == machine_id]:
            recent = self.failures[key]["time"] >= min(known, default=0)
            if recent and self.failures[key]["time"] not in known:
                del self.failures[key]

    def say(self, lead: str, machine_id: str, failed_at: int, said: Said) -> None:
        """What was said this long before a failure: the last such forecast stays."""
        entry = self.failures.get(f"{machine_id}@{failed_at}")
        if entry is not None:
            before = entry["said"].get(lead)
            if before is None or before["time"] <= said["time"]:
                entry["said"][lead] = said

    # --- dated forecasts ----------------------------------------------------------------------
    def is_armed(self, labels: Labels, machine_id: str, time: int) -> bool:
        """Whether the machine's life at that time has had no dated forecast yet."""
        last = self.dated.get(machine_id)
        begun = labels.last_break(machine_id, time)
        return last is None or (time > last and begun is not None and begun > last)

    def date(self, machine_id: str, said: Said) -> None:
        """A life's first dated forecast has been issued."""
        self.dated[machine_id] = said["time"]
        self.open.append(said)

    def close(self, labels: Labels, now_us: int, heard_us: dict[str, int], grace_h: float) -> bool:
        """Decide the dated forecasts of these machines whose range has passed; whether there was
        one. heard_us: machine → when it was last heard."""
        own = [w for w in self.open if w["machine"] in heard_us]
        due = [w for w in own if w["time"] + (w["q90"] + grace_h) * HOUR_US <= now_us]
        for said in due:
            self.open.remove(said)
            self.closed.append(said | _outcome(labels, said, heard_us[said["machine"]]))
        self.closed = self.closed[-EPISODES_KEPT:]
        return bool(due)

    def give_up(self, before_us: int) -> None:
        """Forget open dated forecasts made before a time: of machines that the plant has lost."""
        self.open = [w for w in self.open if w["time"] >= before_us]

    def held(self, class_id: str) -> dict[str, Any] | None:
        """How many of the class's last dated forecasts held; None before any was decided."""
        own = [w for w in self.closed if w["class"] == class_id and w["outcome"] in DECIDED]
        last = sorted(own, key=lambda w: w["time"])[-HELD_OF:]
        n = sum(w["outcome"] == "inside" for w in last)
        return {"held": n, "of": len(last), "kind": "range"} if last else None

    # --- keeping ------------------------------------------------------------------------------
    def thin(self) -> None:
        """Keep the newest failures."""
        newest = sorted(self.failures.items(), key=lambda item: item[1]["time"])[-EPISODES_KEPT:]
        self.failures = dict(newest)

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        names = ("failures", "open", "closed", "dated")
        return {name: getattr(self, name) for name in names}


def _outcome(labels: Labels, said: Said, heard_us: int) -> dict[str, Any]:
    """inside, below (failed before the range), above (outlived it), served (a service came before
    it could be decided) or unknown (the machine was not heard of again)."""
    leads = labels.leads(said["machine"], np.array([said["time"]]))
    failed, served = float(leads.failed[0]), float(leads.served[0])
    if failed <= served and np.isfinite(failed):
        after: dict[str, Any] = {"failed": said["time"] + round(failed * HOUR_US)}
        if failed <= said["q90"]:
            return after | {"outcome": "inside" if failed >= said["q10"] else "below"}
        return after | {"outcome": "above"}
    if served < said["q90"]:
        return {"outcome": "served", "failed": None}
    is_known = heard_us >= said["time"] + said["q90"] * HOUR_US
    return {"outcome": "above" if is_known else "unknown", "failed": None}
