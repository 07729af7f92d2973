# A rolling update alone: Pods get requests before they can answer, and after they have stopped.
lab.kubectl("set image deployment/pay web=nginx:1.28")
lab.run(1000)
