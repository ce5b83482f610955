import signal
import sys

import pytest
from local_stack import pids
from local_stack.errors import LocalStackError
from local_stack.processes import Process, launch, run_all


def script(text, name="job"):
    return Process(name, (sys.executable, "-c", text))


def test_a_failed_job_is_named_with_the_end_of_its_log(folder):
    with pytest.raises(LocalStackError, match=r"(?s)bad failed.*bad \| no table"):
        run_all([script("pass"), script("raise SystemExit('no table')", "bad")], folder)


def test_a_child_hears_the_stop_signal_although_its_supervisor_ignores_it(folder):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run_all([script("import signal;assert signal.getsignal(2) is signal.default_int_handler")], folder)
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_users_settings_do_not_reach_a_process(folder, monkeypatch):
    monkeypatch.setenv("JOURNEYMAN_DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("PGHOST", "elsewhere")
    check = "import os;assert not [n for n in os.environ if n.startswith(('JOURNEYMAN_','PG'))]"
    run_all([script(check)], folder)


def test_the_log_of_the_run_before_is_kept(folder):
    for text in ("print('first')", "print('second')"):
        run_all([script(text)], folder)
    assert (folder / "job.previous.log").read_text() == "first\n"
    assert (folder / "job.log").read_text() == "second\n"


def test_a_recorded_process_id_that_is_now_anothers_is_left_alone(folder):
    bystander = launch(script("import time;time.sleep(60)"), folder / "log")
    (folder / "pids").mkdir()
    (folder / "pids" / "visit").write_text(f"{bystander.pid} 15 some other time")
    try:
        assert pids.stop_left_over(folder / "pids") == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
