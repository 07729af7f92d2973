"""The difference of two texts as ``diff -u`` writes it: the fewest changed lines, three lines of context.

Models GNU diff (Myers' algorithm, and its habit of moving a change as far down as it goes).
"""

from __future__ import annotations

CONTEXT = 3


def unified(old: list[str], new: list[str]) -> list[str]:
    """Return the hunks between two lists of lines; nothing if they are equal."""
    deleted, inserted = _changes(old, new)
    _shift(deleted, inserted, old)
    _shift(inserted, deleted, new)
    out: list[str] = []
    for group in _groups(_edits(deleted, inserted)):
        out.extend(_hunk(group, old, new))
    return out


def _changes(old: list[str], new: list[str]) -> tuple[list[bool], list[bool]]:
    """Return which lines of *old* go and which of *new* come: a shortest edit script (Myers)."""
    deleted, inserted = [True] * len(old), [True] * len(new)
    frontier = {1: 0}
    history: list[dict[int, int]] = []
    for distance in range(len(old) + len(new) + 1):
        history.append(dict(frontier))
        for k in range(-distance, distance + 1, 2):
            down = k == -distance or (k != distance and frontier[k - 1] < frontier[k + 1])
            x = frontier[k + 1] if down else frontier[k - 1] + 1
            while x < len(old) and x - k < len(new) and old[x] == new[x - k]:
                x += 1
            frontier[k] = x
            if x >= len(old) and x - k >= len(new):
                _mark(history, len(old), len(new), deleted, inserted)
                return deleted, inserted
    return deleted, inserted


def _mark(history: list[dict[int, int]], x: int, y: int, deleted: list[bool], inserted: list[bool]) -> None:
    """Walk back through the frontiers and clear the lines that both texts share."""
    for distance in range(len(history) - 1, -1, -1):
        frontier = history[distance]
        k = x - y
        down = k == -distance or (k != distance and frontier[k - 1] < frontier[k + 1])
        before = k + 1 if down else k - 1
        x_before = frontier[before]
        y_before = x_before - before
        # After the one change of this step both texts run alike up to (x, y).
        x_alike = x_before if down else x_before + 1
        while x > max(x_alike, 0) and y > 0:
            x, y = x - 1, y - 1
            deleted[x] = inserted[y] = False
        x, y = x_before, y_before


def _shift(changed: list[bool], other: list[bool], lines: list[str]) -> None:
    """Move each run of changed lines up to the run before it, then down to where the other text has changes, or as far as it goes.

    Models shift_boundaries of GNU diff: the same change could stand at several places, and this is the one it prefers.
    """
    i = j = 0
    while True:
        while i < len(lines) and not changed[i]:
            while j < len(other) and other[j]:
                j += 1
            i, j = i + 1, j + 1
        if i >= len(lines):
            return
        start = i
        while i < len(lines) and changed[i]:
            i += 1
        while j < len(other) and other[j]:
            j += 1
        while True:
            length = i - start
            while start and lines[start - 1] == lines[i - 1]:
                start, i = start - 1, i - 1
                changed[start], changed[i] = True, False
                while start and changed[start - 1]:
                    start -= 1
                j -= 1
                while j > 0 and other[j - 1] and other[j]:
                    j -= 1
                while j > 0 and j < len(other) and other[j]:
                    j -= 1
            corresponding = i if j > 0 and other[j - 1] else len(lines)
            while i < len(lines) and lines[start] == lines[i]:
                changed[start], changed[i] = False, True
                start, i = start + 1, i + 1
                while i < len(lines) and changed[i]:
                    i += 1
                j += 1
                while j < len(other) and other[j]:
                    j += 1
                    corresponding = i
            if length == i - start:
                break
        while corresponding < i:
            start, i = start - 1, i - 1
            changed[start], changed[i] = True, False
            j -= 1
            while j > 0 and j < len(other) and other[j]:
                j -= 1


def _edits(deleted: list[bool], inserted: list[bool]) -> list[tuple[int, int, int, int]]:
    """Return the changes as (from, to) in the old and (from, to) in the new text."""
    edits = []
    x = y = 0
    while x < len(deleted) or y < len(inserted):
        start_x, start_y = x, y
        while x < len(deleted) and deleted[x]:
            x += 1
        while y < len(inserted) and inserted[y]:
            y += 1
        if (x, y) != (start_x, start_y):
            edits.append((start_x, x, start_y, y))
        else:
            x, y = x + 1, y + 1
    return edits


def _groups(edits: list[tuple[int, int, int, int]]) -> list[list[tuple[int, int, int, int]]]:
    """Put changes together whose contexts touch."""
    groups: list[list[tuple[int, int, int, int]]] = []
    for edit in edits:
        if groups and edit[0] - groups[-1][-1][1] <= 2 * CONTEXT:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    return groups


def _hunk(group: list[tuple[int, int, int, int]], old: list[str], new: list[str]) -> list[str]:
    x0, y0 = max(group[0][0] - CONTEXT, 0), max(group[0][2] - CONTEXT, 0)
    x1, y1 = min(group[-1][1] + CONTEXT, len(old)), min(group[-1][3] + CONTEXT, len(new))
    lines = [f"@@ -{_span(x0, x1)} +{_span(y0, y1)} @@"]
    x = x0
    for from_x, to_x, from_y, to_y in group:
        lines += [f" {line}" for line in old[x:from_x]]
        lines += [f"-{line}" for line in old[from_x:to_x]]
        lines += [f"+{line}" for line in new[from_y:to_y]]
        x = to_x
    return lines + [f" {line}" for line in old[x:x1]]


def _span(start: int, end: int) -> str:
    count = end - start
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"
