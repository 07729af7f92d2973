# It looks the same, but the history is lost, and for a while nobody answered.
lab.kubectl("delete deployment news --cascade=foreground")
lab.kubectl("apply -f manifests/15-4-news.yaml")
lab.kubectl("rollout status deployment/news")
