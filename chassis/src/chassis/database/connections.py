"""Connections to a service's own database."""

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from chassis.database.writes import Write

STATEMENT_TIMEOUT_MILLISECONDS = 10_000
_OPTIONS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MILLISECONDS} -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=15000 -c timezone=UTC"
)

_IDLE_SECONDS = 1.0  # only then is it looked at: that lets another thread take the interpreter

# A server that is gone without a word would hold a thread for the kernel's quarter of an hour.
_NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class Database:
    """A service's database under its runtime role.

    Args:
        url: libpq URL, `postgresql://user:password@host:port/name`.
        application: name that PostgreSQL shows for the connections.
        pool_size: most transactions at a time.
    """

    def __init__(self, url: str, application: str, *, pool_size: int = 10) -> None:
        self._url = url
        self._arguments: dict[str, Any] = {
            "application_name": application,
            "options": _OPTIONS,
            **_NETWORK,
        }
        self.pool_size = pool_size
        self.engine: Engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,  # an error's text goes to the log, where no position or phone may stand
            connect_args=self._arguments,
        )
        event.listen(self.engine, "handle_error", _leave_rows_out)
        event.listen(self.engine, "checkout", _refuse_ended)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._local = threading.local()
        self._raw: list[psycopg.Connection[Any]] = []

    def connections_used(self) -> float:
        """Return how many connections of the pool are lent out."""
        pool = self.engine.pool
        return float(pool.checkedout()) if isinstance(pool, QueuePool) else 0.0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction; it commits when the block ends and rolls back when the block raises."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection for reads outside a transaction."""
        with self._reading.connect() as connection:
            yield connection

    def raw(self) -> "psycopg.Connection[Any]":
        """Return this thread's own psycopg connection, autocommit, for prepared hot reads.

        It is opened on first use and again after it broke. Between two uses that follow each other closely
        nobody looks whether it has ended, and a statement fails that finds out.
        """
        local, now = self._local, time.monotonic()
        kept: psycopg.Connection[Any] | None = getattr(local, "connection", None)
        if kept is None or kept.closed or (now - local.used_at > _IDLE_SECONDS and has_ended(kept)):
            kept = self._open_raw(kept)
        local.used_at = now
        return kept

    def _open_raw(self, ended: "psycopg.Connection[Any] | None") -> "psycopg.Connection[Any]":
        if ended is not None:
            ended.close()
            self._raw.remove(ended)
            self._local.connection = None
        opened = psycopg.connect(self._url, autocommit=True, prepare_threshold=2, **self._arguments)
        self._local.connection = opened
        self._raw.append(opened)
        return opened

    def write(self, write: Write) -> None:
        """Do one write in a transaction of its own, committed when this returns."""
        run(self.raw(), write)

    def problem(self) -> str | None:
        """Return why the database cannot be used, or None."""
        try:
            with self.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
        except Exception as error:  # noqa: BLE001 - any failure means not ready; its kind is the answer
            return type(error).__name__
        return None

    def close(self) -> None:
        self.engine.dispose()
        for connection in self._raw:
            connection.close()


@contextmanager
def unprepared(connection: Connection) -> Iterator[None]:
    """Have statements planned for their values: for those whose best way depends on how common these are."""
    raw = driver(connection)
    threshold, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = threshold


def driver(connection: Connection) -> "psycopg.Connection[Any]":
    """Return the psycopg connection of a transaction: what is written often costs less without SQLAlchemy."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def run(connection: "psycopg.Connection[Any]", write: Write) -> None:
    """Do a write on this connection, prepared."""
    try:
        connection.execute(write.sql, write.values, prepare=True)
    except psycopg.Error as error:
        _take_out(error.diag.message_detail, error)
        raise


def has_ended(connection: "psycopg.Connection[Any]") -> bool:
    """Whether an idle connection is of no use any more.

    A server that ends one says so, and the connection can be read although nothing was asked: looking costs
    a microsecond where asking `SELECT 1` costs a round trip in every transaction.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _refuse_ended(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Have an ended connection replaced; not one just opened, whose statement tells better what is wrong."""
    if "used" in record.info and has_ended(connection):
        raise DisconnectionError
    record.info["used"] = True


def _leave_rows_out(context: ExceptionContext) -> None:
    original = context.original_exception
    if isinstance(original, psycopg.Error):
        _take_out(original.diag.message_detail, original, context.sqlalchemy_exception)


def _take_out(detail: str | None, *errors: BaseException | None) -> None:
    """Take PostgreSQL's detail out of the errors' texts: it quotes the values of the failing row."""
    for error in filter(None, errors if detail else ()):
        error.args = tuple(str(part).replace(str(detail), "left out") for part in error.args)
