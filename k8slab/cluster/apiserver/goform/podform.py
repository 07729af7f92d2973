"""A Pod's spec as the real server has it inside, and the difference of two as its error shows it.

Models the structs of pkg/apis/core/types.go (names and order of their fields) and apimachinery pkg/util/diff (Diff).
Left out: the insides of storage systems that need their own software, which appear as they were written.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from k8slab.apimachinery import gojson, quantity

Json = dict[str, Any]

#: Struct -> its fields in order: ``GoName[=jsonName]:type``, where type is ``s`` string, ``i`` number, ``b`` bool, ``?`` a
#: pointer to one of these, ``l`` list of plain values, ``m`` map, ``q`` quantity, ``r`` resource list, ``j`` as written,
#: ``X`` a struct, ``*X`` a pointer to one, ``[X`` a list of them, ``+X`` its fields here. The JSON name of a field is its Go
#: name with a small first letter unless given.
_STRUCTS = {
    "PodTemplateSpec": "+ObjectMeta Spec=spec:PodSpec",
    "PodSpec": "Volumes:[Volume InitContainers:[Container Containers:[Container EphemeralContainers:[EphemeralContainer "
    "RestartPolicy:s TerminationGracePeriodSeconds:? ActiveDeadlineSeconds:? DNSPolicy=dnsPolicy:s NodeSelector:m "
    "ServiceAccountName:s AutomountServiceAccountToken:? NodeName:s SecurityContext:*PodSecurityContext "
    "ImagePullSecrets:[LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:? Affinity:*Affinity SchedulerName:s "
    "Tolerations:[Toleration HostAliases:[HostAlias PriorityClassName:s Priority:? PreemptionPolicy:? "
    "DNSConfig=dnsConfig:*PodDNSConfig ReadinessGates:[PodReadinessGate RuntimeClassName:? Overhead:r EnableServiceLinks:? "
    "TopologySpreadConstraints:[TopologySpreadConstraint OS=os:*PodOS SchedulingGates:[PodSchedulingGate "
    "ResourceClaims:[PodResourceClaim Resources:*ResourceRequirements HostnameOverride:? SchedulingGroup:j",
    "PodSecurityContext": "HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:? HostUsers:? "
    "SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:j RunAsUser:? RunAsGroup:? RunAsNonRoot:? "
    "SupplementalGroups:l SupplementalGroupsPolicy:? FSGroup=fsGroup:? FSGroupChangePolicy=fsGroupChangePolicy:? "
    "Sysctls:[NameValue SeccompProfile:*Profile AppArmorProfile:*Profile SELinuxChangePolicy=seLinuxChangePolicy:?",
    "Container": "Name:s Image:s Command:l Args:l WorkingDir:s Ports:[ContainerPort EnvFrom:[EnvFromSource Env:[EnvVar "
    "Resources:ResourceRequirements ResizePolicy:[ContainerResizePolicy RestartPolicy:? RestartPolicyRules:j "
    "VolumeMounts:[VolumeMount VolumeDevices:[VolumeDevice LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe "
    "Lifecycle:*Lifecycle TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s "
    "SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY=tty:b",
    "EphemeralContainer": "+Container TargetContainerName:s",
    "ContainerPort": "Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s",
    "EnvFromSource": "Prefix:s ConfigMapRef:*NameOptional SecretRef:*NameOptional",
    "NameOptional": "Name:s Optional:?",
    "EnvVar": "Name:s Value:s ValueFrom:*EnvVarSource",
    "EnvVarSource": "FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector ConfigMapKeyRef:*KeySelector "
    "SecretKeyRef:*KeySelector FileKeyRef:*FileKeySelector",
    "ObjectFieldSelector": "APIVersion=apiVersion:s FieldPath:s",
    "ResourceFieldSelector": "ContainerName:s Resource:s Divisor:q",
    "KeySelector": "Name:s Key:s Optional:?",
    "FileKeySelector": "VolumeName:s Path:s Key:s Optional:?",
    "ResourceRequirements": "Limits:r Requests:r Claims:j",
    "ContainerResizePolicy": "ResourceName:s RestartPolicy:s",
    "VolumeMount": "Name:s ReadOnly:b RecursiveReadOnly:? MountPath:s SubPath:s MountPropagation:? SubPathExpr:s",
    "VolumeDevice": "Name:s DevicePath:s",
    "Probe": "Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction GRPC=grpc:*GRPCAction "
    "InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i "
    "TerminationGracePeriodSeconds:?",
    "ExecAction": "Command:l",
    "HTTPGetAction": "Path:s Port:i Host:s Scheme:s HTTPHeaders=httpHeaders:[NameValue",
    "TCPSocketAction": "Port:i Host:s",
    "GRPCAction": "Port:i Service:?",
    "SleepAction": "Seconds:i",
    "NameValue": "Name:s Value:s",
    "Lifecycle": "PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:?",
    "LifecycleHandler": "Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction Sleep:*SleepAction",
    "SecurityContext": "Capabilities:*Capabilities Privileged:? SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:j "
    "RunAsUser:? RunAsGroup:? RunAsNonRoot:? ReadOnlyRootFilesystem:? AllowPrivilegeEscalation:? ProcMount:? "
    "SeccompProfile:*Profile AppArmorProfile:*Profile",
    "Capabilities": "Add:l Drop:l",
    "SELinuxOptions": "User:s Role:s Type:s Level:s",
    "Profile": "Type:s LocalhostProfile:?",
    "LocalObjectReference": "Name:s",
    "Toleration": "Key:s Operator:s Value:s Effect:s TolerationSeconds:?",
    "HostAlias": "IP=ip:s Hostnames:l",
    "PodDNSConfig": "Nameservers:l Searches:l Options:[PodDNSConfigOption",
    "PodDNSConfigOption": "Name:s Value:?",
    "PodReadinessGate": "ConditionType:s",
    "PodSchedulingGate": "Name:s",
    "PodOS": "Name:s",
    "PodResourceClaim": "Name:s ResourceClaimName:? ResourceClaimTemplateName:?",
    "TopologySpreadConstraint": "MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:j MinDomains:? NodeAffinityPolicy:? "
    "NodeTaintsPolicy:? MatchLabelKeys:l",
    "Affinity": "NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAffinity",
    "NodeAffinity": "RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector "
    "PreferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm",
    "NodeSelector": "NodeSelectorTerms:[NodeSelectorTerm",
    "NodeSelectorTerm": "MatchExpressions:[NodeSelectorRequirement MatchFields:[NodeSelectorRequirement",
    "NodeSelectorRequirement": "Key:s Operator:s Values:l",
    "PreferredSchedulingTerm": "Weight:i Preference:NodeSelectorTerm",
    "PodAffinity": "RequiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm "
    "PreferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm",
    "PodAffinityTerm": "LabelSelector:j Namespaces:l TopologyKey:s NamespaceSelector:j MatchLabelKeys:l MismatchLabelKeys:l",
    "WeightedPodAffinityTerm": "Weight:i PodAffinityTerm:PodAffinityTerm",
    "Volume": "Name:s HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk=gcePersistentDisk:j "
    "AWSElasticBlockStore=awsElasticBlockStore:j GitRepo:*GitRepo Secret:*SecretVolume NFS=nfs:*NFS ISCSI=iscsi:j Glusterfs:j "
    "PersistentVolumeClaim:*ClaimVolume RBD=rbd:j Quobyte:j FlexVolume:j Cinder:j CephFS=cephfs:j Flocker:j "
    "DownwardAPI:*DownwardAPIVolume FC=fc:j AzureFile:j ConfigMap:*ConfigMapVolume VsphereVolume:j AzureDisk:j "
    "PhotonPersistentDisk:j Projected:*Projected PortworxVolume:j ScaleIO:j StorageOS=storageos:j CSI=csi:*CSI "
    "Ephemeral:j Image:*ImageVolume",
    "HostPath": "Path:s Type:?",
    "EmptyDir": "Medium:s SizeLimit:?",
    "GitRepo": "Repository:s Revision:s Directory:s",
    "SecretVolume": "SecretName:s Items:[KeyToPath DefaultMode:? Optional:?",
    "KeyToPath": "Key:s Path:s Mode:?",
    "NFS": "Server:s Path:s ReadOnly:b",
    "ClaimVolume": "ClaimName:s ReadOnly:b",
    "DownwardAPIVolume": "Items:[DownwardAPIFile DefaultMode:?",
    "DownwardAPIFile": "Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:?",
    "ConfigMapVolume": "Name:s Items:[KeyToPath DefaultMode:? Optional:?",
    "Projected": "Sources:[Projection DefaultMode:?",
    "Projection": "Secret:*NamedProjection DownwardAPI:*DownwardAPIProjection ConfigMap:*NamedProjection "
    "ServiceAccountToken:*TokenProjection ClusterTrustBundle:j PodCertificate:j",
    "NamedProjection": "Name:s Items:[KeyToPath Optional:?",
    "DownwardAPIProjection": "Items:[DownwardAPIFile",
    "TokenProjection": "Audience:s ExpirationSeconds:i Path:s",
    "CSI": "Driver:s ReadOnly:? FSType=fsType:? VolumeAttributes:m NodePublishSecretRef:*LocalObjectReference",
    "ImageVolume": "Reference:s PullPolicy:s",
}  # fmt: skip

_ZERO: Mapping[str, Any] = {"s": "", "i": 0, "b": False, "q": "0"}
#: What stands beside ``securityContext`` in the API is inside it in the server.
_HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")


def _fields(struct: str) -> list[tuple[str, str, str]]:
    fields = []
    for word in _STRUCTS[struct].split():
        if word.startswith("+"):
            fields += _fields(word[1:]) if word[1:] in _STRUCTS else [("", "", word[1:])]
            continue
        names, _, kind = word.partition(":")
        go_name, _, json_name = names.partition("=")
        fields.append((go_name, json_name or go_name[0].lower() + go_name[1:], kind))
    return fields


_TABLE = {struct: _fields(struct) for struct in _STRUCTS}


def go_form(struct: str, value: Json | None) -> Json:
    """Return *value* as the Go struct *struct* would marshal: all fields, in order, under their Go names."""
    value = value or {}
    if struct == "PodSpec":
        value = _with_host_fields(value)
    form: Json = {}
    for go_name, json_name, kind in _TABLE[struct]:
        if kind == "ObjectMeta":
            form.update(_object_meta(value.get("metadata") or {}))
        else:
            form[go_name] = _go_value(kind, value.get(json_name))
    return form


def _go_value(kind: str, value: Any) -> Any:
    if kind in _ZERO:
        return _ZERO[kind] if value is None else value
    if kind in ("?", "l", "j"):
        return value or None if kind == "l" else value
    if kind == "m":
        return gojson.sorted_map(value) if value else None
    if kind == "r":
        return {name: quantity.canonical(value[name]) for name in sorted(value)} if value else None
    if kind.startswith("["):
        return [go_form(kind[1:], item) for item in value] if value else None
    if kind.startswith("*"):
        return None if value is None else go_form(kind[1:], value)
    return go_form(kind, value)


def _with_host_fields(spec: Json) -> Json:
    context = spec.get("securityContext")
    moved = {field: spec[field] for field in _HOST_FIELDS if field in spec}
    if context is None and not moved:
        return spec
    return {**spec, "securityContext": {**(context or {}), **moved}}


def _object_meta(metadata: Json) -> Json:
    form = {key: value for key, value in metadata.items() if key not in ("labels", "annotations") and value}
    for field in ("labels", "annotations"):
        if metadata.get(field):
            form[field] = gojson.sorted_map(metadata[field])
    return form


def pod_spec_diff(old: Json, new: Json) -> str:
    """Return what differs between two specs, as a unified diff of their Go forms in indented JSON."""
    before, after = (json.dumps(go_form("PodSpec", spec), indent=1).split("\n") for spec in (old, new))
    lines = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return "".join(f"{line}\n" for line in lines)
