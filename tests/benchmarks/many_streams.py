"""Readers of a live stream without a browser: many_streams.py PORT PATH N SECONDS.

Prints one JSON object: for every event that came, its sequence number and the µs of its arrival.
"""

import json
import socket
import sys
import threading
import time
import zlib

ASK = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n\r\n"


def read(
    port: int, path: str, until: float, seen: list[tuple[int, int]], faults: list[str]
) -> None:
    """One reader: unpack what comes and note each event's id."""
    line = socket.create_connection(("127.0.0.1", port), timeout=30)
    line.sendall(ASK.format(path=path, port=port).encode())
    inflate, head, rest, text = zlib.decompressobj(31), b"", b"", b""
    try:
        while time.monotonic() < until:
            data = line.recv(1 << 16)
            now = time.time_ns() // 1000
            if not data:
                faults.append("the stream ended")
                return
            if b"\r\n\r\n" not in head:
                head += data
                if b"\r\n\r\n" not in head:
                    continue
                first, data = head.split(b"\r\n\r\n", 1)
                head = first + b"\r\n\r\n"
                if b" 200 " not in first.splitlines()[0]:
                    faults.append(first.splitlines()[0].decode())
                    return
            rest += data
            text += inflate.decompress(_chunks(rest_of := [rest]))
            rest = rest_of[0]
            *events, text = text.split(b"\n\n")
            for event in events:
                if b"event: beat" not in event:
                    seen.append((int(event.split(b"\nid: ")[1].split(b"\n")[0]), now))
    except OSError as error:
        faults.append(str(error))
    finally:
        line.close()


def _chunks(rest: list[bytes]) -> bytes:
    """Whole chunks of the transfer coding; what is not whole yet stays in rest[0]."""
    out, data = b"", rest[0]
    while b"\r\n" in data:
        size, after = data.split(b"\r\n", 1)
        n = int(size or b"0", 16)
        if len(after) < n + 2:
            break
        out, data = out + after[:n], after[n + 2 :]
    rest[0] = data
    return out


def main(port: int, path: str, n: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    seen: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    faults: list[str] = []
    threads = [
        threading.Thread(target=read, args=(port, path, until, s, faults), daemon=True)
        for s in seen
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 35)
    print(json.dumps({"faults": faults, "seen": seen}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
