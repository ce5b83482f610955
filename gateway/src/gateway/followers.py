"""Gunicorn's threads, each of which waits for the next request itself.

Gunicorn's own main thread waits for all connections and hands every request to a thread of its pool, which
hands the connection back: passing it on twice costs more than reading the request. Here all threads wait on
one epoll, which wakes a single one for each connection that can be read.
"""

import contextlib
import os
import select
import socket
import struct
import threading
import time
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn  # type: ignore[attr-defined] # stubs lag

from gateway import unreadable

_ONCE = select.EPOLLIN | select.EPOLLONESHOT
_PAUSE_SECONDS = 0.1
_SEND_LIMIT = struct.pack("@ll", 10, 0)  # seconds and microseconds


class _Socket(socket.socket):
    """Gunicorn says at every request how its socket blocks; only a change is told to the kernel."""

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the socket's own signature
        self.settimeout(None if flag else 0.0)

    def settimeout(self, value: float | None) -> None:
        if value != self.gettimeout():
            super().settimeout(value)


class Worker(unreadable.Worker):
    """The main thread is left with the heartbeat, the connections that stay silent, and the end."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._idle: dict[int, Any] = {}  # who pops a connection is the one to serve or to close it
        self._counting = threading.Lock()
        self._accepting = False

    def run(self) -> None:
        self._epoll = select.epoll()
        self._ended, self._end = os.pipe()
        self._epoll.register(self._ended, select.EPOLLIN)  # not once: it wakes every thread
        for _ in range(self.cfg.threads):
            self.tpool.submit(self._follow)
        try:
            super().run()
        finally:
            os.close(self._end)

    def set_accept_enabled(self, enabled: bool | None) -> None:  # noqa: FBT001 - gunicorn's signature
        if enabled == self._accepting:
            return
        self._accepting = bool(enabled)
        self._listeners = {listener.fileno(): listener for listener in self.sockets}
        for number, listener in self._listeners.items():
            if enabled:
                listener.settimeout(0)
                self._epoll.register(number, _ONCE)
            else:
                self._epoll.unregister(number)

    def _follow(self) -> None:
        while True:
            for number, _ in self._epoll.poll(maxevents=1):
                if number == self._ended:
                    return
                try:
                    self._take(number)
                except Exception:  # one connection's, and a thread less for all others
                    self.log.exception("connection_failed")

    def _take(self, number: int) -> None:
        if number in self._listeners:
            self._accept(number)
        elif conn := self._idle.pop(number, None):
            self._serve(conn)

    def _accept(self, number: int) -> None:
        listener = self._listeners[number]
        try:
            self._welcome(*listener.accept(), listener)
        except (BlockingIOError, ConnectionError):  # taken by another process, or gone again
            pass
        except OSError as error:  # no descriptor is free: asked again at once it would be the same
            self.log.warning("connection_not_accepted: %s", error)
            select.select([self._ended], [], [], _PAUSE_SECONDS)
        with contextlib.suppress(OSError):  # the worker stops
            self._epoll.modify(number, _ONCE)

    def _welcome(self, client: Any, address: Any, listener: Any) -> None:
        self._count(1)
        # Whoever does not read their answer must not keep the thread.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_LIMIT)
        conn = TConn(self.cfg, _Socket(fileno=client.detach()), address, listener.getsockname())
        conn.data_ready = True  # it is served when it can be read
        self._wait_for(conn, self._epoll.register)

    def _serve(self, conn: Any) -> None:
        number = conn.sock.fileno()
        while self.handle(conn):
            if not conn.parser.unreader.buf.getvalue():  # a client need not wait for its answers
                self._wait_for(conn, self._epoll.modify)
                return
        with contextlib.suppress(OSError):
            self._epoll.unregister(number)
        conn.close(graceful=True)
        self._count(-1)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:  # noqa: FBT001 - gunicorn's signature
        """Whether it can be kept. Gunicorn sets two time limits to find that nothing is unread."""
        if keepalive and getattr(conn.parser.mesg.body.reader, "length", None) == 0:
            return True
        return bool(super()._keepalive_after(conn, keepalive))  # type: ignore[misc] # stubs lag

    def _wait_for(self, conn: Any, tell: Any) -> None:
        conn.set_timeout()
        if not self.alive:  # kept while the worker stopped
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self._make_room()
        number = conn.sock.fileno()
        self._idle[number] = conn
        tell(number, _ONCE)

    def _make_room(self) -> None:
        """Close the connection that has waited longest rather than turn newcomers away."""
        while len(self._idle) >= self.max_keepalived:
            for number in list(self._idle)[:1]:
                if conn := self._idle.pop(number, None):
                    conn.close()
                    self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self.nr_conns += change
        if not self.alive:
            self.method_queue.defer(lambda: None)  # the end waits for the last connection

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - gunicorn's signature
        now = time.monotonic()
        for number, conn in list(self._idle.items()):
            if (force or conn.timeout <= now) and self._idle.pop(number, None):
                conn.close()
                self._count(-1)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in list(self._idle.values()):
            conn.timeout = min(conn.timeout, deadline)
