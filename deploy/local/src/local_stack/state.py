"""The folder that a stack keeps its data, secrets, logs and ports in."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from local_stack.errors import LocalStackError

CHECKOUT = Path(__file__).resolve().parents[4]
MEMORY = Path("/dev/shm")  # noqa: S108  a folder of random name is made in it
TEMPORARY = "journeyman-"
IN_USE = "in-use"
ROOM = 4 << 30  # bytes; a container's is often 64 MiB


@dataclass(frozen=True)
class RunningStack:
    """What another process needs to know of a stack that runs; `stack.json` of its state folder."""

    gateway_url: str
    clock_file: str
    pid: int


def default_folder() -> Path:
    """JOURNEYMAN_STATE, or a folder of this checkout's own, so that two checkouts never meet."""
    named = os.environ.get("JOURNEYMAN_STATE")
    if named:
        return Path(named).expanduser().absolute()
    own = f"{CHECKOUT.name}-{hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:10]}"
    if os.geteuid() == 0:  # root's home is closed to the user that runs the database
        return Path("/var/lib/journeyman") / own
    states = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(states) / "journeyman" / own


def create(folder: Path) -> Path:
    """Makes `folder` with only its names open to others: the database's user has to pass through."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    return folder


def remove(folder: Path) -> None:
    """Removes the state of this checkout; a folder that the user named may hold more than ours."""
    if "JOURNEYMAN_STATE" in os.environ:
        raise LocalStackError(f"JOURNEYMAN_STATE names {folder}: remove it yourself")
    if folder.exists():
        with locked(folder):
            shutil.rmtree(folder)


def can_be_entered(folder: Path) -> bool:
    """Whether every other user of the machine can pass through `folder`."""
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


@contextmanager
def temporary_folder(*, in_memory: bool = False) -> Iterator[Path]:
    """A state folder for a test run, which the database's user can enter whatever TMPDIR says.

    `in_memory` is for a server with a database for each test: disks take ten times as long to make its files.
    """
    base = MEMORY if in_memory and _has_room(MEMORY) else Path(tempfile.gettempdir())
    within = base if os.geteuid() != 0 or can_be_entered(base) else Path("/var/tmp")  # noqa: S108  made 0700
    _remove_abandoned(within)
    made = tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=within, ignore_cleanup_errors=True)
    with made as name, _in_use(Path(name)):
        yield create(Path(name))


@contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Marks the folder for as long as this process lives; the kernel takes the lock off however it ends."""
    draft = folder / f"{IN_USE}.draft"
    with draft.open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        draft.rename(folder / IN_USE)
        yield


def _remove_abandoned(within: Path) -> None:
    """Removes what killed runs have left: in memory it would stay until the machine ends."""
    for path in within.glob(f"{TEMPORARY}*/{IN_USE}"):
        with suppress(OSError), path.open() as mark:  # in use, or somebody else's
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path.parent)


def _has_room(folder: Path) -> bool:
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    mount = os.statvfs(folder)
    may_execute = not mount.f_flag & getattr(os, "ST_NOEXEC", 0)  # PostgreSQL's programs are copied there
    return may_execute and mount.f_bavail * mount.f_frsize >= ROOM


def secret(folder: Path, name: str) -> str:
    """The secret `name` of this state, made at random the first time; only its owner can read it."""
    kept = folder / "secrets"
    kept.mkdir(mode=0o700, exist_ok=True)
    path = kept / name
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=kept, delete=False) as half_written:
            half_written.write(secrets.token_hex(24))
        Path(half_written.name).rename(path)
    return path.read_text()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the state against a second stack; the kernel lets go of it however this process ends."""
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalStackError(_already_runs(folder)) from None
        yield


def _already_runs(folder: Path) -> str:
    stack = _recorded(folder)
    where = f" at {stack.gateway_url}, process {stack.pid}" if stack else ""
    return f"a stack of this checkout already runs{where} (state in {folder})"


def running_stack(folder: Path) -> RunningStack | None:
    """The stack that runs on this state and is ready, if any."""
    if not (folder / "lock").exists():
        return None
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _recorded(folder)
    return None


def _recorded(folder: Path) -> RunningStack | None:
    try:
        return RunningStack(**json.loads((folder / "stack.json").read_text()))
    except FileNotFoundError:
        return None


def announce(folder: Path, stack: RunningStack) -> None:
    (folder / "stack.json").write_text(json.dumps(asdict(stack)))


def withdraw(folder: Path) -> None:
    (folder / "stack.json").unlink(missing_ok=True)


def remembered_ports(folder: Path) -> int | None:
    path = folder / "ports"
    return int(path.read_text()) if path.exists() else None


def remember_ports(folder: Path, first: int) -> None:
    (folder / "ports").write_text(str(first))
