"""Pages for those who are not in yet: plain HTML that needs no script."""

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from flask import request

from dashboard.access.language import reader_language, t

__all__ = ["closed_page", "sign_in_page"]

_PAGE = """<!DOCTYPE html>
<html lang="{lang}"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Plant Twin</title>
<link rel="icon" href="/assets/favicon.ico">
<link rel="stylesheet" href="/assets/tokens.css">
<link rel="stylesheet" href="/assets/layout.css">
<link rel="stylesheet" href="/assets/forms.css">
</head>
<body class="outside">
<main class="panel outside-panel">
<p class="brand">Plant Twin</p>
<h1>{title}</h1>
{body}
<nav class="outside-languages" aria-label="{language}">{languages}</nav>
</main>
</body>
</html>"""
_FORM = """{alert}<form method="post" action="/sign-in">
<input type="hidden" name="next" value="{onward}">
<div class="field"><label for="name">{name_label}</label>
<input id="name" name="name" value="{name}" autocomplete="username" autocapitalize="none"
 spellcheck="false" maxlength="60" required{focus_name}></div>
<div class="field"><label for="password">{password_label}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 maxlength="128" required{focus_password}></div>
<button class="button primary wide" type="submit">{submit}</button>
</form>
<p class="quiet">{help}</p>"""
LANGUAGES: Mapping[str, tuple[str, str]] = {"en": ("en", "English"), "zh": ("zh-CN", "中文")}


def sign_in_page(onward: str, name: str = "", fault: str = "") -> str:
    """Name and password; onward: where it leads; fault: why the last attempt failed."""
    alert = f'<p class="notice alert" role="alert">{escape(fault)}</p>' if fault else ""
    body = _FORM.format(
        alert=alert,
        onward=escape(onward),
        name=escape(name),
        name_label=escape(t("User name")),
        password_label=escape(t("Password")),
        focus_name="" if name else " autofocus",
        focus_password=" autofocus" if name else "",
        submit=escape(t("Sign in")),
        help=escape(t("Whoever keeps this installation gives names and passwords.")),
    )
    return _page(t("Sign in"), body, onward)


def closed_page() -> str:
    """Nobody can sign in yet: how the keeper changes that."""
    says = t("This installation can be reached from elsewhere and has no users: it shows nothing.")
    how = t("Its keeper makes the first user where it runs:")
    with_compose = t("With Docker Compose:")
    compose = "docker compose exec dashboard twin user add NAME --role admin"
    body = (
        f"<p>{escape(says)}</p><p>{escape(how)}</p>"
        "<pre><code>twin user add NAME --role admin</code></pre>"
        f"<p>{escape(with_compose)}</p><pre><code>{compose}</code></pre>"
    )
    return _page(t("Nobody may sign in yet"), body, "")


def _page(title: str, body: str, onward: str) -> str:
    language = reader_language()
    theme = request.cookies.get("theme", "")
    return _PAGE.format(
        lang=LANGUAGES[language][0],
        theme=f' data-theme="{theme}"' if theme in {"light", "dark"} else "",
        title=escape(title),
        body=body,
        language=escape(t("Language")),
        languages=" ".join(_language(code, language, onward) for code in LANGUAGES),
    )


def _language(code: str, chosen: str, onward: str) -> str:
    tag, text = LANGUAGES[code]
    mark = ' aria-current="true"' if code == chosen else ""
    href = f"/sign-in?language={code}" + (f"&next={quote(onward, safe='')}" if onward else "")
    return f'<a class="plain" lang="{tag}" href="{escape(href)}"{mark}>{text}</a>'
