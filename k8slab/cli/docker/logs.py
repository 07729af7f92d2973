"""``docker logs``. Models cli/command/container/logs.go."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from k8slab.cli.docker.errors import CommandError
from k8slab.cli.docker.invocation import Invocation
from k8slab.cli.docker.streams import copy_out
from k8slab.cli.kubectl import durations
from k8slab.cli.seam import Steps


def logs(run: Invocation) -> Steps[int]:
    """Print what a container has printed."""
    flags = run.flags
    found = yield from run.api.json("GET", f"/containers/{run.args[0]}/json")
    now = yield from run.now()
    query = {
        "stdout": "1",
        "stderr": "1",
        "since": timestamp(flags.text("since"), now, "since") or None,
        "until": timestamp(flags.text("until"), now, "until") or None,
        "timestamps": "1" if flags.on("timestamps") else None,
        "details": "1" if flags.on("details") else None,
        "follow": "1" if flags.on("follow") else None,
        "tail": flags.text("tail"),
    }
    response = yield from run.api.call("GET", f"/containers/{found['Id']}/logs", query)
    yield from copy_out(run, response, raw=found["Config"]["Tty"])
    return 0


_FORMS = (
    ("%Y-%m-%dT%H:%M:%S.%f%z", True),
    ("%Y-%m-%dT%H:%M:%S%z", True),
    ("%Y-%m-%dT%H:%M:%S.%f", False),
    ("%Y-%m-%dT%H:%M:%S", False),
    ("%Y-%m-%dT%H:%M", False),
    ("%Y-%m-%dT%H", False),
    ("%Y-%m-%d", False),
)


def timestamp(text: str, now: datetime, name: str = "since") -> str:
    """Return a moment as the API takes it: seconds since 1970, with nanoseconds if given. Models api/types/time.GetTimestamp.

    *text* is a date, a number of seconds, or how long ago (``10m``). Raises CommandError.
    """
    if not text:
        return ""
    try:
        back = durations.parse(text)
    except ValueError:
        pass
    else:
        if text != "0":
            return str(int((now.timestamp() - back) // 1))
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text
    fraction = re.search(r"\.(\d+)", text)
    plain = text.replace(fraction[0], "", 1) if fraction else text
    for form, zoned in _FORMS:
        try:
            moment = datetime.strptime(plain.replace("Z", "+0000") if zoned else plain, form)
        except ValueError:
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        nanoseconds = (fraction[1] if fraction else "").ljust(9, "0")[:9]
        return f"{int(moment.timestamp())}.{nanoseconds}"
    lead = f'invalid value for "{name}": ' if name else ""
    raise CommandError(f'{lead}failed to parse value as time or duration: "{text}"')
