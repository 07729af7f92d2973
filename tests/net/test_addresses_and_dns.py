"""Address pools and names."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from k8slab.net.addresses import AddressError, AddressPool, free_subnet
from k8slab.net.dns import Resolver, Zone

NETWORK = IPv4Network("172.17.0.0/16")


def test_addresses_are_given_in_order_and_a_wanted_one_is_skipped():
    pool = AddressPool(NETWORK)
    pool.take(IPv4Address("172.17.0.1"))
    pool.take(IPv4Address("172.17.0.3"))
    assert [str(pool.take()) for _ in range(2)] == ["172.17.0.2", "172.17.0.4"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [("172.17.0.1", "Address already in use"), ("10.0.0.1", "no configured subnet contains IP address 10.0.0.1")],
)
def test_what_cannot_be_given(wanted, words):
    pool = AddressPool(NETWORK)
    pool.take(IPv4Address("172.17.0.1"))
    with pytest.raises(AddressError, match=words):
        pool.take(IPv4Address(wanted))


def test_a_small_pool_runs_out_and_what_comes_back_is_given_again():
    pool = AddressPool(IPv4Network("10.0.0.0/30"))
    first, second = pool.take(), pool.take()
    with pytest.raises(AddressError, match="no available IPv4 addresses"):
        pool.take()
    pool.give_back(first)
    assert pool.take() == first != second


def test_a_range_within_the_subnet_is_kept():
    pool = AddressPool(NETWORK, ip_range=IPv4Network("172.17.5.0/24"))
    assert str(pool.take()) == "172.17.5.0"


def test_new_networks_get_the_next_free_subnet():
    assert str(free_subnet([NETWORK])) == "172.18.0.0/16"


def test_a_short_name_is_tried_in_the_search_domains_first():
    zone = Zone({"web.default.svc.cluster.local": [IPv4Address("10.96.0.7")]})
    resolver = Resolver([("10.96.0.10", zone.look_up)], ["default.svc.cluster.local", "svc.cluster.local"], ndots=5)
    answer = resolver.look_up("web")
    assert [str(address) for address in answer.addresses] == ["10.96.0.7"]
    assert [name for name, _, _ in resolver.look_up("nobody").asked][-1] == "nobody"
    assert "options ndots:5" in resolver.text()
