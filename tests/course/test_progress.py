"""Progress is never lost: not by a crash, a damaged file, a second notebook or another computer."""

import os

import pytest

from k8slab.course.content import Say
from k8slab.course.progress import Progress, default_path
from k8slab.sim.errors import LabError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "k8slab" / "progress.json"


def opened(path, language="en"):
    return Progress(Say(language), path)


def test_a_fresh_learner_has_passed_nothing_and_no_file_is_written(path):
    progress = opened(path)
    assert not progress.is_passed("15-1") and progress.answer("00-2") is None and progress.quiz("15") == {}
    assert not path.exists()


def test_what_was_passed_and_answered_is_there_the_next_time(path):
    progress = opened(path)
    progress.set_passed("15-1")
    progress.set_answer("00-2", "c")
    progress.set_quiz("15", 2, 1)
    progress.set_quiz("15", 3, 0)
    again = opened(path)
    assert again.is_passed("15-1") and again.answer("00-2") == "c" and again.quiz("15") == {"2": 1, "3": 0}


def test_two_notebooks_do_not_overwrite_each_other(path):
    first, second = opened(path), opened(path)
    first.set_passed("15-1")
    second.set_passed("15-2")
    first.set_quiz("15", 1, 0)
    second.set_quiz("15", 2, 0)
    again = opened(path)
    assert again.is_passed("15-1") and again.is_passed("15-2") and again.quiz("15") == {"1": 0, "2": 0}


@pytest.mark.parametrize(
    "written",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"format": "something else"}', b'{"format": "k8slab progress 1", "passed": 3}'],
    ids=["empty", "torn", "another shape", "not text", "another format", "a part damaged"],
)
def test_a_damaged_file_is_set_aside_and_its_backup_used(path, written):
    progress = opened(path)
    progress.set_passed("15-1")
    progress.set_passed("15-2")
    path.write_bytes(written)
    again = opened(path)
    assert again.is_passed("15-1"), "the backup is one write behind at most"
    assert "progress-damaged-1.json" in again.trouble
    assert path.with_name("progress-damaged-1.json").read_bytes() == written
    again.set_passed("15-3")
    assert opened(path).is_passed("15-1") and opened(path).is_passed("15-3") and not opened(path).trouble


def test_a_second_damaged_file_does_not_replace_the_first(path):
    opened(path).set_passed("15-1")
    for number in (1, 2):
        path.write_text(f"damage {number}")
        opened(path)
    assert path.with_name("progress-damaged-1.json").read_text() == "damage 1"
    assert path.with_name("progress-damaged-2.json").read_text() == "damage 2"


def test_damage_while_a_notebook_is_open_loses_nothing(path):
    progress = opened(path)
    progress.set_passed("15-1")
    path.write_text("torn")
    progress.set_passed("15-2")
    assert opened(path).is_passed("15-1") and opened(path).is_passed("15-2")


def test_a_place_that_cannot_be_written_is_said_and_kept_in_memory(tmp_path):
    (tmp_path / "file").write_text("in the way")
    progress = opened(tmp_path / "file" / "progress.json")
    progress.set_passed("15-1")
    assert progress.is_passed("15-1")
    assert "could not be saved" in progress.trouble or "cannot be read" in progress.trouble


def test_a_copy_carries_progress_to_another_computer(path, tmp_path):
    here, there = opened(path), opened(tmp_path / "there.json")
    here.set_passed("15-1")
    here.set_quiz("15", 1, 0)
    there.set_passed("00-1")
    there.set_quiz("15", 1, 2)
    copy = here.export_to(tmp_path)
    assert copy.name == "k8slab-progress.json"
    there.import_from(copy)
    assert there.is_passed("00-1") and there.is_passed("15-1")
    assert there.quiz("15") == {"1": 2}, "what is here counts more than what comes"
    assert opened(tmp_path / "there.json").is_passed("15-1")


def test_a_file_that_is_no_copy_is_refused_and_changes_nothing(path, tmp_path):
    progress = opened(path)
    progress.set_passed("15-1")
    (tmp_path / "other.json").write_text("{}")
    for name in ("other.json", "missing.json"):
        with pytest.raises(LabError, match="is not a copy of a k8slab progress"):
            progress.import_from(tmp_path / name)
    assert progress.is_passed("15-1")


def test_it_lies_where_programs_keep_their_own_files_or_where_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("K8SLAB_PROGRESS", str(tmp_path / "mine.json"))
    assert default_path() == tmp_path / "mine.json"
    monkeypatch.delenv("K8SLAB_PROGRESS")
    assert default_path().parts[-2:] == ("k8slab", "progress.json")
    assert os.getcwd() not in str(default_path())


def test_it_shows_one_row_a_chapter_in_the_learners_language(path):
    progress = opened(path)
    progress.set_passed("00-1")
    assert "00  ●○" in repr(progress)
    assert "exercises 1/2, quiz 0/3  Start here" in repr(progress)
    assert "练习 1/2" in repr(opened(path, "zh"))
