"""The structs of k8s.io/api/core/v1 that a Pod's template is made of: names, order and types of their fields in Go.

Models staging/src/k8s.io/api/core/v1/types.go. Needed where Go's printed form matters (``hashing.py``).
Left out: the insides of storage systems that need their own software.
"""

from __future__ import annotations

#: ``GoName:type`` or ``GoName=jsonName:type``; a type ``v1.X=string`` is a named string. The JSON name of a field is its Go
#: name with a small first letter unless given; ``+`` marks an embedded struct, whose fields stand in the same JSON object.
_SOURCE = """
PodTemplateSpec ObjectMeta=metadata:v1.ObjectMeta Spec:v1.PodSpec
ObjectMeta Name:string GenerateName:string Namespace:string SelfLink:string UID=uid:types.UID=string ResourceVersion:string
  Generation:int64 CreationTimestamp:v1.Time DeletionTimestamp:*v1.Time DeletionGracePeriodSeconds:*int64
  Labels:map[string]string Annotations:map[string]string OwnerReferences:[]v1.OwnerReference Finalizers:[]string
  ManagedFields:[]v1.ManagedFieldsEntry
PodSpec Volumes:[]v1.Volume InitContainers:[]v1.Container Containers:[]v1.Container
  EphemeralContainers:[]v1.EphemeralContainer RestartPolicy:v1.RestartPolicy=string TerminationGracePeriodSeconds:*int64
  ActiveDeadlineSeconds:*int64 DNSPolicy=dnsPolicy:v1.DNSPolicy=string NodeSelector:map[string]string ServiceAccountName:string
  DeprecatedServiceAccount=serviceAccount:string AutomountServiceAccountToken:*bool NodeName:string HostNetwork:bool
  HostPID:bool HostIPC:bool ShareProcessNamespace:*bool SecurityContext:*v1.PodSecurityContext
  ImagePullSecrets:[]v1.LocalObjectReference Hostname:string Subdomain:string Affinity:*v1.Affinity SchedulerName:string
  Tolerations:[]v1.Toleration HostAliases:[]v1.HostAlias PriorityClassName:string Priority:*int32
  DNSConfig=dnsConfig:*v1.PodDNSConfig ReadinessGates:[]v1.PodReadinessGate RuntimeClassName:*string EnableServiceLinks:*bool
  PreemptionPolicy:*v1.PreemptionPolicy=*string Overhead:v1.ResourceList=map[v1.ResourceName]resource.Quantity
  TopologySpreadConstraints:[]v1.TopologySpreadConstraint SetHostnameAsFQDN:*bool OS=os:*v1.PodOS HostUsers:*bool
  SchedulingGates:[]v1.PodSchedulingGate ResourceClaims:[]v1.PodResourceClaim Resources:*v1.ResourceRequirements
  HostnameOverride:*string SchedulingGroup:*v1.PodSchedulingGroup
Container Name:string Image:string Command:[]string Args:[]string WorkingDir:string Ports:[]v1.ContainerPort
  EnvFrom:[]v1.EnvFromSource Env:[]v1.EnvVar Resources:v1.ResourceRequirements ResizePolicy:[]v1.ContainerResizePolicy
  RestartPolicy:*v1.ContainerRestartPolicy=*string RestartPolicyRules:[]v1.ContainerRestartRule VolumeMounts:[]v1.VolumeMount
  VolumeDevices:[]v1.VolumeDevice LivenessProbe:*v1.Probe ReadinessProbe:*v1.Probe StartupProbe:*v1.Probe
  Lifecycle:*v1.Lifecycle TerminationMessagePath:string TerminationMessagePolicy:v1.TerminationMessagePolicy=string
  ImagePullPolicy:v1.PullPolicy=string SecurityContext:*v1.SecurityContext Stdin:bool StdinOnce:bool TTY=tty:bool
ContainerPort Name:string HostPort:int32 ContainerPort:int32 Protocol:v1.Protocol=string HostIP:string
EnvFromSource Prefix:string ConfigMapRef:*v1.ConfigMapEnvSource SecretRef:*v1.SecretEnvSource
ConfigMapEnvSource +LocalObjectReference:v1.LocalObjectReference Optional:*bool
SecretEnvSource +LocalObjectReference:v1.LocalObjectReference Optional:*bool
LocalObjectReference Name:string
EnvVar Name:string Value:string ValueFrom:*v1.EnvVarSource
EnvVarSource FieldRef:*v1.ObjectFieldSelector ResourceFieldRef:*v1.ResourceFieldSelector
  ConfigMapKeyRef:*v1.ConfigMapKeySelector SecretKeyRef:*v1.SecretKeySelector FileKeyRef:*v1.FileKeySelector
ObjectFieldSelector APIVersion=apiVersion:string FieldPath:string
ResourceFieldSelector ContainerName:string Resource:string Divisor:resource.Quantity
ConfigMapKeySelector +LocalObjectReference:v1.LocalObjectReference Key:string Optional:*bool
SecretKeySelector +LocalObjectReference:v1.LocalObjectReference Key:string Optional:*bool
FileKeySelector VolumeName:string Path:string Key:string Optional:*bool
ResourceRequirements Limits:v1.ResourceList=map[v1.ResourceName]resource.Quantity
  Requests:v1.ResourceList=map[v1.ResourceName]resource.Quantity Claims:[]v1.ResourceClaim
ResourceClaim Name:string Request:string
ContainerResizePolicy ResourceName:v1.ResourceName=string RestartPolicy:v1.ResourceResizeRestartPolicy=string
ContainerRestartRule Action:v1.ContainerRestartRuleAction=string ExitCodes:*v1.ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes Operator:v1.ContainerRestartRuleOnExitCodesOperator=string Values:[]int32
VolumeMount Name:string ReadOnly:bool RecursiveReadOnly:*v1.RecursiveReadOnlyMode=*string MountPath:string SubPath:string
  MountPropagation:*v1.MountPropagationMode=*string SubPathExpr:string
VolumeDevice Name:string DevicePath:string
Probe +ProbeHandler:v1.ProbeHandler InitialDelaySeconds:int32 TimeoutSeconds:int32 PeriodSeconds:int32 SuccessThreshold:int32
  FailureThreshold:int32 TerminationGracePeriodSeconds:*int64
ProbeHandler Exec:*v1.ExecAction HTTPGet=httpGet:*v1.HTTPGetAction TCPSocket=tcpSocket:*v1.TCPSocketAction
  GRPC=grpc:*v1.GRPCAction
ExecAction Command:[]string
HTTPGetAction Path:string Port:intstr.IntOrString Host:string Scheme:v1.URIScheme=string HTTPHeaders=httpHeaders:[]v1.HTTPHeader
HTTPHeader Name:string Value:string
TCPSocketAction Port:intstr.IntOrString Host:string
GRPCAction Port:int32 Service:*string
SleepAction Seconds:int64
Lifecycle PostStart:*v1.LifecycleHandler PreStop:*v1.LifecycleHandler StopSignal:*v1.Signal=*string
LifecycleHandler Exec:*v1.ExecAction HTTPGet=httpGet:*v1.HTTPGetAction TCPSocket=tcpSocket:*v1.TCPSocketAction
  Sleep:*v1.SleepAction
SecurityContext Capabilities:*v1.Capabilities Privileged:*bool SELinuxOptions=seLinuxOptions:*v1.SELinuxOptions
  WindowsOptions:*v1.WindowsSecurityContextOptions RunAsUser:*int64 RunAsGroup:*int64 RunAsNonRoot:*bool
  ReadOnlyRootFilesystem:*bool AllowPrivilegeEscalation:*bool ProcMount:*v1.ProcMountType=*string
  SeccompProfile:*v1.SeccompProfile AppArmorProfile:*v1.AppArmorProfile
Capabilities Add:[]v1.Capability=[]string Drop:[]v1.Capability=[]string
SELinuxOptions User:string Role:string Type:string Level:string
WindowsSecurityContextOptions GMSACredentialSpecName=gmsaCredentialSpecName:*string GMSACredentialSpec=gmsaCredentialSpec:*string
  RunAsUserName:*string HostProcess:*bool
SeccompProfile Type:v1.SeccompProfileType=string LocalhostProfile:*string
AppArmorProfile Type:v1.AppArmorProfileType=string LocalhostProfile:*string
PodSecurityContext SELinuxOptions=seLinuxOptions:*v1.SELinuxOptions WindowsOptions:*v1.WindowsSecurityContextOptions
  RunAsUser:*int64 RunAsGroup:*int64 RunAsNonRoot:*bool SupplementalGroups:[]int64
  SupplementalGroupsPolicy:*v1.SupplementalGroupsPolicy=*string FSGroup=fsGroup:*int64 Sysctls:[]v1.Sysctl
  FSGroupChangePolicy=fsGroupChangePolicy:*v1.PodFSGroupChangePolicy=*string SeccompProfile:*v1.SeccompProfile
  AppArmorProfile:*v1.AppArmorProfile SELinuxChangePolicy=seLinuxChangePolicy:*v1.PodSELinuxChangePolicy=*string
Sysctl Name:string Value:string
Toleration Key:string Operator:v1.TolerationOperator=string Value:string Effect:v1.TaintEffect=string TolerationSeconds:*int64
HostAlias IP=ip:string Hostnames:[]string
PodDNSConfig Nameservers:[]string Searches:[]string Options:[]v1.PodDNSConfigOption
PodDNSConfigOption Name:string Value:*string
PodReadinessGate ConditionType:v1.PodConditionType=string
PodSchedulingGate Name:string
PodSchedulingGroup PodGroupName:*string
PodOS Name:v1.OSName=string
PodResourceClaim Name:string ResourceClaimName:*string ResourceClaimTemplateName:*string
TopologySpreadConstraint MaxSkew:int32 TopologyKey:string WhenUnsatisfiable:v1.UnsatisfiableConstraintAction=string
  LabelSelector:*v1.LabelSelector MinDomains:*int32 NodeAffinityPolicy:*v1.NodeInclusionPolicy=*string
  NodeTaintsPolicy:*v1.NodeInclusionPolicy=*string MatchLabelKeys:[]string
LabelSelector MatchLabels:map[string]string MatchExpressions:[]v1.LabelSelectorRequirement
LabelSelectorRequirement Key:string Operator:v1.LabelSelectorOperator=string Values:[]string
Affinity NodeAffinity:*v1.NodeAffinity PodAffinity:*v1.PodAffinity PodAntiAffinity:*v1.PodAntiAffinity
NodeAffinity RequiredDuringSchedulingIgnoredDuringExecution:*v1.NodeSelector
  PreferredDuringSchedulingIgnoredDuringExecution:[]v1.PreferredSchedulingTerm
NodeSelector NodeSelectorTerms:[]v1.NodeSelectorTerm
NodeSelectorTerm MatchExpressions:[]v1.NodeSelectorRequirement MatchFields:[]v1.NodeSelectorRequirement
NodeSelectorRequirement Key:string Operator:v1.NodeSelectorOperator=string Values:[]string
PreferredSchedulingTerm Weight:int32 Preference:v1.NodeSelectorTerm
PodAffinity RequiredDuringSchedulingIgnoredDuringExecution:[]v1.PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution:[]v1.WeightedPodAffinityTerm
PodAntiAffinity RequiredDuringSchedulingIgnoredDuringExecution:[]v1.PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution:[]v1.WeightedPodAffinityTerm
PodAffinityTerm LabelSelector:*v1.LabelSelector Namespaces:[]string TopologyKey:string NamespaceSelector:*v1.LabelSelector
  MatchLabelKeys:[]string MismatchLabelKeys:[]string
WeightedPodAffinityTerm Weight:int32 PodAffinityTerm:v1.PodAffinityTerm
Volume Name:string +VolumeSource:v1.VolumeSource
VolumeSource HostPath:*v1.HostPathVolumeSource EmptyDir:*v1.EmptyDirVolumeSource
  GCEPersistentDisk=gcePersistentDisk:*v1.GCEPersistentDiskVolumeSource
  AWSElasticBlockStore=awsElasticBlockStore:*v1.AWSElasticBlockStoreVolumeSource GitRepo:*v1.GitRepoVolumeSource
  Secret:*v1.SecretVolumeSource NFS=nfs:*v1.NFSVolumeSource ISCSI=iscsi:*v1.ISCSIVolumeSource
  Glusterfs:*v1.GlusterfsVolumeSource PersistentVolumeClaim:*v1.PersistentVolumeClaimVolumeSource RBD=rbd:*v1.RBDVolumeSource
  FlexVolume:*v1.FlexVolumeSource Cinder:*v1.CinderVolumeSource CephFS=cephfs:*v1.CephFSVolumeSource
  Flocker:*v1.FlockerVolumeSource DownwardAPI:*v1.DownwardAPIVolumeSource FC=fc:*v1.FCVolumeSource
  AzureFile:*v1.AzureFileVolumeSource ConfigMap:*v1.ConfigMapVolumeSource VsphereVolume:*v1.VsphereVirtualDiskVolumeSource
  Quobyte:*v1.QuobyteVolumeSource AzureDisk:*v1.AzureDiskVolumeSource
  PhotonPersistentDisk:*v1.PhotonPersistentDiskVolumeSource Projected:*v1.ProjectedVolumeSource
  PortworxVolume:*v1.PortworxVolumeSource ScaleIO:*v1.ScaleIOVolumeSource StorageOS=storageos:*v1.StorageOSVolumeSource
  CSI=csi:*v1.CSIVolumeSource Ephemeral:*v1.EphemeralVolumeSource Image:*v1.ImageVolumeSource
HostPathVolumeSource Path:string Type:*v1.HostPathType=*string
EmptyDirVolumeSource Medium:v1.StorageMedium=string SizeLimit:*resource.Quantity
GitRepoVolumeSource Repository:string Revision:string Directory:string
SecretVolumeSource SecretName:string Items:[]v1.KeyToPath DefaultMode:*int32 Optional:*bool
KeyToPath Key:string Path:string Mode:*int32
NFSVolumeSource Server:string Path:string ReadOnly:bool
PersistentVolumeClaimVolumeSource ClaimName:string ReadOnly:bool
DownwardAPIVolumeSource Items:[]v1.DownwardAPIVolumeFile DefaultMode:*int32
DownwardAPIVolumeFile Path:string FieldRef:*v1.ObjectFieldSelector ResourceFieldRef:*v1.ResourceFieldSelector Mode:*int32
ConfigMapVolumeSource +LocalObjectReference:v1.LocalObjectReference Items:[]v1.KeyToPath DefaultMode:*int32 Optional:*bool
ProjectedVolumeSource Sources:[]v1.VolumeProjection DefaultMode:*int32
VolumeProjection Secret:*v1.SecretProjection DownwardAPI:*v1.DownwardAPIProjection ConfigMap:*v1.ConfigMapProjection
  ServiceAccountToken:*v1.ServiceAccountTokenProjection ClusterTrustBundle:*v1.ClusterTrustBundleProjection
  PodCertificate:*v1.PodCertificateProjection
SecretProjection +LocalObjectReference:v1.LocalObjectReference Items:[]v1.KeyToPath Optional:*bool
ConfigMapProjection +LocalObjectReference:v1.LocalObjectReference Items:[]v1.KeyToPath Optional:*bool
DownwardAPIProjection Items:[]v1.DownwardAPIVolumeFile
ServiceAccountTokenProjection Audience:string ExpirationSeconds:*int64 Path:string
CSIVolumeSource Driver:string ReadOnly:*bool FSType=fsType:*string VolumeAttributes:map[string]string
  NodePublishSecretRef:*v1.LocalObjectReference
ImageVolumeSource Reference:string PullPolicy:v1.PullPolicy=string
OwnerReference APIVersion=apiVersion:string Kind:string Name:string UID=uid:types.UID=string Controller:*bool
  BlockOwnerDeletion:*bool
"""


def _structs() -> dict[str, list[tuple[str, str, str]]]:
    structs: dict[str, list[tuple[str, str, str]]] = {}
    fields: list[tuple[str, str, str]] = []
    for line in _SOURCE.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            fields = structs[words.pop(0)] = []
        for word in words:
            names, _, kind = word.partition(":")
            name, _, json_name = names.partition("=")
            if name.startswith("+"):
                fields.append((name[1:], "", kind))
            else:
                fields.append((name, json_name or name[0].lower() + name[1:], kind))
    return structs


#: Struct -> (Go name, JSON name or "" for an embedded struct, type) of its fields in order.
STRUCTS = _structs()
