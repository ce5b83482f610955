import multiprocessing
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from chassis.identifiers import new_id, random_hex


def test_an_id_is_a_uuid_of_version_7_with_its_millisecond():
    before = time.time_ns() // 1_000_000
    ids = [uuid.UUID(new_id()) for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert {(id_.version, id_.variant) for id_ in ids} == {(7, uuid.RFC_4122)}
    assert all(before <= id_.int >> 80 <= after for id_ in ids)
    assert {(id_.int >> 60) & 0xF for id_ in ids} == {0b1000, 0b1001, 0b1010, 0b1011}


def test_threads_never_get_the_same():
    with ThreadPoolExecutor(8) as threads:
        batches = [threads.submit(_many) for _ in range(16)]
        found = [digits for batch in batches for digits in batch.result()]
    assert len(set(found)) == len(found)
    assert {len(digits) for digits in found} == {32}


def test_a_forked_process_does_not_repeat_its_parent():
    random_hex()  # the parent holds some for later
    with multiprocessing.get_context("fork").Pool(1) as child:
        theirs = set(child.apply(_many))
    assert theirs.isdisjoint(_many())


def _many() -> list[str]:
    return [random_hex() for _ in range(5000)]
