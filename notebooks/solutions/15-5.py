lab.kubectl("apply -f manifests/15-5-keeper.yaml")
lab.run(10)
