"""Signing in and out over HTTP: what a cookie is worth, when it ends, where it leads."""

import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from access_people import OURS, PAGE, PASSWORD, add_everybody, sign_in, signed_in
from fake_plant import FakePlant
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access import door
from dashboard.access.attempts import MOST, MOST_OF_ADDRESS, WINDOW_S, Attempts
from dashboard.access.sign_in import onward_of
from dashboard.app import PlantTwin, create_app
from twin.config import Settings
from twin.errors import StoreError
from twin.pipeline import people


@pytest.fixture
def peopled(app: PlantTwin, fake: FakePlant, monkeypatch: pytest.MonkeyPatch) -> PlantTwin:
    add_everybody(fake.store, monkeypatch)
    monkeypatch.setattr(door, "FRESH_S", 0.0)
    return app


def is_in(client: FlaskClient) -> bool:
    return client.get("/person").status_code == 200


def test_sign_in_and_out(peopled: PlantTwin) -> None:
    client = signed_in(peopled, "operator")
    told = client.get("/person").get_json()
    assert told == {"name": "A operator", "role": "operator", "signed_in": True}
    assert client.get("/", headers=PAGE).headers["Cache-Control"] == "no-store"
    assert client.post("/sign-out", headers=OURS).status_code == 303
    assert not is_in(client)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("A operator", "not the password"),
        ("Nobody", PASSWORD),
        ("", ""),
        ("A operator", "x" * 5000),
    ],
)
def test_wrong_name_and_wrong_password_read_the_same(
    peopled: PlantTwin, name: str, password: str
) -> None:
    client = peopled.server.test_client()
    answer = sign_in(client, name, password)
    assert answer.status_code == 401
    assert "User name or password is wrong" in answer.get_data(as_text=True)
    assert password not in answer.get_data(as_text=True) or not password
    assert not is_in(client)


def test_cookie_is_for_our_own_pages_and_no_script(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    cookie = sign_in(client, "A viewer").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    form = {"name": "A viewer", "password": PASSWORD}
    by_tls = client.post("/sign-in", data=form, headers=OURS | {"X-Forwarded-Proto": "https"})
    assert "Secure" in by_tls.headers["Set-Cookie"]


def test_sign_in_from_elsewhere_is_refused(peopled: PlantTwin) -> None:
    """Else a stranger could sign a victim in as somebody else."""
    form = {"name": "A viewer", "password": PASSWORD}
    client = peopled.server.test_client()
    answer = client.post("/sign-in", data=form, headers={"Origin": "http://elsewhere.example"})
    assert answer.status_code == 403
    assert not is_in(client)


def test_session_ends_when_its_user_is_removed(peopled: PlantTwin, fake: FakePlant) -> None:
    client, other = signed_in(peopled, "viewer"), signed_in(peopled, "operator")
    people.remove_user(fake.store, "A viewer")
    assert not is_in(client)
    assert is_in(other)
    people.add_user(fake.store, "A viewer", "viewer", PASSWORD, 1_800_000_000_000_000)
    assert not is_in(client)


def test_session_ends_with_its_password_and_not_with_its_role(
    peopled: PlantTwin, fake: FakePlant
) -> None:
    client = signed_in(peopled, "viewer")
    people.set_role(fake.store, "A viewer", "manager")
    assert client.get("/person").get_json()["role"] == "manager"
    people.set_password(fake.store, "A viewer", "another quiet bearing")
    assert not is_in(client)


def test_session_is_good_at_every_process_and_after_a_restart(
    peopled: PlantTwin, fake: FakePlant
) -> None:
    client = signed_in(peopled, "viewer")
    cookie = client.get_cookie("plant_twin")
    assert cookie is not None
    again = create_app(fake.store, Settings(threads=18))
    try:
        other = again.server.test_client()
        other.set_cookie("plant_twin", cookie.value)
        assert is_in(other)
    finally:
        again.reader.stop()


def test_forged_session_is_worth_nothing(peopled: PlantTwin) -> None:
    client = signed_in(peopled, "viewer")
    cookie = client.get_cookie("plant_twin")
    assert cookie is not None
    for value in ("", "x.y.z", cookie.value[:-2] + "xx", "a" + cookie.value):
        client.set_cookie("plant_twin", value)
        assert not is_in(client)


def test_first_user_ends_the_open_installation(
    app: PlantTwin, fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "FRESH_S", 0.0)
    client = app.server.test_client()
    assert client.get("/person").get_json()["role"] == "admin"
    add_everybody(fake.store, monkeypatch)
    assert not is_in(client)


@pytest.mark.parametrize(
    "onward",
    [
        *("//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "\\\\x"),
        *("http:elsewhere.example", "javascript:alert(1)", "/\t/elsewhere.example", "", "machine"),
        *("/a\r\nSet-Cookie: x=1", "///elsewhere.example", "/%0d\n/x"),
        *("http://[", "//["),
    ],
)
def test_nobody_is_led_elsewhere(peopled: PlantTwin, onward: str) -> None:
    client = peopled.server.test_client()
    assert sign_in(client, "A viewer", onward=onward).headers["Location"] == "/"
    assert client.get("/sign-in", query_string={"next": onward}).headers["Location"] == "/"


def test_choosing_a_language_keeps_all_of_where_one_was_going(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    asked = {"language": "zh", "next": "/explorer?machine=a&sensors=x,y&from=1"}
    led = client.get("/sign-in", query_string=asked).headers["Location"]
    assert parse_qs(urlsplit(led).query)["next"] == [asked["next"]]


@given(st.text(max_size=40))
def test_whatever_is_asked_for_stays_with_us(wanted: str) -> None:
    """As a browser resolves it: tabs and line ends are skipped, backslashes are slashes."""
    led = onward_of(wanted)
    seen = "".join(c for c in led if c not in "\t\r\n").replace("\\", "/")
    assert seen.startswith("/")
    assert not seen.startswith("//")


def test_sign_in_leads_to_where_one_was_going(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    where = "/machine/mill-01?kind=innovations&periods=240"
    form = client.get("/sign-in", query_string={"next": where}).get_data(as_text=True)
    assert 'value="/machine/mill-01?kind=innovations&amp;periods=240"' in form
    assert sign_in(client, "A viewer", onward=where).headers["Location"] == where


def test_page_speaks_the_readers_language_and_remembers_it(peopled: PlantTwin) -> None:
    client = peopled.server.test_client()
    assert "密码" in client.get("/sign-in", headers={"Accept-Language": "zh-CN"}).text
    client.get("/sign-in?language=zh")
    page = client.get("/sign-in").get_data(as_text=True)
    assert '<html lang="zh-CN"' in page
    assert "密码" in page


def test_name_typed_into_the_form_cannot_become_markup(peopled: PlantTwin) -> None:
    answer = sign_in(peopled.server.test_client(), '"><img src=x>', onward='/"><img src=y>')
    assert "<img" not in answer.get_data(as_text=True)


def test_guessing_is_stopped_and_others_may_go_on(peopled: PlantTwin, fake: FakePlant) -> None:
    client = peopled.server.test_client()
    for _ in range(MOST):
        assert sign_in(client, "A admin", "guess").status_code == 401
    stopped = sign_in(client, "A ADMIN", PASSWORD)
    assert stopped.status_code == 429
    assert 0 < int(stopped.headers["Retry-After"]) <= WINDOW_S
    assert "Too many attempts" in stopped.get_data(as_text=True)
    assert sign_in(client, "A viewer").status_code == 303
    counted = fake.store.counters()
    assert (counted["refused:password"], counted["refused:attempts"]) == (MOST, 1)


def test_store_that_hangs_holds_up_one_request_and_no_other(
    fake: FakePlant, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_everybody(fake.store, monkeypatch)
    door_ = door.Door(fake.store, is_local=True)
    known = door_.users()
    hangs, asked = threading.Event(), threading.Event()

    def slow(kind: str) -> dict[str, bytes]:
        asked.set()
        hangs.wait(10)
        raise StoreError(f"store: {kind} cannot be had")

    monkeypatch.setattr(fake.store, "documents", slow)
    door_.forget()
    waiting = threading.Thread(target=door_.users)
    waiting.start()
    assert asked.wait(5)
    assert door_.users() == known
    assert waiting.is_alive()
    hangs.set()
    waiting.join(5)
    assert door_.users() == known


@given(st.lists(st.integers(0, 200), min_size=MOST, max_size=40))
def test_wait_is_just_long_enough(gaps: list[int]) -> None:
    """After the time that is named, and not a second before it, one may try again."""
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for gap in gaps:
        now[0] += gap
        attempts.fail("early", "192.0.2.1")
    wait = attempts.wait_s("early", "192.0.2.1")
    recent = sum(1 for n in range(len(gaps)) if sum(gaps[n + 1 :]) < WINDOW_S)
    assert (wait > 0) == (recent >= MOST)
    now[0] += max(0, wait - 1)
    assert (attempts.wait_s("early", "192.0.2.1") > 0) == (wait > 0)
    now[0] += 1
    assert attempts.wait_s("early", "192.0.2.1") == 0


def test_address_that_tries_many_names_is_stopped_too() -> None:
    attempts = Attempts(lambda: 0.0)
    for n in range(MOST_OF_ADDRESS):
        attempts.fail(f"name {n}", "192.0.2.1")
    assert attempts.wait_s("another", "192.0.2.1") > 0
    assert attempts.wait_s("another", "192.0.2.2") == 0


def test_attempts_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.access.attempts.KEYS_MOST", 100)
    attempts = Attempts(lambda: 0.0)
    for n in range(1000):
        attempts.fail(f"name {n}", f"192.0.2.{n}")
    assert len(attempts._failed) <= 102
