"""Passwords are changed by their owners, and reset by mail and by administrators."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import argon2
import grpc
import pytest
from chassis.service.background import housekeeping
from gateway.identity.mail.message import KIND, Mail
from gateway.identity.passwords.jobs import MAIL_RESET_LINK
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import passwords_pb2 as pb
from journeyman.identity.v1 import passwords_pb2_grpc, sessions_pb2, users_pb2, users_pb2_grpc
from journeyman.notices.v1 import events_pb2 as notices_pb2

DEMO = "journeyman-demo"
GOOD = "a lantern hums twice"
OTHER = "seven grey herons wait"
REP = "shanghai.rep1"
ENDED = "RESET_LINK_ENDED"

pytestmark = pytest.mark.usefixtures("quick_hash")


@pytest.fixture
def passwords(identity):
    def stub(token=""):
        return identity.stub(passwords_pb2_grpc.PasswordServiceStub, token)

    return stub


@pytest.fixture
def change(passwords):
    def changed(session, current=DEMO, new=GOOD, **options):
        request = pb.ChangePasswordRequest(current_password=current, new_password=new)
        return passwords(session.access_token).ChangePassword(request, **options)

    return changed


@pytest.fixture
def refresh(identity):
    def refreshed(session):
        request = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
        return identity.anonymous.RefreshSession(request)

    return refreshed


@pytest.fixture
def reset_by(identity, passwords):
    """Resets the password of an account as somebody else."""

    def reset(administrator, username=REP, **options):
        user_id = str(identity.value("SELECT id FROM users WHERE username = :name", name=username))
        request = pb.ResetUserPasswordRequest(user_id=user_id)
        return passwords(identity.token(administrator)).ResetUserPassword(request, **options)

    return reset


@pytest.fixture
def mailed(identity, passwords):
    """Asks for a link and returns the tokens that are mailed for it."""
    identity.change("UPDATE users SET email = username || '@example.com' WHERE username = :name", name=REP)
    seen = set()

    def ask(username=REP):
        passwords().RequestPasswordReset(pb.RequestPasswordResetRequest(username=username))
        for payload in owed(MAIL_RESET_LINK):
            identity.parts.jobs[MAIL_RESET_LINK].run(payload, lambda: None)
        mails = [Mail.read(payload) for payload in owed(KIND)]
        return [token_of(mail) for mail in mails if mail.to == f"{username.lower()}@example.com"]

    def owed(kind):
        with identity.database.reading() as connection:
            rows = connection.exec_driver_sql(
                "SELECT id, payload FROM job_intents WHERE kind = %s ORDER BY created_at, id", (kind,)
            ).all()
        new = [row.payload for row in rows if row.id not in seen]
        seen.update(row.id for row in rows)
        return new

    def token_of(mail):
        (url,) = [line for line in mail.text.splitlines() if line.startswith("https://")]
        parts = urlsplit(url)
        assert (parts.netloc, parts.path, parts.query) == ("console.example.com", "/reset-password", "")
        return parts.fragment.removeprefix("token=")

    return ask


@pytest.fixture
def use_link(passwords):
    def reset(token, new=GOOD):
        passwords().ResetPassword(pb.ResetPasswordRequest(token=token, new_password=new))

    return reset


def lock(identity, username=REP):
    for _ in range(5):
        with pytest.raises(grpc.RpcError):
            identity.login(username, "a wrong password")


def test_a_changed_password_ends_every_session_and_opens_a_new_one(identity, change, refresh, refused):
    mine, other = identity.login(REP), identity.login(REP)
    changed = change(mine)
    assert identity.me(changed.access_token).permissions
    assert refresh(changed).access_token
    for session in (mine, other):
        for attempt in (lambda old: identity.me(old.access_token), refresh):
            with refused() as refusal:
                attempt(session)
            assert refusal.code == "UNAUTHENTICATED"
    assert identity.login(REP, GOOD)
    with refused() as refusal:
        identity.login(REP, DEMO)
    assert refusal.reason == "WRONG_CREDENTIALS"


def test_a_wrong_current_password_counts_and_locks_everywhere(identity, change, refused):
    session = identity.login(REP)
    for _ in range(5):
        with refused() as refusal:
            change(session, current="a wrong password")
        assert refusal.reason == "WRONG_CREDENTIALS"
    for attempt in (lambda: change(session), lambda: identity.login(REP)):
        with refused() as refusal:
            attempt()
        assert refusal.reason == "WRONG_CREDENTIALS"


def test_a_new_password_must_be_long_and_hard_to_guess(identity, change, refused):
    session = identity.login(REP)
    for new in ("too short", "password123456", f"{REP} and more of it", "上海业务员1就是我没错"):
        with refused() as refusal:
            change(session, new=new)
        assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["newPassword"])
    assert identity.login(REP)


def test_none_of_the_last_five_passwords_comes_back(identity, change, refused):
    used = [f"{word} lanterns hum twice" for word in ("amber", "basil", "cedar", "dusk", "ember")]
    session = identity.login(REP)
    user_id = identity.me(session.access_token).user.id
    hashes = [argon2.PasswordHasher(1, 8, 1).hash(password) for password in used]
    identity.change(
        "UPDATE credentials SET password_hash = :hash WHERE user_id = :id", hash=hashes[0], id=user_id
    )
    former = "INSERT INTO former_passwords VALUES (:id, :hash, now() - make_interval(days => :age))"
    for age, password_hash in enumerate(hashes[1:]):
        identity.change(former, id=user_id, hash=password_hash, age=age)
    for old in used:
        with refused() as refusal:
            change(session, used[0], old)
        assert refusal.fields == ["newPassword"]
    session = change(session, used[0], OTHER)
    # the last of them was six passwords ago by now
    assert change(session, OTHER, used[-1])
    assert identity.value("SELECT count(*) FROM former_passwords") == 4


def test_a_password_that_somebody_else_chose_opens_nothing_until_it_is_changed(
    identity, change, refresh, refused
):
    identity.change("UPDATE credentials SET must_change = true")
    session = identity.login("admin")
    assert session.password_change_required
    for restricted in (session, refresh(session)):
        me = identity.me(restricted.access_token)
        assert (me.user.username, list(me.permissions), me.password_change_required) == ("admin", [], True)
        with refused() as refusal:
            identity.stub(users_pb2_grpc.UserServiceStub, restricted.access_token).ListUsers(
                users_pb2.ListUsersRequest()
            )
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "PASSWORD_CHANGE_REQUIRED")
    changed = change(session)
    me = identity.me(changed.access_token)
    assert (list(me.permissions), me.password_change_required) == (["*"], False)
    assert not changed.password_change_required


def test_who_opens_an_account_chooses_a_password_for_one_sign_in(identity):
    users = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("admin"))
    user = users_pb2.User(username="new.person", display_name="新同事", unit_id=identity.unit_id("ioc"))
    users.CreateUser(users_pb2.CreateUserRequest(user=user, password=GOOD))
    must_change = (
        "SELECT must_change FROM credentials JOIN users ON id = user_id WHERE username = 'new.person'"
    )
    assert identity.value(must_change)


def test_a_password_of_an_account_that_is_opened_must_be_good(identity, refused):
    users = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("admin"))
    user = users_pb2.User(username="new.person", display_name="新同事", unit_id=identity.unit_id("ioc"))
    with refused() as refusal:
        users.CreateUser(users_pb2.CreateUserRequest(user=user, password="new.person 2026"))
    assert refusal.fields == ["password"]


def test_a_machine_has_no_password_to_change(identity, passwords, refused):
    request = sessions_pb2.IssueClientTokenRequest(client_id="finance-erp", client_secret=DEMO)
    token = identity.anonymous.IssueClientToken(request).access_token
    with refused() as refusal:
        passwords(token).ChangePassword(pb.ChangePasswordRequest(current_password=DEMO, new_password=GOOD))
    assert refusal.reason == "PERSON_REQUIRED"


def test_a_password_that_is_changed_while_it_is_compared_opens_nothing(identity, refused):
    check = identity.parts.servicers[0]._password_sign_in._check
    settle = check.settle

    def meanwhile(*arguments):
        settle(*arguments)
        identity.change("UPDATE credentials SET password_hash = 'another'")

    check.settle = meanwhile
    with refused() as refusal:
        identity.login(REP)
    assert refusal.reason == "WRONG_CREDENTIALS"
    assert identity.value("SELECT count(*) FROM sessions") == 0


def test_an_administrator_gives_a_temporary_password(identity, reset_by, change, refresh, refused):
    session = identity.login(REP)
    lock(identity)
    temporary = reset_by("admin").temporary_password
    with refused() as refusal:
        refresh(session)
    assert refusal.reason == "SESSION_ENDED"
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.reason == "NOT_SIGNED_IN"
    restricted = identity.login(REP, temporary)
    assert restricted.password_change_required
    assert not change(restricted, temporary).password_change_required


def test_people_are_told_what_was_done_to_their_password(identity, change, reset_by):
    temporary = reset_by("admin").temporary_password
    change(identity.login(REP, temporary), temporary)
    notices = []
    for event in identity.events("notice.raised"):
        notice = notices_pb2.NoticeRaised()
        Packed.FromString(bytes(event.data)).Unpack(notice)
        notices.append((notice.template, list(notice.recipient_ids)))
    user_id = str(identity.value("SELECT id FROM users WHERE username = :name", name=REP))
    assert notices == [("users.passwordReset", [user_id]), ("users.passwordChanged", [user_id])]


def test_a_temporary_password_is_shown_once(identity, reset_by):
    housekeeping(identity.database).run()  # makes the partition of the records
    key = [("idempotency-key", "reset-once")]
    token = identity.token("admin")
    user_id = str(identity.value("SELECT id FROM users WHERE username = :name", name=REP))
    stub = identity.stub(passwords_pb2_grpc.PasswordServiceStub, token)
    request = pb.ResetUserPasswordRequest(user_id=user_id)
    first, again = (stub.ResetUserPassword(request, metadata=key).temporary_password for _ in range(2))
    assert (len(first), again) == (19, "")
    assert identity.login(REP, first)


@pytest.fixture
def section_admin(identity):
    """Somebody who mends sign-ins in Shanghai: the section administrator's role, with the manager."""
    identity.change(
        "UPDATE role_assignments SET role_code = 'section_admin', scope = 'SUBTREE' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'shanghai.manager') AND scope = 'SUBTREE'"
    )
    return "shanghai.manager"


@pytest.mark.parametrize("method", ["ResetUserPassword", "UnlockUser"])
def test_nobody_mends_the_sign_in_of_themselves_of_strangers_or_of_the_stronger(
    identity, passwords, section_admin, refused, method
):
    stub = passwords(identity.token(section_admin))
    request = pb.ResetUserPasswordRequest if method == "ResetUserPassword" else pb.UnlockUserRequest

    def refusal_of(username):
        user_id = str(identity.value("SELECT id FROM users WHERE username = :name", name=username))
        with refused() as refusal:
            getattr(stub, method)(request(user_id=user_id))
        return refusal.code, refusal.reason

    assert refusal_of(section_admin) == ("PERMISSION_DENIED", "OWN_ACCOUNT")
    assert refusal_of("hangzhou.rep1")[0] == "NOT_FOUND"
    identity.change(
        "UPDATE role_assignments SET role_code = 'system_admin' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'shanghai.rep2')"
    )
    assert refusal_of("shanghai.rep2") == ("PERMISSION_DENIED", "ACCOUNT_BEYOND_OWN")
    assert getattr(stub, method)(
        request(user_id=str(identity.value("SELECT id FROM users WHERE username = :name", name=REP)))
    )


def test_an_administrator_unlocks(identity, passwords, section_admin, refused):
    lock(identity)
    user_id = str(identity.value("SELECT id FROM users WHERE username = :name", name=REP))
    passwords(identity.token(section_admin)).UnlockUser(pb.UnlockUserRequest(user_id=user_id))
    assert identity.login(REP)


def test_a_mailed_link_sets_a_password_once(identity, mailed, use_link, refresh, refused):
    session = identity.login(REP)
    lock(identity)
    (token,) = mailed(REP.upper())
    use_link(token)
    assert not identity.login(REP, GOOD).password_change_required
    for attempt, reason in ((lambda: refresh(session), "SESSION_ENDED"), (lambda: use_link(token), ENDED)):
        with refused() as refusal:
            attempt()
        assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", reason)


def test_of_parallel_uses_of_a_link_one_wins(identity, mailed, use_link):
    (token,) = mailed()

    def attempt(new):
        try:
            use_link(token, new)
        except grpc.RpcError as error:
            return error.code().name
        return "set"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(attempt, (GOOD, OTHER))) == ["UNAUTHENTICATED", "set"]


def test_a_refused_password_leaves_the_link_good(mailed, use_link, refused):
    (token,) = mailed()
    with refused() as refusal:
        use_link(token, DEMO)
    assert refusal.fields == ["newPassword"]
    use_link(token)


def test_a_newer_link_makes_the_older_void(mailed, use_link, refused):
    (older,), (newer,) = mailed(), mailed()
    with refused() as refusal:
        use_link(older)
    assert refusal.reason == ENDED
    use_link(newer)


def test_a_link_ends_after_half_an_hour(identity, mailed, use_link, refused):
    (token,) = mailed()
    identity.change("UPDATE password_links SET made_at = made_at - interval '30 minutes'")
    with refused() as refusal:
        use_link(token)
    assert refusal.reason == ENDED


def test_a_changed_password_makes_links_void(identity, mailed, change, use_link, refused):
    (token,) = mailed()
    change(identity.login(REP))
    with refused() as refusal:
        use_link(token, OTHER)
    assert refusal.reason == ENDED


def test_another_address_makes_links_void(identity, mailed, use_link, refused):
    (token,) = mailed()
    user = users_pb2.User(id=identity.user(REP).id, email="another@example.com")
    stub = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("admin"))
    stub.UpdateUser(users_pb2.UpdateUserRequest(user=user))
    with refused() as refusal:
        use_link(token)
    assert refusal.reason == ENDED


def test_no_more_than_three_mails_go_out_within_an_hour(identity, mailed):
    assert [len(mailed()) for _ in range(5)] == [1, 1, 1, 0, 0]
    identity.change("UPDATE password_links SET made_at = made_at - interval '1 hour'")
    assert len(mailed()) == 1


def test_nobody_learns_from_a_reset_who_has_an_account(identity, mailed, refused):
    """Unknown, without address, disabled: what is written is the same, and none gets a mail."""
    identity.change("UPDATE users SET state = 'DISABLED', email = 'x@example.com' WHERE username = 'admin'")
    assert [mailed(name) for name in ("nobody", "shanghai.rep2", "admin", "a b@c")] == [[]] * 4
    assert identity.value("SELECT count(*) FROM password_links") == 0
    # the request itself looks nobody up: it owes a job for each
    assert identity.value("SELECT count(*) FROM job_intents WHERE kind = :kind", kind=MAIL_RESET_LINK) == 4


def test_a_link_of_an_account_that_was_closed_meanwhile_is_void(identity, mailed, use_link, refused):
    (token,) = mailed()
    identity.change("UPDATE users SET state = 'DISABLED' WHERE username = :name", name=REP)
    with refused() as refusal:
        use_link(token)
    assert refusal.reason == ENDED


def test_links_are_kept_as_digests_and_for_a_day(identity, mailed):
    (token,) = mailed()
    assert (
        identity.value("SELECT count(*) FROM password_links WHERE digest::text LIKE :t", t=f"%{token}%") == 0
    )
    identity.change("UPDATE password_links SET made_at = made_at - interval '25 hours'")
    next(sweep for sweep in identity.parts.sweeps if sweep.name == "forget-sessions").run()
    assert identity.value("SELECT count(*) FROM password_links") == 0
