"""What a backup is made of: a dump of each database, the files, and the manifest that proves them."""

import hashlib
import json
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local_stack.errors import LocalStackError

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files.tar"
_UNFINISHED = ".part"  # of an upload: its sender goes on with it, or never comes back


@dataclass(frozen=True)
class Part:
    """A file of a backup."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """Of when a backup is, what stood in the databases, and what its files hash to.

    `schemas` has the versions of the schemas, `positions` the last positions of the outboxes, by service.
    """

    taken_at: str
    postgres: str
    schemas: Mapping[str, str]
    positions: Mapping[str, int]
    parts: Mapping[str, Part]
    format: int = FORMAT


def dump_of(service: str) -> str:
    return f"{service}.dump"


def part(path: Path) -> Part:
    with path.open("rb") as file:
        return Part(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def write(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n")


def read(folder: Path) -> Manifest:
    """The manifest of a backup, every part of which is as it was written; raises LocalStackError."""
    try:
        values = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise LocalStackError(f"{folder} is no backup: {error}") from None
    if values.get("format") != FORMAT:
        raise LocalStackError(f"{folder} has format {values.get('format')}, and {FORMAT} is understood")
    parts = {name: Part(**value) for name, value in values["parts"].items()}
    for name, expected in parts.items():
        path = folder / name
        if not path.is_file() or part(path) != expected:
            raise LocalStackError(f"{path} is not what was backed up: take another backup")
    return Manifest(**values | {"parts": parts})


def pack(files: Path, archive: Path) -> None:
    """Writes the finished objects of the folder store into one file."""
    with tarfile.open(archive, "w") as tar:
        for path in sorted(files.rglob("*")) if files.exists() else ():
            if path.is_file() and not path.name.endswith(_UNFINISHED):
                tar.add(path, path.relative_to(files))


def unpack(archive: Path, files: Path) -> None:
    files.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        tar.extractall(files, filter="data")
