"""Whatever a body of the right types holds or lacks, a strategy answers with errors or an object, never with a traceback."""

import copy
import datetime as dt
import random
import typing

import msgspec
import pytest

from k8slab.apimachinery.errors import ApiError
from tests.cluster.apiserver.strategies.recorded import BY_KIND, create, update

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
WORDS = [
    "",
    "a",
    "Bad Value!",
    "Always",
    "Exists",
    "In",
    "RollingUpdate",
    "NodePort",
    "Container",
    "1",
    "10%",
    "*/5 * * * *",
]
QUANTITIES = ["0", "1", "100m", "1Gi", "-1"]
#: Fields whose text the decoder has checked already: quantities and times.
AMOUNTS = ("limits", "requests", "capacity", "allocatable", "hard", "used", "overhead", "max", "min", "default", "defaultRequest")  # fmt: skip


class Maker:
    """Makes bodies of an API type at random: every field may be missing, whatever the type says."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def body(self, struct, depth=0):
        made = {}
        names = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
        for field, hint in typing.get_type_hints(struct).items():
            if field in names and self.random.random() < (0.8 if depth < 2 else 0.35):
                value = self.value(hint, names[field], depth)
                if value not in (None, ""):
                    made[names[field]] = value
        return made

    def value(self, hint, name, depth):
        arguments = [one for one in typing.get_args(hint) if one is not type(None)]
        origin = typing.get_origin(hint)
        if origin is typing.Union:
            return self.value(arguments[0], name, depth)
        if origin is list:
            if depth > 7:
                return None
            return [self.value(arguments[0], name, depth + 1) for _ in range(self.random.choice((1, 1, 2)))]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self.body(hint, depth + 1) if depth < 8 else {}
        if hint is dict or origin is dict:
            texts = QUANTITIES if name in AMOUNTS or name == "maxLimitRequestRatio" else WORDS
            return {self.random.choice(["a", "cpu", "memory", "Bad Key!"]): self.random.choice(texts)}
        if name in ("divisor", "sizeLimit"):
            return self.random.choice(QUANTITIES)
        if hint is dt.datetime:
            return "2026-01-01T00:00:00Z"
        if hint is bool:
            return self.random.random() < 0.5
        if hint in (int, float):
            return self.random.choice([0, 1, 5, -1, 70000])
        if name in ("port", "targetPort", "maxSurge", "maxUnavailable", "minAvailable"):
            return self.random.choice([0, 1, "a", "10%"])
        return self.random.choice(WORDS)


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_no_body_ends_in_a_traceback(kind):
    strategy = BY_KIND[kind]
    for seed in range(12):
        body = Maker(f"{kind}-{seed}").body(strategy.model)
        body |= {"apiVersion": strategy.api_version, "kind": kind}
        body["metadata"] = {"name": "x"}
        stored = copy.deepcopy(body)
        try:
            stored = create(body)
        except ApiError as error:
            assert error.code == 422
            strategy.default(stored)
        stored["metadata"] |= {"name": "x", "resourceVersion": "1", "uid": "u"}
        assert len(strategy.row(stored, NOW)) == len(strategy.columns)
        assert all(isinstance(value, str) for value in strategy.fields(stored).values())
        strategy.warnings(stored)
        other = Maker(f"{kind}-{seed}-other").body(strategy.model)
        other |= {"apiVersion": strategy.api_version, "kind": kind, "metadata": dict(stored["metadata"])}
        for status in (False, "status" in strategy.subresources):
            try:
                update(other, stored, status=status)
            except ApiError as error:
                assert error.code == 422
