"""The process' own plain HTTP page for operators: /metrics, /livez, /readyz."""

import socketserver
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from chassis.health import Readiness

_SILENT_CLIENT_SECONDS = 10
_STOP_NOTICED_SECONDS = 0.1


class OpsServer:
    """Listens from construction on, so a taken port is an error at once; answers after `start`."""

    def __init__(self, listen: str, registry: CollectorRegistry, readiness: Readiness) -> None:
        host, _, port = listen.rpartition(":")
        self._server = _Server((host, int(port)), _Handler)
        self._server.registry = registry
        self._server.readiness = readiness
        self._thread = threading.Thread(target=self._serve, name="ops", daemon=True)

    @property
    def address(self) -> str:
        """`host:port` as bound, for a listener on port 0."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=_STOP_NOTICED_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: CollectorRegistry
    readiness: Readiness

    def server_bind(self) -> None:
        # HTTPServer asks DNS for the host's name here, which hangs a start where DNS does not answer.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENT_CLIENT_SECONDS

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/livez":
                self._answer(HTTPStatus.OK, "text/plain; charset=utf-8", b"alive\n")
            case "/readyz":
                self._ready()
            case "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self._owner.registry))
            case _:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"/metrics /livez /readyz\n")

    @property
    def _owner(self) -> _Server:
        return cast("_Server", self.server)

    def _ready(self) -> None:
        problems = self._owner.readiness.problems()
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        body = orjson.dumps({"ready": not problems, "problems": problems}, option=orjson.OPT_APPEND_NEWLINE)
        self._answer(status, "application/json", body)

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: probes every second would drown the log."""
