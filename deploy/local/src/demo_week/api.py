"""The gateway's public API as one account uses it."""

import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from demo_week.errors import DemoError

Json = dict[str, Any]

PASSWORD = "journeyman-demo"  # noqa: S105  the demo organisation's, only ever made by the local stack
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_ATTEMPTS = 8
_LONGEST_WAIT = 5.0
_TIMEOUT = httpx.Timeout(60)


class Refused(DemoError):
    """An answer other than success, with the reason that the problem document gives."""

    def __init__(self, response: httpx.Response) -> None:
        problem: Json = {}
        if "json" in response.headers.get("content-type", ""):
            problem = response.json()
        self.status = response.status_code
        self.reason = str(problem.get("reason", ""))
        words = problem.get("detail") or response.text[:200]
        request = response.request
        super().__init__(f"{request.method} {request.url}: {self.status} {self.reason} {words}")


class Api:
    """A signed-in account."""

    def __init__(self, gateway_url: str, username: str) -> None:
        self.username = username
        self._http = httpx.Client(base_url=gateway_url, timeout=_TIMEOUT)
        self._files = httpx.Client(timeout=_TIMEOUT)  # without the token: a signed link is its own permission

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()
        self._files.close()

    def sign_in(self, device: Json | None = None) -> Json:
        """Signs in, from a phone where one is named. Returns the account's own user."""
        body = {"username": self.username, "password": PASSWORD} | ({"device": device} if device else {})
        session = self.post("/v1/auth/login", body)
        self._http.headers["Authorization"] = f"Bearer {session['accessToken']}"
        user: Json = self.get("/v1/me")["user"]
        return user

    def sign_in_as_machine(self) -> None:
        """Signs in by client credentials; the username is the client's id."""
        form = {"grant_type": "client_credentials", "client_id": self.username, "client_secret": PASSWORD}
        token = self._json("POST", "/oauth2/token", data=form)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **parameters: str | int) -> Json:
        return self._json("GET", path, params=parameters)

    def post(self, path: str, body: Json | None = None) -> Json:
        """Sends once in effect, however often: a repeated attempt carries the same Idempotency-Key."""
        return self._json("POST", path, json=body or {}, headers={"Idempotency-Key": str(uuid.uuid4())})

    def patch(self, path: str, body: Json) -> Json:
        return self._json("PATCH", path, json=body)

    def items(self, path: str, plural: str, **parameters: str | int) -> Iterator[Json]:
        """Every item of a list, page by page."""
        token = ""
        while True:
            page = self.get(path, pageToken=token, **parameters)
            yield from page[plural]
            token = page.get("nextPageToken", "")
            if not token:
                return

    def upload(self, url: str, content: bytes, content_type: str) -> None:
        """Sends a file whole to the link that an upload was opened with."""
        _send(self._files, "PUT", url, content=content, headers={"Content-Type": content_type})

    def download(self, url: str) -> bytes:
        return _send(self._files, "GET", url).content

    def _json(self, method: str, path: str, **options: Any) -> Json:
        answer: Json = _send(self._http, method, path, **options).json()
        return answer


def _send(client: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    for _ in range(_ATTEMPTS):
        response = client.request(method, url, **options)
        if response.status_code not in _BUSY:
            break
        # As long as the platform asks its callers to wait.
        time.sleep(min(float(response.headers.get("retry-after", "1")), _LONGEST_WAIT))
    if not response.is_success:
        raise Refused(response)
    return response


def timestamp(moment: datetime) -> str:
    return moment.isoformat()
