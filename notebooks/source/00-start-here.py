# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # Start here: a data centre in this page
#
# Behind this page runs a small data centre: three machines, Kubernetes on them, web servers in it. It needs no Docker, no
# account and no network, and nothing you do here can break anything. Its time is virtual: it stands still while you read.
#
# Run a cell with **Shift+Enter**. Go from top to bottom; it takes about fifteen minutes.

# %% [markdown] lang="zh"
# # 从这里开始：网页里的一座机房
#
# 这个页面背后跑着一座小小的机房：三台机器，上面装着 Kubernetes，里面有几个网站服务。不需要 Docker，不需要账号，也不用联网；
# 在这里做什么都弄不坏东西。它的时间是虚拟的：你看书的时候，它停着等你。
#
# 按 **Shift+Enter** 运行一个单元格。从上往下做，大约十五分钟。

# %% tags=["language"]
import k8slab

lesson = k8slab.lesson("00", language="en")
lab = lesson.lab

# %% [markdown] lang="en"
# ## Goal
#
# After this page you will be able to
# - let time pass in the lab, and read the map of a cluster;
# - kill a Pod and say what came back, and what did not;
# - rewind, and show who noticed.

# %% [markdown] lang="zh"
# ## 目标
#
# 学完这一页，你能够
# - 让实验室里的时间往前走，看懂集群看板；
# - 删掉一个 Pod，说出回来的是什么、没回来的是什么；
# - 把时间拨回去，指出是谁发现的。

# %% [markdown] lang="en"
# ## Predict
#
# Guess before you know. A wrong guess teaches more than a read answer.

# %% [markdown] lang="zh"
# ## 先猜
#
# 先猜，再看。猜错一次，比读十遍答案记得牢。

# %%
lesson.predict("00-predict")

# %% [markdown] lang="en"
# ## Try
#
# This file asks for three Pods of a web server. (A **Pod** is the smallest thing that Kubernetes runs: here, one container.)

# %% [markdown] lang="zh"
# ## 动手
#
# 下面这个文件要三个跑着网站服务的 Pod。（**Pod** 是 Kubernetes 能运行的最小单位，这里就是一个容器。）

# %%
print(open("manifests/00-hello.yaml").read())

# %% [markdown] lang="en"
# Hand it to the cluster, and wait until it is so. `kubectl` is the tool everybody uses for this; what it prints here is what
# it prints on a real cluster.

# %% [markdown] lang="zh"
# 把它交给集群，等到它变成现实。大家都用 `kubectl` 这个工具来做这件事；它在这里打印什么，在真集群上也打印什么。

# %%
# %kubectl apply -f manifests/00-hello.yaml
# %kubectl rollout status deployment/hello

# %%
# %kubectl get pods -o wide

# %% [markdown] lang="en"
# Three Pods, each with a name, an address and a node (节点) to live on. You did not say which node: somebody chose.
#
# ## The living cluster
#
# Here is the same on a map: each card is a node, each chip a Pod.
# 1. Press **play** (▶). Time passes. Pause when you like.
# 2. Click a Pod. Its story opens below the map. Press **Kill this Pod**.
# 3. Play on, and count. How many are there in the end? Compare their names with the table above.
# 4. Drag the **time bar** back to before the kill, and step forward, change by change.

# %% [markdown] lang="zh"
# 三个 Pod，各有名字、地址，各住在一个节点（node）上。你没说住哪个节点：有谁替你选了。
#
# ## 活的集群
#
# 下面是同样的东西，画成了看板：每张卡片是一个节点，每个小块是一个 Pod。
# 1. 按**播放**（▶），时间开始走；随时可以暂停。
# 2. 点一个 Pod，下方会展开它的经历。按**杀掉这个 Pod**。
# 3. 继续播放，数一数：最后有几个？名字和上面表里的一样吗？
# 4. 把**时间条**拖回删除之前，再一个变化一个变化地往前走。

# %%
lesson.board()

# %% [markdown] lang="en"
# The same without a mouse, so that you can read it here even if nothing is running: pick the first Pod, delete it, let ten
# seconds pass, and look.

# %% [markdown] lang="zh"
# 不用鼠标也能做同样的事；这样即使没有运行，你也能在这里看到结果：挑第一个 Pod，删掉，过十秒，再看。

# %%
victim = lab.kubectl("get pods -l app=hello -o name").stdout.split()[0]
lab.kubectl(f"delete {victim} --wait=false")

# %%
lab.run(10)
lab.kubectl("get pods -l app=hello")

# %% [markdown] lang="en"
# And the past, without a mouse: the board as it was when the order to delete was given.

# %% [markdown] lang="zh"
# 不用鼠标也能看过去：下达删除命令那一刻的看板。

# %%
past = lesson.board()
past.go(lab.marks()[-1].revision)
past

# %% [markdown] lang="en"
# ## Why
#
# Nobody restarted anything. The Pod you deleted is gone for good, name, address and all; another one, with a new name, took its
# place. Three parts had a hand in it, and none of them gave the others an order:
#
# | who | saw | did |
# |---|---|---|
# | ReplicaSet controller | 3 wanted, 2 there | made one Pod, without a node |
# | scheduler | a Pod without a node | wrote a node's name on it |
# | kubelet on that node | a Pod with its name on it | started the container |
#
# Each of them does the same for ever: compare what is *wanted* with what is *there*, take one step, look again. This loop is the
# heart of Kubernetes (控制循环); everything else in this course is a variation of it. You write down the **desired state**
# (期望状态) and never the steps.
#
# > **Common half-truth:** "Kubernetes restarts dead Pods." It restarts *containers* that crash, inside their Pod. A Pod that is
# > deleted, or whose machine dies, is never restarted; it is *replaced*, and only if somebody like a ReplicaSet counts it.

# %% [markdown] lang="zh"
# ## 为什么
#
# 没有谁重启过什么。你删掉的 Pod 连名字带地址都永远没有了；顶替它的是另一个，名字是新的。有三个角色参与，谁也没有给谁下命令：
#
# | 谁 | 看到了 | 做了 |
# |---|---|---|
# | ReplicaSet 控制器 | 要 3 个，只有 2 个 | 造了一个还没有节点的 Pod |
# | 调度器 | 有个 Pod 没有节点 | 在它上面写了一个节点的名字 |
# | 那个节点上的 kubelet | 有个 Pod 写着自己的名字 | 启动了容器 |
#
# 它们永远在做同一件事：比较“想要的”和“现有的”，走一步，再看一眼。这个控制循环（control loop）就是 Kubernetes 的心脏，
# 这门课里别的东西都是它的变奏。你写下的是期望状态（**desired state**），从来不是步骤。
#
# > **常见的半真话：**“Pod 死了，Kubernetes 会重启它。”崩溃的*容器*会在原来的 Pod 里重启；但被删除的 Pod，或者所在机器坏掉的 Pod，
# > 不会被重启，只会被*替换*，而且还得有 ReplicaSet 这样的角色在数着它。

# %% [markdown] lang="en"
# Who did what is on record. Here is what the cluster told about the last ten seconds:

# %% [markdown] lang="zh"
# 谁做了什么都有记录。这是集群自己讲的最近十秒：

# %%
lesson.events()

# %% [markdown] lang="en" tags=["S3-01"]
# ## A map of the course
#
# The course follows one open-source system, Kubernetes, from the ideas it stands on to the day it goes wrong. Chapters 01 to 05
# look at it from above (what a cloud is, and who does what in it), 06 to 12 at what runs (containers and images), 13 to 17 at
# Kubernetes itself, and in 18 you run a system of your own. This edition has two of them; the others are being written.
#
# | part | chapters | |
# |---|---|---|
# | Start | 00 | *you are here* |
# | Clouds | 01 why Kubernetes · 02 IaaS, PaaS, SaaS · 03 container clouds · 04 microservices · 05 cloud native | to come |
# | Containers | 06–12 Docker: containers, images, networks, storage, Dockerfiles | to come |
# | Kubernetes | 13 architecture · 14 Pods | to come |
# | | [15 ReplicaSet and Deployment](15-replicaset-and-deployment.ipynb) | **ready** |
# | | 16 StatefulSet · 17 Services | to come |
# | Graduation | 18 your own system, and a night on call | to come |

# %% [markdown] lang="zh" tags=["S3-01"]
# ## 课程地图
#
# 这门课围绕一个开源系统展开：Kubernetes，从它立足的想法一直讲到它出故障的那一天。01 到 05 章从高处看（云是什么，里面谁负责什么），
# 06 到 12 章看里面跑的是什么（容器和镜像），13 到 17 章看 Kubernetes 本身，第 18 章由你自己运行一套系统。目前有两章可以学，其余正在写。
#
# | 部分 | 章节 | |
# |---|---|---|
# | 开始 | 00 | *你在这里* |
# | 云 | 01 为什么要 Kubernetes · 02 IaaS、PaaS、SaaS · 03 容器云 · 04 微服务 · 05 云原生 | 待写 |
# | 容器 | 06–12 Docker：容器、镜像、网络、存储、Dockerfile | 待写 |
# | Kubernetes | 13 架构 · 14 Pod | 待写 |
# | | [15 ReplicaSet 与 Deployment](15-replicaset-and-deployment.ipynb) | **可以学** |
# | | 16 StatefulSet · 17 Service | 待写 |
# | 毕业 | 18 你自己的系统，以及值班的一夜 | 待写 |

# %% [markdown] lang="en" tags=["S10.2-15"]
# ### No downloads
#
# On many networks, above all in China, images from Docker Hub cannot be pulled, and a course that begins with `docker pull` ends
# there. This one pulls nothing: the images are part of the lab. When you work with real machines later, the ways out are a
# registry of your own that caches, a cloud vendor's registry, a proxy in the engine's `daemon.json`, or carrying an image by hand
# with `docker save` and `docker load`. Lists of free mirrors go stale within months, so this course has none. Chapter 06 shows how
# each way works.

# %% [markdown] lang="zh" tags=["S10.2-15"]
# ### 什么都不用下载
#
# 在许多网络里，尤其是在中国，从 Docker Hub 拉不下镜像；一门从 `docker pull` 开始的课，往往也就停在那里。这门课什么都不拉：镜像是实验室自带的。
# 以后用真机器时，出路有这几条：自建带缓存的镜像仓库，用云厂商的仓库，在引擎的 `daemon.json` 里配置代理，或者用 `docker save` 和 `docker load`
# 把镜像搬过去。免费加速地址的清单几个月就失效，所以这里一个也不写。第 06 章会讲每条路怎么走。

# %% [markdown] lang="en"
# ## Exercises
#
# A check looks at the state of the lab, never at what you typed: every way that leads there is right. Hints say more each time you
# ask. Whatever you do with the mouse you can also call: `lesson.check("00-1")`, `lesson.hint("00-1")`, `lesson.solution("00-1")`.
#
# ### 00-1 Five instead of three
#
# Change one number of `hello`, in one line, and let time pass until five Pods are ready.

# %% [markdown] lang="zh"
# ## 练习
#
# 检查看的是实验室的状态，不看你敲了什么：殊途同归都算对。提示会越问越具体。鼠标能做的事也都可以用代码来做：
# `lesson.check("00-1")`、`lesson.hint("00-1")`、`lesson.solution("00-1")`。
#
# ### 00-1 三个变五个
#
# 用一行命令改 `hello` 的一个数字，再让时间走到五个 Pod 都就绪。

# %%
# Your line here, then lab.run(10)

# %%
lesson.exercise("00-1")

# %% [markdown] lang="en"
# ### 00-2 Who noticed?
#
# Go back on the board to just before the kill. Step forward, write by write: who was the first to do something about the missing Pod?

# %% [markdown] lang="zh"
# ### 00-2 是谁发现的？
#
# 在集群看板上回到删除之前，再一次写入一次写入地往前走：谁最先对少掉的 Pod 做出了反应？

# %%
lesson.exercise("00-2")

# %% [markdown] lang="en"
# ## Quiz

# %% [markdown] lang="zh"
# ## 小测验

# %%
lesson.quiz()

# %% [markdown] lang="en"
# ## Wrap-up
#
# - You write down what you want; controllers make it so, step by step, and keep it so.
# - A Pod is replaced, not repaired: the new one has a new name and a new address.
# - A ReplicaSet counts Pods; the scheduler chooses nodes; the kubelet starts containers.
# - Time in the lab passes only when you let it, and every moment of the past can be looked at again.
# - What the simulator leaves out is written down: [What the lab does not model](99-what-the-lab-does-not-model.ipynb).

# %% [markdown] lang="zh"
# ## 小结
#
# - 你写下想要什么，控制器一步步把它变成现实，并一直保持下去。
# - Pod 是被替换，不是被修好：新的有新名字、新地址。
# - ReplicaSet 数 Pod，调度器选节点，kubelet 启动容器。
# - 实验室的时间只在你允许时才走；过去的每一刻都可以再看一遍。
# - 模拟省略了什么，都写明了：[实验室没有模拟什么](99-what-the-lab-does-not-model.ipynb)。

# %%
lesson.glossary()

# %% [markdown] lang="en"
# Your progress is a small file on your own computer. Carry it elsewhere with `lesson.progress.export_to("progress.json")` and, there,
# `lesson.progress.import_from("progress.json")`.

# %% [markdown] lang="zh"
# 你的进度是自己电脑上的一个小文件。换电脑时用 `lesson.progress.export_to("progress.json")` 导出，到那边再用
# `lesson.progress.import_from("progress.json")` 导入。

# %%
lesson.progress

# %% [markdown] lang="en"
# ## Next
#
# [Chapter 15: ReplicaSet and Deployment](15-replicaset-and-deployment.ipynb), where a new version comes in while the old one still answers.

# %% [markdown] lang="zh"
# ## 接下来
#
# [第 15 章：ReplicaSet 与 Deployment](15-replicaset-and-deployment.ipynb)：旧版本还在应答，新版本已经上场。
