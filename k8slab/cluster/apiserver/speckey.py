"""Which Pod specs are the same: a key for remembering what was found out about one, however many Pods have it.

Five hundred Pods of one ReplicaSet differ in the random name of one volume; that is blotted out. Upstream has no such memory.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

#: Forget everything when there is more than this: scenarios are small, and a fresh start costs little.
MOST_REMEMBERED = 8192
_RANDOM_VOLUME = re.compile(rb'"kube-api-access-[a-z0-9]{5}"')
_encode = msgspec.json.Encoder().encode


def spec_key(spec: dict[str, Any]) -> bytes:
    """Return a key that is equal for two specs only if nothing that matters for defaults and validation differs."""
    return _RANDOM_VOLUME.sub(b'"kube-api-access"', _encode(spec))
