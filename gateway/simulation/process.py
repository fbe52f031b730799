"""Another process on the simulated machine: real code that goes on only when it has a turn."""

from __future__ import annotations

from threading import Semaphore, Thread, current_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Killed(BaseException):
    """The process ends where it stands. It is no error, and nothing catches it there."""


class Process:
    """Work that stands still between its turns. Only one of all processes runs at any time."""

    def __init__(self, work: Callable[[], None]) -> None:
        """Stand before the work."""
        self.ended = False
        self.error: Exception | None = None
        self._work = work
        self._killed = False
        self._turn, self._back = Semaphore(0), Semaphore(0)
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def here(self) -> bool:
        """Whether it is this process that asks."""
        return current_thread() is self._thread

    def go_on(self) -> None:
        """Let it work until its next pause, or its end."""
        if not self.ended:
            self._turn.release()
            self._back.acquire()

    def pause(self) -> None:
        """Stand still until the next turn; it is the process that calls this."""
        self._back.release()
        self._turn.acquire()
        if self._killed:
            raise Killed

    def kill(self) -> None:
        """End it where it stands."""
        self._killed = True
        self.go_on()
        self._thread.join()

    def _run(self) -> None:
        self._turn.acquire()
        try:
            if not self._killed:
                self._work()
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
            self.error = error
        self.ended = True
        self._back.release()
