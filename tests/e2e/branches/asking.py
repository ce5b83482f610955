"""What a caller is answered, and what that tells."""

import re
import uuid
from dataclasses import dataclass

VARIABLE = re.compile(r"\{(.+?)\}")  # of a URL's template


@dataclass(frozen=True)
class Answer:
    status: int
    text: str


def ask(api, verb, path, *, parameters=None, body=None, headers=None):
    answer = api._http.request(verb, path, params=parameters, json=body, headers=headers)
    assert answer.status_code < 500, answer.text
    return Answer(answer.status_code, answer.text)


def leaked(found, branch):
    """What in an answer tells of the branch."""
    return sorted(trace for trace in branch.traces if trace in str(found))


def missing(id_):
    """An id like this one, of nothing."""
    owner, dot, _ = id_.rpartition(".")
    return f"{owner}{dot}{uuid.uuid4()}"


def told(answer, *ids):
    """What a refusal says, apart from what the caller said and the request's own id."""
    text = re.sub(r'"requestId":"[^"]*"', "", answer.text)
    for id_ in ids:
        text = text.replace(id_, "<id>")
    return answer.status, text
