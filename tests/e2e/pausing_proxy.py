"""A TCP proxy that can fail in every way a network or a server does, as a browser really meets it.

The browser's own offline switch does not cut a stream that is already open.
"""

import contextlib
import select
import socket
import struct
import threading
import time
from typing import Literal

__all__ = ["Fault", "PausingProxy"]

Fault = Literal["none", "black hole", "refused", "reset", "503", "slow"]
SLOW_S = 1.0
UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 4\r\nConnection: close\r\n\r\nbusy"
)


class PausingProxy:
    """Listens on a port of 127.0.0.1 and forwards to its targets in turn, unless told to fail."""

    def __init__(self, *targets: int, name: str = "") -> None:
        self.targets, self.name = list(targets), name
        self.n_accepted = 0
        self.fault: Fault = "none"
        self._closed = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]

    def pause(self) -> None:
        """Hold back all bytes, old and new connections alike: a black hole."""
        self.fail("black hole")

    def resume(self) -> None:
        """Pass everything on again, what was held back first."""
        before, self.fault = self.fault, "none"
        if before == "refused":
            self._listener = self._listen(self.port)

    def fail(self, fault: Fault) -> None:
        """From now on, for old and new connections alike. "slow" delays, it breaks nothing."""
        self.fault = fault
        if fault == "refused":
            self._stop_listening()
        if fault in {"refused", "reset", "503"}:
            for end in list(self._open):
                _cut(end, hard=fault == "reset")

    def close(self) -> None:
        """Cut everything."""
        self._closed.set()
        self._stop_listening()
        for end in list(self._open):
            _cut(end, hard=True)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _stop_listening(self) -> None:
        with contextlib.suppress(OSError):  # wakes the thread that accepts
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not self._closed.is_set():
                near, _ = listener.accept()
                self.n_accepted += 1
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        self._open.add(near)
        # ValueError: select was given a socket that `fail` or `close` has cut meanwhile.
        with contextlib.suppress(OSError, ValueError), near:
            if self.fault == "reset":
                _cut(near, hard=True)
            elif self.fault == "503":
                near.recv(65536)
                near.sendall(UNAVAILABLE)
            else:
                target = self.targets[self.n_accepted % len(self.targets)]
                with socket.create_connection(("127.0.0.1", target)) as far:
                    self._open.add(far)
                    self._pass(near, far)
                self._open.discard(far)
        self._open.discard(near)

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        ends = {near: far, far: near}
        while not self._closed.is_set():
            if self.fault == "black hole":
                time.sleep(0.02)
                continue
            for end in select.select(list(ends), [], [], 0.1)[0]:
                data = end.recv(65536)
                if not data:
                    return
                if self.fault == "slow":
                    time.sleep(SLOW_S)
                ends[end].sendall(data)


def _cut(end: socket.socket, hard: bool) -> None:
    """End a connection; hard: by a reset, as a crash or a firewall does."""
    with contextlib.suppress(OSError):
        if hard:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
        else:
            end.shutdown(socket.SHUT_RDWR)
