# Deleting replaces the Pod, but nothing is left to look at.
pod = lab.kubectl("get pods -l app=web -o name").stdout.split()[0]
lab.kubectl(f"delete {pod}")
lab.run(10)
