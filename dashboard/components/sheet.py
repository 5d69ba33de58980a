"""A page for paper: black on white, tables, without a script; links on a screen alone."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

__all__ = ["sheet", "table"]

_PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/assets/favicon.ico">
<style>
body {{ font: 11pt/1.3 system-ui, "DejaVu Sans", "Noto Sans CJK SC", sans-serif; color: #000;
  background: #fff; margin: 1.2cm; }}
h1 {{ font-size: 16pt; margin: 0; }} h2 {{ font-size: 13pt; margin: .6cm 0 .2cm; }}
p {{ margin: .1cm 0; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border: 1px solid #555; padding: .08cm .2cm; text-align: left; vertical-align: top; }}
thead th {{ border-bottom-width: 2px; }}
tbody.group {{ border-top: 2px solid #555; break-inside: avoid; }}
th, td {{ word-break: keep-all; }} td, th[scope="rowgroup"] {{ white-space: nowrap; }}
td:nth-last-child(4) {{ white-space: normal; min-width: 5em; }}
.num {{ text-align: right; }}
.tick {{ width: 1.4cm; min-width: 1.4cm; }}
a {{ color: #000; margin-right: .6cm; }}
section {{ break-before: page; }} section:first-of-type {{ break-before: auto; }}
section:not(:has(table)) + section {{ break-before: auto; }}
tr {{ break-inside: avoid; }} thead {{ display: table-header-group; }}
@media print {{ body {{ margin: 0; font-size: 9pt; }} .screen {{ display: none; }}
  th, td {{ padding: .06cm .1cm; }} .tick {{ width: 1.2cm; min-width: 1.2cm; }} }}
@media screen {{ section {{ overflow-x: auto; }} }}
@media screen and (max-width: 60rem) {{ body {{ font-size: 9pt; margin: .5cm; }} }}
@page {{ margin: 1.2cm 1.2cm 1.5cm; @bottom-left {{ content: "{running}"; font: 8pt sans-serif; }}
  @bottom-right {{ content: counter(page) " / " counter(pages); font: 8pt sans-serif; }} }}
</style>
</head>
<body>
<nav class="screen">{links}</nav>
<main><h1>{title}</h1>
<p>{about}</p>
{body}</main>
</body>
</html>"""


def sheet(lang: str, title: str, about: str, links: str, body: str) -> str:
    """The page; links and body are HTML, title and about are text. The title stands at the foot of
    every sheet, which may lie by itself."""
    return _PAGE.format(
        lang=lang,
        title=escape(title),
        running=_css_text(title),
        about=escape(about),
        links=links,
        body=body,
    )


def _css_text(text: str) -> str:
    """A text within a string of CSS: no sign of it can end the string, or the style sheet."""
    return "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Rows by what their first cell says, which is said once; the last column is for a tick.

    numbers: columns that hold numbers.
    """
    cells = [f'<th scope="col">{escape(text)}</th>' for text in head[:-1]]
    columns = "".join(cells) + f'<th scope="col" class="tick">{escape(head[-1])}</th>'
    bodies = "".join(
        f'<tbody class="group">{_group(name, list(own), numbers)}</tbody>'
        for name, own in groupby(rows, key=lambda row: row[0])
    )
    return f"<table><thead><tr>{columns}</tr></thead>{bodies}</table>"


def _group(name: str, rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    first = f'<th scope="rowgroup" rowspan="{len(rows)}">{escape(name)}</th>'
    lines = (
        "".join(
            f'<td class="num">{escape(cell)}</td>' if n in numbers else f"<td>{escape(cell)}</td>"
            for n, cell in enumerate(row[1:], 1)
        )
        for row in rows
    )
    return "".join(f"<tr>{first if n == 0 else ''}{line}</tr>" for n, line in enumerate(lines))
