"""Requests that schemathesis makes up from the OpenAPI document."""

import subprocess
import sys

SECONDS = 60
# Logging out would end the session that the run lives by.
LEFT_OUT = ("/v1/auth/logout",)
# hypothesis parses source for its messages; two threads that do so at once break CPython 3.11 (gh-106905).
WORKERS = 1
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"


def test_generated_requests_get_answers_as_the_openapi_document_promises(url, token, tmp_path):
    excluded = [argument for path in LEFT_OUT for argument in ("--exclude-path", path)]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
            *("--header", f"Authorization: Bearer {token}"),
            *("--phases", "examples,coverage,fuzzing", "--checks", CHECKS),
            *("--max-time", str(SECONDS), "--workers", str(WORKERS), "--no-color", *excluded),
        ],
        capture_output=True,
        text=True,
        timeout=3 * SECONDS,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
