# app=cart matches all three groups, and a ReplicaSet that finds six but asks for four deletes two.
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
      app: cart
  template:
    metadata:
      labels:
        app: cart
    spec:
      containers:
        - name: web
          image: nginx:1.27
""",
)
lab.run(10)
