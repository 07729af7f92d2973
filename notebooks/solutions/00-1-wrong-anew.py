# Five Pods, but the Deployment was thrown away and made anew: for a while nobody answered.
lab.kubectl("delete deployment hello --cascade=foreground")
lab.kubectl("create deployment hello --image=nginx:1.27 --replicas=5")
lab.run(10)
