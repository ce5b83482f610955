"""The whole platform on one machine: servers, migrations, processes, demo organisation."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from local_stack import databases, postgres, state, table, valkey
from local_stack.databases import ServiceDatabase
from local_stack.errors import LocalStackError
from local_stack.ports import HOST, PortBlock, is_free
from local_stack.processes import Process, run_all
from local_stack.supervisor import Supervisor

EXTERNAL_PATIENCE = 10.0
Report = Callable[[str], None]


class Stack:
    """One platform with its state in `folder`; by default on free ports and with data it may lose.

    `postgres_url` (a superuser's) and `redis_url` name servers to use instead of embedded ones.
    """

    def __init__(
        self,
        folder: Path,
        *,
        gateway_port: int | None = None,
        durable: bool = False,
        postgres_url: str | None = None,
        redis_url: str | None = None,
        identity_settings: Mapping[str, str] | None = None,
        report: Report = lambda _: None,
    ) -> None:
        self.folder = state.create(folder)
        self._gateway_port = gateway_port
        self._durable = durable
        self._postgres_url = postgres_url
        self._redis_url = redis_url
        self._identity_settings = identity_settings or {}
        self._report = report
        self._held = ExitStack()

    def start(self) -> None:
        """Returns when every process is ready; raises LocalStackError, with nothing left running."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the gateway first and the servers last."""
        self._held.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def clock_file(self) -> Path:
        return self._layout.clock_file

    def url(self, process: str) -> str:
        """The base URL of `gateway` and `files`, the gRPC target of a service."""
        scheme = "" if process in table.SERVICES else "http://"
        return f"{scheme}{self._layout.address(process)}"

    def ops_url(self, process: str) -> str:
        return f"http://{self._layout.ops_address(process)}"

    def kill(self, process: str) -> None:
        """Ends a process or server as a crash would; it is started again at once."""
        self._supervisor.kill(process)

    def wait_ready(self) -> None:
        self._supervisor.wait_ready()

    def down(self, process: str) -> AbstractContextManager[None]:
        """Keeps a process or server crashed inside the block."""
        return self._supervisor.down(process)

    def frozen(self, process: str) -> AbstractContextManager[None]:
        """Makes a process or server hang inside the block."""
        return self._supervisor.frozen(process)

    def _start(self) -> None:
        self._held.enter_context(state.locked(self.folder))
        self._supervisor = Supervisor(self.folder, self._report)  # ends what a kill -9 left on our ports
        self._held.callback(self._supervisor.stop)
        self._check_gateway_port()
        ports = self._held.enter_context(PortBlock(state.remembered_ports(self.folder)))
        state.remember_ports(self.folder, ports.first)
        self._layout = self._start_servers(ports)
        self._layout.clock_file.unlink(missing_ok=True)  # a demo's week is over when its stack is
        self._report("Migrating the databases")
        run_all(table.migrations(self._layout), self._supervisor.logs)
        self._start_processes()
        url = self.url("gateway")
        state.announce(self.folder, state.RunningStack(url, str(self.clock_file), os.getpid()))
        self._held.callback(state.withdraw, self.folder)

    def _check_gateway_port(self) -> None:
        port = self._gateway_port
        if port is not None and not is_free(port):
            raise LocalStackError(f"port {port} of {HOST} is taken: stop its user or set JOURNEYMAN_PORT")

    def _start_servers(self, ports: PortBlock) -> table.Layout:
        self._report("Starting PostgreSQL and Valkey")
        postgres_url, redis_url, servers = self._postgres_url, self._redis_url, list[Process]()
        if redis_url is None:
            cache = valkey.prepare(self.folder, ports.port(table.OFFSETS["valkey"]))
            redis_url = cache.url
            servers.append(cache.process)
        if postgres_url is None:
            port = ports.port(table.OFFSETS["postgres"])
            database = postgres.prepare(self.folder, port, durable=self._durable)
            postgres_url = database.superuser_url
            servers.append(database.process)
        self._supervisor.add(servers)
        self._supervisor.wait_ready()
        return table.Layout(
            self.folder,
            ports,
            self._gateway_port,
            self._databases(postgres_url),
            redis_url,
            self._identity_settings,
        )

    def _databases(self, postgres_url: str) -> dict[str, ServiceDatabase]:
        databases.wait_for(postgres_url, EXTERNAL_PATIENCE)
        return {
            name: databases.create_service_database(postgres_url, name, self.folder)
            for name in table.SERVICES
        }

    def _start_processes(self) -> None:
        self._report("Starting the services and the gateway")
        self._supervisor.add(table.service_processes(self._layout))
        self._supervisor.add(table.edge_processes(self._layout))
        run_all([table.demo_organisation(self._layout)], self._supervisor.logs)
        self._supervisor.wait_ready()


def of_this_checkout(report: Report) -> Stack:
    """The stack that `make run` starts, by the variables of the environment."""
    return Stack(
        state.default_folder(),
        gateway_port=_port(os.environ.get("JOURNEYMAN_PORT", "8080")),
        durable=True,
        postgres_url=os.environ.get("JOURNEYMAN_POSTGRES_URL"),
        redis_url=os.environ.get("JOURNEYMAN_REDIS_URL"),
        identity_settings={name: os.environ[name] for name in table.IDENTITY_SETTINGS if name in os.environ},
        report=report,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**16):
        raise LocalStackError(f"JOURNEYMAN_PORT is {text!r}: a number from 1 to 65535 is needed")
    return int(text)


@contextmanager
def running_or_started(report: Report) -> Iterator[state.RunningStack]:
    """The running stack of this checkout, or one that lives as long as the block."""
    folder = state.default_folder()
    running = state.running_stack(folder)
    if running is not None:
        yield running
        return
    with of_this_checkout(report) as stack:
        yield state.RunningStack(stack.url("gateway"), str(stack.clock_file), os.getpid())
