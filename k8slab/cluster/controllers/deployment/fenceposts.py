"""maxSurge and maxUnavailable as numbers of Pods.

Models pkg/controller/deployment/util (ResolveFenceposts, MaxSurge, MaxUnavailable) and apimachinery's
GetScaledValueFromIntOrPercent. A percentage of surge is rounded up, of unavailability down: 25% of 3 is 1 and 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

ROLLING_UPDATE, RECREATE = "RollingUpdate", "Recreate"


class Fenceposts(NamedTuple):
    """How far a rollout may go above and below the number of replicas asked for."""

    max_surge: int
    max_unavailable: int


def scaled_value(value: int | str | None, total: int, *, round_up: bool) -> int:
    """Return *value* itself, or that percentage of *total*."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    percent = int(value.removesuffix("%"))
    return -(-percent * total // 100) if round_up else percent * total // 100


def resolve(max_surge: int | str | None, max_unavailable: int | str | None, desired: int) -> Fenceposts:
    """Return both as numbers; where both round to 0, one Pod may be unavailable, or nothing could ever move."""
    surge = scaled_value(max_surge, desired, round_up=True)
    unavailable = scaled_value(max_unavailable, desired, round_up=False)
    return Fenceposts(surge, 1) if surge == 0 and unavailable == 0 else Fenceposts(surge, unavailable)


def of(deployment: Any) -> Fenceposts:
    """Return the fenceposts of *deployment*; a Recreate has none."""
    strategy, desired = deployment.spec.strategy, deployment.spec.replicas
    if strategy.type != ROLLING_UPDATE:
        return Fenceposts(0, 0)
    rolling = strategy.rollingUpdate
    posts = resolve(rolling.maxSurge, rolling.maxUnavailable, desired)
    return posts._replace(max_unavailable=min(posts.max_unavailable, desired))
