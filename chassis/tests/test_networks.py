import pytest
from chassis.networks import KEY, network_of, told_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix:", ""),
        ("203.0.113.7, 10.0.0.1", ""),
    ],
)
def test_an_ipv6_address_stands_for_what_a_provider_gives_one_customer(address, network):
    assert network_of(address) == network
    assert told_network({KEY: network}) == network


@pytest.mark.parametrize("told", ["*", "A", "1 2", "1" * 65, "1\n"])
def test_a_network_that_is_nonsense_is_none(told):
    assert told_network({KEY: told}) == ""
    assert told_network({}) == ""
