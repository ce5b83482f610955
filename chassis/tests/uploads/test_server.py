import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from chassis.uploads.folder import FolderStore
from chassis.uploads.links import Claims, sign
from chassis.uploads.problems import KINDS
from chassis.uploads.server import files_application

KEY = bytes(32)
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def reason(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json"
        return json.loads(self.body)["reason"]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Files:
    def __init__(self, folder: Path) -> None:
        self.store = FolderStore(folder)
        application = files_application(self.store, KEY)
        self.server = make_server("127.0.0.1", 0, application, server_class=Server, handler_class=Quiet)

    def path(self, method: str = "PUT", **changes) -> str:
        usual = {
            "object_key": "photos/1.jpg",
            "method": method,
            "max_bytes": len(JPEG),
            "content_type": "image/jpeg",
            "expires": int(time.time()) + 60,
        }
        return f"/objects/{sign(KEY, Claims(**{**usual, **changes}))}"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    running = Files(tmp_path)
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.server.shutdown()
    running.server.server_close()
    thread.join()


def test_a_whole_body_becomes_an_object_that_can_be_fetched(files: Files):
    put = files.ask("PUT", files.path(), JPEG)
    assert (put.status, put.headers["Upload-Offset"]) == (201, str(len(JPEG)))
    got = files.ask("GET", files.path("GET"))
    assert (got.status, got.body) == (200, JPEG)
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["X-Content-Type-Options"] == "nosniff"


def test_an_upload_in_parts_goes_on_where_it_stopped(files: Files):
    total = len(JPEG)
    first = files.ask("PUT", files.path(), JPEG[:6000], Content_Range=f"bytes 0-5999/{total}")
    assert (first.status, first.headers["Upload-Offset"]) == (202, "6000")
    assert files.ask("HEAD", files.path()).headers["Upload-Offset"] == "6000"
    last = files.ask("PUT", files.path(), JPEG[6000:], Content_Range=f"bytes 6000-{total - 1}/{total}")
    assert last.status == 201
    assert files.ask("GET", files.path("GET")).body == JPEG


def test_a_part_at_the_wrong_place_is_409_and_says_where_to_go_on(files: Files):
    files.ask("PUT", files.path(), JPEG[:600], Content_Range="bytes 0-599/9000")
    answer = files.ask("PUT", files.path(), JPEG[:600], Content_Range="bytes 700-1299/9000")
    assert (answer.status, answer.reason) == (409, "UPLOAD_OFFSET_MISMATCH")
    assert answer.headers["Upload-Offset"] == "600"


def test_a_repeated_upload_is_409_with_the_whole_size(files: Files):
    files.ask("PUT", files.path(), JPEG)
    answer = files.ask("PUT", files.path(), JPEG)
    assert (answer.status, answer.headers["Upload-Offset"]) == (409, str(len(JPEG)))


def test_a_client_that_sends_much_too_late_reads_the_refusal(files: Files):
    large = JPEG[:512] + bytes(20_000_000)
    files.ask("PUT", files.path(), JPEG)
    assert files.ask("PUT", files.path(max_bytes=len(large)), large).reason == "UPLOAD_OFFSET_MISMATCH"


def test_a_connection_that_breaks_leaves_what_arrived(files: Files):
    with socket.create_connection(("127.0.0.1", files.server.server_port)) as connection:
        head = f"PUT {files.path()} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(JPEG)}\r\n\r\n"
        connection.sendall(head.encode() + JPEG[:7000])
        connection.shutdown(socket.SHUT_WR)
        assert b"BODY_INCOMPLETE" in b"".join(iter(lambda: connection.recv(4096), b""))
    assert files.ask("HEAD", files.path()).headers["Upload-Offset"] == "7000"


def test_more_than_the_link_allows_is_413_and_nothing_is_kept(files: Files):
    whole = files.ask("PUT", files.path(max_bytes=100), JPEG)
    part = files.ask("PUT", files.path(max_bytes=100), JPEG[:50], Content_Range="bytes 0-49/101")
    assert (whole.status, whole.reason, part.status) == (413, "OBJECT_TOO_LARGE", 413)
    assert files.store.received("photos/1.jpg", len(JPEG)) == 0


def test_another_kind_than_announced_is_415(files: Files):
    answer = files.ask("PUT", files.path(), b"<html><script>")
    assert (answer.status, answer.reason) == (415, "CONTENT_TYPE_MISMATCH")


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes 0-99/50",
        "bytes 5-4/10",
        "bytes */10",
        "0-9/10",
        "bytes 0-9/*",
        "bytes 0-8/10",
        "bytes -1-8/10",
        "bytes 0-9/1" + "0" * 30,
    ],
)
def test_a_range_that_says_nothing_sensible_is_400(files: Files, content_range: str):
    answer = files.ask("PUT", files.path(), b"0123456789", Content_Range=content_range)
    assert (answer.status, answer.reason) == (400, "CONTENT_RANGE_INVALID")


def test_a_body_without_length_is_411_and_an_empty_one_400(files: Files):
    chunked = files.ask("PUT", files.path(), iter([b"x"]), Transfer_Encoding="chunked")
    assert (chunked.status, chunked.reason) == (411, "LENGTH_REQUIRED")
    empty = files.ask("PUT", files.path(), b"")
    assert (empty.status, empty.reason) == (400, "EMPTY_BODY")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_a_link_that_is_forged_or_expired_is_403(files: Files, method: str):
    files.store.write("photos/1.jpg", [JPEG])
    expired = files.path(method if method != "HEAD" else "GET", expires=int(time.time()) - 1)
    for path in ("/objects/forged.token", "/objects/", expired):
        assert files.ask(method, path, JPEG if method == "PUT" else None).status == 403


def test_a_link_for_one_method_allows_no_other(files: Files):
    files.store.write("photos/1.jpg", [JPEG])
    assert files.ask("GET", files.path("PUT")).reason == "LINK_REFUSED"
    assert files.ask("PUT", files.path("GET"), JPEG).reason == "LINK_REFUSED"


def test_a_link_to_a_missing_object_is_404(files: Files):
    assert files.ask("GET", files.path("GET")).reason == "OBJECT_NOT_FOUND"
    assert files.ask("HEAD", files.path("GET")).status == 404
    assert files.ask("GET", files.path("GET", object_key="../secret")).reason == "OBJECT_NOT_FOUND"


def test_head_of_a_download_tells_its_size_without_the_body(files: Files):
    files.store.write("photos/1.jpg", [JPEG])
    answer = files.ask("HEAD", files.path("GET"))
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, str(len(JPEG)), b"")


def test_only_pictures_are_shown_in_place(files: Files):
    files.store.write("photos/1.jpg", [JPEG])
    files.store.write("results/1.csv", [b"<script>"])
    picture = files.ask("GET", files.path("GET"))
    table = files.ask("GET", files.path("GET", object_key="results/1.csv", content_type="text/csv"))
    assert picture.headers["Content-Disposition"] == "inline"
    assert table.headers["Content-Disposition"] == "attachment"


def test_a_browser_of_any_origin_may_use_a_link(files: Files):
    preflight = files.ask("OPTIONS", files.path(), Origin="https://app.example")
    assert preflight.status == 204
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Range" in preflight.headers["Access-Control-Allow-Headers"]
    refused = files.ask("GET", "/objects/forged.token")
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_another_method_is_405_and_another_address_404(files: Files):
    assert files.ask("DELETE", files.path()).status == 405
    assert files.ask("GET", "/").reason == "ROUTE_NOT_FOUND"


def test_a_store_that_cannot_be_used_is_503_without_its_words(files: Files, tmp_path: Path):
    (tmp_path / "photos").write_text("a file where the folder should be")
    answer = files.ask("PUT", files.path(), JPEG)
    assert (answer.status, answer.reason, answer.headers["Retry-After"]) == (503, "STORE_UNAVAILABLE", "5")
    assert str(tmp_path).encode() not in answer.body


def test_a_problem_is_told_like_those_of_the_gateway_in_the_callers_language(files: Files):
    files.ask("PUT", files.path(), JPEG[:600], Content_Range="bytes 0-599/9000")
    for language, tag, words in (
        ("en", "en", "The object has 600 bytes; go on from there."),
        ("zh-CN,zh;q=0.9", "zh-CN", "文件已有 600 字节,请从该处继续。"),
    ):
        answer = files.ask(
            "PUT", files.path(), JPEG[:600], Content_Range="bytes 700-1299/9000", Accept_Language=language
        )
        assert answer.headers["Content-Language"] == tag
        assert json.loads(answer.body) == {
            "type": "/docs/errors#UPLOAD_OFFSET_MISMATCH",
            "title": "Conflict",
            "status": 409,
            "detail": words,
            "reason": "UPLOAD_OFFSET_MISMATCH",
            "errors": [],
        }


def test_every_problem_speaks_both_languages():
    for kind in KINDS.values():
        assert kind.english.isascii()
        assert not kind.chinese.isascii()
