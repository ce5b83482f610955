"""What processes cost, from /proc: CPU seconds of a tree with its dead children, and memory."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _CHILDREN = 1, 11, 15  # in /proc/<pid>/stat behind the name; two times of each stand together
_KIBI = 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """A process as it stood at a moment; `seconds` has those of its dead and waited-for children."""

    pid: int
    parent: int
    seconds: float


def usage(pid: int, stat: str) -> Usage:
    """Read a line of /proc/<pid>/stat; the name in it may hold anything, brackets and blanks included."""
    fields = stat.rpartition(")")[2].split()
    ticks = sum(map(int, fields[_USER:_CHILDREN]))
    return Usage(pid, int(fields[_PARENT]), ticks / _TICKS)


def _everything() -> dict[int, Usage]:
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[int(folder.name)] = usage(int(folder.name), (folder / "stat").read_text())
        except OSError:  # it ended meanwhile
            continue
    return found


def tree(root: int) -> dict[int, Usage]:
    """Return the process and everything it has started and that lives."""
    everything = _everything()
    members = {root: everything[root]}
    while new := {
        pid: used for pid, used in everything.items() if used.parent in members and pid not in members
    }:
        members |= new
    return members


def cpu_seconds(roots: Iterable[int]) -> float:
    """Return the CPU seconds that these processes and their descendants, dead or alive, have used so far."""
    return sum(used.seconds for root in roots for used in tree(root).values())


def title(pid: int) -> str:
    """Return what a process calls itself; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server at a moment, and which of its processes work for which database."""

    usages: Mapping[int, Usage]
    databases: Mapping[int, str]

    @classmethod
    def read(cls, postmaster: int) -> "Postgres":
        usages = tree(postmaster)
        return cls(usages, {pid: database_of(title(pid)) for pid in usages})

    def spent_since(self, before: "Postgres", *, own: Sequence[str]) -> float:
        """Return the CPU seconds of the server but for backends of databases other than `own`.

        The checkpointer, the writers and autovacuum count for whoever has them work.
        """
        total = sum(used.seconds for used in self.usages.values())
        total -= sum(used.seconds for used in before.usages.values())
        foreign = [pid for pid, database in self.databases.items() if database and database not in own]
        return total - sum(self._since(before, pid) for pid in foreign)

    def _since(self, before: "Postgres", pid: int) -> float:
        earlier = before.usages.get(pid)
        return self.usages[pid].seconds - (earlier.seconds if earlier else 0.0)


def database_of(process_title: str) -> str:
    """Return the database of a backend from its title, `postgres: <role> <database> <client> <activity>`."""
    words = process_title.split()
    is_backend = len(words) > 3 and words[0] == "postgres:" and "(" in words[3]
    return words[2] if is_backend else ""


def memory_megabytes(root: int) -> float:
    """Return the proportional memory (PSS) of a process and its descendants."""
    return sum(_proportional(pid) for pid in tree(root)) / _KIBI


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
