"""Whatever an operator's line holds, it is answered, the next is too, and a restart agrees."""

from __future__ import annotations

import gc
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.log.sequencer import replay
from engine.rulebook.presets import load
from gateway.server.accounts import Credentials, Directory
from gateway.server.admin import AdminSocket
from gateway.server.node import Node, Options
from tests.fuzz.hostile import JSON, SOAKING, TOML, as_bytes, fuzzed, json_text

if TYPE_CHECKING:
    from random import Random

BOOK: Final = load("guangdong")
GOOD: Final = b'{"type": "move_cash", "account": "ann", "amount": "0.01"}\n'
ACCOUNTS: Final = (Credentials("ann", "k", cash=10**6, allowances={"GDEA": 100}),)
RIGHT: Final[dict[str, dict[str, Any]]] = {
    "amend_rulebook": {"path": "title", "value": "7", "effective": 20260105},
    "begin_day": {"date": 20260105, "draw": 5},
    "clear_auction": {"symbol": "GDEA@one_way", "number": 1, "seed": 2, "call_off": True},
    "consign_units": {"account": "ann", "symbol": "GDEA@one_way", "quantity": 5},
    "discretionary_sale": {"symbol": "GDEA@one_way", "quantity": 5, "price": "20.00",
                           "opens_at": 1, "closes_at": 9, "side": "sell", "trigger": ""},
    "move_allowances": {"account": "ann", "product": "GDEA", "quantity": 5},
    "move_cash": {"account": "ann", "amount": "5.00", "currency": "CNY"},
    "open_account": {"account": "eve", "owner": "e", "group": "g", "member": "m", "role": "",
                     "allocation": 1, "cash": "1.00", "allowances": {"GDEA": 5}},
    "pledge_guarantee": {"account": "ann", "symbol": "GDEA@one_way", "kind": "bond",
                         "amount": "1.00"},
    "post_guarantee": {"account": "ann", "symbol": "GDEA@one_way", "amount": "1.00"},
    "return_guarantee": {"account": "ann", "symbol": "GDEA@one_way", "amount": "1.00"},
    "set_account_class": {"account": "ann", "role": ""},
    "set_kill_switch": {"account": "ann", "on": True},
    "set_phase": {"phase": "continuous", "symbol": "GDEA", "reason": "a drill"},
    "set_reference": {"product": "GDEA", "price": "20.00"},
    "set_key": {"account": "ann", "key": "", "member": "m", "key_name": "n"},
    "drop_key": {"account": "ann"},
    "disconnect": {"account": "ann", "reason": "a drill"},
    "set_limits": {"throttle": 5, "max_live": 10},
    "new_order": {"account": "ann", "ref": 1, "symbol": "GDEA", "side": "buy", "quantity": 1},
    "no_such_thing": {},
}  # fmt: skip
PATHS: Final = ("modes[listing].limit_up_bp", "modes[listing]", "products+", "calendar.holidays+",
                "calendar.sessions", "sources", "title", "classes+", "auction.containment+",
                "products[GDEA].title", "products[GDEA].ticks",
                "modes[bidding].ladder")  # fmt: skip


def line(rng: Random, value: str) -> bytes:
    """Return an operator's line with a value in one of its fields, or in the place of all."""
    if rng.random() < 0.1:
        return as_bytes(value)
    kind = rng.choice(list(RIGHT))
    pairs = {"type": kind} | RIGHT[kind]
    sources = {name: json.dumps(each) for name, each in pairs.items()}
    if kind == "amend_rulebook":
        sources["path"] = json_text(rng.choice(PATHS))
    field = rng.choice((*list(sources)[rng.random() < 0.9 :], "colour"))
    in_quotes = field in ("path", "value") or rng.random() < 0.3
    sources[field] = json_text(value) if in_quotes else value
    written = [f"{json_text(each)}: {source}" for each, source in sources.items()]
    if rng.random() < 0.1:
        written.append(rng.choice(written))
    return as_bytes("{" + ", ".join(written) + "}")


@fuzzed(JSON | TOML, share=2)
def test_every_line_is_answered_and_a_restart_agrees(values: list[str], rng: Random) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        node = Node.open(folder, BOOK, Directory(ACCOUNTS), Options(durability="none"))
        door = AdminSocket(node, folder / "operator.sock")
        for value in values:
            said = line(rng, value)
            (answer,) = json.dumps(door.answer(said)).splitlines()
            assert len(answer) < 4 * len(said) + 4_000
            gc.disable()  # a pass over what Hypothesis keeps would count as the venue's time
            started = time.thread_time()
            assert door.answer(GOOD)["events"][0]["type"] == "cash_moved"
            spent = time.thread_time() - started
            gc.enable()
            assert not SOAKING or spent < 0.1
        node.sequencer.venue.check()
        state = node.sequencer.venue.state_hash()
        node.sequencer.close()
        assert replay(folder).venue.state_hash() == state
        again = Node.open(folder, BOOK, Directory(ACCOUNTS), Options(durability="none"))
        assert again.sequencer.venue.state_hash() == state
        again.sequencer.close()
    finally:
        shutil.rmtree(folder)
