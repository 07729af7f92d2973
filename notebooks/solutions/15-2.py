lab.kubectl(
    ["patch", "deployment", "shop", "--patch", "spec: {strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}"]
)
lab.kubectl("set image deployment/shop web=nginx:1.28")
lab.kubectl("rollout status deployment/shop")
