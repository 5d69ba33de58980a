"""Bring the catalogues up to date with the code: python -m dashboard.i18n.extract.

New messages arrive untranslated (English: as they are), messages that are gone leave.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from dashboard.i18n import LANGUAGES, catalogue, catalogue_path

__all__ = ["messages", "update"]

_PACKAGE = Path(__file__).parents[1]
_SOURCES = {"python": _PACKAGE.rglob, "javascript": (_PACKAGE.parent / "assets").rglob}
_PLAIN = {
    "python": re.compile(r"\bt\('([^'\\]+)'\)"),  # within an f-string, where " is taken
    "javascript": re.compile(r'\bt\("([^"\\]+)"'),
}
_SUFFIX = {"python": "*.py", "javascript": "*.js"}


def messages() -> Iterator[tuple[str, str]]:
    """Every t("…") of the dashboard's Python and JavaScript: message and the file that has it."""
    for method, glob in _SOURCES.items():
        for path in sorted(glob(_SUFFIX[method])):
            for _, message, _, _ in extract_from_file(method, str(path), keywords={"t": None}):
                yield str(message), path.name
            # Babel looks neither into nested templates nor into f-strings.
            for message in _PLAIN[method].findall(path.read_text(encoding="utf-8")):
                yield message, path.name


def update() -> None:
    """Write all catalogues anew, keeping what is translated."""
    found: dict[str, list[str]] = {}
    for message, name in messages():
        found.setdefault(message, []).append(name)
    for language, folder in LANGUAGES.items():
        old = catalogue(language)
        new = Catalog(locale=folder, fuzzy=False)
        for message, names in sorted(found.items()):
            before = old.get(message)
            text = before.string if before else ""
            text = message if language == "en" else text
            new.add(message, text, locations=[(name, 0) for name in sorted(set(names))])
        with catalogue_path(language).open("wb") as file:
            write_po(file, new, width=100, sort_output=True, omit_header=True, include_lineno=False)


if __name__ == "__main__":
    update()
