"""The wall's one page as text: a fixed skeleton, its settings and its words; scripts fill it."""

import json
from html import escape

from dashboard import i18n
from dashboard.wall.words import wall_words
from twin.kiosk import Kiosk

__all__ = ["closed_page", "wall_page"]

_ITEM = '<li hidden><b class="badge"></b><b class="name"></b><span></span><span></span></li>'
_FIGURE = "<div hidden><b></b><span></span></div>"
_PAGE = """<!DOCTYPE html>
<html lang="{lang}" data-build="{build}" data-theme="{theme}" data-live="connecting">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/wall/static/wall.css?{build}">
</head>
<body>
<header><h1></h1><p id="notice" role="status">{connecting}</p><p id="simulated" hidden></p>
<p id="clock"></p><p id="live"></p></header>
<main><section id="figures">{figures}</section>
<section id="body"><div id="tiles"></div>
<div id="now"><h2></h2><ol>{items}</ol><p id="rest"></p>
<div id="code" hidden><img alt=""><p></p></div></div></section></main>
<p id="closed" hidden></p>
<script id="kiosk" type="application/json">{settings}</script>
<script src="/wall/static/fit.js?{build}"></script>
<script src="/wall/static/stream.js?{build}"></script>
<script src="/wall/static/wall.js?{build}"></script>
</body>
</html>"""
_CLOSED = """<!DOCTYPE html>
<html lang="{lang}" data-live="closed"><head><meta charset="utf-8"><title>Plant Twin</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/wall/static/wall.css">
</head><body><p id="closed">{text}</p></body></html>"""
_LANG = {"en": "en", "zh": "zh-CN"}


def wall_page(kiosk: Kiosk, build: str) -> str:
    """The page of a display, before its first frame."""
    words = wall_words(i18n.translator(kiosk.language))
    chosen = kiosk.model_dump(include={"every_s", "distance_m", "diagonal_inch"})
    settings = json.dumps(chosen | {"words": words}, ensure_ascii=False)
    return _PAGE.format(
        lang=_LANG[kiosk.language],
        build=escape(build),
        theme=kiosk.theme,
        title=escape(kiosk.name),
        connecting=words["connecting"],
        figures=4 * _FIGURE,
        items=4 * _ITEM,
        settings=settings.replace("<", "\\u003c"),
    )


def closed_page(kiosk: Kiosk | None, language: str) -> str:
    """What a link shows that opens nothing (any more), in large letters and in words."""
    language = kiosk.language if kiosk else language
    t = i18n.translator(language)
    text = t("The link of this display was withdrawn") if kiosk else t("This link opens nothing")
    return _CLOSED.format(lang=_LANG[language], text=escape(text))
