# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # 15 ReplicaSet and Deployment
#
# A web shop has run version 1.27 for a month. Today 1.28 comes, at noon, with customers in it. This chapter is about the two
# objects that make this boring: one that counts, and one that changes what is counted.
#
# 45 minutes, exercises included. What the simulator leaves out: [What the lab does not model](99-what-the-lab-does-not-model.ipynb).

# %% [markdown] lang="zh"
# # 15 ReplicaSet 与 Deployment
#
# 一家网店的 1.27 版本已经跑了一个月。今天中午要上 1.28，店里还有客人。这一章讲的就是让这件事变得平淡无奇的两个对象：一个负责数数，
# 一个负责换掉被数的东西。
#
# 连练习 45 分钟。模拟省略了什么：[实验室没有模拟什么](99-what-the-lab-does-not-model.ipynb)。

# %% tags=["language"]
import k8slab

lesson = k8slab.lesson("15", language="en")
lab = lesson.lab

# %% [markdown] lang="en"
# ## Goal
#
# After this chapter you will be able to
# - say which Pods a selector takes, and take one away from it;
# - roll out a version within a budget, watch it, halt it, undo it;
# - name what a rolling update needs so that nobody outside notices.

# %% [markdown] lang="zh"
# ## 目标
#
# 学完这一章，你能够
# - 说出一个选择器会选中哪些 Pod，并从它手里带走一个；
# - 在给定的预算内更新版本：看着它、叫停它、撤销它；
# - 说出滚动更新还需要什么，外面的人才不会察觉。

# %% [markdown] lang="en"
# ## Predict

# %% [markdown] lang="zh"
# ## 先猜

# %%
lesson.predict("15-predict")

# %% [markdown] lang="en" tags=["S8-06"]
# ## Try: ask for three
#
# A **Deployment** is a sheet of paper with an order on it. Read it from below: *this* template, for Pods *like these*, *three* times.

# %% [markdown] lang="zh" tags=["S8-06"]
# ## 动手：要三个
#
# **Deployment** 就是一张写着要求的纸。从下往上读：按*这个*模板，做*这样的* Pod，要*三个*。

# %% tags=["S8-06"]
print(open("manifests/15-web.yaml").read())

# %% tags=["S8-06"]
# %kubectl apply -f manifests/15-web.yaml
# %kubectl rollout status deployment/web

# %% tags=["S8-06", "S8-07"]
# %kubectl get deployments,replicasets,pods

# %% [markdown] lang="en" tags=["S8-02"]
# ### Find the mistakes
#
# Course notes on the web say it like this: `replicas = 3 //limit`. Three things are wrong with that line. Let the cluster's own
# tool find the first:

# %% [markdown] lang="zh" tags=["S8-02"]
# ### 找错误
#
# 网上的讲义有这样写的：`replicas = 3 //limit`。这一行有三处错。先让集群自己的工具来找第一处：

# %% tags=["S8-02"]
# %%kubectl apply -f -
apiVersion: apps/v1
kind: Deployment
metadata:
  name: limited
spec:
  replicas = 3 //limit
  selector:
    matchLabels: {app: limited}

# %% [markdown] lang="en" tags=["S8-02"]
# A manifest is YAML: `key: value` with a colon, and a comment begins with `#`. (The complaint is about the next line: without a colon,
# YAML read on, and stumbled over the colon there. Look one line above where it hurts.) The third mistake no tool finds: 3 is not a
# limit. It is a target (期望值), and the controllers work towards it from both sides: too few are filled up, too many are deleted.
#
# A misspelt key is found, too, but only when the server reads it:

# %% [markdown] lang="zh" tags=["S8-02"]
# 清单是 YAML：`key: value` 用冒号，注释以 `#` 开头。（报错说的是下一行：没有冒号，YAML 就接着往下读，在那里的冒号上绊了一跤。
# 报错的地方，往上一行看看。）第三处错误什么工具也查不出来：3 不是上限，而是目标（target），控制器从两边向它靠拢：少了就补，多了就删。
#
# 键名写错也能查出来，不过要等到服务器读它的时候：

# %% tags=["S8-02"]
# %%kubectl apply -f -
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: limited
spec:
  replica: 3
  selector:
    matchLabels: {app: limited}
  template:
    metadata:
      labels: {app: limited}
    spec:
      containers:
        - {name: web, image: "nginx:1.27"}

# %% [markdown] lang="en" tags=["S8-07"]
# ## Who owns whom
#
# You asked for a Deployment, and got three kinds of things. Each carries a note that says whose it is:

# %% [markdown] lang="zh" tags=["S8-07"]
# ## 谁归谁管
#
# 你要的是 Deployment，得到的却有三种东西。每一样上面都写着它归谁管：

# %% tags=["S8-07"]
lesson.graph("web")

# %% [markdown] lang="en" tags=["S8-07"]
# Deployment → ReplicaSet → Pod. The division of labour is strict:
# - a **ReplicaSet** (副本集) knows how to count. It has one template, and can neither change it on running Pods nor replace them by another version;
# - a **Deployment** (部署) knows versions. It never touches a Pod: it makes one ReplicaSet for each version, and moves the numbers.
#
# The long number in the names is the *hash of the template*: same template, same ReplicaSet.

# %% [markdown] lang="zh" tags=["S8-07"]
# Deployment → ReplicaSet → Pod，分工很严格：
# - 副本集（**ReplicaSet**）会数数。它只有一个模板，既不会改动已经在跑的 Pod，也不会把它们换成别的版本；
# - 部署（**Deployment**）懂版本。它从不碰 Pod：每个版本造一个 ReplicaSet，然后调它们的数字。
#
# 名字里那一长串是*模板的哈希值*：模板相同，就是同一个 ReplicaSet。

# %% [markdown] lang="en" tags=["S8-01"]
# ## "Always three"?
#
# > **Common half-truth:** "A ReplicaSet keeps the number of Pods *always* equal to the expected number."
#
# Let us see. Delete two Pods at once, and draw how many were ready over time:

# %% [markdown] lang="zh" tags=["S8-01"]
# ## “永远是三个”？
#
# > **常见的半真话：**“ReplicaSet 让 Pod 的数量*永远*和预期一致。”
#
# 试试看。一次删掉两个 Pod，画出就绪的个数怎样随时间变化：

# %% tags=["S8-01"]
film = lesson.record("web")
lab.run(2)
names = lab.kubectl("get pods -l app=web -o name").stdout.split()
lab.kubectl(["delete", *names[:2], "--wait=false"])

# %% tags=["S8-01"]
lab.run(8)
lesson.figure(film, "Two of three deleted: the gap lasts until the new ones are ready")

# %% [markdown] lang="en" tags=["S8-01"]
# Not *always*: *eventually* (最终一致). There is a gap, and it lasts as long as a new Pod needs to become ready. Nothing in
# Kubernetes closes that gap afterwards; you can only have enough Pods that the others carry the load meanwhile.

# %% [markdown] lang="zh" tags=["S8-01"]
# 不是“永远”，而是“终将”（eventually）。中间有一道缺口，新 Pod 就绪要多久，它就有多长。事后谁也补不上这道缺口；
# 能做的只是备足 Pod，让其余的先顶住。

# %% [markdown] lang="en" tags=["S8-05", "GAP-02"]
# ## By what does it know its Pods?
#
# Not by name, and not by containers: by **labels** (标签), small keys and values on the Pod, through a **selector** (标签选择器).

# %% [markdown] lang="zh" tags=["S8-05", "GAP-02"]
# ## 它凭什么认出自己的 Pod？
#
# 不凭名字，也不看容器：凭标签（**label**），也就是 Pod 上的一对对键值，由标签选择器（**selector**）来挑。

# %% tags=["S8-05"]
# %kubectl get pods --show-labels

# %% tags=["S8-05"]
# %kubectl get replicasets -o wide

# %% [markdown] lang="en" tags=["S8-05", "GAP-02"]
# > **Common half-truth:** "In the controller there is a *label controller* that manages containers with the same label."
# > There is no such controller. It is a *selector*, a condition; it selects **Pods**, not containers; and a matching label is not
# > enough: the Pod must be nobody else's. That is what the owner reference is for.
#
# If a Pod that nobody owns matches, the ReplicaSet **adopts** it (收养); if one of its own no longer matches, it **releases** it (释放).
# Exercise 15-1 lets you do that. An **annotation** (注解) looks like a label but is only a note: nothing selects by it.
#
# Two rules the server enforces. The template must carry the labels that the selector asks for (or the ReplicaSet would make Pods
# for ever without finding one), and a Deployment's selector can never be changed:

# %% [markdown] lang="zh" tags=["S8-05", "GAP-02"]
# > **常见的半真话：**“副本控制器里有一个*标签控制器*，管理带同一标签的容器。”
# > 没有这样的控制器。那是*选择器*，一个条件；它选的是 **Pod**，不是容器；而且光标签相符还不够：这个 Pod 还不能是别人的。属主引用就是为此而设的。
#
# 符合条件又没有主人的 Pod，ReplicaSet 会收养（**adopt**）；自己的 Pod 不再符合条件，就释放（**release**）。练习 15-1 让你亲手做一次。
# 注解（**annotation**）看起来像标签，却只是备注：没有谁按它来选。
#
# 服务器强制两条规则：模板必须带有选择器要求的标签（否则 ReplicaSet 会一直造、一直找不到）；Deployment 的选择器永远不能改：

# %% tags=["S8-05"]
# %kubectl patch deployment web --patch '{"spec": {"selector": {"matchLabels": {"app": "shop"}}}}'

# %% [markdown] lang="en" tags=["S8-05"]
# In plain words: whoever changed the selector would leave the old Pods behind as orphans, and nobody would ever clean them up.
# To change it, make a new Deployment and delete the old one.

# %% [markdown] lang="zh" tags=["S8-05"]
# 说白了：改了选择器，旧的 Pod 就成了没人要的孤儿，永远没人收拾。真要改，就新建一个 Deployment，再删掉旧的。

# %% [markdown] lang="en" tags=["S8-03", "S8-04"]
# ### The older brother
#
# Before ReplicaSet there was the **ReplicationController** (RC). It is still there, for old manifests; for anything new, use a Deployment.
#
# > **Common half-truth:** "A ReplicationController can only select by one label, a ReplicaSet by several."
# > Both can ask for several labels at once, and then all must hold. The difference is *what* one requirement can say:
# > RC only `key = value`; ReplicaSet also sets: `In`, `NotIn`, `Exists`, `DoesNotExist`.
#
# The command line speaks the same language, so a selector can be tried before it is written into a manifest:

# %% [markdown] lang="zh" tags=["S8-03", "S8-04"]
# ### 老大哥
#
# 在 ReplicaSet 之前有 **ReplicationController**（RC）。它还留着，是为了老清单；新写的一律用 Deployment。
#
# > **常见的半真话：**“ReplicationController 只支持单选，ReplicaSet 支持复合选择。”
# > 两者都可以同时要求好几个标签，并且要全部成立。区别在于*一个条件*能说什么：
# > RC 只会说 `key = value`；ReplicaSet 还会说集合：`In`、`NotIn`、`Exists`、`DoesNotExist`。
#
# 命令行说的是同一种语言，所以写进清单之前可以先试一试选择器：

# %% tags=["S8-03"]
# %kubectl get pods -l 'app in (web, shop), app notin (test), pod-template-hash' -o name

# %% [markdown] lang="en" tags=["S8-09", "S8-10", "S6-08"]
# ## A new version
#
# Change the image, which is part of the template, and watch both ReplicaSets:

# %% [markdown] lang="zh" tags=["S8-09", "S8-10", "S6-08"]
# ## 新版本
#
# 换镜像，镜像属于模板，然后看着两个 ReplicaSet：

# %% tags=["S8-09", "S8-10", "S6-08"]
film = lesson.record("web")
look = lesson.inspect("Deployment", "web")
lab.run(2)
lab.kubectl("set image deployment/web web=nginx:1.28")

# %% tags=["S8-09", "S8-10", "S6-08"]
# %kubectl rollout status deployment/web
# %kubectl get replicasets

# %% [markdown] lang="en" tags=["S8-13", "IMG-09"]
# Here is the whole of it as a film. Above, the Deployment with its two ReplicaSets; below, how many Pods there were, between the
# two bounds that the Deployment promised to keep.

# %% [markdown] lang="zh" tags=["S8-13", "IMG-09"]
# 整个过程拍成了一段动画。上面是 Deployment 和它的两个 ReplicaSet；下面是 Pod 的个数，夹在 Deployment 承诺守住的两条界线之间。

# %% tags=["S8-13", "IMG-09", "S8-10"]
lesson.animation(film)

# %% [markdown] lang="en" tags=["S8-09"]
# What did that change in the Deployment itself? The inspector took a look before; here it marks what is different since.

# %% [markdown] lang="zh" tags=["S8-09"]
# Deployment 本身变了什么？对象查看器在更新之前看过一眼，这里标出从那以后的不同。

# %% tags=["S8-09"]
look

# %% [markdown] lang="en" tags=["S8-09"]
# The Deployment did four things, over and over: *new* up by what there is room for, wait until they are **ready**, *old* down by what
# can be spared, look again. The old ReplicaSet stays, with 0 Pods: it is the memory of the old template (up to
# `revisionHistoryLimit`, 10, are kept). And scaling?

# %% [markdown] lang="zh" tags=["S8-09"]
# Deployment 反复做四件事：*新的*加到放得下为止，等它们**就绪**，*旧的*减到省得出为止，再看一眼。旧的 ReplicaSet 留着，副本数为 0：
# 它是旧模板的记忆（最多留 `revisionHistoryLimit` 个，默认 10）。那么扩缩容呢？

# %% tags=["S8-09"]
# %kubectl scale deployment/web --replicas=4
# %kubectl rollout status deployment/web
# %kubectl get replicasets

# %% [markdown] lang="en" tags=["S8-09"]
# No new ReplicaSet: the template did not change, only a number. **Only a change of the Pod template is a new version.**

# %% [markdown] lang="zh" tags=["S8-09"]
# 没有新的 ReplicaSet：模板没变，变的只是数字。**只有改了 Pod 模板，才算新版本。**

# %% [markdown] lang="en" tags=["S8-10"]
# ## The theatre
#
# How many at once? Two numbers say it, of `replicas`:
# - `maxSurge`: how many Pods *more* may be asked for meanwhile. 25 % unless you say otherwise, rounded **up**.
# - `maxUnavailable`: how many may be *missing* meanwhile. 25 %, rounded **down**.
#
# Here is a stage of your own. Set the sliders and press **Roll out**. Then press **Roll out a bad version**, see how far it gets, and press **Undo**.
# The line under it says which requests would be answered; it is computed from the states of the Pods, because the lab's network
# is still to come.

# %% [markdown] lang="zh" tags=["S8-10"]
# ## 小剧场
#
# 一次换几个？由两个数字决定，都以 `replicas` 为基数：
# - `maxSurge`：期间最多可以*多*要几个 Pod。不写就是 25 %，**向上**取整。
# - `maxUnavailable`：期间最多可以*缺*几个。25 %，**向下**取整。
#
# 下面是你自己的舞台。调好滑块，按**滚动更新**。再按**推出一个坏版本**，看它能走到哪一步，然后按**撤销**。
# 下方那条线表示哪些请求能得到应答；实验室的网络还没建好，所以它是由 Pod 的状态推算出来的。

# %% tags=["S8-08", "S8-10", "S8-11", "S8-13"]
lesson.theatre("web")

# %% [markdown] lang="en" tags=["S8-08"]
# ### Why not all at once?
#
# That exists, too: `strategy: Recreate` stops all old Pods first and starts the new ones then. Compare:

# %% [markdown] lang="zh" tags=["S8-08"]
# ### 为什么不一次全换？
#
# 也有这种做法：`strategy: Recreate` 先停掉所有旧 Pod，再启动新的。对比一下：

# %% tags=["S8-08"]
# %kubectl patch deployment web --patch '{"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}'

# %% tags=["S8-08"]
film = lesson.record("web")
lab.run(2)
lab.kubectl("set image deployment/web web=nginx:1.29")
lab.kubectl("rollout status deployment/web")
lab.run(2)
lesson.figure(film, "Recreate: all old Pods go before the first new one comes")

# %% [markdown] lang="en" tags=["S8-08"]
# A hole: nobody was there. This is the "offline update" (下线更新) that rolling updates were made to avoid. Recreate has its use
# where two versions must never run together, for instance on one database file.

# %% [markdown] lang="zh" tags=["S8-08"]
# 出现了一个洞：一段时间里谁也不在。这就是滚动更新要避免的“下线更新”（offline update）。Recreate 也有用处：
# 两个版本绝不能同时运行的时候，例如共用一个数据库文件。

# %% tags=["S8-08"]
lab.kubectl(["patch", "deployment", "web", "--patch", '{"spec": {"strategy": {"type": "RollingUpdate"}}}'])
lab.kubectl("apply -f manifests/15-web.yaml")
lab.kubectl("rollout status deployment/web")
lab.kubectl("get deployment web")

# %% [markdown] lang="en" tags=["S8-11", "GAP-04"]
# ## Running is not serving
#
# > **Common half-truth:** "The greatest benefit of rolling updates is zero downtime: some replica is always running."
#
# Running is what the kubelet sees: the process is there. **Serving** is what a customer sees. Between the two lie three gaps:
#
# | gap | what happens | what closes it |
# |---|---|---|
# | too early | the container runs, the application still starts, requests already come | a **readinessProbe** (就绪探针): no traffic until it answers |
# | too late | the Pod is told to stop, and the news needs a second to reach all senders | a **preStop** sleep of a few seconds, and an application that ends its open requests on SIGTERM |
# | too few | the only Pod is exchanged, or its node dies | at least **2 replicas** |
#
# And a fourth that no manifest closes: for a while both versions answer. They must understand each other's data.
#
# In the theatre, set the readiness delay and the grace period to 0 and roll: the red marks on the request line are these gaps. In exercise
# 15-3 you close them.

# %% [markdown] lang="zh" tags=["S8-11", "GAP-04"]
# ## 在运行，不等于能服务
#
# > **常见的半真话：**“滚动更新最大的好处是零停机：始终有副本在运行。”
#
# “在运行”是 kubelet 看到的：进程在。“能服务”（**serving**）是客人看到的。两者之间有三道缝：
#
# | 缝 | 发生了什么 | 怎么堵 |
# |---|---|---|
# | 太早 | 容器在跑，程序还在启动，请求已经来了 | 就绪探针（**readinessProbe**）：应答之前不给流量 |
# | 太晚 | Pod 已被通知停止，而消息要一秒钟才传到所有发送方 | **preStop** 睡几秒，程序收到 SIGTERM 后把手头的请求做完 |
# | 太少 | 唯一的 Pod 正被替换，或者它的节点坏了 | 至少 **2 个副本** |
#
# 还有第四道缝，清单堵不上：有一段时间两个版本同时应答，它们必须看得懂彼此的数据。
#
# 在小剧场里把就绪延迟和宽限期都调成 0，再更新一次：请求线上的红色标记就是这些缝。练习 15-3 由你来堵。

# %% [markdown] lang="en" tags=["S8-12"]
# ## When it goes wrong
#
# Somebody mistypes the image:

# %% [markdown] lang="zh" tags=["S8-12"]
# ## 出错的时候
#
# 有人把镜像名敲错了：

# %% tags=["S8-12"]
# %kubectl patch deployment web --patch '{"spec": {"progressDeadlineSeconds": 60}}'
# %kubectl set image deployment/web web=nginx:1.28-typo
lab.run(40)

# %% tags=["S8-12"]
# %kubectl get pods

# %% [markdown] lang="en" tags=["S8-12"]
# The update stands still, and the shop is open: the old Pods go only when new ones are ready, so a bad version does not get past its
# first Pod. A Deployment never goes back by itself. It only says, after `progressDeadlineSeconds` (here 60; 600 by default), that it has given up waiting:

# %% [markdown] lang="zh" tags=["S8-12"]
# 更新停住了，店还开着：新 Pod 不就绪，旧 Pod 就不走，所以坏版本走不过第一个 Pod。Deployment 从不自己退回去。它只会在 `progressDeadlineSeconds`
# （这里是 60，默认 600）之后说一声：不等了。

# %% tags=["S8-12"]
# %kubectl rollout status deployment/web

# %% tags=["S8-12"]
# %kubectl rollout history deployment/web
# %kubectl rollout undo deployment/web
# %kubectl rollout status deployment/web
# %kubectl rollout history deployment/web

# %% [markdown] lang="en" tags=["S8-12"]
# `undo` is no time travel. It copies the template of an earlier ReplicaSet into the Deployment, and the number of that revision
# (修订版本) moves to the end of the list. The warning is right, too: the file on your disk knows nothing of it. After a rescue, mend the
# file, or the next `kubectl apply` brings the mistake back.
#
# You can also halt: while a Deployment is paused, changes of the template wait. So several changes make one rollout.

# %% [markdown] lang="zh" tags=["S8-12"]
# `undo` 不是时光倒流。它把早先某个 ReplicaSet 的模板抄回 Deployment，那个修订版本（revision）的编号于是移到了列表末尾。
# 那条警告说得也对：你磁盘上的文件并不知道这件事。抢救之后要把文件也改好，否则下一次 `kubectl apply` 又会把错误带回来。
#
# 也可以暂停：Deployment 暂停期间，模板的改动先攒着。这样几处改动只更新一次。

# %% tags=["S8-12"]
# %kubectl rollout pause deployment/web
# %kubectl set image deployment/web web=nginx:1.28
# %kubectl annotate deployment/web kubernetes.io/change-cause="nginx 1.28"
lab.run(5)
# %kubectl get replicasets

# %% tags=["S8-12"]
# %kubectl rollout resume deployment/web
# %kubectl rollout status deployment/web
# %kubectl rollout history deployment/web

# %% [markdown] lang="en" tags=["GAP-03"]
# ## What does not belong in the image
#
# One image for the test system and for the shop: so what differs between them must come from outside. A **ConfigMap** (配置字典) holds
# settings, a **Secret** (密钥对象) what not everybody should read; the Pod template only says where to look.

# %% [markdown] lang="zh" tags=["GAP-03"]
# ## 不该放进镜像的东西
#
# 测试环境和线上店铺用同一个镜像，那么两边不同的东西就得从外面来。配置字典（**ConfigMap**）存放设置，密钥对象（**Secret**）存放
# 不该人人都看的内容；Pod 模板里只写去哪里找。

# %% tags=["GAP-03"]
print(open("manifests/15-config.yaml").read())

# %% tags=["GAP-03"]
# %kubectl apply -f manifests/15-config.yaml
# %kubectl rollout status deployment/greeter

# %% [markdown] lang="en" tags=["GAP-03"]
# Each container now starts with `GREETING` and `PASSWORD` in its environment. And how secret is the Secret?

# %% [markdown] lang="zh" tags=["GAP-03"]
# 现在每个容器启动时，环境变量里都有 `GREETING` 和 `PASSWORD`。那么 Secret 到底有多“密”？

# %% tags=["GAP-03"]
import base64

stored = lab.kubectl("get secret till -o jsonpath={.data.PASSWORD}").stdout
print(f"{stored} is base64 for: {base64.b64decode(stored).decode()}")

# %% [markdown] lang="en" tags=["GAP-03"]
# > **Common half-truth:** "A Secret is encrypted."
# > By itself it is only written in base64, which anybody can read back. What protects it is who may read it, and encryption at rest
# > (静态加密), which an administrator must switch on. (And look at the annotation that `kubectl apply` left: the password stands
# > there in clear. Do not apply Secrets from files in a repository.)
#
# Now change the greeting, and see who notices:

# %% [markdown] lang="zh" tags=["GAP-03"]
# > **常见的半真话：**“Secret 是加密的。”
# > 它本身只是换成 base64 写法，谁都能还原。真正保护它的，是谁有权读取，以及要由管理员打开的静态加密（encryption at rest）。
# > （再看看 `kubectl apply` 留下的注解：密码明明白白写在那里。不要从代码仓库里的文件 apply Secret。）
#
# 现在改一改问候语，看看谁会发觉：

# %% tags=["GAP-03"]
# %kubectl patch configmap greeting --patch '{"data": {"GREETING": "Sold out"}}'
lab.run(5)
# %kubectl get replicasets -l app=greeter

# %% [markdown] lang="en" tags=["GAP-03"]
# Nobody. The Pod template did not change by a letter, so there is no new version, and a process gets its environment once, when it
# starts: these Pods go on saying Welcome. `kubectl rollout restart` changes the template in the smallest possible way (an annotation
# with the time), and the usual careful update does the rest:

# %% [markdown] lang="zh" tags=["GAP-03"]
# 谁也没发觉。Pod 模板一个字都没变，所以没有新版本；而进程只在启动时拿一次环境变量，这些 Pod 还会继续说 Welcome。
# `kubectl rollout restart` 对模板做最小的改动（加一条写着时间的注解），剩下的交给平常那种小心的更新：

# %% tags=["GAP-03"]
# %kubectl rollout restart deployment/greeter
# %kubectl rollout status deployment/greeter
# %kubectl get replicasets -l app=greeter

# %% tags=["GAP-03"]
# %kubectl delete -f manifests/15-config.yaml

# %% [markdown] lang="en"
# ## Exercises
#
# Each begins with a cell that sets the scene, and leaves a cell for you. Run the first cell of an exercise again to begin it anew.
#
# ### 15-1 Take a Pod away from its ReplicaSet
#
# A Pod behaves strangely. You want to look at it in peace: alive, but without customers. Look back at your prediction, too.

# %% [markdown] lang="zh"
# ## 练习
#
# 每个练习先有一个布置现场的单元格，再留一个给你。想重来，就再运行一次第一个单元格。
#
# ### 15-1 从 ReplicaSet 手里带走一个 Pod
#
# 有个 Pod 表现古怪。你想安静地查一查：让它活着，但不接待客人。也回头看看你先前的猜测。

# %% tags=["S8-05"]
lesson.start("15-1")

# %%
# Your commands here

# %%
lesson.exercise("15-1")

# %% [markdown] lang="en"
# ### 15-2 An update on a budget
#
# Ten Pods on rented machines. The default would let two of ten be missing and ask for three more.

# %% [markdown] lang="zh"
# ### 15-2 精打细算的更新
#
# 十个 Pod，机器是租来的。默认值会让十个里缺两个，还多要三个。

# %% tags=["S8-10"]
lesson.start("15-2")

# %%
# Your commands here

# %%
lesson.exercise("15-2")

# %% [markdown] lang="en"
# ### 15-3 Ten thousand requests
#
# `pay` gets ten requests a second, and each one is somebody's money.

# %% [markdown] lang="zh"
# ### 15-3 一万个请求
#
# `pay` 每秒收到十个请求，每一个都是别人的钱。

# %% tags=["S8-11"]
lesson.start("15-3")

# %%
# Your commands here

# %%
lesson.exercise("15-3")

# %% [markdown] lang="en"
# ### 15-4 Rescue a stuck rollout
#
# You come to work, and this is what you find.

# %% [markdown] lang="zh"
# ### 15-4 抢救卡住的更新
#
# 你来上班，看到的是这副样子。

# %% tags=["S8-12"]
lesson.start("15-4")

# %%
# Your commands here

# %%
lesson.exercise("15-4")

# %% [markdown] lang="en"
# ### 15-5 Two groups of three
#
# Six Pods that somebody once started by hand. Four of them shall be looked after from now on.

# %% [markdown] lang="zh"
# ### 15-5 三组里选两组
#
# 有人当初手工启动了六个 Pod。从现在起，其中四个要有人照看。

# %% tags=["S8-03", "S8-05"]
lesson.start("15-5")

# %%
# Your commands here

# %%
lesson.exercise("15-5")

# %% [markdown] lang="en"
# ## Quiz

# %% [markdown] lang="zh"
# ## 小测验

# %% tags=["S8-03", "S8-09", "S8-10", "S8-11", "S8-12"]
lesson.quiz()

# %% [markdown] lang="en"
# ## Wrap-up
#
# - A ReplicaSet counts the Pods that match its selector and are nobody else's; it makes and deletes until the number is right.
# - A Deployment makes one ReplicaSet for each Pod template and moves the numbers between them; scaling makes none.
# - `maxSurge` and `maxUnavailable` bound the update, readiness drives it, the kept ReplicaSets make `undo` possible.
# - A bad version stops at its first Pods and nothing goes back by itself.
# - Settings come from a ConfigMap, passwords from a Secret (base64 is no lock); a change of either rolls nothing by itself.
# - Zero downtime is not a setting: readiness probe, graceful stop, at least two replicas, versions that get along.
#
# The lab leaves out here: the network itself (the request line is computed), ReplicationController, and the autoscaler. See
# [What the lab does not model](99-what-the-lab-does-not-model.ipynb).

# %% [markdown] lang="zh"
# ## 小结
#
# - ReplicaSet 数的是符合选择器、又不归别人的 Pod；多删少补，直到数字对上。
# - Deployment 为每个 Pod 模板造一个 ReplicaSet，在它们之间调数字；扩缩容不会造新的。
# - `maxSurge` 和 `maxUnavailable` 限定更新的幅度，就绪推动它前进，留着的 ReplicaSet 让 `undo` 成为可能。
# - 坏版本停在最初几个 Pod 上，而且什么都不会自己退回去。
# - 设置来自 ConfigMap，密码来自 Secret（base64 不是锁）；改了它们，什么都不会自动更新。
# - 零停机不是一个开关：就绪探针、体面的停止、至少两个副本、彼此相容的版本，缺一不可。
#
# 本章里实验室省略了：网络本身（请求线是推算的）、ReplicationController 和自动扩缩容。见
# [实验室没有模拟什么](99-what-the-lab-does-not-model.ipynb)。

# %%
lesson.glossary()

# %% [markdown] lang="en"
# ## Next
#
# Chapter 16 is about Pods that are *not* interchangeable: each with a name, a number and a disk of its own. Until it is there, go
# back to the map in [Start here](00-start-here.ipynb).

# %% [markdown] lang="zh"
# ## 接下来
#
# 第 16 章讲*不能*互换的 Pod：各有名字、编号和自己的磁盘。在它写好之前，可以先回到[从这里开始](00-start-here.ipynb)里的地图。

# %%
lesson.progress
