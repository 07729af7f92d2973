"""The learner's progress: one small JSON file of their own, outside the course, so that updating the course keeps it.

It is written whole to a new file that then takes the old one's place, so a crash leaves either. The one before stays beside
it as a backup; a file that cannot be read is kept under another name, never overwritten. Several notebooks may write: each
reads the newest before it adds its own, and what was passed once stays passed.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import platformdirs

from k8slab.course import content
from k8slab.course.content import Say
from k8slab.sim.errors import LabError

FORMAT = "k8slab progress 1"


class Held(msgspec.Struct):
    """What the file holds: exercises passed, answers by question, quiz choices by chapter and number of the question."""

    format: str = ""  # `FORMAT` in every file
    passed: dict[str, bool] = {}
    answers: dict[str, str] = {}
    quiz: dict[str, dict[str, int]] = {}


def default_path() -> Path:
    """Return where the progress lies: ``K8SLAB_PROGRESS``, or the folder for programs' own files on this system."""
    named = os.environ.get("K8SLAB_PROGRESS")
    return Path(named) if named else Path(platformdirs.user_data_dir("k8slab", appauthor=False)) / "progress.json"


class Progress:
    """What was passed and answered. In a notebook it shows itself."""

    def __init__(self, say: Say, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._say = say
        #: Why the file could not be read or written, in a sentence; empty while all is well.
        self.trouble = ""
        self._held = Held()
        self._held = self._read()

    # -- reading ---------------------------------------------------------------------------------------------------

    def is_passed(self, exercise: str) -> bool:
        """Return whether *exercise* was ever passed."""
        return bool(self._held.passed.get(exercise))

    def answer(self, name: str) -> str | None:
        """Return the answer given to the question called *name*, or None."""
        return self._held.answers.get(name)

    def quiz(self, chapter: str) -> dict[str, int]:
        """Return the choices made in the quiz of *chapter*: by the question's number, the place of the choice."""
        return dict(self._held.quiz.get(chapter, {}))

    def overview(self) -> list[tuple[str, str, int, int, int, int]]:
        """Return a row a chapter: number, title, exercises passed and in all, quiz questions right and in all."""
        rows = []
        for number in content.numbers():
            chapter = content.chapter(number)
            done = sum(self.is_passed(name) for name in chapter.exercises)
            chosen = self.quiz(number)
            right = sum(chosen.get(str(place)) == question.right for place, question in enumerate(chapter.quiz, 1))
            title = chapter.title.say(self._say.language)
            rows.append((number, title, done, len(chapter.exercises), right, len(chapter.quiz)))
        return rows

    def __repr__(self) -> str:
        lines = [self._say("progress.title")]
        for number, title, done, exercises, right, questions in self.overview():
            bar = "●" * done + "○" * (exercises - done)
            lines.append(
                f"  {number}  {bar:7} {self._say('progress.row', done=done, exercises=exercises, right=right, questions=questions)}  {title}"
            )
        return "\n".join(lines + ([self.trouble] if self.trouble else []))

    # -- writing ---------------------------------------------------------------------------------------------------

    def set_passed(self, exercise: str) -> None:
        """Note that *exercise* is passed, for good."""
        if not self.is_passed(exercise):
            self._add(Held(passed={exercise: True}))

    def set_answer(self, name: str, answer: str) -> None:
        """Note the learner's *answer* to the question called *name*."""
        self._add(Held(answers={name: answer}))

    def set_quiz(self, chapter: str, question: int, choice: int) -> None:
        """Note which *choice* was made for *question* (from 1) of the quiz of *chapter*."""
        self._add(Held(quiz={chapter: {str(question): choice}}))

    def export_to(self, path: str | Path) -> Path:
        """Write a copy to *path*, to carry to another computer; return its full path."""
        target = Path(path).expanduser().resolve()
        if target.is_dir():
            target = target / "k8slab-progress.json"
        target.write_bytes(_encoded(self._held))
        return target

    def import_from(self, path: str | Path) -> Progress:
        """Add what the copy at *path* holds; nothing that is here gets lost. Raises `LabError` for any other file."""
        source = Path(path).expanduser()
        try:
            theirs = _decoded(source.read_bytes())
        except (OSError, ValueError) as error:
            raise LabError(f"{source} is not a copy of a k8slab progress ({error}); nothing was changed.") from error
        self._held = _merged(theirs, self._read())
        self._write()
        return self

    def _add(self, news: Held) -> None:
        self._held = _merged(_merged(self._held, self._read()), news)  # another notebook may have written meanwhile
        self._write()

    # -- the file --------------------------------------------------------------------------------------------------

    @property
    def _backup(self) -> Path:
        return self.path.with_name(self.path.name + ".backup")

    def _read(self) -> Held:
        """Return what the file holds; if it is damaged, set it aside and return what its backup and this notebook hold."""
        try:
            return _decoded(self.path.read_bytes())
        except FileNotFoundError:
            return _merged(self._held, self._read_backup())
        except OSError as error:
            self.trouble = self._say("progress.unreadable", path=self.path, error=error.strerror or error)
        except ValueError:
            kept = self._set_aside()
            self.trouble = self._say("progress.damaged", kept=kept)
        return _merged(self._held, self._read_backup())

    def _read_backup(self) -> Held:
        try:
            return _decoded(self._backup.read_bytes())
        except (OSError, ValueError):
            return Held()

    def _set_aside(self) -> Path:
        number = 1
        while (kept := self.path.with_name(f"{self.path.stem}-damaged-{number}{self.path.suffix}")).exists():
            number += 1
        try:
            self.path.replace(kept)
        except OSError:
            return self.path
        return kept

    def _write(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
            new.write_bytes(_encoded(self._held))
            if self.path.exists():
                self._backup.write_bytes(self.path.read_bytes())
            os.replace(new, self.path)
        except OSError as error:
            self.trouble = self._say("progress.unwritable", path=self.path, error=error.strerror or error)


def _encoded(held: Held) -> bytes:
    written = msgspec.structs.replace(held, format=FORMAT)
    return msgspec.json.format(msgspec.json.encode(written, order="deterministic"), indent=1) + b"\n"


def _decoded(written: bytes) -> Held:
    """Return what *written* holds. Raises ValueError unless it is a whole progress file."""
    try:
        held = msgspec.json.decode(written, type=Held)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    if held.format != FORMAT:
        raise ValueError("it does not say that it is one")
    return held


def _merged(first: Held, newest: Held) -> Held:
    chapters = [*first.quiz, *(chapter for chapter in newest.quiz if chapter not in first.quiz)]
    return Held(
        passed={**first.passed, **newest.passed},
        answers={**first.answers, **newest.answers},
        quiz={chapter: {**first.quiz.get(chapter, {}), **newest.quiz.get(chapter, {})} for chapter in chapters},
    )
