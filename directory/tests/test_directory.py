import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.events import Received
from chassis.testing import DatabaseFactory, Tree
from directory.cache import FRESH_SECONDS, Member, _subtrees
from directory.feed import apply
from directory.tables import units
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import events_pb2
from sqlalchemy import select, text

from directory import Directory, UnknownUnit, UnknownUser

ROOT, EAST, SHANGHAI, WEST = (f"00000000-0000-7000-8000-00000000000{n}" for n in range(4))
ME = "00000000-0000-7000-8000-000000000100"


class Identity:
    """Stands in for identity as a source of what the copy lacks, and counts the questions."""

    def __init__(self) -> None:
        self.parents = {WEST: ROOT, ROOT: ""}
        self.asked = 0
        self.is_away = False

    def unit_parent(self, unit_id):
        self.asked += 1
        if self.is_away:
            raise Unavailable
        if unit_id not in self.parents:
            raise UnknownUnit
        return self.parents[unit_id]

    def member(self, user_id):
        self.asked += 1
        if self.is_away:
            raise Unavailable
        if user_id != ME:
            raise UnknownUser
        return Member(EAST, active=True)


@pytest.fixture(scope="session")
def databases() -> Iterator[DatabaseFactory]:
    factory = DatabaseFactory("directory", Path(__file__).parent / "schema")
    yield factory
    factory.close()


@pytest.fixture
def database(databases) -> Iterator[Database]:
    with databases.database() as fresh:
        opened = fresh.open()
        yield opened
        opened.close()


@pytest.fixture
def identity():
    return Identity()


@pytest.fixture
def directory(database, identity):
    return Directory(database, identity)


def unit(unit_id, parent, version=1, code="x"):
    data = events_pb2.OrgUnitChanged(unit_id=unit_id, parent_id=parent or "", kind="REGION", code=code)
    return Received(feed_pb2.Event(aggregate_version=version), data)


def user(unit_id, version=1, *, active=True):
    data = events_pb2.UserChanged(user_id=ME, unit_id=unit_id, active=active, kind="EMPLOYEE")
    return Received(feed_pb2.Event(aggregate_version=version, time=Timestamp(seconds=version)), data)


def tell(database, *received):
    with database.begin() as connection:
        apply(connection, received)


def moves(database, *received):
    """The moves that are followed when these changes come in one batch: where from, where to, when."""
    followed = []
    with database.begin() as connection:
        apply(connection, received, lambda _, move: followed.append(move))
    assert all(move.user_id == ME for move in followed)
    return [(move.from_unit_id, move.to_unit_id, move.at.timestamp()) for move in followed]


TREE = (unit(ROOT, None), unit(EAST, ROOT), unit(SHANGHAI, EAST), unit(WEST, ROOT))


def test_a_subtree_is_the_unit_and_all_below(database, directory):
    tell(database, *TREE)
    assert directory.subtree(EAST) == {EAST, SHANGHAI}
    assert directory.subtree(ROOT) == {ROOT, EAST, SHANGHAI, WEST}
    assert directory.subtree(ME) == {ME}


def test_a_path_leads_up_to_the_root(database, directory):
    tell(database, *TREE)
    assert list(directory.path(SHANGHAI)) == [SHANGHAI, EAST, ROOT]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.permutations([unit(EAST, ROOT, 1), unit(EAST, WEST, 2), unit(EAST, SHANGHAI, 3, "last")]), st.data()
)
def test_the_newest_version_stays_whatever_comes_when(database, received, data):
    with database.begin() as connection:
        connection.execute(text("DELETE FROM directory_units"))
    batches = itertools.chain(received, [data.draw(st.sampled_from(received))])
    for item in batches:
        tell(database, item)
    with database.reading() as connection:
        row = connection.execute(select(units)).one()
    assert (row.parent_id, row.version, row.code) == (SHANGHAI, 3, "last")


def test_several_versions_in_one_batch_leave_the_newest(database, directory):
    tell(database, user(EAST, 1), user(WEST, 2, active=False))
    assert directory.member(ME) == Member(WEST, active=False)


def test_what_the_copy_has_not_heard_of_is_asked_at_identity(directory, identity):
    assert directory.member(ME) == Member(EAST, active=True)
    assert list(directory.path(WEST)) == [WEST, ROOT]
    directory.demand_unit(WEST)
    with pytest.raises(UnknownUnit):
        directory.demand_unit(SHANGHAI)
    with pytest.raises(UnknownUser):
        directory.member(SHANGHAI)


def test_what_cannot_be_asked_is_unavailable_and_not_unknown(directory, identity):
    identity.is_away = True
    for question in (directory.demand_unit, directory.member):
        with pytest.raises(Unavailable):
            question(SHANGHAI)


def test_what_the_copy_knows_is_not_asked(database, directory, identity):
    tell(database, *TREE, user(EAST))
    directory.path(SHANGHAI)
    directory.member(ME)
    assert identity.asked == 0


def test_news_are_seen_within_a_second(database, directory):
    tell(database, *TREE[:2])
    assert directory.subtree(ROOT) == {ROOT, EAST}
    tell(database, *TREE)
    directory._read_at -= FRESH_SECONDS
    assert directory.subtree(ROOT) == {ROOT, EAST, SHANGHAI, WEST}


@given(st.lists(st.integers(0, 9), min_size=1, max_size=10))
def test_subtrees_agree_with_a_walk_up_the_paths(choices):
    names = [str(n) for n in range(len(choices))]
    parents = {name: (names[choices[i] % i] if i else None) for i, name in enumerate(names)}
    model = Tree(parents)
    assert all(_subtrees(parents)[name] == model.subtree(name) for name in names)


def test_a_cycle_that_should_not_be_does_not_hang():
    assert _subtrees({"a": "b", "b": "a"})["a"] == {"a", "b"}


def test_a_path_through_a_cycle_ends(database, directory):
    tell(database, unit(EAST, WEST), unit(WEST, EAST))
    assert list(directory.path(EAST)) == [EAST, WEST]


def test_a_move_is_followed_once(database):
    assert moves(database, user(EAST)) == []
    assert moves(database, user(EAST, 2, active=False)) == []
    assert moves(database, user(WEST, 3)) == [(EAST, WEST, 3)]
    assert moves(database, user(WEST, 3), user(WEST, 4)) == []
    assert moves(database, user(EAST, 2)) == []


def test_moves_that_come_together_are_followed_in_their_order(database):
    tell(database, user(EAST))
    there_and_back = user(WEST, 2), user(SHANGHAI, 3), user(EAST, 4)
    assert moves(database, *there_and_back) == [(EAST, WEST, 2), (WEST, SHANGHAI, 3), (SHANGHAI, EAST, 4)]


def test_a_person_who_is_new_here_and_has_moved_already_is_followed(database):
    assert moves(database, user(EAST), user(WEST, 2)) == [(EAST, WEST, 2)]


def test_a_move_that_cannot_be_followed_is_not_known_either(database, directory):
    tell(database, user(EAST))

    def fail(*_):
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"), database.begin() as connection:
        apply(connection, [user(WEST, 2)], fail)
    assert directory.member(ME) == Member(EAST, active=True)
