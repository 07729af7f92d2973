"""k8slab: a whole small data centre inside the notebook kernel.

Start with ``lesson = k8slab.lesson("15"); lab = lesson.lab`` in a chapter, or ``lab = k8slab.Lab()`` in a notebook of your own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from k8slab.course.lesson import Lesson
    from k8slab.lab import Lab
    from k8slab.sim.errors import LabError

__all__ = ["Lab", "LabError", "Lesson", "lesson"]


def lesson(number: str, language: str = "en") -> Lesson:
    """Open lesson *number* ("15") in *language* ("en" or "zh"); paths such as ``manifests/web.yaml`` then mean the course's."""
    from k8slab.course.lesson import open_lesson

    return open_lesson(number, language)


def __getattr__(name: str) -> Any:
    """Load what is asked for on first use: ``import k8slab`` alone takes no time."""
    if name == "Lab":
        from k8slab.lab import Lab

        return Lab
    if name == "LabError":
        from k8slab.sim.errors import LabError

        return LabError
    if name == "Lesson":
        from k8slab.course.lesson import Lesson

        return Lesson
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
