"""Runs WSGI applications under gunicorn: one worker process, eight threads, drained on SIGTERM."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from wsgiref.types import WSGIApplication

from chassis.logging import configure, flush
from chassis.scheduling import let_the_running_run
from gunicorn import glogging
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.workers.base import Worker

if sys.platform == "linux":
    from gateway.followers import Worker as ThreadWorker
else:  # without epoll
    from gateway.unreadable import Worker as ThreadWorker

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat file, opened and unlinked by it
THREADS = 8
_OPTIONS = {
    "workers": 1,
    "threads": THREADS,
    "keepalive": 75,
    "timeout": 60,
    "graceful_timeout": 20,
    "limit_request_line": 8190,
    # Gunicorn believes whoever connects from this machine; which proxies to believe is a setting of ours.
    "forwarded_allow_ips": "",
    "control_socket_disable": True,
    "worker_tmp_dir": str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None,
}


class _Logger(glogging.Logger):
    """Gunicorn's log as lines of ours; requests are logged where their route is known."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Runnable(Protocol):
    """What a worker process runs, made in it: channels and threads do not survive a fork."""

    @property
    def application(self) -> WSGIApplication: ...

    def close(self) -> None: ...


class _Server(BaseApplication):
    def __init__(self, name: str, listen: str, make: Callable[[], Runnable], request_seconds: float) -> None:
        self._name = name
        self._listen = listen
        self._worker = type("Worker", (ThreadWorker,), {"request_seconds": request_seconds})
        self._make = make
        self._running: Runnable | None = None
        super().__init__()

    def load_config(self) -> None:
        for name, value in _OPTIONS.items():
            self.cfg.set(name, value)
        self.cfg.set("bind", self._listen)
        self.cfg.set("worker_class", self._worker)
        self.cfg.set("logger_class", _Logger)
        self.cfg.set("worker_exit", self._close)

    def load(self) -> WSGIApplication:  # type: ignore[override] # the stubs' own idea of a WSGI application
        configure(self._name)
        self._running = self._make()
        return self._running.application

    def _close(self, _arbiter: Arbiter, _worker: Worker) -> None:
        if self._running is not None:
            self._running.close()
        flush()


def run(name: str, listen: str, make: Callable[[], Runnable], request_seconds: float) -> None:
    """Serves until SIGTERM or SIGINT; requests in flight are answered first.

    One that takes longer than `request_seconds` is cut off: whoever sends slowly must not keep a thread.
    """
    configure(name)
    let_the_running_run()
    _Server(name, listen, make, request_seconds).run()
