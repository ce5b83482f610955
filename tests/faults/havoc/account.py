"""A signed-in caller whose answers may get lost, and who sends the same request again until one arrives."""

import random
import threading
import time
import uuid
from http import HTTPStatus
from typing import Any

import httpx

Json = dict[str, Any]

PASSWORD = "journeyman-demo"
PATIENCE = 90.0  # seconds in which the platform must answer again, whatever happened to it
ANSWER_LOST_AFTER = 3.0
TOKEN_LIFE = 600.0
SENT_AGAIN = 0.2
PAUSE = 0.1
SIGN_IN_PAUSE = 5.0  # thirty attempts a minute are allowed, and some accounts are two threads'
_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_IN_FLIGHT = "CALL_IN_FLIGHT"


class Unexpected(Exception):
    """An answer that no fault explains."""


class NeverAnswered(Exception):
    """The platform did not answer although nothing is broken any more."""


class Refused(Exception):
    """The answer is no, for a reason that the caller said may come."""


class Account:
    """One account at the gateway. Not for two threads."""

    def __init__(self, gateway_url: str, username: str, seed: str, *, is_machine: bool = False) -> None:
        self.username = username
        self.acknowledged = 0
        self._pick = random.Random(f"{seed} {username}")
        self._is_machine = is_machine
        self._http = httpx.Client(base_url=gateway_url, timeout=ANSWER_LOST_AFTER)
        self._signed_in_at = -TOKEN_LIFE
        self._pause = threading.Event()
        self._last = ""  # what was heard when nothing was answered

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **parameters: object) -> Json:
        return self._until_answered("GET", path, params=parameters)

    def items(self, path: str, plural: str, **parameters: object) -> list[Json]:
        """Every item of a list."""
        found, token = list[Json](), ""
        while True:
            page = self.get(path, pageSize=200, pageToken=token, **parameters)
            found += page[plural]
            token = page.get("nextPageToken", "")
            if not token:
                return found

    def write(
        self,
        path: str,
        body: Json | None = None,
        *,
        method: str = "POST",
        etag: str = "",
        may_refuse: tuple[str, ...] = (),
    ) -> Json:
        """Write once: under one key however often it is sent. Raises Refused for a reason of `may_refuse`.

        Now and then it is sent again although it was answered: the answer must be the same.
        """
        headers = {"Idempotency-Key": str(uuid.uuid4())} | ({"If-Match": etag} if etag else {})
        options: Json = {"json": body or {}, "headers": headers, "may_refuse": may_refuse}
        answer = self._until_answered(method, path, **options)
        if self._pick.random() < SENT_AGAIN:
            again = self._until_answered(method, path, **options)
            if again != answer:
                raise Unexpected(f"{method} {path}: {answer} was {again} when it was sent again")
        self.acknowledged += 1
        return answer

    def repeat(self, path: str, body: Json) -> Json:
        """Write what a business key makes once: sent without a key of its own until it is answered."""
        answer = self._until_answered("POST", path, json=body)
        self.acknowledged += 1
        return answer

    def upload(self, url: str, content: bytes) -> None:
        """Send a picture by its link; after a lost answer go on where the other side has got to."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            found = self._send("HEAD", url)
            if found is None:
                continue
            begin = int(found.headers["upload-offset"])
            if begin == len(content):
                self.acknowledged += 1
                return
            part = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            self._send(
                "PUT",
                url,
                content=content[begin:],
                headers={"Content-Range": part, "Content-Type": "image/png"},
            )
        raise NeverAnswered(f"{self.username}: PUT {url}, but {self._last}")

    def _until_answered(self, method: str, path: str, **options: Any) -> Json:
        may_refuse = options.pop("may_refuse", ())
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            if time.monotonic() - self._signed_in_at >= TOKEN_LIFE and not self._sign_in():
                continue
            response = self._send(method, path, **options)
            if response is None:
                continue
            if response.is_success:
                answer: Json = response.json()
                return answer
            reason = _reason(response)
            if reason in may_refuse:
                raise Refused(reason)
            raise Unexpected(f"{method} {path}: {response.status_code} {response.text[:500]}")
        raise NeverAnswered(f"{self.username}: {method} {path}, but {self._last}")

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        """Return the answer, or None when there was none or it was not the platform's last word."""
        try:
            response = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            self._last = repr(error)
            self._pause.wait(PAUSE)
            return None
        if response.status_code in _LATER or (not response.is_success and _reason(response) == _IN_FLIGHT):
            self._last = f"{response.status_code} {response.text[:300]}"
            self._pause.wait(PAUSE)
            return None
        return response

    def _sign_in(self) -> bool:
        self._http.headers.pop("Authorization", None)  # an old token is no client's secret
        if self._is_machine:
            form = {"grant_type": "client_credentials", "client_id": self.username, "client_secret": PASSWORD}
            response, token = self._send("POST", "/oauth2/token", data=form), "access_token"
        else:
            body = {"username": self.username, "password": PASSWORD}
            response, token = self._send("POST", "/v1/auth/login", json=body), "accessToken"
        if response is None:
            self._pause.wait(SIGN_IN_PAUSE)
            return False
        if not response.is_success:
            raise Unexpected(f"{self.username} cannot sign in: {response.status_code} {response.text[:500]}")
        self._http.headers["Authorization"] = f"Bearer {response.json()[token]}"
        self._signed_in_at = time.monotonic()
        return True


def _reason(response: httpx.Response) -> str:
    return str(response.json().get("reason", "")) if response.content else ""
