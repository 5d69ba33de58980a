"""Words: gettext catalogues, one a language; the English sentence is the message's id.

Catalogues are kept as .po only and compiled in memory at first use, so that there is nothing to
build and nothing that can be out of date.
"""

import gettext
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from twin.plant import Text

__all__ = [
    "LANGUAGES",
    "Translate",
    "catalogue",
    "catalogue_path",
    "choose",
    "pick",
    "translator",
    "words",
]

Translate = Callable[[str], str]
LANGUAGES: Mapping[str, str] = {"en": "en", "zh": "zh_CN"}
"""Code in the cookie and in `lang` → folder of its catalogue."""
_LOCALES = Path(__file__).parent / "locale"


def catalogue_path(language: str) -> Path:
    """The .po file of a language. Raises KeyError for one we do not speak."""
    return _LOCALES / LANGUAGES[language] / "LC_MESSAGES" / "dashboard.po"


@cache
def catalogue(language: str) -> Catalog:
    """The catalogue as it is written. Raises KeyError for a language we do not speak."""
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=LANGUAGES[language])


@cache
def translator(language: str) -> Translate:
    """t("Machines running") in that language; what is not in the catalogue stays as it is."""
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled).gettext


@cache
def words(language: str) -> dict[str, str]:
    """All messages that read otherwise than their id, for the browser's script."""
    pairs = {str(m.id): str(m.string) for m in catalogue(language) if m.id and m.string}
    return {key: value for key, value in pairs.items() if key != value}


def choose(cookie: str | None, accepted: list[str]) -> str:
    """The reader's choice, else the browser's first language that we speak, else English."""
    if cookie in LANGUAGES:
        return str(cookie)
    spoken = (tag.split("-")[0].lower() for tag in accepted)
    return next((code for code in spoken if code in LANGUAGES), "en")


def pick(text: Text, language: str) -> str:
    """A name of the plant file in a language, or in any that it has."""
    if isinstance(text, str):
        return text
    return text.get(language) or next(iter(text.values()), "")  # type: ignore[call-overload,no-any-return]
