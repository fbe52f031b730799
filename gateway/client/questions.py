"""What a client asks of the present state, which a venue answers in the order of the questions."""

from __future__ import annotations

import copy
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.client.errors import Answer, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.client.errors import ClientError
    from gateway.protocol import wire


class _Question(NamedTuple):
    frame: bytes
    take: Callable[[Any], None]
    answer: Answer[Any]


class Questions:
    """Those that wait for their answers."""

    def __init__(self) -> None:
        """Start with none."""
        self._asked: deque[_Question] = deque()

    def ask(self, frame: bytes, take: Callable[[Any], None] | None = None) -> Answer[Any]:
        """Keep a question; return its answer, which ``take`` gets before."""
        answer: Answer[Any] = Answer()
        self._asked.append(_Question(frame, take or _nothing, answer))
        return answer

    def answered(self, message: wire.Reply) -> None:
        """Give the answer to the oldest question to who asked it."""
        if self._asked:
            question = self._asked.popleft()
            question.take(message)
            resolve(question.answer, message)

    def again(self) -> Iterator[bytes]:
        """Yield the frames to send on a new connection: of all that somebody still waits for."""
        self._asked = deque(each for each in self._asked if not each.answer.done())
        for question in self._asked:
            yield question.frame

    def fail(self, error: ClientError) -> None:
        """End all that wait, each with an error of its own."""
        for question in self._asked:
            answer = question.answer
            if not answer.done():
                answer.set_exception(copy.copy(error))
                answer.exception()  # seen: only those who await it get it
        self._asked.clear()


def _nothing(_message: wire.Reply) -> None:
    """Do nothing more with an answer."""
