"""The client: connections that each send the next request when the answer to the last one is complete.

One thread over sockets and epoll, because its work would slow down the servers on the same two cores.
"""

import re
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

CONNECTIONS = 16
_PATIENCE_SECONDS = 20.0
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)

Make = Callable[[int], bytes]


class NotAnswered(Exception):
    """An answer that was no success: a broken backend would look fast."""


@dataclass
class Load:
    """What came of a load: the answers' times in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.latencies)


@dataclass
class Answer:
    """An answer as it comes in."""

    received: bytearray = field(default_factory=bytearray)
    wanted: int = 0

    def feed(self, chunk: bytes) -> bool:
        """Take bytes in. Returns whether the answer is complete. Raises NotAnswered."""
        self.received += chunk
        if not self.wanted:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            length = _LENGTH.search(self.received, 0, end)
            if self.received[9:10] != b"2" or length is None:
                raise NotAnswered(bytes(self.received[:600]))
            self.wanted = end + 4 + int(length[1])
        return len(self.received) >= self.wanted

    @property
    def body(self) -> bytes:
        return bytes(self.received[self.received.find(b"\r\n\r\n") + 4 :])


class _Connection:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=_PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = Answer()
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.answer = Answer()
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise NotAnswered(b"the connection was closed")
        return self.answer.feed(chunk)


def drive(address: tuple[str, int], make: Make, seconds: float, first: int = 0) -> Load:
    """Send `make(number)`, from `first` on, over all connections for so long. Raises NotAnswered."""
    load = Load()
    with selectors.DefaultSelector() as selector:
        connections = [_Connection(address) for _ in range(CONNECTIONS)]
        for number, connection in enumerate(connections, first):
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(make(number))
        number, busy = first + CONNECTIONS, CONNECTIONS
        started = time.perf_counter()
        while busy:
            ready = selector.select(_PATIENCE_SECONDS)
            if not ready:
                raise NotAnswered(b"no answer in time")
            for key, _ in ready:
                connection = key.data
                if not connection.receive():
                    continue
                now = time.perf_counter()
                load.latencies.append(now - connection.sent_at)
                if now - started < seconds:
                    connection.send(make(number))
                    number += 1
                else:
                    busy -= 1
                    connection.socket.close()
        load.seconds = time.perf_counter() - started
    return load


def ask(address: tuple[str, int], request: bytes) -> bytes:
    """Return the body of the answer to one request. Raises NotAnswered."""
    connection = _Connection(address)
    with connection.socket:
        connection.send(request)
        while not connection.receive():
            pass
    return connection.answer.body
