"""The contracts, installed alone somewhere else, are enough to call the platform."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CALLER = """
import sys

import grpc
from journeyman.identity.v1 import sessions_pb2, sessions_pb2_grpc
from journeyman.reporting.v1 import reports_pb2, reports_pb2_grpc

identity, reporting = map(grpc.insecure_channel, sys.argv[1:])
client = sessions_pb2.IssueClientTokenRequest(client_id="finance-erp", client_secret="journeyman-demo")
token = sessions_pb2_grpc.SessionServiceStub(identity).IssueClientToken(client, timeout=20).access_token
asked = reports_pb2.GetVisitReportRequest(from_date="2026-01-05", to_date="2026-01-09")
stub = reports_pb2_grpc.ReportServiceStub(reporting)
report = stub.GetVisitReport(asked, metadata=[("authorization", f"Bearer {token}")], timeout=20)
print(report.as_of.as_of_time.seconds > 0)
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The Python of an environment that holds the contracts' wheel and what it names, nothing else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run_uv("build", "--wheel", "--quiet", "--out-dir", folder, ROOT / "proto")
    run_uv("venv", "--quiet", "--python", sys.executable, folder / "environment")
    python = folder / "environment" / "bin" / "python"
    run_uv("pip", "install", "--quiet", "--python", python, *folder.glob("*.whl"))
    return python


def run_uv(*arguments):
    environment = os.environ | {"UV_SYSTEM_CERTS": "1"}
    subprocess.run([sys.executable, "-m", "uv", *map(str, arguments)], env=environment, check=True)


def test_a_machine_calls_a_service_over_grpc_with_its_own_credentials(stack, elsewhere, tmp_path):
    command = [elsewhere, "-I", "-c", CALLER, stack.url("identity"), stack.url("reporting")]
    called = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert called.stdout == "True\n", called.stderr
