# The update that brings the hook: the Pods that leave do not have it yet.
lab.kubectl("apply -f manifests/15-3-pay-polite.yaml")
lab.run(1000)
