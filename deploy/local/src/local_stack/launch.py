"""Turns into a command whose life is tied to its supervisor's.

Run by path with `python -I -S`, so that it imports nothing but the standard library:
`launch.py SUPERVISOR_PID STOP_SIGNAL USER_ID GROUP_ID COMMAND...`; a USER_ID of 0 keeps the user.
A program of its own rather than a `preexec_fn`, which may deadlock in a process with threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_supervisor(stop_signal: int) -> None:
    """Has Linux send `stop_signal` to this process once its supervisor is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, stop_signal)


def drop_to(user: int, group: int) -> None:
    if user:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)


def main() -> None:
    supervisor, stop_signal, user, group = map(int, sys.argv[1:5])
    # An ignored signal survives exec, and a shell ignores SIGINT in what it starts in its background.
    for inherited in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(inherited, signal.SIG_DFL)
    os.umask(0o077)
    drop_to(user, group)
    die_with_supervisor(stop_signal)  # after setuid, which clears the request
    if os.getppid() != supervisor:
        sys.exit(f"supervisor {supervisor} ended before its process started")
    os.execv(sys.argv[5], sys.argv[5:])  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main()
