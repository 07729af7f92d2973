# One of the two groups: the other two Pods it lacks, it makes.
lab.kubectl(
    "apply -f -",
    stdin="""
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: keeper
spec:
  replicas: 4
  selector:
    matchLabels:
      tier: web
  template:
    metadata:
      labels:
        tier: web
    spec:
      containers:
        - name: web
          image: nginx:1.27
""",
)
lab.run(10)
