"""The wall over HTTP: what a link opens, what it does not, and how its stream ends."""

from collections.abc import Iterator
from html.parser import HTMLParser

import orjson
import pytest
from access_people import add_everybody, signed_in
from fake_plant import START_US, FakePlant
from flask.testing import FlaskClient

from dashboard.app import PlantTwin
from dashboard.kiosks import Kiosks
from dashboard.wall.qr import QUIET_MODULES, machine_url, qr_svg
from twin.kiosk import KIND, Kiosk, created, kiosk_of, revoked

Event = tuple[str, dict]


@pytest.fixture
def kiosk(fake: FakePlant) -> Kiosk:
    documents = created("k1", {"name": "Hall <2>", "document": {}}, "Office", START_US)
    fake.store.set_documents(KIND, documents)
    return kiosk_of(documents["k1"])


@pytest.fixture
def link(fake: FakePlant, kiosk: Kiosk) -> str:
    return f"/wall/{Kiosks(fake.store).token(kiosk)}"


@pytest.fixture
def client(app: PlantTwin) -> FlaskClient:
    app.reader.tick()
    return app.server.test_client()


def events(client: FlaskClient, path: str) -> Iterator[Event]:
    answer = client.get(path)
    assert answer.mimetype == "text/event-stream"
    for packet in answer.response:
        lines = dict(line.split(": ", 1) for line in packet.decode().strip().split("\n"))
        yield lines["event"], orjson.loads(lines["data"])


class Loaded(HTMLParser):
    """Addresses that a page loads by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, _tag: str, attrs: list) -> None:
        named = dict(attrs)
        self.addresses += [named[k] for k in ("src", "href") if named.get(k)]


def test_page_loads_its_own_files_and_nothing_else(client: FlaskClient, link: str) -> None:
    text = client.get(link).text
    files = [a for a in Loaded(text).addresses if a != "data:,"]
    assert all(a.startswith("/wall/static/") for a in files)
    assert len(files) == 4
    for file in files:
        with client.get(file) as answer:
            assert answer.status_code == 200
    assert "_dash" not in text
    assert "plotly" not in text
    assert "Hall &lt;2&gt;" in text


def test_page_and_files_are_thirteen_kilobytes_on_the_wire(client: FlaskClient, link: str) -> None:
    """A page of 11 kB was measured to paint within 0.2 s; codes and stream come on top."""
    zipped = {"Accept-Encoding": "gzip"}
    text = client.get(link).text
    files = [link, *(a for a in Loaded(text).addresses if a != "data:,")]
    total = 0
    for file in files:
        with client.get(file, headers=zipped) as answer:
            total += len(answer.data)
    assert total < 13 * 1024


def test_stream_gives_every_area_with_its_figures(client: FlaskClient, link: str) -> None:
    kind, state = next(events(client, f"{link}/live"))
    assert kind == "snapshot"
    assert set(state["areas"]["0"]["figures"]) == {"p1", "p2", "running", "total", "stops"} | {
        "complete"
    }
    assert state["clock"]["offset"].startswith("UTC")


def test_displays_of_the_same_areas_share_a_feed(
    client: FlaskClient, app: PlantTwin, fake: FakePlant, link: str
) -> None:
    fake.store.set_documents(KIND, created("k2", {"name": "B", "document": {}}, "", 0))
    other = f"/wall/{Kiosks(fake.store).token(Kiosks(fake.store).all()['k2'])}"
    streams = [events(client, f"{path}/live") for path in (link, other)]
    assert [next(s)[0] for s in streams] == ["snapshot", "snapshot"]
    feeds = {name: f for name, f in app.reader._feeds.items() if name.startswith("wall/")}
    assert len(feeds) == 1


def test_withdrawn_link_ends_its_stream_and_says_so(
    client: FlaskClient, app: PlantTwin, fake: FakePlant, kiosk: Kiosk, link: str
) -> None:
    stream = events(client, f"{link}/live")
    assert next(stream)[0] == "snapshot"
    fake.store.set_documents(KIND, revoked(kiosk))
    rest = list(stream)  # ends by itself: the next beat or change asks again
    assert rest[-1] == ("revoked", {})
    assert app.reader.n_readers == 0
    assert list(events(client, f"{link}/live")) == [("revoked", {})]
    answer = client.get(link)
    assert answer.status_code == 410
    assert "The link of this display was withdrawn" in answer.text


@pytest.mark.parametrize("path", ["", "/qr/mill-01.svg"])
def test_forged_link_opens_nothing(client: FlaskClient, link: str, path: str) -> None:
    assert client.get(f"{link}x{path}").status_code == 404


def test_link_opens_the_wall_to_who_has_not_signed_in_and_nothing_else(
    app: PlantTwin, fake: FakePlant, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_everybody(fake.store, monkeypatch)
    app.reader.tick()
    client = app.server.test_client()
    assert client.get(link).status_code == 200
    assert next(events(client, f"{link}/live"))[0] == "snapshot"
    for path in ("/live/plant", "/live/displays", "/display-link/k1", "/_dash-layout"):
        assert client.get(path).status_code in {401, 403}, path
    for path in (f"{link}/../../live/plant", f"{link}/machine/mill-01", "/wall/"):
        assert client.get(path).status_code != 200, path
    assert client.get(f"{link}/qr/no-such-machine.svg").status_code == 404
    answer = client.post(link, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code in {401, 403, 405}


def test_streams_above_the_cap_are_told_to_come_again(client: FlaskClient, link: str) -> None:
    """The fixture's 18 threads leave two for live screens."""
    held = [events(client, f"{link}/live") for _ in range(2)]
    for stream in held:
        next(stream)
    answer = client.get(f"{link}/live")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_display_is_noted_as_seen(client: FlaskClient, fake: FakePlant, link: str) -> None:
    next(events(client, f"{link}/live"))
    assert set(Kiosks(fake.store).seen()) == {"k1"}


def test_link_is_given_to_engineers_as_text_and_code(client: FlaskClient, link: str) -> None:
    told = client.get("/display-link/k1").get_json()
    assert told["url"] == f"http://localhost{link}"
    assert told["svg"].startswith("<svg")
    assert client.get("/display-link/k9").status_code == 404


def test_link_is_given_to_nobody_below_an_engineer(
    app: PlantTwin, fake: FakePlant, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_everybody(fake.store, monkeypatch)
    path = f"/display-link/{kiosk.id}"
    assert signed_in(app, "manager").get(path).status_code == 403
    assert signed_in(app, "engineer").get(path).status_code == 200


def test_code_keeps_a_quiet_zone_and_leads_to_the_machine() -> None:
    """Side = modules of the version + twice the margin of ISO/IEC 18004; 17 + 4·version modules."""
    url = machine_url("http://twin.example/", "press 3/a")
    assert url == "http://twin.example/machine/press%203%2Fa"
    side = int(qr_svg(url).decode().split('viewBox="0 0 ')[1].split()[0])
    assert (side - 2 * QUIET_MODULES - 17) % 4 == 0
    assert b'fill="#fff"' in qr_svg(url)
