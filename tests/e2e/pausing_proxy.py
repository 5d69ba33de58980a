"""A TCP proxy that can stop passing bytes on: an outage as a browser really meets it.

The browser's own offline switch does not cut a stream that is already open.
"""

import contextlib
import select
import socket
import threading
import time

__all__ = ["PausingProxy"]


class PausingProxy:
    """Listens on a free port of 127.0.0.1 and forwards to `target` until paused or closed."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._paused = threading.Event()
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def pause(self) -> None:
        """Hold back all bytes, old and new connections alike."""
        self._paused.set()

    def resume(self) -> None:
        self._paused.clear()

    def close(self) -> None:
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._closed.is_set():
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=self._pass, args=(near, far), daemon=True).start()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        ends = {near: far, far: near}
        with contextlib.suppress(OSError), near, far:
            while not self._closed.is_set():
                if self._paused.is_set():
                    time.sleep(0.02)
                    continue
                for end in select.select(list(ends), [], [], 0.1)[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)
