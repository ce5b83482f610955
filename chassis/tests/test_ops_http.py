import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from chassis.health import Readiness
from chassis.metrics import Metrics
from chassis.ops_http import OpsServer


class Process:
    def __init__(self) -> None:
        self.reason: str | None = None
        self.metrics = Metrics()
        self.readiness = Readiness({"database": lambda: self.reason}, kept_seconds=0)
        self.server = OpsServer("127.0.0.1:0", self.metrics.registry, self.readiness)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{self.server.address}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def process() -> Iterator[Process]:
    running = Process()
    running.server.start()
    yield running
    running.server.stop()


def test_livez_answers_while_the_process_runs(process: Process):
    process.reason = "down"
    assert process.get("/livez") == (200, "alive\n")


def test_readyz_is_200_when_every_check_passes(process: Process):
    status, body = process.get("/readyz")
    assert (status, json.loads(body)) == (200, {"ready": True, "problems": {}})


def test_readyz_is_503_and_names_what_is_not_ready(process: Process):
    process.reason = "schema 7 wanted, 6 found"
    status, body = process.get("/readyz?verbose")
    assert status == 503
    assert json.loads(body) == {"ready": False, "problems": {"database": "schema 7 wanted, 6 found"}}


def test_readyz_is_503_while_draining(process: Process):
    process.readiness.drain()
    status, body = process.get("/readyz")
    assert (status, json.loads(body)["problems"]) == (503, {"process": "draining"})


def test_metrics_are_served_in_the_format_of_prometheus(process: Process):
    process.metrics.requests.observe("/a.B/C", "OK", 0.01)
    status, body = process.get("/metrics")
    assert status == 200
    assert 'journeyman_requests_total{code="OK",method="/a.B/C"} 1.0' in body


def test_another_path_is_404(process: Process):
    assert process.get("/")[0] == 404


def test_a_taken_port_is_an_error_at_construction(process: Process):
    with pytest.raises(OSError, match="in use"):
        OpsServer(process.server.address, process.metrics.registry, process.readiness)


def test_a_server_that_never_started_can_be_stopped():
    Process().server.stop()
