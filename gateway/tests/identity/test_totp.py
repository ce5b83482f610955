"""One-time codes of an authenticator besides the password."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import grpc
import pyotp
import pytest
from chassis.service.background import housekeeping
from gateway.identity.sessions.moments import real_now
from gateway.identity.totp import store
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import passwords_pb2, passwords_pb2_grpc, sessions_pb2, totp_pb2, totp_pb2_grpc
from journeyman.notices.v1 import events_pb2 as notices_pb2

DEMO = "journeyman-demo"
REP = "shanghai.rep1"

pytestmark = pytest.mark.usefixtures("quick_hash")


class Authenticator:
    """A phone with the secret. Each code that it shows is of a later step than the ones before."""

    def __init__(self, secret):
        self._totp = pyotp.TOTP(secret)
        self._shown = 0

    def code(self):
        now = int(real_now().timestamp()) // 30
        self._shown = max(now - 1, self._shown + 1)
        assert self._shown <= now + 1, "no more codes are good at this moment"
        return self._totp.at(self._shown * 30)

    def wrong(self):
        return self._totp.at(real_now() - timedelta(hours=1))


@pytest.fixture
def totp(identity):
    return lambda session: identity.stub(totp_pb2_grpc.TotpServiceStub, session.access_token)


@pytest.fixture
def enroll(identity, totp):
    """Returns a new authenticator of the person, and its recovery codes."""

    def enrolled(username=REP):
        stub = totp(identity.login(username))
        made = stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO))
        phone = Authenticator(made.secret)
        confirmed = stub.ConfirmTotp(totp_pb2.ConfirmTotpRequest(code=phone.code()))
        return phone, list(confirmed.recovery_codes)

    return enrolled


@pytest.fixture
def sign_in(identity):
    def signed_in(code="", password=DEMO):
        request = sessions_pb2.LoginRequest(username=REP, password=password, otp_code=code)
        return identity.anonymous.Login(request)

    return signed_in


@pytest.fixture
def no_sign_in(sign_in, refused):
    def reason(code="", password=DEMO):
        with refused() as refusal:
            sign_in(code, password)
        assert refusal.code == "UNAUTHENTICATED"
        return refusal.reason

    return reason


def test_who_has_an_authenticator_is_asked_for_a_code(identity, enroll, sign_in, no_sign_in):
    phone, _ = enroll()
    assert no_sign_in() == "OTP_REQUIRED"
    assert no_sign_in(phone.wrong()) == "OTP_WRONG"
    assert no_sign_in(phone.code(), password="a wrong password") == "WRONG_CREDENTIALS"
    assert identity.me(sign_in(phone.code()).access_token).totp_enabled


def test_nobody_is_made_to_have_one(identity, sign_in):
    assert not identity.me(sign_in("123456").access_token).totp_enabled


def test_a_code_is_good_once(enroll, sign_in, no_sign_in):
    phone, _ = enroll()
    code = phone.code()
    assert sign_in(code)
    assert no_sign_in(code) == "OTP_WRONG"


def test_of_parallel_uses_of_a_code_one_wins(identity, enroll):
    """Two who read the authenticator before either has used the code."""
    phone, _ = enroll()
    code = phone.code()
    with identity.database.begin() as connection:
        seen = store.in_use(connection, identity.value("SELECT user_id FROM authenticators"))
    with ThreadPoolExecutor(4) as threads:

        def spend(_):
            with identity.database.begin() as connection:
                return store.spend(connection, seen, code, real_now())

        assert sorted(threads.map(spend, range(4))) == [False, False, False, True]


def test_the_code_that_confirmed_does_not_sign_in(identity, totp, no_sign_in):
    stub = totp(identity.login(REP))
    phone = Authenticator(stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO)).secret)
    code = phone.code()
    stub.ConfirmTotp(totp_pb2.ConfirmTotpRequest(code=code))
    assert no_sign_in(code) == "OTP_WRONG"


def test_a_secret_that_was_not_confirmed_asks_nobody(identity, totp, sign_in):
    stub = totp(identity.login(REP))
    first = stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO)).secret
    assert sign_in()
    second = stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO)).secret
    assert first != second
    with pytest.raises(grpc.RpcError, match="code is wrong"):
        stub.ConfirmTotp(totp_pb2.ConfirmTotpRequest(code=Authenticator(first).code()))
    assert stub.ConfirmTotp(totp_pb2.ConfirmTotpRequest(code=Authenticator(second).code()))


def test_five_wrong_codes_lock_the_name_wherever_they_come_from(enroll, sign_in, no_sign_in):
    phone, _ = enroll()
    assert [no_sign_in(phone.wrong()) for _ in range(5)] == ["OTP_WRONG"] * 5
    assert no_sign_in(phone.code()) == "WRONG_CREDENTIALS"


def test_right_passwords_without_a_code_do_not_start_the_count_anew(enroll, no_sign_in):
    phone, _ = enroll()
    for _ in range(2):
        for _ in range(2):
            assert no_sign_in(phone.wrong()) == "OTP_WRONG"
        assert no_sign_in() == "OTP_REQUIRED"
    assert no_sign_in(phone.wrong()) == "OTP_WRONG"
    assert no_sign_in(phone.code()) == "WRONG_CREDENTIALS"


def test_each_recovery_code_is_good_once_in_place_of_the_authenticators(enroll, sign_in, no_sign_in):
    _, recovery = enroll()
    assert len(recovery) == 10
    assert sign_in(recovery[0])
    assert no_sign_in(recovery[0]) == "OTP_WRONG"
    assert sign_in(recovery[9].upper())


def test_recovery_codes_are_their_owners_and_kept_as_digests(identity, enroll, no_sign_in):
    _, foreign = enroll("shanghai.rep2")
    enroll()
    assert no_sign_in(foreign[0]) == "OTP_WRONG"
    assert identity.value("SELECT min(length(digest)) FROM recovery_codes") == 32


def test_secrets_and_recovery_codes_are_shown_once(identity, totp):
    housekeeping(identity.database).run()  # makes the partition of the records
    stub = totp(identity.login(REP))
    enrolling = [("idempotency-key", "enroll")]
    first, again = (
        stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO), metadata=enrolling) for _ in range(2)
    )
    assert again == totp_pb2.TotpEnrollment()
    request = totp_pb2.ConfirmTotpRequest(code=Authenticator(first.secret).code())
    confirming = [("idempotency-key", "confirm")]
    first, again = (stub.ConfirmTotp(request, metadata=confirming) for _ in range(2))
    assert (len(first.recovery_codes), len(again.recovery_codes)) == (10, 0)


def test_it_takes_the_password_to_enroll(identity, totp, refused):
    stub = totp(identity.login(REP))
    for _ in range(6):
        with refused() as refusal:
            stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password="a wrong password"))
        assert refusal.reason == "WRONG_CREDENTIALS"
    assert identity.value("SELECT count(*) FROM authenticators") == 0
    with refused() as refusal:
        stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO))
    assert refusal.reason == "WRONG_CREDENTIALS"


def test_there_is_one_authenticator_at_a_time(enroll, totp, sign_in, refused):
    phone, _ = enroll()
    stub = totp(sign_in(phone.code()))
    with refused() as refusal:
        stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "TOTP_ENABLED_ALREADY")
    with refused() as refusal:
        stub.ConfirmTotp(totp_pb2.ConfirmTotpRequest(code="123456"))
    assert refusal.reason == "TOTP_ENABLED_ALREADY"


def test_it_takes_the_password_and_a_code_to_remove_it(identity, enroll, totp, sign_in, no_sign_in, refused):
    _, recovery = enroll()
    stub = totp(sign_in(recovery[0]))
    for password, code, reason in (
        ("a wrong password", recovery[1], "WRONG_CREDENTIALS"),
        (DEMO, recovery[0], "OTP_WRONG"),
    ):
        with refused() as refusal:
            stub.DisableTotp(totp_pb2.DisableTotpRequest(password=password, code=code))
        assert refusal.reason == reason
    assert no_sign_in() == "OTP_REQUIRED"
    stub.DisableTotp(totp_pb2.DisableTotpRequest(password=DEMO, code=recovery[1]))
    assert sign_in()
    assert identity.value("SELECT count(*) FROM recovery_codes") == 0
    with refused() as refusal:
        stub.DisableTotp(totp_pb2.DisableTotpRequest(password=DEMO, code=recovery[2]))
    assert refusal.reason == "TOTP_NOT_ENROLLED"
    [event] = identity.events("notice.raised")
    told, packed = notices_pb2.NoticeRaised(), Packed.FromString(bytes(event.data))
    assert packed.Unpack(told)
    assert told.template == "users.totpDisabled"


def test_a_machine_has_no_authenticator(identity, refused):
    request = sessions_pb2.IssueClientTokenRequest(client_id="finance-erp", client_secret=DEMO)
    stub = identity.stub(
        totp_pb2_grpc.TotpServiceStub, identity.anonymous.IssueClientToken(request).access_token
    )
    for call in (
        lambda: stub.EnrollTotp(totp_pb2.EnrollTotpRequest(password=DEMO)),
        lambda: stub.ConfirmTotp(totp_pb2.ConfirmTotpRequest(code="123456")),
        lambda: stub.DisableTotp(totp_pb2.DisableTotpRequest(password=DEMO, code="123456")),
    ):
        with refused() as refusal:
            call()
        assert refusal.reason == "PERSON_REQUIRED"


@pytest.mark.parametrize(
    "closed",
    [
        "UPDATE users SET state = 'DISABLED'",
        "UPDATE users SET state = 'FROZEN', freeze_reason = 'leaves'",
        "UPDATE users SET certified_at = NULL",
        "DELETE FROM role_assignments",
    ],
)
def test_an_account_that_cannot_be_used_tells_nothing_of_its_authenticator(
    identity, enroll, no_sign_in, closed
):
    phone, _ = enroll()
    identity.change(closed)
    assert no_sign_in() == no_sign_in(phone.wrong()) == no_sign_in(phone.code()) == "WRONG_CREDENTIALS"


def test_an_administrator_removes_a_lost_authenticator(identity, enroll, totp, sign_in, refused):
    phone, _ = enroll()
    session = sign_in(phone.code())
    admin = totp(identity.login("admin"))
    request = totp_pb2.ResetUserTotpRequest(user_id=identity.me(session.access_token).user.id)
    admin.ResetUserTotp(request)
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.reason == "NOT_SIGNED_IN"
    assert sign_in()
    with refused() as refusal:
        admin.ResetUserTotp(request)
    assert refusal.reason == "TOTP_NOT_ENROLLED"


def test_an_administrator_removes_none_of_their_own_of_strangers_or_of_the_stronger(identity, totp, refused):
    identity.change(
        "UPDATE role_assignments SET role_code = 'section_admin', scope = 'SUBTREE' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'shanghai.manager') AND scope = 'SUBTREE'"
    )
    identity.change(
        "UPDATE role_assignments SET role_code = 'system_admin' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'shanghai.rep2')"
    )
    stub = totp(identity.login("shanghai.manager"))

    def reason(username):
        user_id = str(identity.value("SELECT id FROM users WHERE username = :name", name=username))
        with refused() as refusal:
            stub.ResetUserTotp(totp_pb2.ResetUserTotpRequest(user_id=user_id))
        return refusal.reason

    names = ("shanghai.manager", "hangzhou.rep1", "shanghai.rep2", REP)
    assert list(map(reason, names)) == ["OWN_ACCOUNT", "NOT_FOUND", "ACCOUNT_BEYOND_OWN", "TOTP_NOT_ENROLLED"]


def test_a_new_password_leaves_the_authenticator(identity, enroll, sign_in, no_sign_in):
    phone, _ = enroll()
    request = passwords_pb2.ChangePasswordRequest(current_password=DEMO, new_password="a lantern hums twice")
    token = sign_in(phone.code()).access_token
    identity.stub(passwords_pb2_grpc.PasswordServiceStub, token).ChangePassword(request)
    assert no_sign_in(password="a lantern hums twice") == "OTP_REQUIRED"
