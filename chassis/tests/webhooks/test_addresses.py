from ipaddress import ip_address

import pytest
from chassis.webhooks import UnusableUrl, demand_usable
from chassis.webhooks.addresses import AddressRefused, NotResolved, may_connect, resolve

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::7f00:1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_of_our_own_and_of_nobody_are_refused(address):
    assert not may_connect(ip_address(address), local=False)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700:4700::1111"]
)
def test_addresses_of_the_public_internet_are_not(address):
    assert may_connect(ip_address(address), local=False)


def test_locally_this_machine_is_allowed_and_its_network_is_not():
    assert may_connect(ip_address("127.0.0.1"), local=True)
    assert may_connect(ip_address("::1"), local=True)
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0"):
        assert not may_connect(ip_address(address), local=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://[::1",
        "https://example.com/a b",
        "https://example.com/\r\nX-Evil: 1",
        "https://例子.测试/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/",
    ],
)
def test_a_url_that_says_where_it_must_not_lead_is_refused(url):
    with pytest.raises(UnusableUrl):
        demand_usable(url, local=False)


@pytest.mark.parametrize("url", ["http://example.com/", "http://10.0.0.1/", "http://127.0.0.1.example.com/"])
def test_locally_only_this_machine_does_without_tls(url):
    with pytest.raises(UnusableUrl):
        demand_usable(url, local=True)


def test_usable_urls_are_used():
    assert demand_usable("https://example.com:8443/hook?key=1", local=False).path == "/hook"
    assert demand_usable("http://127.0.0.1:8080/", local=True).port == 8080
    assert demand_usable("http://localhost/", local=True).hostname == "localhost"


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_a_name_of_this_machine_leads_nowhere_however_it_is_written(host):
    with pytest.raises(AddressRefused):
        resolve(host, 443, local=False)


def test_a_name_that_is_none_is_not_resolved():
    with pytest.raises(NotResolved):
        resolve("nothing.invalid", 443, local=False)


def test_one_bad_address_among_good_ones_is_enough(monkeypatch):
    answers = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(AddressRefused):
        resolve("example.com", 443, local=False)
    answers.pop()
    assert resolve("example.com", 443, local=False) == "8.8.8.8"
