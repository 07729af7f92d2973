strategy = "spec: {strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}"
lab.kubectl(["patch", "deployment", "shop", "--patch", strategy])
lab.kubectl("set image deployment/shop web=nginx:1.28")
lab.kubectl("rollout status deployment/shop")
