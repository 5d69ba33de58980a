"""Parts of the explorer around its chart: what to show, fans listed, what can be taken away."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.shell import panel
from dashboard.i18n import Translate, pick
from twin.plant import Sensor

__all__ = ["HORIZONS_H", "RANGES", "choices", "fan_panel", "picker", "take_away"]

RANGES = ("hour", "shift", "day", "week", "all")
HORIZONS_H = (8, 24, 72, 168)


def picker(t: Translate, machines: Sequence[tuple[str, str]], chosen: str) -> Component:
    """A field that finds a machine by name or id; the script follows what is chosen."""
    options = [html.Option(value=i, label=name if name != i else None) for i, name in machines]
    field = dcc.Input(
        id=f"explorer-machine-{chosen or 'none'}",
        type="text",
        list="explorer-machines",
        placeholder=t("Name or number"),
        value=chosen,
        autoComplete="off",
    )
    label = html.Label(t("Machine"), htmlFor=f"explorer-machine-{chosen or 'none'}")
    return html.Div(
        [label, field, html.Datalist(options, id="explorer-machines")],
        className="field explorer-picker",
        **{"data-chosen": chosen},
    )


def choices(t: Translate, language: str, sensors: list[Sensor]) -> Component:
    """Which sensors, which time, whose clock; the script keeps them in the address."""
    spans = {
        "hour": t("Last hour"),
        "shift": t("Last shift"),
        "day": t("Last day"),
        "week": t("Last week"),
        "all": t("Everything"),
    }
    ranges = [_button(text, "range", key) for key, text in spans.items()]
    moves = {
        "in": t("Zoom in"),
        "out": t("Zoom out"),
        "back": t("Earlier"),
        "on": t("Later"),
    }
    signs = {"in": "+", "out": "−", "back": "‹", "on": "›"}
    steps = [_button(signs[k], "move", k, text) for k, text in moves.items()]
    zones = [_button(t("Plant's clock"), "zone", "plant"), _button("UTC", "zone", "utc")]
    chips = [_button(pick(s.name, language) or s.id, "sensor", s.id, "") for s in sensors]
    return html.Div(
        [
            _group(t("Sensors, up to four"), chips, "explorer-sensors"),
            html.Div(
                [
                    _group(t("Time"), ranges, "switch"),
                    _group(t("Move"), steps, "switch"),
                    _group(t("Clock"), zones, "switch"),
                    html.Div(className="explorer-times", **{"data-list": "times"}),
                ],
                className="explorer-row",
            ),
        ],
        className="explorer-choices",
    )


def fan_panel(t: Translate) -> Component:
    """Forecasts from moments of the past, and how they fared."""
    hours = {8: t("8 h"), 24: t("24 h"), 72: t("3 days"), 168: t("7 days")}
    return panel(
        t("Forecasts from a past moment"),
        html.P(
            t("Click into the chart: what was forecast there, against what then happened."),
            className="quiet",
        ),
        html.Div(className="explorer-moment", **{"data-list": "moment"}),
        _group(
            t("How far ahead"), [_button(x, "hours", str(h)) for h, x in hours.items()], "switch"
        ),
        _group(
            t("Inputs"),
            [
                _button(t("as they were then"), "inputs", "then"),
                _button(t("as they came"), "inputs", "came"),
            ],
            "switch",
        ),
        html.Div(className="explorer-fans", **{"data-list": "fans"}),
        html.Details(
            [
                html.Summary(t("How this is worked out")),
                html.P(
                    t(
                        "The belief is the one kept before the moment, run forward over the"
                        " samples up to it by the same filter; nothing later is in it."
                    )
                ),
                html.P(
                    t(
                        "Readings are counted until the machine failed or was repaired; after"
                        " that it is another one. Inputs as they came show what the twin made of"
                        " the load; as they were then, what could be said at the time."
                    )
                ),
                html.P(
                    t(
                        "A limit counts as passed by a time as soon as the level was beyond it"
                        " with that chance at any earlier time, which is if anything too late."
                    )
                ),
            ],
            className="quiet",
        ),
        name="explorer-fan-panel",
    )


def take_away(t: Translate) -> Component:
    """Downloads of the window, and the lines that reproduce it."""
    return panel(
        t("Take it with you"),
        html.Div(className="explorer-exports", **{"data-list": "exports"}),
        html.Details(
            [
                html.Summary(t("Python lines that reproduce the figure")),
                html.Pre(html.Code(**{"data-list": "python"}), tabIndex=0),
                html.Button(
                    t("Copy"), type="button", className="button small", **{"data-copy": "1"}
                ),
            ]
        ),
        name="explorer-take",
    )


def _group(label: str, children: Sequence[Component], name: str) -> Component:
    return html.Div(
        [
            html.Span(label, className="explorer-label", **{"aria-hidden": "true"}),
            html.Div(children, className=name, role="group", **{"aria-label": label}),
        ],
        className="explorer-group",
    )


def _button(text: str, name: str, value: str, label: str = "") -> Component:
    named = {"aria-label": label, "title": label} if label else {}
    return html.Button(
        text,
        type="button",
        className="plain",
        **{f"data-{name}": value, "aria-pressed": "false", **named},
    )
