# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en" tags=["GAP-14"]
# # What the lab does not model
#
# The lab is a simulator. What it shows is meant to be true of a real cluster, and much of it is checked against recordings of
# one (Kubernetes 1.36). But a simulator leaves things out, and you should know which. Every module of the source says so in its
# first lines ("Left out: ..."); this page is the summary for learners, chapter by chapter.

# %% [markdown] lang="zh" tags=["GAP-14"]
# # 实验室没有模拟什么
#
# 实验室是个模拟器。它显示的东西力求和真集群一致，其中很多对照过真集群（Kubernetes 1.36）的录制。但凡模拟都有省略，你应该知道省略了什么。
# 每个源文件的开头都写着（“Left out: ...”）；这一页是给学习者的摘要。

# %% [markdown] lang="en"
# ## True of a real cluster
#
# You may rely on these, and use them at work as you learnt them here:
# - what `kubectl` accepts, prints and refuses, and its exit codes, for the verbs and kinds that are there;
# - what the API server accepts, how it fills in defaults, and its error messages;
# - the decisions of controllers and scheduler: who is made, moved or deleted next, and why;
# - the order of things, and their history.

# %% [markdown] lang="zh"
# ## 和真集群一致的
#
# 这些可以放心，在这里怎么学，工作中就怎么用：
# - `kubectl` 接受什么、打印什么、拒绝什么，以及退出码（限于已有的命令和资源类型）；
# - API server 接受什么、怎样补默认值，以及它的报错；
# - 控制器和调度器的决定：下一个创建、移动、删除的是谁，为什么；
# - 事情的先后，以及历史。

# %% [markdown] lang="en"
# ## Different on a real cluster
#
# | what | here | in reality |
# |---|---|---|
# | time | virtual: it passes when you let it, and waiting costs nothing | it passes by itself; an image may take minutes |
# | how long things take | plausible and always the same for one seed | it depends on machines, images and load, and varies |
# | who else is there | nobody but you | colleagues, autoscalers, other tenants |
# | looking back | every moment can be seen again | etcd forgets after about five minutes; you need logs and monitoring |
# | going wrong | only where you break something | disks fill, clocks drift, certificates expire |
# | rights | you may do everything | what you may do is decided by RBAC |

# %% [markdown] lang="zh"
# ## 真集群上不一样的
#
# | 方面 | 这里 | 现实 |
# |---|---|---|
# | 时间 | 虚拟的：你让它走它才走，等待不花时间 | 自己会走；拉一个镜像可能要几分钟 |
# | 事情花多久 | 合乎情理，种子相同就完全相同 | 取决于机器、镜像和负载，每次不同 |
# | 还有谁 | 只有你 | 同事、自动扩缩容、别的租户 |
# | 回头看 | 每一刻都能重看 | etcd 大约五分钟后就忘了；要靠日志和监控 |
# | 出故障 | 只有你弄坏的地方才坏 | 磁盘会满，时钟会漂，证书会过期 |
# | 权限 | 你什么都能做 | 能做什么由 RBAC 决定 |

# %% [markdown] lang="en"
# ## Not there yet
#
# - **Network.** Pods have addresses, but nothing is sent between them. Whether a request would be answered is computed from the
#   states of the Pods: wherever you see that line, its caption says so. Services, DNS and kube-proxy come with chapter 17.
# - **Containers.** A container here is a stand-in that starts, runs, answers its probes and stops. There are no processes and no files in
#   it yet, so `kubectl exec` has nothing to talk to. Docker and what is inside an image come with chapters 06 to 12.
# - **Images.** Every name counts as an image that can be pulled, and nothing is fetched; a tag with a word like `typo` or `missing` in it fails
#   like one that no registry has.
# - **Kinds.** Namespaces, Nodes, Pods, ReplicaSets, Deployments, ConfigMaps, Secrets, ServiceAccounts, ResourceQuotas and Events are
#   there; ReplicationController, StatefulSet, DaemonSet, Job, Service and the rest are not.
# - **Several control planes.** There is one API server and one etcd, and both never fail.
# - **Saving a lab.** The notebook keeps what it printed, and your progress is kept in its file; the lab itself begins anew with each kernel.

# %% [markdown] lang="zh"
# ## 还没有的
#
# - **网络**。Pod 有地址，但它们之间不传任何东西。请求能不能得到应答，是由 Pod 的状态推算的；凡是出现那条线的地方，说明文字里都写着。
#   Service、DNS 和 kube-proxy 到第 17 章才有。
# - **容器**。这里的容器是替身：会启动、运行、应答探针、停止，里面还没有进程和文件，所以 `kubectl exec` 没有对象可以说话。
#   Docker 和镜像里面的东西在 06 到 12 章。
# - **镜像**。什么名字都算能拉到的镜像，实际上什么也不下载；标签里带 `typo`、`missing` 这类词的，会像仓库里没有一样失败。
# - **资源类型**。有 Namespace、Node、Pod、ReplicaSet、Deployment、ConfigMap、Secret、ServiceAccount、ResourceQuota 和 Event；
#   ReplicationController、StatefulSet、DaemonSet、Job、Service 等等还没有。
# - **多个控制平面**。只有一个 API server 和一个 etcd，而且都不会坏。
# - **保存实验室**。笔记本会留下打印过的内容，进度存在自己的文件里；实验室本身则随内核重新开始。

# %% [markdown] lang="en"
# ## When something looks wrong
#
# If the lab does what a real cluster would not do and this page does not say so, that is a fault of ours. Please report it with
# the commands that show it.
#
# Back to [Start here](00-start-here.ipynb).

# %% [markdown] lang="zh"
# ## 如果觉得不对劲
#
# 如果实验室的表现和真集群不同，而这一页又没有提到，那就是我们的错。请把能重现它的命令告诉我们。
#
# 回到[从这里开始](00-start-here.ipynb)。
