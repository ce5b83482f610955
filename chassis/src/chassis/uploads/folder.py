"""Objects as files of one folder, written once: received in resumable parts, or whole."""

import fcntl
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Protocol

from chassis.uploads import sniff

_OBJECT_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)*")
_LONGEST_KEY = 200
_UNFINISHED = ".part"
_BLOCK_BYTES = 32 * 1024


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class ObjectKeyRefusedError(ValueError):
    """Not the name of an object: it could leave the folder or meet an unfinished one."""


class ObjectMissingError(LookupError):
    """No finished object has that key."""


class OffsetConflictError(Exception):
    """The part does not begin where the object ends; a client can go on from `size`."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class ContentRefusedError(Exception):
    """The first bytes are not of the kind that was announced; nothing of it is kept."""


class FolderStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def append_chunk(self, object_key: str, offset: int, stream: Readable, *, total: int, kind: str) -> int:
        """Appends what `stream` holds to an object that will have `total` bytes, and returns its size.

        What arrived before a connection broke is kept. The object appears, synchronised to disk, when its
        last byte has arrived. Raises OffsetConflictError, also when another connection overtakes this one,
        and ContentRefusedError when the object does not begin like a `kind`.
        """
        path, position = self._path(object_key), offset
        while True:
            block = _read_block(stream, min(_BLOCK_BYTES, total - position))
            position = self._append(path, position, block, total=total, kind=kind)
            if not block or position == total:
                return position

    def _append(self, path: Path, position: int, block: bytes, *, total: int, kind: str) -> int:
        # The lock is held for a block, not for the upload: a phone that went silent keeps no other one out.
        with self._locked(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size != position:
                if size == total:  # a process that died wrote the last byte and did no more
                    _finish(file, path)
                raise OffsetConflictError(size)
            if position == 0 and block and not sniff.is_a(block[: sniff.HEAD_BYTES], kind):
                raise ContentRefusedError
            file.write(block)
            file.flush()
            if position + len(block) == total:
                _finish(file, path)
        return position + len(block)

    @contextmanager
    def _locked(self, path: Path) -> Iterator[BinaryIO]:
        """The unfinished file of `path`, locked; raises OffsetConflictError when `path` is finished."""
        _refuse_finished(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _unfinished(path).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _refuse_finished(path)  # by the connection that held the lock
            yield file

    def write(self, object_key: str, chunks: Iterable[bytes]) -> int:
        """Writes a whole object, replacing one of that key in a single step; returns its size."""
        path = self._path(object_key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.urandom(4).hex()}{_UNFINISHED}")
        try:
            with part.open("xb") as file:
                file.writelines(chunks)
                _finish(file, path)
                return file.tell()
        finally:
            part.unlink(missing_ok=True)

    def open(self, object_key: str) -> BufferedReader:
        try:
            return self._path(object_key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise ObjectMissingError(object_key) from error

    def path(self, object_key: str) -> Path:
        """The file of a finished object, for readers that want a file; raises ObjectMissingError."""
        path = self._path(object_key)
        if _size(path) is None:
            raise ObjectMissingError(object_key)
        return path

    def stat(self, object_key: str) -> int | None:
        """The size of a finished object; None when there is none."""
        return _size(self._path(object_key))

    def received(self, object_key: str, total: int) -> int:
        """How many bytes have arrived, finished or not: where a client goes on.

        An object of which all `total` bytes are there is finished, if a process died before it did that: the
        client, who hears that everything has arrived, would send nothing more.
        """
        path = self._path(object_key)
        if _size(_unfinished(path)) == total:
            with suppress(OffsetConflictError), self._locked(path) as file:
                if os.fstat(file.fileno()).st_size == total:
                    _finish(file, path)
        size = _size(path)
        return (_size(_unfinished(path)) or 0) if size is None else size

    def sha256(self, object_key: str) -> str:
        with self.open(object_key) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def content_type(self, object_key: str) -> str | None:
        """The media type by the first bytes; None for an unknown kind."""
        with self.open(object_key) as file:
            return sniff.content_type(file.read(sniff.HEAD_BYTES))

    def _path(self, object_key: str) -> Path:
        named = len(object_key) <= _LONGEST_KEY and _OBJECT_KEY.fullmatch(object_key)
        if not named or object_key.endswith(_UNFINISHED):
            raise ObjectKeyRefusedError(object_key)
        return self._folder / object_key


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + _UNFINISHED)


def _refuse_finished(path: Path) -> None:
    size = _size(path)
    if size is not None:
        raise OffsetConflictError(size)


def _size(path: Path) -> int | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _read_block(stream: Readable, wanted: int) -> bytes:
    """Reads until `wanted` bytes are there or the stream ends: a network stream gives what it has."""
    block = b""
    while len(block) < wanted and (more := stream.read(wanted - len(block))):
        block += more
    return block


def _finish(file: BinaryIO, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    Path(file.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # else a power cut forgets the name though the client was told "created"
    finally:
        os.close(folder)
