"""What the API server adds to an object that leaves things out, so that everybody after it sees the same, complete object.

Models pkg/apis/*/v1/defaults.go and the empty values that Go always encodes. In place, and changing nothing the second time.
"""
