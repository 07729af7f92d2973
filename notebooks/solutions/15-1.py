pod = lab.kubectl("get pods -l app=web -o name").stdout.split()[0]
lab.kubectl(f"label {pod} app=debug --overwrite")
lab.run(10)
