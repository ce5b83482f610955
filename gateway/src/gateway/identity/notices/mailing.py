"""Mails the notices that are due: what came in for one person meanwhile goes out as one mail."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from chassis.access import UnitTree
from chassis.clock import Clock
from chassis.database import Database
from prometheus_client import Counter
from sqlalchemy import Connection, Row, select

from gateway.identity.mail import Mail, enqueue
from gateway.identity.notices import preferences, store, wording
from gateway.identity.notices.rules import CHINESE, Language, Preferences, group_of
from gateway.identity.notices.wording import Reader, Words
from gateway.identity.roles import store as roles
from gateway.identity.standing import as_caller
from gateway.identity.users.rules import ACTIVE
from gateway.identity.users.tables import users

AT_ONCE = 200
_MANY = ("{n} notices", "您有 {n} 条新消息")
_FOOTER = (
    "You choose what is mailed in your notice preferences.",
    "可在通知设置中选择哪些消息发送邮件。",
)


class MailNotices:
    """The sweep behind mail. It owes the mails in the transaction that takes the notices off the list."""

    def __init__(self, database: Database, clock: Clock, tree: UnitTree, counter: Counter) -> None:
        self._database = database
        self._clock = clock
        self._tree = tree
        self._counter = counter

    def __call__(self) -> None:
        while self._some() == AT_ONCE:
            pass

    def _some(self) -> int:
        with self._database.begin() as connection:
            due = store.take_due_mail(connection, self._clock.now(), AT_ONCE)
            by_user = defaultdict(list)
            for row in due:
                by_user[row.user_id].append(row)
            liked = preferences.of(connection, by_user)
            accounts = _accounts(connection, by_user)
            for user_id, notices in by_user.items():
                self._mail(connection, accounts[user_id], liked[user_id], notices)
        return len(due)

    def _mail(
        self, connection: Connection, account: "Row[Any]", liked: Preferences, due: Sequence["Row[Any]"]
    ) -> None:
        reachable = account.state == ACTIVE and account.email
        wanted = [row for row in due if reachable and _is_wanted(row, liked)]
        self._counter.labels("email", "skipped").inc(len(due) - len(wanted))
        self._counter.labels("email", "queued").inc(len(wanted))
        if wanted:
            said = self._said(connection, account, liked, wanted)
            enqueue(connection, mail(account.email, liked.language, said, key=wanted[0].id))

    def _said(
        self, connection: Connection, account: "Row[Any]", liked: Preferences, notices: Sequence["Row[Any]"]
    ) -> list[Words]:
        reader = _reader(connection, account, self._tree)
        names = wording.names_for(connection, reader, [row.parameters for row in notices])
        return [wording.words(row, names, liked.language) for row in notices]


def mail(to: str, language: Language, said: Sequence[Words], *, key: str) -> Mail:
    """Return the mail that says one notice, or several under one subject."""
    place = 1 if language == CHINESE else 0
    subject = said[0].title if len(said) == 1 else _MANY[place].format(n=len(said))
    parts = [words.text if len(said) == 1 else f"{words.title}\n{words.text}" for words in said]
    return Mail(to, subject, "\n\n".join([*parts, f"-- \n{_FOOTER[place]}"]) + "\n", key=key)


def _is_wanted(notice: "Row[Any]", liked: Preferences) -> bool:
    """Tell whether to mail it still. Who took the account over may have marked it as read at once."""
    if wording.protects(notice.template):
        return True
    return notice.read_at is None and liked.mails(group_of(notice.template))


def _accounts(connection: Connection, user_ids: Mapping[str, Any]) -> dict[str, Any]:
    columns = users.c.id, users.c.unit_id, users.c.state, users.c.email
    query = select(*columns).where(users.c.id.in_(list(user_ids)))
    return {row.id: row for row in connection.execute(query)} if user_ids else {}


def _reader(connection: Connection, account: "Row[Any]", tree: UnitTree) -> Reader:
    """Return how far the person would see after signing in now."""
    held = roles.holdings(roles.assignments_of(connection, account.id))
    caller = as_caller(account, held)
    people, units = caller.reach("users.read", tree), caller.reach("orgUnits.read", tree)
    return Reader(account.id, account.unit_id, people, units)
