"""A real OpenID provider, npm's oidc-provider, and a browser that signs in with it."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from gateway.identity.oidc.provider import Provider, Registration
from gateway.identity.oidc.servicer import Offer, OidcServicer
from journeyman.identity.v1 import oidc_pb2, oidc_pb2_grpc

HERE = Path(__file__).parent
REDIRECT = "http://127.0.0.1:9/signed-in"  # nobody listens: the browser stops there
_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_STEPS = 12


@dataclass
class Running:
    """The provider and its address."""

    process: "subprocess.Popen[str]"
    issuer: str = ""

    def told(self, wanted: Callable[[str], bool]) -> str:
        """Return the next line of its output that is wanted."""
        assert self.process.stdout
        return next(line for line in map(str.strip, self.process.stdout) if wanted(line))

    def rename(self, subject: str, name: str) -> None:
        """Give a person of the provider another name there."""
        line = f"{subject} {name}"
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self.told(line.__eq__)


@pytest.fixture(scope="session")
def running_provider(tmp_path_factory) -> Iterator[Running]:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs Node.js and npm: the identity provider of these tests is npm's oidc-provider")
    folder = tmp_path_factory.mktemp("provider")
    for name in ("package.json", "package-lock.json", "provider.mjs"):
        shutil.copy(HERE / name, folder)
    install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    with subprocess.Popen(
        ["node", "provider.mjs", REDIRECT],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
        text=True,
    ) as process:
        running = Running(process)
        running.issuer = f"http://127.0.0.1:{running.told(str.isdigit)}"
        yield running
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def issuer(running_provider) -> str:
    return running_provider.issuer


@pytest.fixture
def rename_there(running_provider):
    return running_provider.rename


@pytest.fixture
def sign_in_there():
    """Follow an authorization address as a browser would, as this person. Returns what comes back."""

    def sign_in(url: str, person: str) -> dict[str, str]:
        with httpx.Client(follow_redirects=False, timeout=10) as browser:
            answer = browser.get(url)
            for _ in range(_STEPS):
                if answer.is_redirect:
                    url = urljoin(str(answer.url), answer.headers["location"])
                    if url.startswith(REDIRECT):
                        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
                    answer = browser.get(url)
                    continue
                form = _FORM.search(answer.text)
                assert form, answer.text[:500]
                fields = dict(_HIDDEN.findall(answer.text)) | {"login": person, "password": "any"}
                answer = browser.post(urljoin(str(answer.url), form[1]), data=fields)
        message = "the provider never sends the browser back"
        raise AssertionError(message)

    return sign_in


@pytest.fixture
def offered(identity):
    """Have identity offer a provider."""
    [servicer] = [each for each in identity.parts.servicers if isinstance(each, OidcServicer)]

    def offer(issuer, claim="preferred_username", secret="a-secret-of-the-tests"):
        provider = Provider(Registration(issuer, "journeyman", secret))
        servicer._offer = Offer(provider, "Company", claim, [REDIRECT])
        return identity.stub(oidc_pb2_grpc.OidcServiceStub)

    return offer


@pytest.fixture
def oidc(offered, issuer):
    return offered(issuer)


@pytest.fixture
def sign_in(oidc, sign_in_there):
    """Sign a person of the provider in; `more` goes with what ends it, such as a device."""

    def sign_in(person, **more):
        begun = oidc.BeginOidcSignIn(oidc_pb2.BeginOidcSignInRequest(redirect_uri=REDIRECT))
        back = sign_in_there(begun.authorization_url, person)
        assert back["state"] == begun.state
        request = oidc_pb2.FinishOidcSignInRequest(
            state=begun.state, code=back["code"], browser_secret=begun.browser_secret, **more
        )
        return oidc.FinishOidcSignIn(request)

    return sign_in
