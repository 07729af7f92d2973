"""What views say, in English and Chinese. API words (Pod, Ready, ReplicaSet) stay as the tools say them.

The table is ``words.yaml``: a key, and under it one sentence a language with ``{fields}``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from k8slab.sim.errors import LabError

LANGUAGES = ("en", "zh")


class Words:
    """The sentences of one language: ``Words("zh")("pod.kill")``."""

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise LabError(f"views speak {' and '.join(LANGUAGES)}, not {language!r}. Set language to one of them.")
        self.language = language

    def __call__(self, key: str, **fields: object) -> str:
        """Return the sentence *key* with its fields filled in."""
        return _table()[key][self.language].format(**fields)

    def count(self, number: int, kind: str) -> str:
        """Return *number* of *kind* as it is counted: ``2 ReplicaSets``, ``2 个 ReplicaSet``."""
        if self.language == "zh":
            return f"{number} 个 {kind}"
        return f"{number} {kind}" + ("" if number == 1 else "es" if kind.endswith("s") else "s")

    def group(self, *names: str) -> dict[str, str]:
        """Return the raw sentences of the groups *names* by key, for a widget to fill in itself."""
        return {key: text[self.language] for key, text in _table().items() if key.split(".")[0] in names}


@cache
def _table() -> dict[str, dict[str, str]]:
    text = resources.files("k8slab.views").joinpath("words.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


ENGLISH = Words("en")
