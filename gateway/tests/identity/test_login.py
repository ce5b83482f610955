import grpc
import jwt
import pytest
from chassis.access import Scope
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def reason(refused: pytest.ExceptionInfo[grpc.RpcError]) -> tuple[grpc.StatusCode, str]:
    status = rpc_status.from_call(refused.value)
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    return refused.value.code(), info.reason


WRONG = (grpc.StatusCode.UNAUTHENTICATED, "WRONG_CREDENTIALS")


def test_a_session_carries_the_person_and_the_grants(identity):
    session = identity.login("shanghai.rep1")
    caller = identity.runtime.verifier.verify(session.access_token)
    assert caller.is_person
    assert caller.unit_id == identity.unit_id("shanghai")
    assert [(grant.unit_id, grant.scope) for grant in caller.grants] == [(caller.unit_id, Scope.SELF)]
    assert caller.may("visits.write")
    assert not caller.may("users.create")
    assert (session.expires_in, session.token_type) == (900, "Bearer")
    header = jwt.get_unverified_header(session.access_token)
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    assert caller.expires_at - caller.issued_at == pytest.approx(900)


def test_upper_and_lower_case_of_a_login_name_are_the_same(identity):
    assert identity.me(identity.token("Shanghai.REP1")).user.username == "shanghai.rep1"
