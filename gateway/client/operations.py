"""What an operator's client has asked for and not heard of. None of it is asked twice."""

from __future__ import annotations

import copy
import json
from typing import Final

from gateway.client.errors import Answer, ClientError, resolve
from gateway.protocol.wire_operator import Operate, Operated

UNKNOWN: Final = "the connection broke: whether it was done the venue's access log says"


class Operations:
    """Lines that wait for their answers, by number."""

    def __init__(self) -> None:
        """Start with none."""
        self._last = 0
        self._waiting: dict[int, Answer[dict[str, object]]] = {}

    def add(self, line: str) -> tuple[Operate, Answer[dict[str, object]]]:
        """Return the message of a line, and what will have its answer."""
        self._last += 1
        answer: Answer[dict[str, object]] = Answer()
        self._waiting[self._last] = answer
        return Operate(self._last, line), answer

    def answered(self, message: Operated) -> None:
        """Give an answer to who asked."""
        answer = self._waiting.pop(message.ref, None)
        if answer is not None:
            resolve(answer, json.loads(message.answer))

    def fail(self, error: ClientError) -> None:
        """End all that wait, each with an error of its own."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(copy.copy(error))
                answer.exception()  # seen: only those who await it get it
        self._waiting.clear()
