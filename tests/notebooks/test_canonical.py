"""The canonical form: equal for equal runs, and nothing of the machine in it."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from k8slab.course.build.canonical import WIDGET_VIEW, NotCanonical, canonical, text


def ran(*outputs, tags=()):
    cell = new_code_cell(
        "x",
        execution_count=7,
        outputs=list(outputs),
        metadata={"tags": list(tags), "execution": {"iopub.status.busy": "2026"}},
    )
    return new_notebook(cells=[new_markdown_cell("# T"), cell], metadata={"k8slab": {"language": "en"}, "widgets": {}})


def stream(shown, name="stdout"):
    return new_output("stream", name=name, text=shown)


def test_ids_and_counts_are_places_and_metadata_of_the_run_is_gone():
    made = canonical(ran(new_output("execute_result", {"text/plain": "1"}, execution_count=7)))
    assert [cell.id for cell in made.cells] == ["c00", "c01"]
    assert made.cells[1].execution_count == made.cells[1].outputs[0].execution_count == 1
    assert made.cells[1].metadata == {} and "widgets" not in made.metadata
    assert made.metadata.k8slab == {"language": "en"}


def test_a_widgets_view_goes_and_its_picture_and_text_stay():
    shown = {WIDGET_VIEW: {"model_id": "1"}, "image/png": "aGk\n=\n", "text/plain": "a board"}
    output = canonical(ran(new_output("display_data", shown))).cells[1].outputs[0]
    assert dict(output.data) == {"image/png": "aGk=\n", "text/plain": "a board"}


def test_an_output_that_was_nothing_but_a_view_disappears():
    assert canonical(ran(new_output("display_data", {WIDGET_VIEW: {"model_id": "1"}}))).cells[1].outputs == []


def test_how_a_stream_was_cut_does_not_show():
    assert text(canonical(ran(stream("a\nb\n")))) == text(canonical(ran(stream("a\n"), stream("b\n"))))


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        pytest.param(stream("warning", "stderr"), "prints to stderr", id="stderr"),
        pytest.param(stream("<object at 0x7f12ab34cd>"), "memory address", id="an address in a stream"),
        pytest.param(
            new_output("display_data", {"text/plain": "<A at 0x7f12ab34cd>"}), "memory address", id="an address in text"
        ),
        pytest.param(new_output("error", ename="E", evalue="v", traceback=[]), "E: v", id="an error"),
    ],
)
def test_what_must_not_be_stored_is_refused(output, complaint):
    with pytest.raises(NotCanonical, match=complaint):
        canonical(ran(output))


def test_an_expected_error_is_kept_without_its_traceback():
    error = new_output("error", ename="LabError", evalue="no", traceback=["/home/me/x.py line 3"])
    assert canonical(ran(error, tags=["raises-exception"])).cells[1].outputs[0].traceback == ["LabError: no"]


def test_making_it_canonical_twice_changes_nothing():
    once = text(canonical(ran(stream("a"))))
    assert text(canonical(nbformat.reads(once, as_version=4))) == once
    assert json.loads(once)["nbformat_minor"] == 5
