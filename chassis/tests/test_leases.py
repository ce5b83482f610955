import threading

from chassis.leases import Lease
from sqlalchemy import text


def test_one_of_many_gets_the_lease(database):
    leases = [Lease(database, "relay") for _ in range(8)]
    barrier = threading.Barrier(8)
    won: list[bool] = []

    def take(lease: Lease) -> None:
        barrier.wait()
        won.append(lease.hold())

    threads = [threading.Thread(target=take, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won.count(True) == 1


def test_the_holder_renews_and_the_others_wait(database):
    mine, other = Lease(database, "relay"), Lease(database, "relay")
    assert mine.hold()
    assert mine.hold()
    assert not other.hold()


def test_a_holder_that_stood_still_too_long_asks_again(database):
    sleeper, heir = Lease(database, "relay"), Lease(database, "relay")
    assert sleeper.hold()
    with database.begin() as connection:
        connection.execute(text("UPDATE leases SET expires_at = clock_timestamp() - interval '1 s'"))
    assert heir.hold()
    sleeper._renew_at -= sleeper.seconds
    assert not sleeper.hold()


def test_a_dead_holders_lease_expires(database):
    dead, heir = Lease(database, "relay", seconds=0), Lease(database, "relay")
    assert dead.hold()
    assert heir.hold()


def test_a_released_lease_is_free_at_once(database):
    mine, heir = Lease(database, "relay"), Lease(database, "relay")
    mine.hold()
    mine.release()
    assert heir.hold()
