"""Commands with any values at all: each is answered or refused, and nothing breaks."""

from __future__ import annotations

from enum import IntEnum
from random import Random
from typing import TYPE_CHECKING, Any, get_origin

import msgspec
import pytest

from engine.rulebook import presets
from engine.vocabulary import commands as c
from engine.vocabulary import registry_commands as r
from tests.support.random_flow import Flow
from tests.support.registry_flow import with_programme

if TYPE_CHECKING:
    from engine.rulebook.model import Rulebook
    from engine.venue.venue import Venue

EDGES = (0, 1, -1, 2, 100, 2**31, 2**62, 2**63 - 1, -(2**63), 10**12, 10**12 + 1, 10**18)
PATHS = ("close", "modes", "modes[listing].limit_up_bp", "calendar.holidays+", "products+",
         "a.b[", "", "sources", "classes+", "calendar.sessions", "modes[market].ladder.tie",
         "products[GDEA].reference")  # fmt: skip
VALUES = ("1", '"vwap"', "[]", "{}", "{a=1}", "nan", "1e5", "-5", "true", "1979-05-27", "[[",
          "20251203", '{symbol = "N", reference = 5}')  # fmt: skip


def drawn(field: Any, rng: Random, venue: Venue) -> Any:
    """Draw a value of a field's type, whatever it means."""
    kind = field.type
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return rng.choice(list(kind))
    if kind is bool:
        return rng.random() < 0.5
    if field.name == "allowances":
        names = (*venue.products, "no")
        return tuple((rng.choice(names), rng.choice(EDGES)) for _ in range(rng.randint(0, 3)))
    if get_origin(kind) is tuple:
        return tuple(rng.choice(("ann", "bob", "", "no")) for _ in range(rng.randint(0, 4)))
    if kind is str:
        texts = {
            "account": ("ann", "bob", "no", ""),
            "path": PATHS,
            "value": VALUES,
            "symbol": (*venue.markets, *venue.products, "", "no"),
            "to": ("ann", "bob", *venue.products, "no"),
            "product": (*venue.products, "", "no"),
            "entity": ("Steel", "Power", "Steel", ""),
            "cycle": (*(each.name for each in venue.registry.programme.cycles), "no"),
            "role": ("", "", *(each.name for each in venue.rulebook.classes), "no"),
        }
        return rng.choice(texts.get(field.name, ("", "x")))
    return rng.choice((*EDGES, venue.time, venue.time + 1, 20251205))


def hostile(flow: Flow, rng: Random) -> c.Command:
    """Draw a command of any kind, right enough in places to get past the first check."""
    kind = rng.choice(c.Command.__args__)
    fields = msgspec.structs.fields(kind)
    given = {field.name: drawn(field, rng, flow.venue) for field in fields}
    if "ref" in given and rng.random() < 0.8:
        given["ref"] = flow.venue.last_ref(given["account"]) + 1
    if "symbol" in given and rng.random() < 0.6:
        given["symbol"] = rng.choice(list(flow.venue.markets))
    if "number" in given:
        given["number"] = rng.choice((*flow.numbers.get(given.get("symbol", ""), ()), *EDGES[:3]))
    if kind is c.AdvanceTime:
        given["time"] = flow.venue.time + rng.choice((1, 10**9, 10**13))
    command: c.Command = kind(**given)
    return command


BOOKS = [presets.load(x) for x in ("guangdong", "krx", "shenzhen-2013", "eu-auction", "beijing")]
YEARS = [with_programme(presets.load(x)) for x in ("textbook", "cn-national")]


@pytest.mark.parametrize("book", [*BOOKS, *YEARS], ids=lambda book: book.name)
def test_any_command_is_answered_or_refused(book: Rulebook) -> None:
    rng = Random(book.name)
    flow = Flow(book, rng)
    flow.say(r.RegisterEntity("Steel", ("ann",)))
    for product in book.products:
        flow.say(r.SetCap(product.symbol, 10**12))
    done = 0
    for _ in range(900):
        command = flow.command() if rng.random() < 0.35 else hostile(flow, rng)
        events = flow.say(command)
        msgspec.msgpack.encode(events)  # every figure fits what the log and the wire can hold
        flow.venue.check()
        done += bool(events)
    assert done > 500
