import time

import pytest
from chassis.errors import InvalidFields
from gateway.identity import demo
from gateway.identity.passwords.policy import PasswordPolicy
from gateway.identity.passwords.rules import holds_name

NAMES = ("shanghai.rep1", "张伟")
GOOD = "a lantern hums twice"


def reason(password, policy=None):
    try:
        (policy or PasswordPolicy()).demand(password, NAMES, "newPassword")
    except InvalidFields as refusal:
        (problem,) = refusal.problems
        assert problem.path == "newPassword"
        assert problem.english != problem.chinese
        return problem.reason
    return None


@pytest.mark.parametrize(
    "password", [GOOD, "窗外的雨下了三天三夜", "x" + "9k!vQ2m-Lp" * 25, "no digits at all here"]
)
def test_whatever_is_long_and_not_known_may_be_chosen(password):
    assert reason(password) is None


@pytest.mark.parametrize(("password", "length"), [("9k!vQ2m-L", 9), ("9k!vQ2m-L" * 29, 261)])
def test_a_password_has_ten_to_256_characters(password, length):
    assert len(password) == length
    assert reason(password) == "WRONG_LENGTH"


@pytest.mark.parametrize(
    "password",
    ["I am Shanghai.Rep1 of course", "最爱吃鱼的张伟最爱吃鱼", "My JOURNEYMAN key 7", "journeyman-demo"],
)
def test_no_password_holds_a_name(password):
    assert reason(password) == "NAME_IN_PASSWORD"


def test_a_name_of_a_letter_or_two_is_in_every_password():
    assert not holds_name(GOOD, ("a", "li"))
    assert holds_name(GOOD, ("hum",))


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "password123456",
        "aaaaaaaaaaaa",
        "qwertyuiop",
        "P@ssw0rd2024!",
        "密码密码密码密码密码",
        "a1" * 60,
    ],
)
def test_common_passwords_and_patterns_are_refused(password):
    assert reason(password) == "EASY_TO_GUESS"


def test_the_demo_password_is_good_and_need_not_be_changed_in_local_mode_only():
    local = PasswordPolicy(demo.PASSWORD)
    assert reason(demo.PASSWORD, local) is None
    assert not local.must_change(demo.PASSWORD)
    assert local.must_change(GOOD)
    assert PasswordPolicy().must_change(demo.PASSWORD)


def test_no_password_keeps_everybody_waiting_while_it_is_judged():
    began = time.thread_time()
    reason("3(!8@<0|$$$22//$!@<6{+(|<0(4/3<1<99!343269[(4!{%15$(32!@83[<|{11%!8@7$%")
    assert time.thread_time() - began < 0.5
