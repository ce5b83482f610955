"""The page that the `type` of a problem points to: what each reason means, in both languages."""

from html import escape

from chassis.errors import CHASSIS_ERRORS, INVALID

from gateway.kinds import KINDS
from gateway.service_errors import http_status

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><title>Journeyman: problems</title><link rel="stylesheet" href="/docs/docs.css">
</head>
<body><main><h1>Problems</h1>
<p>These reasons any call may answer. Those of one method alone stand in its description under
<a href="/docs">/docs</a>.</p>
<table><tr><th>Reason</th><th>Status</th><th>Meaning</th></tr>
"""
_FOOT = "</table></main></body></html>\n"


def errors_page() -> bytes:
    rows = (_row(reason, meaning) for reason, meaning in sorted(_reasons().items()))
    return f"{_HEAD}{''.join(rows)}{_FOOT}".encode()


def _reasons() -> dict[str, tuple[int, str, str]]:
    services = {
        kind.reason: (http_status(kind.status, kind.reason).value, kind.english, kind.chinese)
        for kind in (INVALID, *CHASSIS_ERRORS.values())
    }
    own = {kind.reason: (kind.status.value, kind.english, kind.chinese) for kind in KINDS}
    return services | own


def _row(reason: str, meaning: tuple[int, str, str]) -> str:
    status, english, chinese = meaning
    return (
        f'<tr id="{escape(reason)}"><td><code>{escape(reason)}</code></td><td>{status}</td>'
        f"<td>{escape(english)}<br>{escape(chinese)}</td></tr>\n"
    )
