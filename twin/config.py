"""Settings: every TWIN_* environment variable, read once at the start of a command."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from twin.errors import SchemaError

__all__ = ["LOOPBACK", "Settings"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
BOUNDS = {
    "partitions": (1, 1024),
    "port": (1, 65535),
    "gateway_port": (1, 65535),
    "reorder_s": (0.0, 3600.0),
    "batch_ms": (0.0, 1000.0),
    "threads": (1, 4096),
}


@dataclass(frozen=True)
class Settings:
    """One field a variable: TWIN_PLANT → plant, TWIN_REDIS_URL → redis_url, …"""

    plant: Path = Path(__file__).parent / "demo" / "plant.toml"
    """The plant file; default: the demonstration plant."""
    models: Path | None = None
    """Folder of fitted models, a JSON a class; default: `models` beside the plant file."""
    data_dir: Path = Path("var")
    """Where the embedded store and everything written at run time live."""
    redis_url: str = ""
    """redis://, rediss:// or unix://; empty: the embedded store in data_dir."""
    partitions: int = 4
    """Streams the readings are spread over; fixed once a store holds data."""
    host: str = "127.0.0.1"
    port: int = 8050
    gateway_port: int = 8060
    public_url: str = ""
    """Address under which others reach the dashboard: QR codes lead there; empty: the one asked."""
    allowed_origins: str = ""
    """Origins, comma-separated, that may change state besides the dashboard's own."""
    reorder_s: float = 2.0
    """How long ingest holds a sample behind a gap, hoping for the one before it."""
    batch_ms: float = 10.0
    """How long ingest gathers samples into one stream entry."""
    threads: int = 128
    """Threads of a web process: each live screen holds one."""
    log_level: str = "INFO"

    @property
    def is_local(self) -> bool:
        """Whether only this computer can reach what is served."""
        return self.host in LOOPBACK

    def address(self, port: int) -> str:
        """host:port to bind or to open, an IPv6 host in brackets."""
        return f"[{self.host}]:{port}" if ":" in self.host else f"{self.host}:{port}"

    def to_env(self) -> dict[str, str]:
        """The variables that give these settings, for child processes."""
        values = {f"TWIN_{f.name.upper()}": getattr(self, f.name) for f in fields(self)}
        return {name: str(value) for name, value in values.items() if value not in {None, ""}}

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Settings from TWIN_* variables. Raises SchemaError naming variable, got and want."""
        env = os.environ if env is None else env
        known = {f"TWIN_{f.name.upper()}": f for f in fields(cls)}
        unknown = sorted(
            k for k in env if k.startswith("TWIN_") and k not in known | {"TWIN_DATA": 0}
        )
        if unknown:
            raise SchemaError(
                f"environment: got {', '.join(unknown)}, want one of {', '.join(known)}"
            )
        return cls(**{f.name: _parse(k, env[k], f.default) for k, f in known.items() if k in env})


def _parse(variable: str, text: str, default: object) -> Any:
    kind: Any = Path if default is None else type(default)
    try:
        value = kind(text)
    except ValueError as error:
        raise SchemaError(f"{variable}: got {text!r}, want {kind.__name__}") from error
    low, high = BOUNDS.get(variable.removeprefix("TWIN_").lower(), (None, None))
    if low is not None and high is not None and not low <= value <= high:
        raise SchemaError(f"{variable}: got {text}, want {low} to {high}")
    return value
