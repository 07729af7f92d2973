"""placeholder"""

def pod_spec_diff(old, new):
    return ""
