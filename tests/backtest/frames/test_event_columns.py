"""Events come back from their lines as they were, whatever their texts hold."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from backtest.frames.event_columns import Names, read
from backtest.frames.stretch import lines
from engine.vocabulary.events import OrderTriggered

HARD = [
    'a"b',
    "a\\",
    '\\"',
    "a\nb",
    "NULL",
    "",
    "NA",
    "x,y",
    "\u2028\x00\x7f",
    "a]",
    '[4,"',
    "\\u0041",
    "\r",
]
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1)
INTS = st.integers(-(1 << 63) + 1, (1 << 63) - 1)


@given(TEXTS, INTS)
@example(HARD, 1 << 62)
def test_what_is_read_is_what_was_written(texts: list[str], ref: int) -> None:
    names = Names()
    events = [OrderTriggered(text, ref, text[::-1]) for text in texts]
    found = read(OrderTriggered, lines(events), names)
    accounts = [names.texts[number] for number in found["account"]]
    symbols = [names.texts[number] for number in found["symbol"]]
    back = zip(accounts, found["ref"].tolist(), symbols, strict=True)
    assert [OrderTriggered(*each) for each in back] == events
