"""QR codes that lead from a display to a machine's page, drawn here and kept."""

from functools import lru_cache
from io import BytesIO
from urllib.parse import quote

import segno

__all__ = ["machine_url", "qr_svg"]

QUIET_MODULES = 4
"""White margin that readers need. Source: ISO/IEC 18004:2015, 5.3.8."""


def machine_url(base: str, machine_id: str) -> str:
    """Address of a machine's page; `base` is that of the dashboard."""
    return f"{base.rstrip('/')}/machine/{quote(machine_id, safe='')}"


@lru_cache(maxsize=512)
def qr_svg(text: str) -> bytes:
    """An SVG that scales: black on white whatever the theme, error correction M (15 %)."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=QUIET_MODULES, omitsize=True, xmldecl=False, light="#fff"
    )
    return out.getvalue()
