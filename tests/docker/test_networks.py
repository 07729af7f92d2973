"""Networks as experiments: who reaches whom, by which name and address, through which port."""

from ipaddress import IPv4Address, IPv4Interface

import pytest
from docker.errors import APIError
from docker.types import IPAMConfig, IPAMPool

from k8slab.net.http import HttpServer, fetch
from k8slab.net.namespace import Namespace, NetworkError
from k8slab.net.path import walk
from k8slab.sim.http import Response


def serve(world, container, port=80):
    """Let something in *container* answer HTTP with its name."""
    live = world.engine.containers.find(container.id).live
    HttpServer(world.clock, lambda request, peer: Response(200, {}, container.name.encode())).listen(
        live.sandbox.namespace, port
    )


def ask(world, namespace, url):
    def work():
        try:
            return (yield from fetch(namespace, url, world.clock, timeout_seconds=5)).response.body.decode()
        except NetworkError as error:
            return error.code

    process = world.clock.process(work())
    assert world.clock.run_until(process, 200)
    return process.value


def neighbour(world):
    """A second machine on the LAN."""
    other = Namespace("laptop")
    other.add_interface("eth0", IPv4Interface("10.0.0.9/24"), world.lan)
    return other


def box(client, name, network=None, **more):
    return client.containers.run("alpine", "sleep 1000", detach=True, name=name, network=network, **more)


def test_the_three_networks_that_are_always_there(client):
    assert [(one.name, one.attrs["Driver"]) for one in client.networks.list()] == [
        ("bridge", "bridge"), ("host", "host"), ("none", "null"),
    ]  # fmt: skip
    bridge = client.networks.get("bridge")
    assert bridge.attrs["IPAM"]["Config"] == [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]


def test_on_the_default_bridge_containers_have_addresses_in_order_of_start_and_no_names(world, client):
    one, two = box(client, "one"), box(client, "two")
    one.reload()
    two.reload()
    assert [b.attrs["NetworkSettings"]["IPAddress"] for b in (one, two)] == ["172.17.0.2", "172.17.0.3"]
    assert "bytes from 172.17.0.2" in world.sh(two, "ping -c 1 172.17.0.2")
    assert "bad address 'one'" in world.sh(two, "ping -c 1 one")
    one.stop(timeout=0)
    two.stop(timeout=0)
    two.start()
    one.start()
    one.reload()
    assert one.attrs["NetworkSettings"]["IPAddress"] == "172.17.0.3"


def test_on_a_user_network_names_aliases_and_ids_are_found(world, client):
    net = client.networks.create("lab")
    db, web = box(client, "db", "lab"), box(client, "web", "lab")
    assert "bytes from 172.18.0.2" in world.sh(web, "ping -c 1 db")
    assert "bytes from 172.18.0.2" in world.sh(web, f"ping -c 1 {db.short_id}")
    assert "nameserver 127.0.0.11" in world.sh(web, "cat /etc/resolv.conf")
    net.disconnect(db)
    net.connect(db, aliases=["database"])
    assert "bytes from 172.18.0.2" in world.sh(web, "ping -c 1 database")
    assert "bad address 'nobody'" in world.sh(web, "ping -c 1 nobody")
    db.rename("store")
    assert "bytes from" in world.sh(web, "ping -c 1 store")
    net.reload()
    assert sorted(one["Name"] for one in net.attrs["Containers"].values()) == ["store", "web"]


def test_two_user_networks_do_not_reach_each_other(world, client):
    client.networks.create("front")
    client.networks.create("back")
    one, two = box(client, "one", "front"), box(client, "two", "back")
    assert "100% packet loss" in world.sh(one, "ping -c 1 -W 1 172.19.0.2")
    trace = walk(world.engine.containers.find("one").live.sandbox.namespace, IPv4Address("172.19.0.2"), 80)
    assert trace.outcome == "dropped" and "DOCKER-ISOLATION-STAGE-2" in trace.reason
    client.networks.get("front").connect(two)
    assert "bytes from" in world.sh(one, "ping -c 1 two")


def test_a_published_port_is_reached_from_the_lan_from_the_host_and_by_localhost(world, client):
    web = box(client, "web", ports={"80/tcp": 8080})
    serve(world, web)
    laptop = neighbour(world)
    assert ask(world, laptop, "http://10.0.0.5:8080/") == "web"
    assert ask(world, world.network.namespace, "http://10.0.0.5:8080/") == "web"
    assert ask(world, world.network.namespace, "http://127.0.0.1:8080/") == "web"
    assert ask(world, world.network.namespace, "http://172.17.0.2/") == "web"
    web.reload()
    assert web.ports == {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}]}
    proxy = next(one for one in world.host.processes.values() if "docker-proxy" in one.argv[0])
    assert "-host-port 8080 -container-ip 172.17.0.2 -container-port 80" in " ".join(proxy.argv)
    web.stop(timeout=0)
    assert ask(world, laptop, "http://10.0.0.5:8080/") == "ECONNREFUSED"


def test_a_port_bound_to_localhost_is_not_reached_from_the_lan(world, client):
    serve(world, box(client, "web", ports={"80/tcp": ("127.0.0.1", 8080)}))
    assert ask(world, neighbour(world), "http://10.0.0.5:8080/") == "ECONNREFUSED"
    assert ask(world, world.network.namespace, "http://127.0.0.1:8080/") == "web"


def test_the_iptables_of_docker(world, client):
    box(client, "web", ports={"80/tcp": 8080})
    nat, filter = (list(table.lines()) for table in (world.network.namespace.nat, world.network.namespace.filter))
    assert "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER" in nat
    assert "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER" in nat
    assert "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE" in nat
    assert "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80" in nat
    assert "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT" in filter
    assert filter[: filter.index("-A DOCKER-USER -j RETURN")].count("-A FORWARD -j DOCKER-USER") == 1
    assert filter[1] == "-P FORWARD DROP"


def test_a_host_port_is_given_once(client):
    box(client, "one", ports={"80/tcp": 8080})
    with pytest.raises(APIError, match=r"Bind for 0\.0\.0\.0:8080 failed: port is already allocated"):
        box(client, "two", ports={"80/tcp": 8080})
    assert client.containers.get("two").status == "created"
    with pytest.raises(APIError, match=r"192\.168\.56\.106:9000:172\.17\.0\.3:80/tcp: cannot assign requested address"):
        box(client, "three", ports={"80/tcp": ("192.168.56.106", 9000)})


def test_port_ranges_and_any_port(world):
    world.ask("POST", "/v1.50/containers/create", {
        "Image": "alpine", "Cmd": ["sleep", "9"], "ExposedPorts": {"90/tcp": {}},
        "HostConfig": {"PublishAllPorts": True, "PortBindings": {"80/tcp": [{"HostPort": "9000-9001"}], "81/tcp": [{"HostPort": "9000-9001"}]}},
    }, name="range")  # fmt: skip
    world.ask("POST", "/v1.50/containers/range/start")
    ports = world.ask("GET", "/v1.50/containers/range/json").json()["NetworkSettings"]["Ports"]
    assert [ports[key][0]["HostPort"] for key in ("80/tcp", "81/tcp", "90/tcp")] == ["9000", "9001", "32768"]


def test_an_address_of_one_s_own_needs_a_network_with_a_subnet(client):
    client.networks.create("plain")
    client.networks.create("planned", ipam=IPAMConfig(pool_configs=[IPAMPool(subnet="10.5.0.0/16")]))
    config = {"planned": client.api.create_endpoint_config(ipv4_address="10.5.0.50")}
    made = client.api.create_container(
        "alpine",
        "sleep 9",
        networking_config=client.api.create_networking_config(config),
        host_config=client.api.create_host_config(network_mode="planned"),
    )
    client.api.start(made)
    assert client.api.inspect_container(made)["NetworkSettings"]["Networks"]["planned"]["IPAddress"] == "10.5.0.50"
    one = box(client, "one")
    with pytest.raises(APIError, match="supported only when connecting to networks with user configured subnets"):
        client.networks.get("plain").connect(one, ipv4_address="172.18.0.9")
    with pytest.raises(APIError, match="Address already in use"):
        client.networks.get("planned").connect(one, ipv4_address="10.5.0.50")


def test_host_none_and_another_container_s_network(world, client):
    base = box(client, "base")
    client.containers.run("alpine", "sleep 9", detach=True, network_mode="host", name="hosted")
    assert world.engine.containers.find("hosted").live.namespaces.net is world.network
    assert client.containers.run("alpine", "ip addr", network_mode="none").count(b"inet ") == 1
    shared = client.containers.run("alpine", "ip addr", network_mode=f"container:{base.id}")
    assert b"172.17.0.2/16" in shared


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda c: c.networks.create("bridge"), "operation is not permitted on predefined bridge network"),
        (lambda c: c.networks.create("used", check_duplicate=True), "network with name used already exists"),
        (lambda c: c.networks.get("used").remove(), r'network used has active endpoints \(name:"web" id:"[0-9a-f]{12}"\)'),
        (lambda c: c.networks.get("used").connect("web"), "endpoint with name web already exists in network used"),
        (lambda c: c.networks.get("bridge").disconnect("web"), r"container [0-9a-f]{64} is not connected to network bridge"),
        (lambda c: c.networks.get("host").connect("web"), "container cannot be disconnected from host network or connected to host network"),
        (lambda c: c.networks.create("x", driver="weave"), 'plugin "weave" not found'),
        (lambda c: c.networks.create("y", ipam=IPAMConfig(pool_configs=[IPAMPool(subnet="172.17.0.0/24")])), "Pool overlaps with other one on this address space"),
    ],
)  # fmt: skip
def test_what_networks_refuse(client, work, words):
    client.networks.create("used")
    box(client, "web", "used")
    with pytest.raises(APIError, match=words):
        work(client)


def test_prune_takes_only_networks_that_nobody_uses(client):
    client.networks.create("idle")
    client.networks.create("busy")
    box(client, "web", "busy")
    assert client.networks.prune() == {"NetworksDeleted": ["idle"]}


def test_an_internal_network_has_no_way_out(world, client):
    client.networks.create("inner", internal=True)
    one = box(client, "one", "inner")
    assert "default" not in world.sh(one, "ip route")
