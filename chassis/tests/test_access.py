import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from chassis.access import (
    Caller,
    Grant,
    InvalidToken,
    KeyRing,
    KeysUnknown,
    Revocations,
    RowScope,
    Scope,
    TokenVerifier,
)
from chassis.access.methods import MissingAccessRule, method_rule
from chassis.access.people import demand_person
from chassis.access.revocations import STREAM
from chassis.errors import PersonRequired
from chassis.testing import TokenIssuer, Tree
from google.protobuf import descriptor_pb2, descriptor_pool
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Date, MetaData, Table, column, select, text, values
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.types import Text

ROOT, EAST, SHANGHAI, WEST = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(4))
ME, OTHER = (f"00000000-0000-7000-8000-0000000000{n}0" for n in (1, 2))
TREE = Tree({ROOT: None, EAST: ROOT, SHANGHAI: EAST, WEST: ROOT})


def caller(*grants: Grant) -> Caller:
    return Caller(ME, True, "session", EAST, grants, time.time(), time.time() + 900)  # noqa: FBT003


def grant(scope: Scope, *permissions: str, unit: str = EAST) -> Grant:
    return Grant(frozenset(permissions), unit, scope)


@pytest.mark.parametrize(
    ("pattern", "permission", "gives"),
    [
        ("customers.read", "customers.read", True),
        ("customers.read", "customers.update", False),
        ("customers.*", "customers.update", True),
        ("*.read", "visits.read", True),
        ("*.read", "visits.write", False),
        ("*", "anything.atAll", True),
        ("customer.*", "customers.read", False),
    ],
)
def test_patterns_give_what_they_say(pattern, permission, gives):
    assert grant(Scope.ALL, pattern).gives(permission) is gives


def test_the_reach_is_the_union_of_the_grants_that_give_the_permission():
    person = caller(
        grant(Scope.SELF, "visits.*"),
        grant(Scope.SUBTREE, "visits.read"),
        grant(Scope.ALL, "customers.read"),
    )
    assert person.reach("visits.read", TREE) == RowScope(False, frozenset({EAST, SHANGHAI}), ME)  # noqa: FBT003
    assert person.reach("visits.write", TREE) == RowScope(False, frozenset(), ME)  # noqa: FBT003
    assert person.reach("customers.read", TREE).everything
    assert not person.reach("users.read", TREE).covers(unit_id=EAST, owner_id=OTHER)


@given(st.sets(st.sampled_from([ROOT, EAST, SHANGHAI, WEST])), st.sampled_from([None, ME]), st.booleans())
def test_the_sql_clause_and_covers_agree(units, owner, everything):
    scope = RowScope(everything, frozenset(units), owner)
    rows = [(unit, person) for unit in (ROOT, EAST, SHANGHAI, WEST) for person in (ME, OTHER)]
    clause = scope.clause(column("unit_id", UUID(as_uuid=False)), column("owner_id", UUID(as_uuid=False)))
    compiled = select(text("1")).where(clause)
    assert str(compiled)
    expected = [scope.covers(unit_id=unit, owner_id=person) for unit, person in rows]
    assert any(expected) == (everything or bool(units) or owner is not None)


def test_the_sql_clause_selects_the_covered_rows(database):
    rows = [(unit, person) for unit in (ROOT, EAST, SHANGHAI, WEST) for person in (ME, OTHER)]
    uuid = UUID(as_uuid=False)
    table = values(column("unit_id", uuid), column("owner_id", uuid), column("n", Text), name="rows").data(
        [(unit, person, str(n)) for n, (unit, person) in enumerate(rows)]
    )
    for scope in (
        RowScope(True, frozenset(), None),  # noqa: FBT003
        RowScope(False, frozenset({EAST, WEST}), None),  # noqa: FBT003
        RowScope(False, frozenset({EAST}), ME),  # noqa: FBT003
        RowScope(False, frozenset(), None),  # noqa: FBT003
    ):
        with database.reading() as connection:
            clause = scope.clause(table.c.unit_id, table.c.owner_id)
            found = {int(row.n) for row in connection.execute(select(table.c.n).where(clause))}
        covered = {n for n, (unit, person) in enumerate(rows) if scope.covers(unit_id=unit, owner_id=person)}
        assert found == covered
        assert raw_rows(database, scope, rows) == covered


def test_one_unit_is_read_in_the_order_of_its_index(database):
    uuid = UUID(as_uuid=False)
    columns = (Column("unit_id", uuid), Column("owner_id", uuid), Column("day", Date))
    rows = Table("rows_of_test", MetaData(), *columns)
    scope = RowScope(False, frozenset({EAST}), None)  # noqa: FBT003
    query = select(rows).where(scope.clause(rows.c.unit_id, rows.c.owner_id)).order_by(rows.c.day.desc())
    with database.begin() as connection:
        connection.execute(
            text("CREATE TEMPORARY TABLE rows_of_test (unit_id uuid, owner_id uuid, day date)")
        )
        connection.execute(text("CREATE INDEX ON rows_of_test (unit_id, day DESC)"))
        for way in ("seqscan", "bitmapscan"):
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
        compiled = query.limit(50).compile(connection)
        lines = connection.exec_driver_sql(f"EXPLAIN {compiled}", compiled.construct_params()).scalars()
        plan = "\n".join(lines)
    assert "Index Scan" in plan
    assert "Sort" not in plan


def raw_rows(database, scope, rows):
    condition, parameters = scope.condition("unit_id", "owner_id")
    units, people = zip(*rows, strict=True)
    query = (
        "SELECT n FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS rows (unit_id, owner_id, n)"
        f" WHERE {condition}"
    )
    found = database.raw().execute(query, [list(units), list(people), *parameters])
    return {n - 1 for (n,) in found}


def test_a_good_token_becomes_its_caller():
    issuer = TokenIssuer()
    found = issuer.verifier().verify(issuer.token("customers.read", subject=ME, unit=EAST, scope=Scope.UNIT))
    assert (found.subject, found.unit_id, found.is_person) == (ME, EAST, True)
    assert found.may("customers.read")


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_tokens_of_others_are_refused():
    issuer = TokenIssuer()
    good = issuer.token("*")
    head, body, signature = good.split(".")
    none = f"{part({'alg': 'none', 'kid': issuer.kid, 'typ': 'at+jwt'})}.{body}."
    other_type = f"{part({'alg': 'EdDSA', 'kid': issuer.kid, 'typ': 'JWT'})}.{body}.{signature}"
    changed = f"{head}.{part({'sub': 'x'})}.{signature}"
    for token in (
        "",
        "x",
        "a.b.c",
        "\ud800",
        none,
        other_type,
        changed,
        f"{head}.{body}.",
        TokenIssuer().token("*"),
        issuer.token("*", lifetime=-60),
    ):
        with pytest.raises(InvalidToken):
            issuer.verifier().verify(token)


def test_a_kept_token_still_expires():
    issuer = TokenIssuer()
    verifier = issuer.verifier()
    token = issuer.token("*", lifetime=-3)
    verifier.verify(token)
    deadline = time.monotonic() + 3
    with pytest.raises(InvalidToken):
        while time.monotonic() < deadline:
            verifier.verify(token)


def test_revoking_a_session_or_a_person_refuses_earlier_tokens_only():
    issuer = TokenIssuer()
    verifier = issuer.verifier()
    token = issuer.token("*", subject=ME)
    verifier.verify(token)
    issuer.revocations.add(ME, time.time())
    with pytest.raises(InvalidToken):
        verifier.verify(token)
    assert verifier.verify(issuer.token("*", subject=ME)).subject == ME


def test_a_token_is_refused_as_long_as_it_would_be_accepted_for_clocks_that_differ():
    issuer = TokenIssuer()
    issuer.revocations.add(ME, time.time() - 15 * 60 - 2)
    caller = replace(issuer.verifier().verify(issuer.token("*")), subject=ME, issued_at=time.time() - 903)
    for number in range(1, 1000):
        issuer.revocations.add(str(number), 0)
    assert issuer.revocations.refuse(caller)


def test_revocations_are_added_by_many_at_once():
    revocations = TokenIssuer().revocations

    def add(part):
        for number in range(20_000):
            revocations.add(f"{part}-{number}", time.time())

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(add, range(4))) == [None] * 4


def test_revocations_arrive_over_redis_and_are_rebuilt_without(redis_client):
    source = {"before": time.time()}
    revocations = Revocations(lambda: source)
    thread = revocations.follow(redis_client)
    person = caller()
    session = Caller("x", True, "news", "", (), time.time() - 1, time.time() + 900)  # noqa: FBT003
    assert eventually(lambda: "before" in revocations._refused)
    redis_client.xadd(STREAM, {"key": "news", "issued_before": str(time.time())})
    assert eventually(lambda: revocations.refuse(session))
    source["while Redis was empty"] = time.time()
    redis_client.flushdb()
    assert eventually(lambda: "while Redis was empty" in revocations._refused)
    redis_client.xadd(STREAM, {"key": ME, "issued_before": str(time.time() + 1)}, id="1-1")
    assert eventually(lambda: revocations.refuse(person))
    revocations.stop()
    thread.join()


def eventually(condition, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
    return False


def test_keys_are_asked_for_once_and_survive_a_restart_while_identity_is_down(tmp_path):
    asked = []
    key = bytes(32)

    def fetch() -> dict[str, bytes]:
        asked.append(1)
        return {"a": key}

    ring = KeyRing(fetch, tmp_path / "keys.json")
    assert ring.key("a") is not None
    for _ in range(100):
        assert ring.key("forged") is None
    assert len(asked) == 1

    def down() -> dict[str, bytes]:
        raise ConnectionError

    assert KeyRing(down, tmp_path / "keys.json").key("a") is not None


def test_what_a_withdrawn_key_signed_is_refused_soon_though_it_was_verified_before(monkeypatch):
    monkeypatch.setattr("chassis.access.keys.FOLLOW_SECONDS", 0.01)
    monkeypatch.setattr("chassis.access.keys.REFRESH_SECONDS", 0.0)
    issuer = TokenIssuer()
    listed = issuer.public_keys()
    asked = []

    def fetch() -> dict[str, bytes]:
        asked.append(1)
        if listed is None:
            raise ConnectionError
        return listed

    ring = KeyRing(fetch)
    verifier = TokenVerifier(ring, issuer.revocations)
    assert verifier.prepare()
    token = issuer.token("*")
    verifier.verify(token)
    listed = None  # identity is down: what was known stays good
    before = len(asked)
    assert eventually(lambda: len(asked) > before + 2)
    verifier.verify(token)
    listed = {"another": bytes(32)}
    assert eventually(lambda: not ring.holds(issuer.kid))
    with pytest.raises(InvalidToken):
        verifier.verify(token)
    ring.stop()


def test_unknown_keys_hold_up_one_caller_while_identity_hangs():
    go_on = threading.Event()
    asked = []

    def hang() -> dict[str, bytes]:
        asked.append(1)
        go_on.wait(10)
        return {}

    ring = KeyRing(hang)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(ring.key, "forged")
        assert eventually(lambda: asked)
        started = time.monotonic()
        others = [pool.submit(ring.key, "forged") for _ in range(8)]
        assert [other.result(5) for other in others] == [None] * 8
        assert time.monotonic() - started < 1.5
        assert not first.done()
        go_on.set()
        first.result()
        ring.key("forged")  # the pause begins with the answer: it did not pass while identity hung
    assert len(asked) == 1


def test_without_any_key_nobody_can_tell_whether_a_token_is_good():
    issuer = TokenIssuer()
    token = issuer.token("customers.read", subject=ME, unit=EAST, scope=Scope.UNIT)

    def down() -> dict[str, bytes]:
        raise ConnectionError

    with pytest.raises(KeysUnknown):
        TokenVerifier(KeyRing(down), issuer.revocations).verify(token)
    strange = TokenVerifier(KeyRing(lambda: {"other": bytes(32)}), issuer.revocations)
    with pytest.raises(InvalidToken) as refused:
        strange.verify(token)
    assert not isinstance(refused.value, KeysUnknown)


def test_a_method_without_access_rule_is_refused():
    file = descriptor_pb2.FileDescriptorProto(name="bare.proto", package="bare", syntax="proto3")
    file.message_type.add(name="M")
    file.service.add(name="S").method.add(name="Do", input_type=".bare.M", output_type=".bare.M")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    with pytest.raises(MissingAccessRule, match=r"bare\.S\.Do"):
        method_rule(pool.FindServiceByName("bare.S").methods[0])


def test_verified_tokens_are_kept_in_bounds(monkeypatch):
    monkeypatch.setattr("chassis.access.tokens.MAX_CACHED", 3)
    issuer = TokenIssuer()
    verifier: TokenVerifier = issuer.verifier()
    for _ in range(5):
        verifier.verify(issuer.token("*"))
    assert len(verifier._known) == 3


def test_only_a_person_does_what_people_do():
    issuer = TokenIssuer()
    verify = issuer.verifier().verify
    demand_person(verify(issuer.token("*")))
    with pytest.raises(PersonRequired):
        demand_person(verify(issuer.token("*", person=False)))


def test_a_row_without_owner_is_nobodys_own():
    reach = RowScope(everything=False, unit_ids=frozenset({"u"}), owner_id=None)
    assert not reach.covers(unit_id="v", owner_id=None)


def test_revocations_are_asked_for_until_identity_answers(redis_client):
    answers = [ConnectionError(), ConnectionError()]

    def rebuild() -> dict[str, float]:
        if answers:
            raise answers.pop()
        return {ME: time.time() + 1}

    revocations = Revocations(rebuild)
    thread = revocations.follow(redis_client)
    assert eventually(lambda: revocations.refuse(caller()), seconds=10)
    revocations.stop()
    thread.join()


def test_a_start_while_identity_is_down_knows_what_the_stream_knows(redis_client):
    def down() -> dict[str, float]:
        raise ConnectionError

    redis_client.xadd(STREAM, {"key": ME, "issued_before": str(time.time() + 1)})
    revocations = Revocations(down)
    thread = revocations.follow(redis_client)
    assert eventually(lambda: revocations.refuse(caller()), seconds=5)
    revocations.stop()
    thread.join()


def test_a_malformed_entry_does_not_end_the_following(redis_client):
    revocations = Revocations(lambda: {"before": time.time()})
    thread = revocations.follow(redis_client)
    assert eventually(lambda: "before" in revocations._refused)
    redis_client.xadd(STREAM, {"nonsense": "x"})
    redis_client.xadd(STREAM, {"key": "x", "issued_before": "never"})
    session = Caller("x", True, "news", "", (), time.time() - 1, time.time() + 900)  # noqa: FBT003
    redis_client.xadd(STREAM, {"key": "news", "issued_before": str(time.time())})
    assert eventually(lambda: revocations.refuse(session))
    revocations.stop()
    thread.join()


def test_a_damaged_cache_of_keys_does_not_keep_a_service_from_starting(tmp_path):
    cache = tmp_path / "keys.json"
    for damaged in ("", "[]", '{"a": "AA=="}', '{"a": 1}'):
        cache.write_text(damaged)
        assert KeyRing(lambda: {"a": bytes(32)}, cache).key("a") is not None


def test_keys_are_known_although_they_cannot_be_cached(tmp_path):
    (tmp_path / "file").write_text("")
    assert KeyRing(lambda: {"a": bytes(32)}, tmp_path / "file" / "keys.json").key("a") is not None
