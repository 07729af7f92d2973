"""Runs a notebook in a kernel of its own, from the folder where it will lie, with nobody's progress but its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbclient import NotebookClient

CELL_SECONDS = 120


def run(notebook: Any, folder: Path) -> Any:
    """Run *notebook* in *folder* and return it with its outputs. Raises nbclient's CellExecutionError."""
    folder.mkdir(parents=True, exist_ok=True)
    with _nobodys_environment():
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            store_widget_state=False,
            resources={"metadata": {"path": str(folder)}},
        )
        return client.execute()


@contextmanager
def _nobodys_environment() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        ours = {"K8SLAB_PROGRESS": str(Path(folder) / "progress.json"), "MPLBACKEND": "agg", "NO_COLOR": "1"}
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
