"""Free local TCP ports, without two stacks picking the same ones."""

import random
import socket
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
SIZE = 32
# Below the ranges from which Linux and macOS take the ports of outgoing connections.
FIRST, LAST = 20000, 32000


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now; ports of just closed connections count as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


class Ports:
    """Ports `first + 1` to `first + SIZE - 1`."""

    def __init__(self, first: int) -> None:
        self.first = first

    def address(self, offset: int) -> str:
        return f"{HOST}:{self.port(offset)}"

    def port(self, offset: int) -> int:
        if not 0 <= offset < SIZE - 1:
            raise ValueError(offset)
        return self.first + 1 + offset


class PortBlock(Ports):
    """Ports `first + 1` to `first + SIZE - 1` for one stack while the block is held.

    The first port stays bound and is never listened on: it is the lock between stacks that start at the
    same time, and the kernel frees it however its holder ends.
    """

    def __init__(self, preferred: int | None = None) -> None:
        candidates = list(range(FIRST, LAST, SIZE))
        random.shuffle(candidates)
        for first in (*([preferred] if preferred else []), *candidates):
            if self._hold(first):
                return
        raise OSError(f"no free ports between {FIRST} and {LAST}")

    def _hold(self, first: int) -> bool:
        guard = socket.socket()
        try:
            guard.bind((HOST, first))
        except OSError:
            guard.close()
            return False
        if not all(is_free(port) for port in range(first + 1, first + SIZE)):
            guard.close()
            return False
        self.first = first
        self._guard = guard
        return True

    def close(self) -> None:
        self._guard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
