# Two more Pods, but from another Deployment: hello itself still asks for three.
lab.kubectl("create deployment more --image=nginx:1.27 --replicas=2")
lab.run(10)
