lab.kubectl("scale deployment/hello --replicas=5")
lab.run(10)
