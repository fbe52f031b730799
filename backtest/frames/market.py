"""The tables of trades and of depth, from a stretch of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from backtest.frames.arrow import Text
from backtest.frames.happened import steps
from backtest.frames.stretch import COMMAND_NUMBERS, DEPTHS, NULL, TRADES
from backtest.frames.words import SIDE_WORDS
from engine.vocabulary.commands import ClearAuction
from engine.vocabulary.enums import Side

if TYPE_CHECKING:
    from backtest.frames.arrow import Cells
    from backtest.frames.happened import Found, Happened
    from backtest.frames.stretch import Ints

_BOTH: Final = ("account", "ref", "leaves", "fee")


def parties(found: Found) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """Return account, ref, leaves and fee of both orders of trades, in the events' order."""
    first, second = ("buyer", "seller") if "buyer" in found.of else ("maker", "taker")
    return tuple(  # type: ignore[return-value]
        {name: found.of[who if name == "account" else f"{who}_{name}"] for name in _BOTH}
        for who in (first, second)
    )


def trades(happened: Happened) -> dict[str, Cells] | None:
    """Return the table of trades."""
    pieces = [_trades(happened, each) for each in happened.each(*TRADES)]
    if not pieces:
        return None
    at, found = in_order(pieces)
    seq, time, day = happened.when(at)
    stretch, texts = happened.stretch, happened.names.texts
    symbol = found["symbol"]
    return {
        "seq": seq,
        "time": time,
        "day": day,
        "symbol": Text(symbol, texts),
        "trade": found["trade"],
        "mechanism": _by_line(happened, stretch.mechanisms, symbol, happened.records[at]),
        "phase": _by_line(happened, stretch.phases, symbol, at),
        "price": found["price"],
        "quantity": found["quantity"],
        "value": found["price"] * found["quantity"],
        "aggressor": Text(found["aggressor"], SIDE_WORDS),
        "buyer": Text(found["buyer"], texts),
        "buyer_ref": found["buyer_ref"],
        "buyer_fee": found["buyer_fee"],
        "seller": Text(found["seller"], texts),
        "seller_ref": found["seller_ref"],
        "seller_fee": found["seller_fee"],
    }


def _trades(happened: Happened, found: Found) -> tuple[Ints, dict[str, Ints]]:
    buyer, seller = parties(found)
    piece = {name: found.of[name] for name in ("symbol", "trade", "price", "quantity")}
    if "side" in found.of:
        maker, taker = buyer, seller
        bought = found.of["side"] == Side.BUY  # by the maker
        buyer = {name: np.where(bought, maker[name], taker[name]) for name in _BOTH}
        seller = {name: np.where(bought, taker[name], maker[name]) for name in _BOTH}
        arrived = np.where(bought, Side.SELL, Side.BUY)
        command = happened.stretch.commands[happened.records[found.at]]
        piece["aggressor"] = np.where(command == COMMAND_NUMBERS[ClearAuction], NULL, arrived)
    else:
        piece["aggressor"] = np.full(len(found.at), NULL)
    for who, party in (("buyer", buyer), ("seller", seller)):
        piece |= {who: party["account"], f"{who}_ref": party["ref"], f"{who}_fee": party["fee"]}
    return found.at, piece


def _by_line(
    happened: Happened, changes: list[tuple[int, str, str]], symbols: Ints, places: Ints
) -> Text:
    """Return the words that hold at places, each for its own line."""
    words: dict[str, int] = {}
    lines: dict[int, list[tuple[int, int]]] = {}
    for place, symbol, word in changes:
        number = words.setdefault(word, len(words))
        lines.setdefault(happened.names.number(symbol), []).append((place, number))
    numbers = np.full(len(symbols), NULL)
    for line, steps_of_line in lines.items():
        of_line = np.flatnonzero(symbols == line)
        numbers[of_line] = steps(steps_of_line, places[of_line])
    return Text(numbers, list(words))


def depth(happened: Happened) -> dict[str, Cells] | None:
    """Return the table of depth."""
    pieces = []
    for found in happened.each(*DEPTHS):
        pieces.append(_moved(found, found.at * 2 + 1, "price", "depth"))
        if "old_depth" in found.of:
            pieces.append(_moved(found, found.at * 2, "old_price", "old_depth"))
    if not pieces:
        return None
    at, columns = in_order(pieces)
    seq, time, day = happened.when(at // 2)
    return {
        "seq": seq,
        "time": time,
        "day": day,
        "symbol": Text(columns["symbol"], happened.names.texts),
        "side": Text(columns["side"], SIDE_WORDS),
        "price": columns["price"],
        "quantity": columns["quantity"],
    }


def _moved(found: Found, at: Ints, price: str, depth: str) -> tuple[Ints, dict[str, Ints]]:
    """Return the prices at which the book changed; ``at`` puts them in order."""
    fields = {"symbol": "symbol", "side": "side", "price": price, "quantity": depth}
    moved = found.of[depth] >= 0
    if moved.all():
        return at, {name: found.of[field] for name, field in fields.items()}
    return at[moved], {name: found.of[field][moved] for name, field in fields.items()}


def in_order(pieces: list[tuple[Ints, dict[str, Ints]]]) -> tuple[Ints, dict[str, Ints]]:
    """Return columns with their places as one, by place."""
    if len(pieces) == 1:
        return pieces[0]
    at = np.concatenate([each for each, _ in pieces])
    order = np.argsort(at, kind="stable")
    columns = {
        name: np.concatenate([piece[name] for _, piece in pieces])[order] for name in pieces[0][1]
    }
    return at[order], columns
