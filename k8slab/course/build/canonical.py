"""The canonical form of a notebook that was run: the same bytes every time, and readable without a kernel.

Cell ids and execution counts are their places. Views of widgets are removed (without their state a page would show an error
in their place); the picture and the text that come with each stay. Nothing that depends on the machine is kept.
"""

from __future__ import annotations

import re
from typing import Any

import nbformat

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
#: Something that differs from run to run would show up as one of these.
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


class NotCanonical(Exception):
    """A notebook shows something that must not be stored; the message names the cell."""


def canonical(notebook: Any) -> Any:
    """Return *notebook* in canonical form (it is changed). Raises `NotCanonical` for stderr, errors and memory addresses."""
    notebook.metadata = nbformat.from_dict({**METADATA, "k8slab": notebook.metadata["k8slab"]})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for place, cell in enumerate(notebook.cells):
        cell.id = f"c{place:02}"
        tags = list(cell.metadata.get("tags", ()))
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type != "code":
            cell.pop("attachments", None)
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = [_output(one, cell, count) for one in _joined(cell.outputs)]
        cell.outputs = [one for one in cell.outputs if one is not None]
    return notebook


def text(notebook: Any) -> str:
    """Return *notebook* as it is stored."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def _joined(outputs: list[Any]) -> list[Any]:
    """Join pieces of the same stream: how it was cut depends on timing."""
    joined: list[Any] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _output(output: Any, cell: Any, count: int) -> Any:
    if output.output_type == "error":
        if "raises-exception" not in cell.metadata.get("tags", ()):
            raise NotCanonical(f"{output.ename}: {output.evalue}, in the cell\n{cell.source}")
        output.traceback = [f"{output.ename}: {output.evalue}"]
        return output
    if output.output_type == "stream":
        if output.name != "stdout":
            raise NotCanonical(f"this cell prints to {output.name}: {output.text}\n{cell.source}")
        _forbid_addresses(output.text, cell)
        return output
    if output.output_type == "execute_result":
        output.execution_count = count
    output.data.pop(WIDGET_VIEW, None)
    for mime, value in output.data.items():
        if isinstance(value, str) and mime.startswith("text/"):
            _forbid_addresses(value, cell)
        if mime == "image/png":
            output.data[mime] = value.replace("\n", "") + "\n"
    return output if output.data else None


def _forbid_addresses(shown: str, cell: Any) -> None:
    found = ADDRESS.search(shown)
    if found:
        raise NotCanonical(f"this cell shows a memory address ({found[0]}), which no two runs share:\n{cell.source}")
