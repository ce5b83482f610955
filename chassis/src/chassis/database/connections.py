"""Connections to a service's own database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import QueuePool

STATEMENT_TIMEOUT_MILLISECONDS = 10_000
_OPTIONS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MILLISECONDS} -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=15000 -c timezone=UTC"
)


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
            "connect_timeout": 5,
            "options": _OPTIONS,
        }
        self.pool_size = pool_size
        self.engine: Engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg://", 1),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=True,
            hide_parameters=True,  # an error's text goes to the log, where no position or phone may stand
            connect_args=self._arguments,
        )
        event.listen(self.engine, "handle_error", _leave_rows_out)
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

        It is opened on first use and again after it broke.
        """
        connection: psycopg.Connection[Any] | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed or connection.broken:
            if connection is not None:
                self._raw.remove(connection)
                self._local.connection = None
            connection = psycopg.connect(self._url, autocommit=True, prepare_threshold=2, **self._arguments)
            self._local.connection = connection
            self._raw.append(connection)
        return connection

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


def _leave_rows_out(context: ExceptionContext) -> None:
    """Take PostgreSQL's detail out of an error's text: it quotes the values of the failing row."""
    original = context.original_exception
    detail = original.diag.message_detail if isinstance(original, psycopg.Error) else None
    if not detail:
        return
    for error in (original, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(str(part).replace(detail, "left out") for part in error.args)
