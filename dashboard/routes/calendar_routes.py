"""A crew's services as an iCalendar feed (RFC 5545), for any calendar program.

Calendar programs cannot sign in: each feed's address carries a signed key that opens this feed
alone, for reading, until somebody has a new one made. Who may see the schedule is shown it.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Flask, Request, Response, abort, jsonify, request
from icalendar import Calendar, Event
from itsdangerous import BadData, URLSafeSerializer

from dashboard import access, i18n
from dashboard.access.language import reader_language
from dashboard.access.secret import secret_key
from dashboard.data import Reader
from dashboard.i18n import Translate, pick
from dashboard.snapshot import Snapshot, machine_of
from dashboard.states.crew_services import CrewService, Standing, crew_services
from dashboard.times import local
from twin.errors import StoreError
from twin.pipeline.desk.calendars import KIND, generation_of
from twin.stores.base import Store

__all__ = ["calendar_of", "feed_address", "register"]

ENDPOINT = "crew_calendar"
REFRESH = timedelta(minutes=15)
PRODUCT = "-//Plant Twin//Crew calendar//EN"
UTC = ZoneInfo("UTC")
MINUTE_US = 60_000_000


def register(server: Flask, reader: Reader) -> None:
    """Add /calendar/<crew>.ics?key=…, that needs no sign-in, and /data/calendars, that does."""

    @server.get("/calendar/<crew_id>.ics", endpoint=ENDPOINT)
    def crew_calendar(crew_id: str) -> Response:
        snapshot = reader.latest
        if snapshot is None:
            abort(503)
        if crew_id not in _crews(snapshot, "en"):
            abort(404)
        language = i18n.choose(request.args.get("language"), [reader_language()])
        text = calendar_of(snapshot, crew_id, language).to_ical()
        kept = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(text, 200, kept, mimetype="text/calendar")

    @server.get("/data/calendars")
    def calendars() -> Response:
        language = reader_language()
        try:
            feeds = [
                {
                    "crew": crew.id,
                    "name": crew.name or crew.id,
                    "address": feed_address(reader.store, crew.id, language),
                }
                for crew in reader.plant.crews
            ]
        except StoreError:
            abort(503)
        response = jsonify(feeds)
        response.headers["Cache-Control"] = "no-store"
        return response

    def opens(asked: Request) -> bool:
        if asked.endpoint != ENDPOINT:
            return False
        crew_id = (asked.view_args or {}).get("crew_id")
        return _opens(reader.store, asked.args.get("key", ""), str(crew_id))

    access.exempt(server, opens)


def feed_address(store: Store, crew_id: str, language: str) -> str:
    """Path of a crew's feed with the key that opens it. Raises StoreError."""
    key = _signer(store).dumps(_named(store, crew_id))
    return f"/calendar/{crew_id}.ics?language={language}&key={key}"


def calendar_of(snapshot: Snapshot, crew_id: str, language: str) -> Calendar:
    """The crew's services of the plan in force; accepted ones are confirmed, others tentative, and
    those that were its own and are not any more are cancelled."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _crews(snapshot, language)[crew_id])
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    for service in crew_services(snapshot, crew_id):
        calendar.add_component(_event(snapshot, service, language))
    return calendar


def _event(snapshot: Snapshot, service: CrewService, language: str) -> Event:
    """SEQUENCE rises whenever the event changes (RFC 5545, 3.8.7.4): the minute in which it did."""
    t, line = i18n.translator(language), service.line
    machine = machine_of(snapshot, line["machine"])
    name = pick(machine.name, language) or machine.id if machine else line["machine"]
    event = Event()
    event.add("uid", f"{service.uid}@plant-twin")
    changed = local(service.changed, UTC)
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("sequence", service.changed // MINUTE_US)
    event.add("dtstart", local(line["start"], UTC))
    event.add("dtend", local(line["end"], UTC))
    event.add("summary", _titles(t)[service.standing].format(name=name))
    event.add("status", service.standing)
    if service.standing == "CANCELLED":
        event.add("transp", "TRANSPARENT")
    if machine is not None:
        place = next(x for x in snapshot.plant.lines if x.id == machine.line)
        event.add("location", pick(place.name, language) or place.id)
    if line.get("part"):
        part = _parts(snapshot, language).get(line["part"], line["part"])
        event.add("description", t("Needs: {part}").format(part=part))
    return event


def _titles(t: Translate) -> dict[Standing, str]:
    """Many calendar programs show no STATUS: the title says what is not decided."""
    return {
        "CONFIRMED": t("Service of {name}"),
        "TENTATIVE": t("Service of {name}, suggested"),
        "CANCELLED": t("Service of {name}, called off"),
    }


def _crews(snapshot: Snapshot, language: str) -> dict[str, str]:
    """Crew id → name: those of the plant file."""
    return {crew.id: pick(crew.name, language) or crew.id for crew in snapshot.plant.crews}


def _parts(snapshot: Snapshot, language: str) -> dict[str, str]:
    return {part.id: pick(part.name, language) or part.id for part in snapshot.plant.parts}


def _opens(store: Store, key: str, crew_id: str) -> bool:
    """Whether a key is the crew's newest; a store that is silent opens none."""
    try:
        return bool(_signer(store).loads(key) == _named(store, crew_id))
    except (BadData, StoreError):
        return False


def _named(store: Store, crew_id: str) -> str | list[str | int]:
    """What the newest key of a crew says."""
    generation = generation_of(store.document(KIND, crew_id))
    return [crew_id, generation] if generation else crew_id


def _signer(store: Store) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key(store), salt="crew-calendar")
