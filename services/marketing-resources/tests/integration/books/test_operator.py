import os
import subprocess
import sys

import pytest
from marketing_resources.ledger.operator import verify_ledger


@pytest.fixture
def verify(books, tmp_path):
    """Run `ops verify-ledger` as a process with a database and nothing else that answers."""

    def run():
        nowhere = "127.0.0.1:9"
        environment = {
            **os.environ,
            "JOURNEYMAN_DATABASE_URL": books.urls.runtime_url,
            "JOURNEYMAN_REDIS_URL": f"redis://{nowhere}",
            "JOURNEYMAN_OPS_LISTEN": nowhere,
            "JOURNEYMAN_STATE_FOLDER": str(tmp_path),
            "JOURNEYMAN_IDENTITY_TARGET": nowhere,
            "JOURNEYMAN_CLIENT_ID": "marketing",
            "JOURNEYMAN_CLIENT_SECRET": "x",
        }
        command = [sys.executable, "-m", "marketing_resources", "ops", "verify-ledger"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout

    return run


def test_an_operator_proves_the_ledger_with_nothing_but_its_database(books, verify):
    budget = books.budget()
    books.move("RESERVE", budget)
    books.seal()
    books.move("RESERVE", budget)
    ((head,),) = books.rows("SELECT encode(hash, 'hex') FROM ledger_head")
    expected = f"3 entries proven, sealed to position 2 (hash {head}); 1 wait for their seal; 0 findings\n"
    assert verify() == (0, expected)


def test_an_operator_is_told_what_is_wrong_and_a_script_by_the_exit_code(books, verify):
    books.budget()
    books.seal()
    books.tamper("UPDATE ledger_entries SET subject = 'somebody else'", "DELETE FROM ledger_seals")
    ((entry,),) = books.rows("SELECT id::text FROM ledger_entries")
    code, output = verify()
    assert code == 1
    assert output.splitlines()[:-1] == ["REMOVED\t-\t1", f"INSERTED\t{entry}\t-"]
    assert output.splitlines()[-1].endswith("2 findings")


def test_the_command_goes_through_the_ledger_stretch_by_stretch(books, monkeypatch, capsys):
    monkeypatch.setattr("marketing_resources.ledger.verification.LARGEST_SIZE", 2)
    budget = books.budget()
    for _ in range(6):
        books.move("RESERVE", budget)
    books.seal()
    capsys.readouterr()
    assert verify_ledger(books.database) == 0
    assert capsys.readouterr().out.startswith("7 entries proven, sealed to position 7 (")
