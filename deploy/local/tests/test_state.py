import os
import socket
import tempfile
from pathlib import Path

import pytest
from local_stack import state
from local_stack.errors import LocalStackError
from local_stack.ports import FIRST, HOST, SIZE, PortBlock


def test_a_second_stack_on_one_state_is_refused_and_told_of_the_first(folder):
    with state.locked(folder):
        state.announce(folder, state.RunningStack("http://127.0.0.1:8080", "clock", 4711))
        with pytest.raises(LocalStackError, match=r"already runs at http://127\.0\.0\.1:8080, process 4711"):
            state.locked(folder).__enter__()


def test_a_running_stack_is_found_only_while_its_lock_is_held(folder):
    stack = state.RunningStack("http://127.0.0.1:8080", "clock", 4711)
    assert state.running_stack(folder) is None
    with state.locked(folder):
        assert state.running_stack(folder) is None
        state.announce(folder, stack)
        assert state.running_stack(folder) == stack
    assert state.running_stack(folder) is None


def test_a_secret_stays_the_same_and_only_its_owner_can_read_it(folder):
    first = state.secret(folder, "files.key")
    assert state.secret(folder, "files.key") == first
    assert state.secret(folder, "other") != first
    assert (folder / "secrets" / "files.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_state_folder_can_be_named(monkeypatch):
    monkeypatch.setenv("JOURNEYMAN_STATE", "/somewhere/else")
    assert state.default_folder() == Path("/somewhere/else")


def test_a_checkout_has_a_state_folder_of_its_own(monkeypatch):
    monkeypatch.delenv("JOURNEYMAN_STATE", raising=False)
    here = state.default_folder()
    monkeypatch.setattr(state, "CHECKOUT", Path("/another/checkout"))
    assert state.default_folder() != here


@pytest.mark.parametrize(("user", "base"), [(0, "/var/lib/journeyman"), (1000, "/home/ann/state/journeyman")])
def test_root_keeps_its_state_outside_its_closed_home(monkeypatch, user, base):
    monkeypatch.delenv("JOURNEYMAN_STATE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/home/ann/state")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert str(state.default_folder().parent) == base


def test_removing_the_state_leaves_nothing(monkeypatch, folder):
    monkeypatch.delenv("JOURNEYMAN_STATE", raising=False)
    kept = state.create(folder / "kept")
    state.secret(kept, "files.key")
    state.remove(kept)
    assert not kept.exists()


def test_a_folder_that_the_user_named_is_not_removed(monkeypatch, folder):
    monkeypatch.setenv("JOURNEYMAN_STATE", str(folder))
    with pytest.raises(LocalStackError, match="remove it yourself"):
        state.remove(folder)


def test_the_state_of_a_running_stack_is_not_removed(monkeypatch, folder):
    monkeypatch.delenv("JOURNEYMAN_STATE", raising=False)
    with state.locked(folder), pytest.raises(LocalStackError, match="already runs"):
        state.remove(folder)


def test_two_stacks_get_different_ports():
    with PortBlock() as one, PortBlock(one.first) as other:
        assert one.first != other.first


def test_remembered_ports_are_taken_again():
    with PortBlock() as before:
        pass
    with PortBlock(before.first) as after:
        assert after.address(3) == before.address(3)


def test_a_block_with_a_taken_port_is_passed_over():
    with PortBlock() as before:
        pass
    with socket.create_server((HOST, before.port(5))), PortBlock(before.first) as after:
        assert after.first != before.first
        assert (after.first - FIRST) % SIZE == 0


def test_what_a_killed_run_has_left_is_removed_by_the_next_and_nothing_else(monkeypatch, tmp_path):
    tmp_path.chmod(0o711)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(state, "can_be_entered", lambda _: True)
    abandoned, foreign = tmp_path / "journeyman-killed", tmp_path / "journeyman-notes"
    for folder in (abandoned, foreign):
        folder.mkdir()
    (abandoned / state.IN_USE).touch()
    with state.temporary_folder() as first, state.temporary_folder() as second:
        assert first.exists()
        assert second.exists()
        assert not abandoned.exists()
        assert foreign.exists()
    assert list(tmp_path.iterdir()) == [foreign]
