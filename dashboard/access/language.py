"""Words for answers that no page has drawn: in the language of the request under way."""

from flask import request

from dashboard import i18n

__all__ = ["reader_language", "t"]


def reader_language() -> str:
    """The reader's choice, else what the browser speaks."""
    accepted = [tag for tag, _ in request.accept_languages]
    return i18n.choose(request.cookies.get("language"), accepted)


def t(message: str) -> str:
    """The message for whoever asks; checks of actions give their reasons through it."""
    return i18n.translator(reader_language())(message)
