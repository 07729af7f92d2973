# The default of 25 % lets two of ten be missing.
lab.kubectl("set image deployment/shop web=nginx:1.28")
lab.kubectl("rollout status deployment/shop")
