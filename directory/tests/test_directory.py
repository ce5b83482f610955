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
from directory.tree import open_unit, section_of
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import events_pb2
from sqlalchemy import select, text

from directory import Directory, Followers, UnitClosed, UnknownUnit, UnknownUser

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
        apply(connection, received, Followers(move=lambda _, move: followed.append(move)))
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
        apply(connection, [user(WEST, 2)], Followers(move=fail))
    assert directory.member(ME) == Member(EAST, active=True)


def followed(database, *received):
    """What followers are told when this comes in one batch."""
    told = []

    def note(_, what):
        told.append(what)

    with database.begin() as connection:
        apply(connection, received, Followers(move=note, merge=note, hand_over=note))
    return told


def merge(unit_id, into, at=5):
    event = feed_pb2.Event(aggregate_version=at, time=Timestamp(seconds=at))
    return Received(event, events_pb2.OrgUnitMerged(unit_id=unit_id, into_unit_id=into))


def hand_over(to_unit, at=5):
    event = feed_pb2.Event(aggregate_version=at, time=Timestamp(seconds=at))
    data = events_pb2.OwnershipHandedOver(from_user_id=ROOT, to_user_id=ME, to_unit_id=to_unit)
    return Received(event, data)


def closed(unit_id, into, version=5):
    data = events_pb2.OrgUnitChanged(unit_id=unit_id, parent_id=into, kind="REGION", closed=True)
    return Received(feed_pb2.Event(aggregate_version=version), data)


def test_a_merge_is_followed_before_the_moves_that_it_brings_about(database):
    tell(database, *TREE, user(EAST))
    told = followed(database, merge(EAST, WEST), closed(EAST, WEST), user(WEST, 2))
    assert [type(each).__name__ for each in told] == ["Merge", "Move"]
    assert (told[0].unit_id, told[0].into_unit_id, told[0].at.timestamp()) == (EAST, WEST, 5)


def test_what_is_merged_into_a_unit_that_was_merged_goes_to_the_one_that_goes_on(database):
    tell(database, *TREE, closed(SHANGHAI, EAST), closed(EAST, WEST))
    (told,) = followed(database, merge(SHANGHAI, EAST))
    assert told.into_unit_id == WEST


def test_a_successor_takes_over_where_they_are_now(database):
    (unknown,) = followed(database, hand_over(EAST))
    assert (unknown.from_user_id, unknown.to_user_id, unknown.to_unit_id) == (ROOT, ME, EAST)
    tell(database, user(WEST, 2))
    (moved,) = followed(database, hand_over(EAST))
    assert moved.to_unit_id == WEST


def test_a_unit_that_was_merged_takes_nothing(database, directory):
    tell(database, *TREE, closed(SHANGHAI, EAST))
    directory.demand_unit(EAST)
    for demand in (directory.demand_unit, directory.demand_open):
        with pytest.raises(UnitClosed):
            demand(SHANGHAI)
    assert directory.subtree(EAST) == {EAST, SHANGHAI}


def kind(unit_id, parent, name, version=2):
    data = events_pb2.OrgUnitChanged(unit_id=unit_id, parent_id=parent or "", kind=name)
    return Received(feed_pb2.Event(aggregate_version=version), data)


@pytest.mark.rule("R159")
def test_the_section_of_a_unit_is_the_nearest_that_works_R159(database):
    tell(database, *TREE, kind(EAST, ROOT, "SECTION"), kind(WEST, ROOT, "SECTION"))
    with database.reading() as connection:
        assert [section_of(connection, each) for each in (SHANGHAI, EAST, ROOT)] == [EAST, EAST, ""]
    data = events_pb2.OrgUnitChanged(unit_id=EAST, parent_id=WEST, kind="SECTION", closed=True)
    tell(database, Received(feed_pb2.Event(aggregate_version=3), data))
    with database.reading() as connection:
        assert [section_of(connection, each) for each in (SHANGHAI, EAST)] == [WEST, WEST]
        assert [open_unit(connection, each) for each in (EAST, WEST, ME)] == [WEST, WEST, ME]
