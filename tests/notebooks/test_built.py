"""The stored notebooks: built from today's sources, both editions alike, with a picture and words for every widget, and small."""

import re
from pathlib import Path

import nbformat
import pytest

from k8slab.course.build import canonical, editions
from k8slab.course.build.__main__ import build, target

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
SOURCES = sorted((NOTEBOOKS / "source").glob("*.py"))
BUILT = [(source, language) for source in SOURCES for language in ("en", "zh")]
#: Calls whose cell shows a widget or a picture.
PICTURED = re.compile(
    r"^lesson\.(board|graph|theatre|events|inspect|figure|animation|exercise|predict|quiz)\(", re.MULTILINE
)
MOST_BYTES, MOST_BYTES_OF_ALL = 1_000_000, 20_000_000
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def opened(source, language):
    return nbformat.read(target(source.stem, language, NOTEBOOKS), as_version=4)


def name_of(case):
    return f"{case[0].stem} {case[1]}" if isinstance(case, tuple) else str(case)


@pytest.mark.parametrize("case", BUILT, ids=name_of)
def test_it_was_built_from_the_source_as_it_is_now(case):
    source, language = case
    stored = opened(source, language)
    wanted = editions.editions(source)[language]
    assert stored.metadata.k8slab.source_sha256 == editions.sha256(source), "run make notebooks"
    assert [cell.source for cell in stored.cells] == [cell.source for cell in wanted.cells]


@pytest.mark.parametrize("case", BUILT, ids=name_of)
def test_it_is_canonical(case):
    path = target(case[0].stem, case[1], NOTEBOOKS)
    stored = path.read_text(encoding="utf-8")
    assert canonical.text(canonical.canonical(nbformat.reads(stored, as_version=4))) == stored
    code = [cell for cell in opened(*case).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


@pytest.mark.parametrize("case", BUILT, ids=name_of)
def test_every_widget_and_picture_is_there_as_a_picture_and_in_words(case):
    for cell in opened(*case).cells:
        if cell.cell_type == "code" and PICTURED.search(cell.source):
            shown = [output.data for output in cell.outputs if "data" in output]
            assert any(data.get("image/png", "").startswith("iVBORw0KGgo") for data in shown), cell.source
            assert all(len(data["text/plain"]) > 20 for data in shown), cell.source


@pytest.mark.parametrize("case", BUILT, ids=name_of)
def test_it_is_small(case):
    assert target(case[0].stem, case[1], NOTEBOOKS).stat().st_size < MOST_BYTES


def test_all_that_is_stored_is_small():
    folders = [ROOT / name for name in ("notebooks", "assets", "k8slab", "tests")]
    assert (
        sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
        < MOST_BYTES_OF_ALL
    )


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_the_chinese_edition_has_the_same_code_and_the_same_output_of_the_tools(source):
    """What a tool prints is the same; what the course or a view says is in the reader's language."""
    pairs = zip(opened(source, "en").cells, opened(source, "zh").cells, strict=True)
    for english, chinese in pairs:
        assert english.cell_type == chinese.cell_type
        if english.cell_type != "code":
            continue
        if "language" in english.metadata.get("tags", ()):
            assert chinese.source == english.source.replace('language="en"', 'language="zh"')
        else:
            assert chinese.source == english.source
        for first, second in zip(english.outputs, chinese.outputs, strict=True):
            assert first.output_type == second.output_type, english.source
            if first.output_type == "stream":
                assert first.text == second.text, english.source
            else:
                texts = [output.data["text/plain"] for output in (first, second)]
                assert texts[0] == texts[1] or CHINESE.search(texts[1]), (english.source, texts)


def said(cell):
    """Return the texts of *cell*'s outputs."""
    return [output.text if "text" in output else output.data.get("text/plain", "") for output in cell.outputs]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_an_untouched_exercise_is_not_started(source):
    for cell in opened(source, "en").cells:
        if cell.cell_type == "code" and cell.source.startswith("lesson.exercise("):
            assert "Not started: " in said(cell)[0], cell.source


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_building_again_gives_the_same_bytes(source, tmp_path, monkeypatch):
    """The whole of it, pictures included (they are the same under constraints.txt only)."""
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    for path in build(source, tmp_path / "notebooks"):
        assert path.read_bytes() == (NOTEBOOKS / path.relative_to(tmp_path / "notebooks")).read_bytes(), path.name
