"""Structured logs: one JSON object a line on standard output, written in batches.

`configure` starts the writing thread, so it is called after a fork; a process forked later writes each line
at once.
"""

import atexit
import contextlib
import json
import logging
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath
from types import MappingProxyType
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

_FLUSH_SECONDS = 0.2
_LINES_HELD = 10_000
_SECRET = re.compile(
    r"password|passwd|passphrase|secret|token|authorization|cookie|credential|api_?key|private_?key",
    re.IGNORECASE,
)
_REDACTED = "[redacted]"
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS

_context: ContextVar[Mapping[str, object]] = ContextVar("log_context", default=MappingProxyType({}))


@contextlib.contextmanager
def bound(**values: object) -> Iterator[None]:
    """Adds `values` (a request id, a job id) to every line logged inside, in this thread or task."""
    token = _context.set({**_context.get(), **values})
    try:
        yield
    finally:
        _context.reset(token)


def configure(service: str) -> None:
    """Sends structlog and the standard library's logging to standard output, marked with `service`."""
    _writer.start(sys.stdout.buffer)
    structlog.configure(
        processors=[_Renderer(service)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _writer,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.INFO, handlers=[_StandardLibrary(service)], force=True)


def flush() -> None:
    """Writes what is held; called while draining, before the process ends."""
    _writer.flush()


class _Writer:
    """Holds lines and writes them five times a second: a system call per line is most of a line's cost."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque()
        self._stream: BinaryIO | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, stream: BinaryIO) -> None:
        self.flush()
        self._stream = stream
        if self._thread is None:
            self._thread = threading.Thread(target=self._flush_for_ever, name="log", daemon=True)
            self._thread.start()

    def msg(self, line: bytes) -> None:
        self._lines.append(line)
        if self._thread is None or len(self._lines) > _LINES_HELD:
            self.flush()

    debug = info = warning = error = critical = exception = msg

    def flush(self) -> None:
        with self._lock:
            chunks = []
            with contextlib.suppress(IndexError):
                while True:
                    chunks.append(self._lines.popleft())
            if chunks and self._stream is not None:
                # Nobody reads the log any more: the work goes on without it.
                with contextlib.suppress(OSError, ValueError):
                    self._stream.write(b"".join(chunks))
                    self._stream.flush()

    def _flush_for_ever(self) -> None:
        pause = threading.Event()
        while not pause.wait(_FLUSH_SECONDS):
            self.flush()

    def before_fork(self) -> None:
        """Leaves nothing that two processes would write, and no lock that the child would wait for."""
        self.flush()
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        self._thread = None
        self._lines.clear()
        self._lock.release()


_writer = _Writer()
atexit.register(flush)
os.register_at_fork(
    before=_writer.before_fork,
    after_in_parent=_writer.after_fork_in_parent,
    after_in_child=_writer.after_fork_in_child,
)


class _Renderer:
    """One processor instead of structlog's chain: half the cost of a line."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> bytes:
        return _line(
            {
                "time": datetime.now(UTC),
                "level": "error" if method == "exception" else method,
                "service": self._service,
                **_context.get(),
                **(_with_traceback(event) if "exc_info" in event else event),
            }
        )


class _StandardLibrary(logging.Handler):
    """Libraries log through the standard library; their lines look like ours."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._render = _Renderer(service)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event: EventDict = {"event": record.getMessage(), "logger": record.name}
        except Exception:  # noqa: BLE001 - a library's wrong format string must not fail the work it reports on
            event = {"event": str(record.msg), "logger": record.name}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        _writer.msg(self._render(None, record.levelname.lower(), event))


def _with_traceback(event: EventDict) -> EventDict:
    return structlog.processors.format_exc_info(None, "", event)


def _line(event: Mapping[str, object]) -> bytes:
    shown = {key: _shown(key, value) for key, value in event.items()}
    try:
        return orjson.dumps(shown, default=_named, option=_OPTIONS)
    except TypeError:  # an integer past 64 bits, half a surrogate pair: a log line never fails its caller
        return json.dumps(shown, default=str).encode() + b"\n"


def _shown(key: str, value: object) -> object:
    if _is_secret(key):
        return _REDACTED
    if isinstance(value, dict):
        return {str(inner): _shown(str(inner), inner_value) for inner, inner_value in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(key, inner) for inner in value]
    return value


def _named(value: object) -> str:
    """Only plain values are shown: the text of a message or a settings record may hold a password."""
    if isinstance(value, BaseException | PurePath | Decimal | bytes):
        return repr(value) if isinstance(value, BaseException | bytes) else str(value)
    return f"<{type(value).__name__}>"


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET.search(key) is not None
