"""``python -m k8slab.course.build [NN ...]``: build and run both editions of all chapters, or of those numbered."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from k8slab.course.build import canonical, editions, running

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"


def target(name: str, language: str, notebooks: Path) -> Path:
    """Return where the edition in *language* of the chapter called *name* lies."""
    return (notebooks / "zh" if language == "zh" else notebooks) / f"{name}.ipynb"


def build(source: Path, notebooks: Path = NOTEBOOKS) -> list[Path]:
    """Build both editions of *source* into *notebooks*; return where they lie."""
    built = []
    for language, notebook in editions.editions(source).items():
        path = target(source.stem, language, notebooks)
        ran = running.run(notebook, path.parent)
        path.write_text(canonical.text(canonical.canonical(ran)), encoding="utf-8")
        built.append(path)
    return built


def main(wanted: list[str]) -> int:
    """Build the chapters whose numbers are *wanted*, or all, and say how long it took."""
    sources = sorted((NOTEBOOKS / "source").glob("[0-9][0-9]-*.py"))
    chosen = [source for source in sources if not wanted or source.stem[:2] in wanted]
    if not chosen:
        print(f"no chapter is numbered {' or '.join(wanted)}", file=sys.stderr)
        return 2
    for source in chosen:
        began = time.monotonic()
        built = build(source)
        size = sum(path.stat().st_size for path in built) / 2**10
        print(f"{source.stem:40} {time.monotonic() - began:5.1f} s  {size:6.0f} KiB in two editions")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
