"""Numbers that the API server gives out: addresses of Services and ports of nodes.

Models pkg/registry/core/service/ipallocator and portallocator with kubeadm's ranges. What is taken is read from the stored
Services, so nothing can be lost. Left out: the band of addresses that are only given out on demand.
"""

from __future__ import annotations

import ipaddress

from lightkube.resources.core_v1 import Service

from k8slab.apimachinery import errors
from k8slab.apimachinery.errors import FieldError
from k8slab.cluster.apiserver.strategies.strategy import Obj, StrategyContext

SERVICE_NETWORK = ipaddress.ip_network("10.96.0.0/12")
#: The first address is the API server's own; 10.96.0.10 is the cluster's DNS and is asked for by name.
RESERVED = ("10.96.0.1", "10.96.0.10")
NODE_PORTS = range(30000, 32768)
_KINDS_WITH_PORTS = ("NodePort", "LoadBalancer")


def allocate_cluster_ip(service: Obj, context: StrategyContext) -> None:
    """Give *service* the address it asks for, or a free one. Raises ApiError: Invalid."""
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    asked = spec.get("clusterIP", "")
    if asked == "None":
        return
    taken = {
        other["spec"].get("clusterIP")
        for other in context.list(Service)
        if other["metadata"]["uid"] != service["metadata"].get("uid")
    }
    if asked:
        problem = _problem(asked, taken)
        if problem:
            why = f"failed to allocate IP {asked}: {problem}"
            raise _refused(service, FieldError.invalid("spec.clusterIPs", spec["clusterIPs"], why))
        return
    # A dry run takes nothing: upstream's allocator then names the network itself.
    address = str(SERVICE_NETWORK.network_address) if context.dry_run else ""
    while not address or address in taken or address in RESERVED:
        offset = 1 + context.chance.below(SERVICE_NETWORK.num_addresses - 2)
        address = str(SERVICE_NETWORK.network_address + offset)
    spec["clusterIP"], spec["clusterIPs"] = address, [address]


def _problem(address: str, taken: set[str]) -> str:
    if ipaddress.ip_address(address) not in SERVICE_NETWORK:
        return "the provided network does not match the current range"
    return "provided IP is already allocated" if address in taken else ""


def allocate_node_ports(service: Obj, context: StrategyContext) -> None:
    """Give every port of *service* that needs one a port of the nodes. Raises ApiError: Invalid."""
    spec = service["spec"]
    if spec.get("type") not in _KINDS_WITH_PORTS or spec.get("allocateLoadBalancerNodePorts") is False:
        return
    taken = {
        port.get("nodePort")
        for other in context.list(Service)
        if other["metadata"]["uid"] != service["metadata"].get("uid")
        for port in other["spec"].get("ports") or ()
    }
    for index, port in enumerate(spec.get("ports") or ()):
        number = port.get("nodePort", 0)
        at = f"spec.ports[{index}].nodePort"
        if number and number not in NODE_PORTS:
            why = (
                f"provided port is not in the valid range. The range of valid ports is {NODE_PORTS[0]}-{NODE_PORTS[-1]}"
            )
            raise _refused(service, FieldError.invalid(at, number, why))
        if number and number in taken:
            raise _refused(service, FieldError.invalid(at, number, "provided port is already allocated"))
        while not number or number in taken:
            number = NODE_PORTS[context.chance.below(len(NODE_PORTS))]
        port["nodePort"] = number
        taken.add(number)


def _refused(service: Obj, cause: FieldError) -> errors.ApiError:
    return errors.invalid("Service", service["metadata"].get("name", ""), [cause])
