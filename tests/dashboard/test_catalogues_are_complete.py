"""No word on a screen outside the catalogues, and both languages whole."""

import re
from string import Formatter
from typing import Any

import pytest
from dash.development.base_component import Component
from fake_plant import FakePlant

from dashboard import i18n
from dashboard.app import PlantTwin
from dashboard.components.shell import footer, header
from dashboard.i18n.extract import messages
from dashboard.pages.router import route

USED = sorted({message for message, _ in messages()})
UNITS = {"NIS", "UTC", "EN", "Plant", "Twin", "P1", "P2", "P3", "h", "d", "s", "OEE", "ISO", "CSV"}


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_catalogue_holds_every_message_and_no_other(language: str) -> None:
    entries = {str(m.id): str(m.string) for m in i18n.catalogue(language) if m.id}
    assert sorted(entries) == USED
    assert [key for key, text in entries.items() if not text.strip()] == []


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_translation_fills_in_the_same_values(language: str) -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    t = i18n.translator(language)
    assert [m for m in USED if fields(m) != fields(t(m))] == []


def test_chinese_is_chinese() -> None:
    """Every message with an English word in it has Chinese characters in its translation."""
    worded = [m for m in USED if re.search(r"[A-Za-z]{3}", re.sub(r"\{\w+\}", "", m))]
    t = i18n.translator("zh")
    assert [m for m in worded if not re.search(r"[\u4e00-\u9fff]", t(m))] == []


def texts(node: Any) -> list[str]:
    """What a reader or a screen reader gets to read of a layout."""
    if isinstance(node, str):
        return [node]
    if isinstance(node, list | tuple):
        return [text for child in node for text in texts(child)]
    if not isinstance(node, Component):
        return []
    said = [getattr(node, key, None) for key in ("children", "title", "aria-label", "options")]
    options = [o.get("label") for o in said.pop() or [] if isinstance(o, dict)]
    return texts([part for part in said if part is not None]) + texts(options)


@pytest.mark.parametrize("path", ["/", "/line/housings", "/machine/mill-01", "/nowhere"])
def test_no_english_is_left_on_a_chinese_page(app: PlantTwin, fake: FakePlant, path: str) -> None:
    t = i18n.translator("zh")
    ids = {m.id for m in fake.plant.machines}
    units = {s.unit for c in fake.plant.classes.values() for s in c.sensors}
    frame = [header(t, "zh"), footer(t), route(path, app.reader, "zh")]
    for text in texts(frame):
        rest = text
        for known in sorted(ids | units - {""}, key=len, reverse=True):
            rest = rest.replace(known, "")
        words = set(re.findall(r"[A-Za-z][A-Za-z0-9]*", rest))
        assert words <= UNITS, f"{text!r} on {path}"


@pytest.mark.parametrize(
    ("cookie", "accepted", "want"),
    [
        (None, [], "en"),
        (None, ["zh-TW", "en"], "zh"),
        (None, ["fr-FR", "en-GB"], "en"),
        ("zh", ["en"], "zh"),
        ("xx", ["zh"], "zh"),
    ],
)
def test_reader_chooses_first_then_the_browser(
    cookie: str | None, accepted: list[str], want: str
) -> None:
    assert i18n.choose(cookie, accepted) == want


def test_name_without_the_language_falls_back_to_one_it_has() -> None:
    assert i18n.pick({"en": "Mill", "zh": "铣床"}, "zh") == "铣床"
    assert i18n.pick({"en": "Mill"}, "zh") == "Mill"
    assert i18n.pick("Mill 7", "zh") == "Mill 7"
