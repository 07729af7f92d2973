lab.kubectl("rollout undo deployment/news")
lab.kubectl("rollout status deployment/news")
