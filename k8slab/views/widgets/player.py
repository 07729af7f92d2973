"""Moving a lab's time for live play: short slices of work, between which the kernel answers clicks.

A frame moves the lab by a fixed amount of virtual time, so a slow machine plays slower and sees the same; a cell that runs owns
the clock, and play simply waits for its end. Against a real cluster, whose time moves by itself, play means: look once a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from k8slab.sim.errors import LabError

FRAME_SECONDS = 0.1  # real seconds from frame to frame
POLL_SECONDS = 1.0  # real seconds from look to look at a real cluster
SLICE_EVENTS = 100  # events between two looks at the watch
SLICE_SECONDS = 0.03  # real seconds of work between two chances for a click
SPEEDS = (0.5, 1.0, 5.0, 20.0)


class Player:
    """Plays the lab of *inspector*, calling *on_frame* after each frame; *on_stop* gets a sentence if play had to stop by itself."""

    def __init__(self, inspector: Any, on_frame: Callable[[], None], on_stop: Callable[[str], None]) -> None:
        self.inspector, self.on_frame, self.on_stop = inspector, on_frame, on_stop
        self.speed = 1.0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_playing(self) -> bool:
        """Whether time is being moved."""
        return self._task is not None and not self._task.done()

    def play(self) -> None:
        """Start to play. Needs the kernel's event loop: it is called by a click, never by a cell that runs to its end."""
        if not self.is_playing:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                raise LabError("live play needs a notebook: in plain Python, use lab.run(seconds)") from None
            self._task = loop.create_task(self._run())

    def pause(self) -> None:
        """Stop playing."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                await self._advance()
                self.on_frame()
                frame = FRAME_SECONDS if self.inspector is not None else POLL_SECONDS
                # at least as much time for the others as for us, so that clicks never queue behind frames
                spent = loop.time() - began
                await asyncio.sleep(max(frame - spent, min(spent, 0.1), 0.01))
        except LabError as error:
            self._task = None
            self.on_stop(str(error))
        except Exception as error:  # a fault of the model must be seen, not lost in a background task
            self._task = None
            self.on_stop(f"{type(error).__name__}: {error}")
            raise

    async def _advance(self) -> None:
        if self.inspector is None:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        clock = self.inspector.clock
        end = clock.now + self.speed * FRAME_SECONDS
        while self.inspector.clock is clock and not clock.is_moving:
            if clock.pump(max(0.0, end - clock.now), SLICE_EVENTS):
                return
            if loop.time() - began > SLICE_SECONDS:
                await asyncio.sleep(0.001)
                began = loop.time()
