import pytest
from local_stack.state import temporary_folder


@pytest.fixture
def folder():
    """A state folder: the database's user cannot enter pytest's own when root runs the tests."""
    with temporary_folder(in_memory=True) as path:
        yield path
