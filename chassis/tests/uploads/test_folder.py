import fcntl
import hashlib
import io
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from chassis.uploads.folder import (
    ContentRefusedError,
    FolderStore,
    ObjectKeyRefusedError,
    ObjectMissingError,
    OffsetConflictError,
)
from hypothesis import given, settings
from hypothesis import strategies as st

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 700
KEY = "photos/2026-03-02/0190.jpg"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


def append(store: FolderStore, offset: int, part: bytes, total: int = len(JPEG)) -> int:
    return store.append_chunk(KEY, offset, io.BytesIO(part), total=total, kind="image/jpeg")


def test_an_object_appears_when_its_last_byte_has_arrived(store: FolderStore):
    assert append(store, 0, JPEG[:50_000]) == 50_000
    assert store.stat(KEY) is None
    assert store.received(KEY, len(JPEG)) == 50_000
    assert append(store, 50_000, JPEG[50_000:]) == len(JPEG)
    assert store.stat(KEY) == store.received(KEY, len(JPEG)) == len(JPEG)
    with store.open(KEY) as file:
        assert file.read() == JPEG


@pytest.fixture
def left_unfinished(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """All bytes have arrived, but the process died before it gave the object its name."""

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr("chassis.uploads.folder._finish", die)
        append(store, 0, JPEG)
    assert store.stat(KEY) is None


@pytest.mark.usefixtures("left_unfinished")
def test_an_object_that_a_dead_process_left_whole_is_finished_when_its_client_asks(store: FolderStore):
    assert store.received(KEY, len(JPEG)) == len(JPEG)
    assert store.sha256(KEY) == hashlib.sha256(JPEG).hexdigest()


@pytest.mark.usefixtures("left_unfinished")
@pytest.mark.parametrize("offset", [0, len(JPEG) - 1])
def test_an_object_that_a_dead_process_left_whole_is_finished_when_it_is_sent_again(
    store: FolderStore, offset: int
):
    with pytest.raises(OffsetConflictError) as refused:
        append(store, offset, JPEG[offset:])
    assert refused.value.size == store.stat(KEY) == len(JPEG)


@settings(deadline=None)  # each object is synchronised to a disk that others use too
@given(cuts=st.lists(st.integers(512, len(JPEG) - 1), max_size=6, unique=True).map(sorted))
def test_any_parts_make_up_the_object(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]):
    store = FolderStore(tmp_path_factory.mktemp("objects"))
    for start, end in zip([0, *cuts], [*cuts, len(JPEG)], strict=True):
        append(store, start, JPEG[start:end])
    assert store.sha256(KEY) == hashlib.sha256(JPEG).hexdigest()


@pytest.mark.parametrize("offset", [0, 999, 1001, 50_000])
def test_a_part_that_begins_elsewhere_is_refused_with_the_present_size(store: FolderStore, offset: int):
    append(store, 0, JPEG[:1000])
    with pytest.raises(OffsetConflictError) as refused:
        append(store, offset, JPEG[offset:])
    assert refused.value.size == store.received(KEY, len(JPEG)) == 1000


@pytest.mark.parametrize("offset", [0, 1000, len(JPEG)])
def test_a_finished_object_is_never_written_again(store: FolderStore, offset: int):
    append(store, 0, JPEG)
    with pytest.raises(OffsetConflictError) as refused:
        append(store, offset, b"\xff\xd8\xff" + b"x" * (len(JPEG) - 3))
    assert refused.value.size == len(JPEG)
    assert store.sha256(KEY) == hashlib.sha256(JPEG).hexdigest()


def test_no_more_than_the_total_is_taken(store: FolderStore):
    assert append(store, 0, JPEG, total=1000) == 1000
    assert store.stat(KEY) == 1000


def test_what_arrived_before_the_stream_broke_is_kept(store: FolderStore):
    class Breaking:
        def __init__(self) -> None:
            self.blocks = [JPEG[:40_000]]

        def read(self, size: int, /) -> bytes:
            if not self.blocks:
                raise ConnectionResetError
            block, rest = self.blocks[0][:size], self.blocks[0][size:]
            self.blocks = [rest] if rest else []
            return block

    with pytest.raises(ConnectionResetError):
        store.append_chunk(KEY, 0, Breaking(), total=len(JPEG), kind="image/jpeg")
    kept = store.received(KEY, len(JPEG))
    assert 0 < kept <= 40_000
    append(store, kept, JPEG[kept:])
    assert store.sha256(KEY) == hashlib.sha256(JPEG).hexdigest()


def test_of_parallel_uploads_one_finishes_and_the_object_is_whole(store: FolderStore):
    outcomes: list[str] = []

    def upload() -> None:
        try:
            append(store, 0, JPEG)
            outcomes.append("finished")
        except OffsetConflictError:
            outcomes.append("overtaken")

    threads = [threading.Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if "finished" not in outcomes:
        kept = store.received(KEY, len(JPEG))
        append(store, kept, JPEG[kept:])
    assert outcomes.count("finished") <= 1
    assert store.sha256(KEY) == hashlib.sha256(JPEG).hexdigest()


def test_a_part_waits_for_the_one_being_written(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    append(store, 0, JPEG[:1000])
    asked, outcome = threading.Event(), []

    def flock(file: int, operation: int) -> None:
        asked.set()
        fcntl.flock(file, operation)

    def overtaken() -> None:
        try:
            append(store, 1000, JPEG[1000:])
        except OffsetConflictError as conflict:
            outcome.append(conflict.size)

    with (tmp_path / "objects" / f"{KEY}.part").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        monkeypatch.setattr(
            "chassis.uploads.folder.fcntl", SimpleNamespace(flock=flock, LOCK_EX=fcntl.LOCK_EX)
        )
        waiting = threading.Thread(target=overtaken)
        waiting.start()
        assert asked.wait(timeout=10)
        other.write(JPEG[1000:2000])
    waiting.join()
    assert outcome == [2000]


def test_an_object_finished_while_a_part_begins_is_left_alone(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "objects" / KEY

    def unfinished(asked: Path) -> Path:
        path.write_bytes(JPEG)
        return asked.with_name(f"{asked.name}.part")

    monkeypatch.setattr("chassis.uploads.folder._unfinished", unfinished)
    with pytest.raises(OffsetConflictError):
        append(store, 0, JPEG[:600], total=600)
    assert path.read_bytes() == JPEG


def test_an_object_of_another_kind_is_refused_and_nothing_kept(store: FolderStore):
    with pytest.raises(ContentRefusedError):
        append(store, 0, b"<html>" * 1000)
    assert store.received(KEY, len(JPEG)) == 0
    assert append(store, 0, JPEG) == len(JPEG)


@pytest.mark.parametrize(
    "object_key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        ".hidden",
        "a/",
        "a\\b",
        "a\nb",
        "a\n",
        "a\0",
        "名",
        "a.part",
        "a..b",
        "a" * 201,
    ],
)
def test_a_key_that_could_leave_the_folder_is_refused(store: FolderStore, object_key: str):
    with pytest.raises(ObjectKeyRefusedError):
        store.write(object_key, [b"x"])
    with pytest.raises(ObjectKeyRefusedError):
        store.open(object_key)
    with pytest.raises(ObjectKeyRefusedError):
        store.append_chunk(object_key, 0, io.BytesIO(b"x"), total=1, kind="text/csv")


@given(object_key=st.text(max_size=30))
def test_no_key_reaches_outside_the_folder(tmp_path_factory: pytest.TempPathFactory, object_key: str):
    folder = tmp_path_factory.getbasetemp() / "inside"
    try:
        path = FolderStore(folder)._path(object_key)
    except ObjectKeyRefusedError:
        return
    assert path.resolve().is_relative_to(folder.resolve())
    assert path.resolve() != folder.resolve()


def test_a_whole_object_is_written_in_one_step_and_may_be_replaced(store: FolderStore, tmp_path: Path):
    assert store.write("results/1.csv", [b"a,b\n", b"1,2\n"]) == 8
    store.write("results/1.csv", iter([b"a\n"]))
    with store.open("results/1.csv") as file:
        assert file.read() == b"a\n"
    assert [path.name for path in (tmp_path / "objects/results").iterdir()] == ["1.csv"]


def test_an_object_that_fails_while_it_is_written_never_appears(store: FolderStore, tmp_path: Path):
    def chunks():
        yield b"a"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.write("results/1.csv", chunks())
    assert store.stat("results/1.csv") is None
    assert list((tmp_path / "objects/results").iterdir()) == []


def test_the_kind_of_an_object_is_read_from_its_bytes(store: FolderStore):
    store.write("a", [JPEG])
    store.write("b", ["名称\n".encode("gb18030")])
    store.write("c", [b"MZ\x00"])
    assert [store.content_type(key) for key in "abc"] == ["image/jpeg", "text/csv", None]


@pytest.mark.parametrize("missing", ["nothing", "folder", "file/below"])
def test_a_missing_object_has_no_size_and_cannot_be_opened(store: FolderStore, missing: str):
    store.write("folder/file", [b"x"])
    store.write("file", [b"x"])
    assert store.stat(missing) is None
    assert store.received(missing, 1) == 0
    for read in (store.open, store.path, store.sha256, store.content_type):
        with pytest.raises(ObjectMissingError):
            read(missing)


def test_a_finished_object_is_a_file(store: FolderStore):
    store.write("results/1.csv", [b"x"])
    assert store.path("results/1.csv").read_bytes() == b"x"
