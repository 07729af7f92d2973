"""What the API types in Go know and an OpenAPI document does not: pointers, widths of integers, names of types.

Facts of k8s.io/api and apimachinery. ``schema.py`` needs them to store an object in the shape in which Go would, and to say
what is wrong with a value in Go's words.
"""

# ruff: noqa: SIM905 (a list of words reads better as words)

from __future__ import annotations

#: Optional booleans that are no pointers: Go leaves ``false`` out when it writes the object.
PLAIN_BOOLS = frozenset(
    "hostIPC hostNetwork hostPID paused publishNotReadyAddresses readOnly stdin stdinOnce tty unschedulable".split()
)

#: Optional integers that are no pointers: Go leaves ``0`` out.
PLAIN_INTEGERS = frozenset(
    """active availableReplicas count currentReplicas deprecatedCount failed failureThreshold fullyLabeledReplicas generation
    hostPort initialDelaySeconds minReadySeconds nodePort numberAvailable numberUnavailable observedGeneration partition
    periodSeconds port readyReplicas remainingItemCount retryAfterSeconds signal succeeded successThreshold timeoutSeconds
    unavailableReplicas updatedNumberScheduled updatedReplicas""".split()
)

#: Exceptions to the two tables above: fields that are pointers, or that Go always writes, in these types.
KEPT = {
    "AWSElasticBlockStoreVolumeSource": ("readOnly",),
    "RollingUpdateStatefulSetStrategy": ("partition",),
    "ServicePort": ("port",),
    "EndpointPort": ("port",),
    "ServiceReference": ("port",),
    "ClientIPConfig": ("timeoutSeconds",),
    "JobSpec": ("activeDeadlineSeconds",),
    "LeaseSpec": ("leaseTransitions",),
    "HorizontalPodAutoscalerStatus": ("observedGeneration",),
    "StatefulSetStatus": ("availableReplicas",),
    "ListMeta": ("remainingItemCount",),
}

#: Optional integers that are no pointers in these types only.
PLAIN_IN = {"DeploymentStatus": ("replicas",), "DaemonSetStatus": ("numberReady",)}

#: Optional strings that are pointers: Go keeps ``""``.
POINTER_STRINGS = frozenset(
    """apiGroup appProtocol dataSourceRef externalTrafficPolicy holderIdentity hostname hostnameOverride ingressClassName
    internalTrafficPolicy ipFamilyPolicy loadBalancerClass localhostProfile nodeName podReplacementPolicy preemptionPolicy
    procMount resourceClaimName resourceClaimTemplateName runtimeClassName seLinuxChangePolicy service storageClassName
    supplementalGroupsPolicy volumeAttributesClassName volumeMode zone""".split()
)
#: ... except in these types, where the same names are plain strings.
PLAIN_STRINGS_IN = {
    "PodSpec": ("hostname", "nodeName"),
    "Event": ("nodeName",),
    "PersistentVolumeSpec": ("storageClassName",),
    "LoadBalancerIngress": ("hostname",),
    "HostAlias": ("hostname",),
}

#: Strings that are pointers in these types only, named by lightkube's module too, because Endpoints have a namesake.
POINTER_STRINGS_IN = {
    "core_v1.HostPathVolumeSource": ("type",),
    "discovery_v1.EndpointPort": ("name", "protocol"),
}

#: Integers of 64 bits; all others have 32.
LONG_INTEGERS = frozenset(
    """activeDeadlineSeconds deletionGracePeriodSeconds expirationSeconds fsGroup generation observedGeneration
    remainingItemCount runAsGroup runAsUser supplementalGroups terminationGracePeriodSeconds tolerationSeconds
    templateGeneration""".split()
)

#: Maps whose values are quantities.
QUANTITY_MAPS = frozenset(
    """allocatable allocatedResources capacity default defaultRequest hard limits max maxLimitRequestRatio min overhead
    podFixed requests used""".split()
)

#: Maps whose values are bytes, written as base64.
BYTE_MAPS = frozenset({("Secret", "data"), ("ConfigMap", "binaryData")})

#: Fields that hold any JSON.
FREE_FORM = frozenset({("ControllerRevision", "data"), ("ManagedFieldsEntry", "fieldsV1")})

#: Strings with a type of their own, by field.
NAMED_STRINGS = {
    "clusterIPs": "string",
    "concurrencyPolicy": "v1.ConcurrencyPolicy",
    "dnsPolicy": "v1.DNSPolicy",
    "effect": "v1.TaintEffect",
    "externalTrafficPolicy": "v1.ServiceExternalTrafficPolicy",
    "imagePullPolicy": "v1.PullPolicy",
    "internalTrafficPolicy": "v1.ServiceInternalTrafficPolicy",
    "ipFamilyPolicy": "v1.IPFamilyPolicy",
    "pathType": "v1.PathType",
    "phase": "",
    "podManagementPolicy": "v1.PodManagementPolicyType",
    "protocol": "v1.Protocol",
    "restartPolicy": "v1.RestartPolicy",
    "scheme": "v1.URIScheme",
    "sessionAffinity": "v1.ServiceAffinity",
    "terminationMessagePolicy": "v1.TerminationMessagePolicy",
    "uid": "types.UID",
    "volumeMode": "v1.PersistentVolumeMode",
    "whenUnsatisfiable": "v1.UnsatisfiableConstraintAction",
}
