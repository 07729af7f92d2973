"""The judges of the exercises: one module a chapter, one function an exercise. ``workload.py`` is what they look through.

A judge sees the lab's objects, now and at earlier revisions, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from k8slab.course.chapters import chapter_00, chapter_15
from k8slab.course.verdict import Judge

#: The judge of each exercise that is done in the lab (those that are answered need none).
JUDGES: Mapping[str, Judge] = {**chapter_00.JUDGES, **chapter_15.JUDGES}
