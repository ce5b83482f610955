"""Mails the link by which a lost password is replaced."""

from collections.abc import Mapping
from typing import Any

import structlog
from chassis.database import Database
from chassis.jobs import Beat
from sqlalchemy import Connection, Row

from gateway.identity import mail
from gateway.identity.mail import Mail
from gateway.identity.passwords import store
from gateway.identity.passwords.rules import LINK_LIFE
from gateway.identity.sessions.moments import real_now
from gateway.identity.users import store as users
from gateway.identity.users.rules import ACTIVE

MAIL_RESET_LINK = "mail-reset-link"
# Nobody is signed in here who could say what they read.
_SUBJECT = "重设密码 / Choose a new password"
_TEXT = """\
{username}:

请在 30 分钟内打开以下链接设置新密码,链接只能使用一次:
Open this link within 30 minutes to choose a new password. It is good once:

{url}

如果不是您本人申请,请忽略此邮件,密码不会改变。
If you did not ask for it, leave it: your password stays as it is.
"""

log = structlog.get_logger()


class MailResetLink:
    """The job behind RequestPasswordReset: only here is it known whether there is such a person.

    The token is in the page's fragment, which no browser sends to any server's log.
    """

    def __init__(self, database: Database, console_url: str) -> None:
        self._database = database
        self._console_url = console_url.rstrip("/")

    def run(self, payload: Mapping[str, Any], beat: Beat) -> None:
        del beat  # it takes no time
        if not self._console_url:
            log.warning("no link to reset a password: JOURNEYMAN_CONSOLE_URL is not set")
            return
        with self._database.begin() as connection:
            account = users.lock_named(connection, str(payload["username"]))
            if account is not None and account.state == ACTIVE and account.email:
                self._mail(connection, account)

    def _mail(self, connection: Connection, account: "Row[Any]") -> None:
        at = real_now()
        token = store.make_link(connection, account.id, at)
        if token is None:
            log.warning("no more links to reset this password within the hour", user=account.id)
            return
        url = f"{self._console_url}/reset-password#token={token}"
        text = _TEXT.format(username=account.username, url=url)
        mail.enqueue(connection, Mail(account.email, _SUBJECT, text, until=at + LINK_LIFE))

    def give_up(self, payload: Mapping[str, Any], error: Exception) -> None:
        del payload
        log.error("link to reset a password given up", error=type(error).__name__)
