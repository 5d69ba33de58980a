"""Lines of Python that make the figure which is on the screen, from the same store."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dashboard.times import local

__all__ = ["fan_line", "python_lines"]

_LINES = """\
from dashboard.figures.history import history_figure
from twin.config import Settings
from twin.pipeline.history.explore import Explorer, moment
from twin.plant import load_plant
from twin.stores.embedded import open_store

settings = Settings.from_env()  # TWIN_PLANT, TWIN_DATA_DIR or TWIN_REDIS_URL, TWIN_PARTITIONS
store = open_store(settings)
explorer = Explorer(store, load_plant(settings.plant))
start, end = moment("{start}"), moment("{end}")
view = explorer.view("{machine}", [{sensors}], start, end)
figure = history_figure(view, "{zone}")
store.close()
# figure.show() draws it; view.series[0].measured and .estimate hold its numbers.
"""


def python_lines(
    machine_id: str, sensors: Sequence[str], start: int, end: int, zone: ZoneInfo
) -> str:
    """A program for a window, start and end µs UTC; ids are keys, which need no quoting."""
    return _LINES.format(
        machine=machine_id,
        sensors=", ".join(f'"{sensor}"' for sensor in sensors),
        start=local(start, zone).isoformat(),
        end=local(end, zone).isoformat(),
        zone=zone.key,
    )


def fan_line(
    machine_id: str, sensor: str, at: int, hours: float, as_driven: bool, zone: ZoneInfo
) -> str:
    """A call that makes one fan of the figure; the script puts it among the window's lines."""
    when = f'moment("{local(at, zone).isoformat()}")'
    how = ", as_driven=True" if as_driven else ""
    return f'fan_of(explorer, "{machine_id}", "{sensor}", {when}, {hours:g}{how})'
