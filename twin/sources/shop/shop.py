"""The shop floor at work: time passes, operations begin and end, services are carried out.

Pure: from the plan in force, what is written and what happens to what is run. Nothing starts before
it was planned to; a machine that fails or is serviced stops what it is at, which goes on
afterwards; what is late slips.
"""

from collections.abc import Sequence
from typing import Any

from twin.sources.physics.commands import IDLE, Command
from twin.sources.shop.choice import next_choice, unplanned
from twin.sources.shop.floor import MINUTE_US
from twin.sources.shop.state import Choice, Held, ShopState
from twin.types import Event

__all__ = ["Shop"]

PROGRESS_US = 60 * MINUTE_US
"""How often it is said how many pieces are made."""
FAILED, SERVICED = "failed", "serviced"


class Shop(ShopState):
    """`read` what is written, then `advance`."""

    _events: list[Event]
    _commands: list[Command]

    def advance(
        self, until: int, happened: Sequence[Event] = ()
    ) -> tuple[list[Event], list[Command]]:
        """Let time pass, with the failures and repairs that happened meanwhile; what began and
        ended, in order of time, and the services that begin."""
        self._events, self._commands = [], []
        changes = sorted(happened, key=lambda e: e.time)
        self._dispatch()
        while self.time < until:
            soon = [e.time for e in changes[:1] if e.time > self.time]
            minute = (self.time // MINUTE_US + 1) * MINUTE_US
            self._pass(min([until, minute, *soon, *self.ends()]))
            if self.time % PROGRESS_US == 0:
                self._report_progress()
            while changes and changes[0].time <= self.time:
                self.happen(changes.pop(0))
            self._dispatch()
        return self._events, self._commands

    def happen(self, event: Event) -> None:
        """A failure stops a machine, a repair sets it going."""
        if event.kind == "failure":
            self.down[event.machine_id] = FAILED
        elif event.kind in {"repair", "failure_retracted"}:
            self.down.pop(event.machine_id, None)
            if event.detail.get("service"):
                self.begun.append(event.detail["service"])

    def overtaken(self, machine: str, time: int) -> str | None:
        """The service that was to begin by `time` on a machine that is begun anew then."""
        own = [s for s in self.board.services if s.machine == machine]
        return next((s.id for s in own if s.start <= time and s.id not in self.begun), None)

    def asked(self) -> dict[str, tuple[float, float]]:
        """Load and speed of every machine that orders are run on, as of now."""
        return {machine: self._asked(machine) for machine in self.floor.working}

    def adopt(self) -> None:
        """Take over what is written as running: begun by a floor that nobody remembers, or by
        people who report what they do. A machine does one thing at a time, the first one first;
        whoever says first that it has ended is believed."""
        for machine, own in self.board.running.items():
            if machine in self.held or machine not in self.floor.machines:
                continue
            for start, order_id, n in own:
                product = self.board.orders[order_id]["product"]
                if self.floor.step(product, n) is None or not self._is_left_alone(order_id, n):
                    continue
                held = self._take(Choice(order_id, n, 0), machine)
                worked = self.floor.open_of(machine).worked(start, self.time)
                held.left, held.started = max(MINUTE_US, held.left - worked), True
                break

    def _is_left_alone(self, order_id: str, n: int) -> bool:
        """Whether nobody on the floor is at a step, nor was."""
        at_work = any((h.order, h.step) == (order_id, n) for h in self.held.values())
        return not at_work and not self.is_done(order_id, n)

    def _asked(self, machine: str) -> tuple[float, float]:
        held = self.held.get(machine)
        if held is None or not held.started or machine in self.down:
            return IDLE
        if not self.floor.open_of(machine).is_open(self.time):
            return IDLE
        return self.floor.load(held.product, held.step, machine)

    def _pass(self, until: int) -> None:
        for machine, held in list(self.held.items()):
            worked = self.floor.open_of(machine).worked(self.time, until)
            if machine in self.down or not worked:
                continue
            if held.setup_left:
                held.setup_left -= min(worked, held.setup_left)
                if not held.setup_left:
                    self._tell(until, "setup_end", machine, held)
            elif held.started:
                held.left -= min(worked, held.left)
                if not held.left:
                    del self.held[machine]
                    self.done.setdefault(held.order, {})[held.step] = (machine, until)
                    self._tell(until, "operation_end", machine, held)
        self.time = until

    def _dispatch(self) -> None:
        self._begin_services()
        self.adopt()
        free = unplanned(self)
        for machine in self.floor.working:
            if machine in self.down or not self.floor.open_of(machine).is_open(self.time):
                continue
            held = self.held.get(machine)
            if held is None:
                choice = next_choice(self, machine, free)
                held = None if choice is None else self._begin(choice, machine, free)
            if held is not None and not held.setup_left and not held.started:
                self._start(machine, held)

    def _begin(self, choice: Choice, machine: str, free: list[tuple[str, int]]) -> Held:
        """Begin to set the machine up."""
        if choice[:2] in free:
            free.remove(choice[:2])
        held = self._take(choice, machine)
        if choice.setup:
            self._tell(self.time, "setup", machine, held, minutes=round(choice.setup / MINUTE_US))
        return held

    def _take(self, choice: Choice, machine: str) -> Held:
        order_id, n, setup, not_before = choice
        order = self.board.orders[order_id]
        product, quantity = order["product"], order["quantity"]
        held = Held(order_id, n, product, quantity, setup, 0, not_before)
        held.left = self._whole(held, machine)
        self.held[machine], self.family[machine] = held, self.floor.products[product].family
        return held

    def _start(self, machine: str, held: Held) -> None:
        """Begin to work once the piece is there and the plan wants it."""
        ready = self.ready_at(held.order, held.step, machine)
        if ready is not None and max(ready, held.not_before) <= self.time:
            held.started = True
            self._tell(self.time, "operation_start", machine, held)

    def _report_progress(self) -> None:
        for machine, held in self.held.items():
            if held.started and machine not in self.down:
                whole = self._whole(held, machine)
                done = int(held.quantity * (1 - held.left / whole))
                self._tell(self.time, "order_progress", machine, held, quantity_done=done)

    def _whole(self, held: Held, machine: str) -> int:
        """All the work of an operation, as the world has it, µs."""
        work = self.floor.work(held.product, held.step, held.quantity, machine)
        return round(work * self.floor.noise(held.order, held.step))

    def _begin_services(self) -> None:
        """Services whose time it is, on machines that do not stand: they interrupt what runs."""
        for service in self.board.services:
            is_due = service.start <= self.time < service.end and service.id not in self.begun
            machine = service.machine
            if not is_due or machine in self.down or machine not in self.floor.machines:
                continue
            self.down[machine] = SERVICED
            self.begun.append(service.id)
            until = self.time + service.end - service.start
            self._commands.append(
                Command(self.time, "service", machine, until=until, note=service.id)
            )
            detail = {"service": service.id, "until": until}
            self._events.append(Event(self.time, "service_start", machine, detail))

    def _tell(self, time: int, kind: str, machine: str, held: Held, **more: Any) -> None:
        detail = {"order": held.order, "step": held.step, "machine": machine}
        self._events.append(Event(time, kind, machine, detail | {"quantity": held.quantity} | more))
