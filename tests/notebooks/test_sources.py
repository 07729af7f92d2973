"""The sources of the chapters: both languages in step, in the shape every chapter has, tagged with what they teach."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from k8slab.course import content
from k8slab.course.build import editions

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.py"))
CHAPTERS = [source for source in SOURCES if source.stem[:2] in content.numbers()]
HONESTY_PAGE = "99-what-the-lab-does-not-model.ipynb"

HEADING = re.compile(r"^(#+) ", re.MULTILINE)
CODE = re.compile(r"`[^`]+`")
LINK = re.compile(r"\]\(([^)]+)\)")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def by_name(path):
    return path.stem


@pytest.mark.parametrize("source", SOURCES, ids=by_name)
def test_the_editions_have_the_same_headings_code_spans_and_links(source):
    for english, chinese in editions.twins(editions.read(source)):
        where = f"{english[:200]}\n---\n{chinese[:200]}"
        assert HEADING.findall(english) == HEADING.findall(chinese), where
        assert set(CODE.findall(english)) == set(CODE.findall(chinese)), where
        assert LINK.findall(english) == LINK.findall(chinese), where


@pytest.mark.parametrize("source", SOURCES, ids=by_name)
def test_each_text_is_written_in_its_language(source):
    for english, chinese in editions.twins(editions.read(source)):
        assert CHINESE.search(chinese), chinese
        terms_of_art = re.sub(r"\([^()]*\)|（[^（）]*）", "", english)
        assert not CHINESE.search(terms_of_art), f"Chinese only stands in brackets, as a term of art: {english}"


@pytest.mark.parametrize("source", SOURCES, ids=by_name)
def test_no_emphasis_is_left_unclosed(source):
    """Markdown closes no `**` between a full stop and a letter, which Chinese writes without a space."""
    for pair in editions.twins(editions.read(source)):
        for text in pair:
            inline = [token for token in MarkdownIt().enable("table").parse(text) if token.type == "inline"]
            plain = "".join(child.content for token in inline for child in token.children if child.type == "text")
            assert "*" not in plain, plain


@pytest.mark.parametrize("source", SOURCES, ids=by_name)
def test_links_lead_somewhere(source):
    for english, _ in editions.twins(editions.read(source)):
        for target in LINK.findall(english):
            if "://" not in target and not target.startswith("#"):
                page = ROOT / "notebooks" / "source" / target.replace(".ipynb", ".py")
                assert page.exists() or (ROOT / "notebooks" / target).exists(), target


@pytest.mark.parametrize("source", CHAPTERS, ids=by_name)
def test_every_chapter_has_the_shape(source):
    texts = "\n".join(english for english, _ in editions.twins(editions.read(source)))
    headings = re.findall(r"^## (.+)$", texts, re.MULTILINE)
    expected = ["Goal", "Predict", "Try", "Exercises", "Quiz", "Wrap-up", "Next"]
    found = [next((one for one in expected if heading.startswith(one)), None) for heading in headings]
    assert [one for one in found if one] == expected
    assert HONESTY_PAGE in texts, "every chapter says where the honesty page is"
    assert "Common half-truth" in texts


@pytest.mark.parametrize("source", CHAPTERS, ids=by_name)
def test_every_chapter_shows_its_exercises_prediction_quiz_and_words(source):
    code = "\n".join(cell.source for cell in editions.read(source).cells if cell.cell_type == "code")
    chapter = content.chapter(source.stem[:2])
    shown = [f'lesson.exercise("{name}")' for name in chapter.exercises]
    shown += [f'lesson.predict("{name}")' for name in chapter.predictions]
    for call in [*shown, "lesson.quiz()", "lesson.glossary()"]:
        assert code.count(call) == 1, call


@pytest.mark.parametrize("source", CHAPTERS, ids=by_name)
def test_cells_are_short(source):
    for cell in editions.read(source).cells:
        if cell.cell_type == "code" and not cell.source.startswith("%%"):
            assert len(cell.source.splitlines()) <= 10, cell.source


@pytest.mark.parametrize(
    ("number", "rows"),
    [
        ("00", ["S3-01", "S10.2-15"]),
        ("15", [*(f"S8-{row:02}" for row in range(1, 14)), "S6-08", "IMG-09", "GAP-02", "GAP-04"]),
        ("99", ["GAP-14"]),
    ],
)
def test_what_the_checklist_asks_of_a_chapter_is_there(number, rows):
    source = next(source for source in SOURCES if source.stem.startswith(number))
    tags = {tag for cell in editions.read(source).cells for tag in cell.metadata.get("tags", ())}
    assert set(rows) <= tags


# -- the builder ----------------------------------------------------------------------------------------------------------

SOURCE = """\
# %% [markdown] lang="en"
# # Title
# [page](15-replicaset.ipynb) [file](../README.md) [web](https://example.org) [here](#x)

# %% [markdown] lang="zh"
# # 题目
# [页](15-replicaset.ipynb) [文件](../README.md) [网](https://example.org) [这里](#x)

# %% tags=["language"]
lesson = k8slab.lesson("15", language="en")

# %% tags=["S8-02"]
# %%kubectl apply -f -
spec:
  replicas: 3

# %%
# %kubectl get pods
"""


@pytest.fixture
def source(tmp_path):
    def write(text=SOURCE):
        path = tmp_path / "77-test.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_one_source_makes_two_editions_that_differ_in_text_and_language_only(source):
    made = editions.editions(source())
    english, chinese = made["en"], made["zh"]
    assert [cell.cell_type for cell in english.cells] == [cell.cell_type for cell in chinese.cells]
    assert english.cells[0].source.startswith("# Title") and chinese.cells[0].source.startswith("# 题目")
    assert chinese.cells[1].source == english.cells[1].source.replace('"en"', '"zh"')
    assert english.cells[2:] != [] and [cell.source for cell in english.cells[2:]] == [
        cell.source for cell in chinese.cells[2:]
    ]
    assert english.cells[2].source.startswith("%%kubectl apply") and english.cells[3].source == "%kubectl get pods"
    assert english.cells[2].metadata == {"tags": ["S8-02"]}


def test_links_of_the_chinese_edition_start_one_folder_deeper(source):
    made = editions.editions(source())
    assert LINK.findall(made["en"].cells[0].source)[:4] == [
        "15-replicaset.ipynb",
        "../README.md",
        "https://example.org",
        "#x",
    ]
    assert LINK.findall(made["zh"].cells[0].source)[:4] == [
        "15-replicaset.ipynb",
        "../../README.md",
        "https://example.org",
        "#x",
    ]


def test_each_edition_links_to_the_other(source):
    made = editions.editions(source())
    assert LINK.findall(made["en"].cells[0].source)[-1] == "zh/77-test.ipynb"
    assert LINK.findall(made["zh"].cells[0].source)[-1] == "../77-test.ipynb"


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        pytest.param("一行，\n又一行。", "一行，又一行。", id="the end of a line is no space"),
        pytest.param("用 kubectl\n看看", "用 kubectl\n看看", id="next to a Latin word it is"),
        pytest.param("# 题目\n正文", "# 题目\n正文", id="a heading ends with its line"),
        pytest.param("- 一\n- 二\n\n段落", "- 一\n- 二\n\n段落", id="lists and paragraphs stay apart"),
    ],
)
def test_chinese_paragraphs_have_no_spaces_at_their_line_ends(text, joined):
    assert editions.unbroken(text) == joined


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(SOURCE.replace('lang="zh"', 'lang="fr"'), "no Chinese twin", id="the twin is missing"),
        pytest.param(SOURCE.replace('lang="en"', 'lang="zh"', 1), "followed by its", id="Chinese alone"),
        pytest.param(SOURCE.replace(' lang="en"', ""), "must say lang", id="no language"),
        pytest.param(SOURCE + '\n# %% [markdown] lang="en"\n# last\n', "no Chinese twin", id="the last text is alone"),
        pytest.param(
            SOURCE.replace(', language="en"', ""), 'does not say language="en"', id="the language cell names none"
        ),
    ],
)
def test_a_source_that_breaks_a_rule_is_refused(source, text, complaint):
    with pytest.raises(editions.SourceError, match=complaint):
        editions.editions(source(text))
