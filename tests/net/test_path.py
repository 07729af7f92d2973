"""A host with a bridge and two containers behind it: the world of `docker run -p`, in packets."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from k8slab.net.connection import connect
from k8slab.net.http import HttpServer, fetch
from k8slab.net.namespace import Listener, Namespace, NetworkError, Segment
from k8slab.net.path import walk
from k8slab.net.rules import Rule
from k8slab.sim.clock import Clock
from k8slab.sim.http import Response

CONTAINER, OTHER, HOST = IPv4Address("172.17.0.2"), IPv4Address("172.17.0.3"), IPv4Address("192.168.56.10")
BRIDGED = IPv4Network("172.17.0.0/16")


class World:
    """lan -- host(eth0, docker0) -- web, db; and a laptop on the lan."""

    def __init__(self):
        self.clock = Clock()
        lan, bridge = Segment("lan"), Segment("docker0")
        self.host = Namespace("host", forwards=True)
        self.host.add_interface("eth0", IPv4Interface("192.168.56.10/24"), lan)
        self.host.add_interface("docker0", IPv4Interface("172.17.0.1/16"), bridge, kind="bridge")
        self.laptop = Namespace("laptop")
        self.laptop.add_interface("eth0", IPv4Interface("192.168.56.1/24"), lan)
        self.web, self.db = Namespace("web"), Namespace("db")
        for namespace, address in ((self.web, CONTAINER), (self.db, OTHER)):
            namespace.add_interface("eth0", IPv4Interface(f"{address}/16"), bridge, gateway=IPv4Address("172.17.0.1"))
        self.host.nat.chain("POSTROUTING").append(Rule("MASQUERADE", source=BRIDGED, goes_out="!docker0"))
        for chain in ("PREROUTING", "OUTPUT"):
            self.host.nat.chain(chain).append(Rule("DOCKER", local_target=True))

    def publish(self, port, to):
        self.host.nat.chain("DOCKER").append(Rule("DNAT", protocol="tcp", port=port, to=to))

    def serve(self, text="hello"):
        def handler(request, peer):
            return Response(200, {"content-type": "text/plain"}, f"{text} {request.path} {peer[0]}".encode())

        HttpServer(self.clock, handler, server="nginx").listen(self.web, 80)

    def finish(self, generator):
        process = self.clock.process(generator)
        self.clock.run_until(process, 300)
        return process.value


@pytest.fixture
def world():
    return World()


def test_a_published_port_is_rewritten_once_and_the_way_is_told_hop_by_hop(world):
    world.serve()
    world.publish(8080, (CONTAINER, 80))
    trace = walk(world.laptop, HOST, 8080)
    assert trace.arrived
    rewritten = [(hop.namespace, hop.point, hop.text, hop.rule) for hop in trace.hops if hop.rewritten]
    rule = "-A DOCKER -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"
    assert rewritten == [("host", "nat PREROUTING", "192.168.56.10:8080 becomes 172.17.0.2:80", rule)]
    assert trace.hops[-1].text == "nginx listens on port 80"


def test_the_host_itself_reaches_the_published_port_through_the_output_chain(world):
    world.serve()
    world.publish(8080, (CONTAINER, 80))
    trace = walk(world.host, IPv4Address("127.0.0.1"), 8080)
    assert trace.arrived and "nat OUTPUT" in [hop.point for hop in trace.hops]


@pytest.mark.parametrize(
    ("start", "target", "port", "outcome", "reason"),
    [
        pytest.param("laptop", HOST, 8080, "refused", "nothing listens on port 8080", id="not published"),
        pytest.param(
            "laptop", CONTAINER, 80, "unrouted", "no route to 172.17.0.2", id="the laptop does not know the bridge"
        ),
        pytest.param("db", CONTAINER, 81, "refused", "nothing listens on port 81", id="wrong port"),
        pytest.param("db", IPv4Address("172.17.0.9"), 80, "unreachable", "nobody on docker0", id="no such neighbour"),
        pytest.param(
            "web", IPv4Address("127.0.0.1"), 81, "refused", "in web", id="each namespace has its own localhost"
        ),
    ],
)
def test_where_a_packet_dies_and_why(world, start, target, port, outcome, reason):
    world.serve()
    trace = walk(getattr(world, start), target, port)
    assert trace.outcome == outcome
    assert reason in trace.reason


def test_a_filter_rule_stops_it_and_is_named(world):
    world.serve()
    world.host.filter.chain("FORWARD").append(Rule("DROP", came_in="eth0", comment="no strangers"))
    world.publish(8080, (CONTAINER, 80))
    trace = walk(world.laptop, HOST, 8080)
    assert (trace.outcome, trace.hops[-1].rule) == (
        "dropped",
        '-A FORWARD -i eth0 -m comment --comment "no strangers" -j DROP',
    )


def test_a_container_goes_out_under_the_address_of_the_host(world):
    HttpServer(world.clock, lambda request, peer: Response(200, body=str(peer[0]).encode())).listen(world.laptop, 80)
    exchange = world.finish(fetch(world.web, "http://192.168.56.1/", world.clock))
    assert exchange.response.body == b"192.168.56.10"


def test_a_ping_is_answered_by_the_stack_not_by_a_program(world):
    assert walk(world.host, CONTAINER, protocol="icmp").arrived


def test_fetch_returns_answer_and_way(world):
    world.serve()
    world.publish(8080, (CONTAINER, 80))
    exchange = world.finish(fetch(world.laptop, "http://192.168.56.10:8080/index.html", world.clock))
    assert exchange.response.body == b"hello /index.html 192.168.56.1"
    assert 0 < exchange.seconds < 0.01


def test_real_bytes_give_the_same_answer_as_the_short_way(world):
    world.serve()

    def by_hand():
        socket = yield from connect(world.db, CONTAINER, 80, world.clock)
        socket.write(b"GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")
        received = b""
        while data := (yield from socket.read()):
            received += data
        return received

    text = world.finish(by_hand()).decode()
    assert text.startswith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n")
    assert text.endswith("hello /x 172.17.0.3")


@pytest.mark.parametrize(
    ("url", "code", "seconds"),
    [
        ("http://172.17.0.2:81/", "ECONNREFUSED", 0.1),
        ("http://nobody/", "ENOTFOUND", 0.1),
        ("http://172.17.0.9/", "EHOSTUNREACH", 3.1),
    ],
)
def test_failures_have_linux_names_and_take_their_time(world, url, code, seconds):
    def attempt():
        try:
            yield from fetch(world.db, url, world.clock)
        except NetworkError as error:
            return error.code

    assert world.finish(attempt()) == code
    assert world.clock.now <= seconds


def test_two_listeners_on_one_port_collide_unless_their_addresses_differ(world):
    world.host.listen(Listener(80, lambda socket: None, HOST))
    world.host.listen(Listener(80, lambda socket: None, IPv4Address("172.17.0.1")))
    with pytest.raises(NetworkError, match="Address already in use"):
        world.host.listen(Listener(80, lambda socket: None))
    with pytest.raises(NetworkError, match="Cannot assign requested address"):
        world.host.listen(Listener(81, lambda socket: None, CONTAINER))
