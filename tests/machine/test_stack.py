"""Programs on a cable: two machines on one wire, with the sockets that programs use."""

import errno
from ipaddress import IPv4Address, IPv4Interface

import pytest

from k8slab.machine.stack import NamespaceNetwork
from k8slab.net.dns import DnsServer
from k8slab.net.namespace import Listener, Namespace, Segment
from k8slab.sim.clock import Clock


class Wire:
    def __init__(self):
        self.clock = Clock()
        wire = Segment("lan")
        self.one, self.two = Namespace("one"), Namespace("two")
        self.one.add_interface("eth0", IPv4Interface("10.0.0.1/24"), wire)
        self.two.add_interface("eth0", IPv4Interface("10.0.0.2/24"), wire, gateway=IPv4Address("10.0.0.1"))
        self.client, self.server = NamespaceNetwork(self.one, self.clock), NamespaceNetwork(self.two, self.clock)

    def finish(self, generator):
        process = self.clock.process(generator)
        assert self.clock.run_until(process, 600)
        return process.value

    def failure(self, generator):
        def attempt():
            try:
                yield from generator
            except OSError as error:
                return errno.errorcode[error.errno]

        return self.finish(attempt())


@pytest.fixture
def wire():
    return Wire()


def test_an_echo_server_gives_back_what_it_gets(wire):
    def echo():
        connection = yield from wire.server.listen(7).accept()
        while data := (yield from connection.read()):
            yield from connection.write(data.upper())
        connection.close()

    def client():
        connection = yield from wire.client.connect("10.0.0.2", 7)
        yield from connection.write(b"hello")
        answer = yield from connection.read()
        connection.close_write()
        return answer, (yield from connection.read()), connection.peer

    wire.clock.process(echo())
    assert wire.finish(client()) == (b"HELLO", b"", ("10.0.0.2", 7))


@pytest.mark.parametrize(
    ("address", "port", "code"),
    [
        ("10.0.0.2", 8, "ECONNREFUSED"),
        ("10.0.0.9", 7, "EHOSTUNREACH"),
        ("8.8.8.8", 7, "ENETUNREACH"),
        ("127.0.0.1", 7, "ECONNREFUSED"),
    ],
)
def test_why_a_connection_fails(wire, address, port, code):
    wire.server.listen(7)
    assert wire.failure(wire.client.connect(address, port)) == code


def test_a_port_is_taken_once(wire):
    wire.server.listen(80)
    with pytest.raises(OSError, match="Address already in use"):
        wire.server.listen(80)
    assert [(row.local, row.state) for row in wire.server.sockets()] == [(("0.0.0.0", 80), "LISTEN")]


def test_a_closed_listener_frees_its_port(wire):
    wire.server.listen(80).close()
    assert wire.server.listen(80).port == 80


def test_a_name_server_answers_or_says_that_there_is_no_such_name(wire):
    names = {"web": [IPv4Address("10.0.0.7")]}
    wire.two.listen(Listener(53, DnsServer(names.get), protocol="udp"))
    assert wire.finish(wire.client.query("10.0.0.2", "web")).records == (("web", "A", "10.0.0.7"),)
    assert wire.finish(wire.client.query("10.0.0.2", "nobody")).code == "NXDOMAIN"
    assert wire.failure(wire.server.query("10.0.0.1", "web")) == "ECONNREFUSED"


def test_a_ping_takes_time_and_tells_who_does_not_answer(wire):
    assert 0 < wire.finish(wire.client.ping("10.0.0.2")) < 0.01
    assert wire.failure(wire.client.ping("10.0.0.9")) == "EHOSTUNREACH"
    assert wire.failure(wire.client.ping("8.8.8.8")) == "ENETUNREACH"


def test_what_ip_addr_and_ip_route_read(wire):
    lo, eth0 = wire.server.interfaces()
    assert (lo.kind, eth0.addresses, eth0.mac, eth0.broadcast) == (
        "loopback",
        ("10.0.0.2/24",),
        "02:42:0a:00:00:02",
        "10.0.0.255",
    )
    assert [(route.destination, route.gateway) for route in wire.server.routes()] == [
        ("default", "10.0.0.1"),
        ("10.0.0.0/24", ""),
    ]
