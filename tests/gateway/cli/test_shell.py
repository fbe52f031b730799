"""The shell's lines and answers, against a venue in this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from carbonx.testing import LocalVenue
from engine.rulebook import presets
from engine.vocabulary.enums import RejectReason as R
from gateway.cli.terminal import refusals, typed, verbs
from gateway.cli.terminal.calls import Calls
from gateway.cli.terminal.console import PROMPT, VerbCompleter
from gateway.cli.terminal.session import Session
from gateway.client.client import RejectedError
from gateway.protocol import wire
from tests.support.paths import ROOT
from tests.support.shells import Script, talk
from tests.support.venues import bounded, until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def test_orders_are_placed_changed_and_cancelled_in_decimals() -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue, venue.client("alice") as alice:
            shown = await talk(
                alice, "buy CO2 100 50.00", "amend 1 90 50.10", "amend 1 same 50.2", "cancel 1",
                "sell CO2 10 60 gtc post-only", "sell CO2 1000 61 show=100", "cancel all CO2",
                "buy CO2 10 55 stop=54.5", "buy CO2 5 50 until=+1h", "orders", "balances",
                "SELL CO2 10",
            )  # fmt: skip
            assert shown == [
                "order 1: buy 100 CO2 at 50.00, resting",
                "order 1 (buy CO2): 90 of 90 open at 50.10, resting",
                "order 1 (buy CO2): 90 of 90 open at 50.20, resting",
                "order 1 (buy CO2): cancelled (requested), 90 tonnes unfilled",
                "order 5: sell 10 CO2 at 60.00, resting",
                "order 6: sell 1000 CO2 at 61.00, resting",
                "2 orders cancelled",
                (
                    "order 5 (sell CO2): cancelled (mass), 10 tonnes unfilled\n"
                    "order 6 (sell CO2): cancelled (mass), 1000 tonnes unfilled"
                ),
                "order 8: buy 10 CO2 at 55.00, pending trigger",
                "order 9: buy 5 CO2 at 50.00, resting",
                (
                    "order  side  line  open  of  price  state            valid\n"
                    "    8  buy   CO2     10  10  55.00  pending trigger  day\n"
                    "    9  buy   CO2      5   5  50.00  resting          gtd"
                ),
                (
                    "what           total  reserved      available\n"
                    "CNY   10000000000.00    800.00  9999999200.00\n"
                    "CO2        1000000 t       0 t      1000000 t"
                ),
                "order 10: sell 10 CO2 at the market, 45.00 at worst, matching",
                (
                    "order 9 (buy CO2): cancelled (self trade), 5 tonnes unfilled\n"
                    "order 10 (sell CO2): cancelled (market rest), 10 tonnes unfilled"
                ),
            ]

    bounded(scenario())


def test_what_the_client_does_not_send_is_refused_in_a_line() -> None:
    async def scenario() -> None:
        async with LocalVenue("guangdong") as venue, venue.client("alice") as alice:
            name = "b" * 257
            lines = (
                f"quote GDEA@agreement sell 100000 38 {name}",
                f"enquire GDEA@agreement buy 100000 {name}",
            )
            assert await talk(alice, *lines, "orders") == [
                "! to must have at most 256 characters, not 257",
                "! to must have at most 256 characters, not 257",
                "no live orders",
            ]

    bounded(scenario())


def test_every_other_way_of_trading_has_its_verbs() -> None:
    async def scenario() -> None:
        async with (
            LocalVenue("guangdong") as venue,
            venue.client("alice") as alice,
            venue.client("bob") as bob,
        ):
            maker = await talk(
                alice, "list GDEA sell 500 40", "announce GDEA@one_way sell 900 39 now +10m",
                "quote GDEA@agreement sell 100000 38 bob", "list GDEA@one_way sell 1 1",
                "enquire GDEA@agreement sell 100000 bob",
            )  # fmt: skip
            assert maker[0] == "order 1: sell 500 GDEA at 40.00, resting"
            assert maker[1] == "order 1 is number 1 of GDEA, for others to answer"
            assert maker[2].startswith("order 2: sell 900 GDEA@one_way at 39.00, held: auction")
            assert maker[4] == "order 3: sell 100000 GDEA@agreement at 38.00, held: quoted to bob"
            assert "listings are made on GDEA, PHCER" in maker[6]
            assert maker[7] == "enquiry 2 of GDEA@agreement: bob may answer"
            now = time.time_ns()  # when the auction is open for bids, at the latest
            await until(lambda: venue.venue.time > now)
            taker = await talk(
                bob, "offers", "pick GDEA 1 200", "pick GDEA@agreement 1",
                "bid GDEA@one_way 1 900 39.5", "bid GDEA@one_way 1 900 38.5",
                "quote GDEA@agreement buy 100000 37 answers=2", "decline GDEA@agreement 9",
                "pick GDEA", "offers GDEA", "trades GDEA",
            )  # fmt: skip
            assert taker[0] == (
                "quote 1 of GDEA@agreement: alice sells 100000 at 38.00: "
                "answer with pick or decline\n"
                "enquiry 2 of GDEA@agreement: alice would sell 100000: answer with quote"
            )
            del taker[0]
            assert [line.split()[:2] for line in taker[0].splitlines()[1:]] == [
                ["GDEA", "1"], ["GDEA@agreement", "1"], ["GDEA@one_way", "1"],
            ]  # fmt: skip
            assert taker[1:3] == ["order 1: buy 200 GDEA at 40.00, matching",
                                  "order 1: bought 200 GDEA at 40.00, done"]  # fmt: skip
            assert taker[4].splitlines() == [
                "order 2: bought 100000 GDEA@agreement at 38.00, done",
                "quote 1 of GDEA@agreement has ended",
            ]
            assert taker[5] == "order 3: buy 900 GDEA@one_way at 39.50, held: bid in auction 1"
            assert taker[6] == "! refused (price limit): price: at least the reserve, 39.00"
            assert taker[7].endswith("held: quoted to enquiry 2")
            assert taker[9] == "! refused (unknown number): number: GDEA@agreement has no offer 9"
            assert taker[10] == "! NUMBER missing (usage: pick LINE NUMBER [TONNES])"
            assert taker[11].splitlines()[1].split() == [
                "GDEA", "1", "listing", "sell", "300", "40.00",
            ]  # fmt: skip
            assert taker[12].splitlines()[1].split()[1:] == ["GDEA", "40.00", "200", "buy"]
            said = await talk(alice, "decline GDEA@agreement 3")
            assert said[-1] == "quote 3 of GDEA@agreement declined"
            assert said[0].splitlines()[:2] == [
                "order 1: sold 200 GDEA at 40.00, 300 left",
                "order 3: sold 100000 GDEA@agreement at 38.00, done",
            ]

    bounded(scenario())


def test_a_quote_that_was_taken_or_declined_before_this_session_is_no_offer() -> None:
    async def scenario() -> None:
        async with LocalVenue("guangdong") as venue, venue.client("alice") as alice:
            quoted = [f"quote GDEA@agreement sell 100000 {price} bob" for price in (38, 37, 36)]
            await talk(alice, *quoted)
            async with venue.client("bob") as bob:
                await talk(bob, "pick GDEA@agreement 1", "decline GDEA@agreement 2")
            async with venue.client("bob") as bob:
                *_, offers = await talk(bob, "offers GDEA@agreement")
            assert [line.split()[:2] for line in offers.splitlines()[1:]] == [
                ["GDEA@agreement", "3"]
            ]

    bounded(scenario())


MISTAKES = {
    "by CO2 1 50": "'by' is not a verb: did you mean buy?",
    "frobnicate": "'frobnicate' is not a verb: type help to see them all",
    "buy co2 1 50": "'co2' is not traded here: did you mean CO2?",
    "buy 100 CO2 50": "'100' is not traded here: type lines to see what is traded "
    "(usage: buy LINE TONNES [PRICE] [TERM ...])",
    "buy CO2": "TONNES missing (usage: buy LINE TONNES [PRICE] [TERM ...])",
    "buy CO2 1.5 50": "'1.5' is not a number of tonnes: write digits alone, such as 100",
    "buy CO2 -1 50": "'-1' is not a number of tonnes: write digits alone, such as 100",
    "buy CO2 1,000 50": "'1,000' is not a number of tonnes: write digits alone, such as 100",
    "buy CO2 0 50": f"'0' is not a number of tonnes: 1 to {2**63 - 1}",
    f"buy CO2 {2**63} 50": f"'{2**63}' is not a number of tonnes: 1 to {2**63 - 1}",
    "buy CO2 1 50,10": "'50,10' is not a price: write digits and a point, such as 35.00",
    "buy CO2 1 50.001": "'50.001' has more than 2 decimals: write a price such as 35.00",
    "buy CO2 1 -50": "'-50' is not a price: it is above 0, such as 35.00",
    "buy CO2 1 1e3": "'1e3' is not a price: write digits and a point, such as 35.00",
    "buy CO2 1 50 iok": "'iok' is not a price or one of the terms: did you mean ioc?",
    "buy CO2 1 50 ioc gtc": "an order is valid in one way: one of day, gtc, ioc, fok, at-open, "
    "at-close, until=TIME",
    "buy CO2 1 post-only": "post-only goes with a price",
    "buy CO2 1 market 50": "a market order has no price: leave out either",
    "buy CO2 1 50 until=tomorrow": "'tomorrow' is not a time: write now, +10m, +2h, 14:30 or "
    "2026-06-26T14:30+08:00",
    "cancel 9": "order 9 is not in the market: you have no live orders",
    "cancel": "ORDER|all missing (usage: cancel ORDER|all [LINE])",
    "amend all 5": "'all' is not the number of an order: write digits alone, such as 100",
    "quote CO2 sel 1 1": "'sel' is not a side: did you mean sell?",
    "book CO2 9": "'9' is too much (usage: book LINE)",
    "help bok": "'bok' is not a verb: did you mean book?",
    "quote CO2 sell 1 50 \ud800": "the line has characters that cannot be read: type it again",
    "buy CO2 1 \x1b[2J": "the line has characters that cannot be read: type it again",
    "x" * 2_000: "a line of 2,000 characters: 1,000 are taken at most",
}


def test_a_mistake_is_refused_in_one_line_that_says_what_is_right_and_the_session_goes_on() -> None:
    async def scenario() -> None:
        async with LocalVenue("textbook") as venue, venue.client("alice") as alice:
            shown = await talk(alice, *MISTAKES, "buy CO2 1 50")
            assert shown[:-1] == [f"! {refusal}" for refusal in MISTAKES.values()]
            assert shown[-1].startswith("order ")

    bounded(scenario())


REFUSALS = {
    (R.PRICE_TICK, "a multiple of 5 minor units"): "a multiple of 0.05",
    (R.PRICE_LIMIT, "3159 to 3861 minor units today"): "31.59 to 38.61 today",
    (R.PRICE_LIMIT, "at least the reserve, 3900"): "at least the reserve, 39.00",
    (R.PRICE_LIMIT, "the price of listing 12 is 3800"): "the price of listing 12 is 38.00",
    (R.NOT_BEST, "first comes listing 3 at 4000"): "first comes listing 3 at 40.00",
    (R.OUTBID, "better than 4000 by 5 at least"): "better than 40.00 by 0.05 at least",
    (R.CASH, "needs 9090 minor units, 100 available"): "needs 90.90, 1.00 available",
    (R.STOP_PRICE, "1 to 900 minor units, a multiple of 5"): "0.01 to 9.00, a multiple of 0.05",
    (R.QUANTITY_RANGE, "1 to 300 tonnes are left"): "1 to 300 tonnes are left",
    (R.ALLOWANCES, "at most the 90 tonnes available"): "at most the 90 tonnes available",
}  # fmt: skip


@pytest.mark.parametrize(("said", "read"), REFUSALS.items())
def test_a_refusal_names_money_as_decimals(said: tuple[R, str], read: str) -> None:
    report = wire.Rejected(1, 1, 1, said[0], "price", said[1])
    assert refusals.refusal(RejectedError(report), 2).partition("price: ")[2] == read


def test_a_refusal_names_the_nearest_prices_and_lots() -> None:
    async def scenario() -> None:
        async with LocalVenue("krx") as venue, venue.client("alice") as alice:
            info = alice.lines[0]
            high = info.high_limit - info.tick - 1
            shown = await talk(alice, f"buy {info.symbol} 1 {high}", f"buy {info.symbol} 1 {10**9}")
            assert shown[0].endswith(f"; nearest: {high - info.tick + 1} or {high + 1}")
            assert shown[1].endswith(" today")

    bounded(scenario())


def test_the_venues_own_refusals_come_in_decimals() -> None:
    async def scenario() -> None:
        async with (
            LocalVenue("shenzhen-2022", cash=100_000) as venue,
            venue.client("alice") as alice,
        ):
            shown = await talk(alice, "buy SZA-2019 1 90", "buy SZA-2019 100 35.00")
            assert shown[0] == "! refused (price limit): price: 31.59 to 38.61 today"
            assert shown[1].startswith("! refused (cash): quantity: needs 3500.")
            assert shown[1].endswith(", 1000.00 available")

    bounded(scenario())


WORD = st.one_of(
    st.sampled_from([*verbs.VERBS, "CO2", "buy", "all", "1", "100", "50.00", "+1h", "now", "off"]),
    st.integers(-(10**40), 10**40).map(str),
    st.text(max_size=30),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(WORD, max_size=8).map(" ".join), max_size=20))
def test_whatever_is_typed_is_answered_and_the_next_line_works(lines: list[str]) -> None:
    async def scenario() -> None:
        async with LocalVenue() as venue, venue.client("alice") as alice:
            kept = [line for line in lines if line.split()[:1] not in (["quit"], ["exit"])]
            shown = await talk(alice, *kept, "sell CO2 7 54.95 fok")
            assert any("sell 7 CO2 at 54.95" in text for text in shown)
            assert alice.reconnects == 0, "nothing that was typed ended the session"
            venue.venue.check()

    bounded(scenario())


@pytest.mark.parametrize(
    ("word", "digits", "minor"), [("35", 2, 3_500), ("35.", 2, 3_500), (".5", 2, 50), ("7", 0, 7)]
)
def test_a_price_is_read_exactly(word: str, digits: int, minor: int) -> None:
    assert typed.price(word, digits) == minor


def test_the_session_in_the_document_is_a_real_one() -> None:
    document = (ROOT / "docs" / "shell.md").read_text("utf-8")
    assert all(f"| `{verb.usage.replace('|', chr(92) + '|')}` |" in document
               for verb in verbs.VERBS.values())  # fmt: skip
    block = document.split("```console\n")[1].split("\n```")[0]
    lines = [line for line in block.splitlines() if not line.startswith(("$", "alice at"))]

    async def scenario() -> None:
        async with (
            LocalVenue("shenzhen-2022") as venue,
            venue.client("alice") as alice,
            venue.client("bob") as bob,
        ):

            def step(line: str) -> str | Callable[[], Awaitable[object]]:
                elsewhere = line.removeprefix("(bob, elsewhere: ").removesuffix(")")
                return (lambda: talk(bob, elsewhere)) if line[0] == "(" else line[len(PROMPT) :]

            typed_lines = [step(line) for line in lines if line.startswith((PROMPT, "("))]
            shown = "\n".join(await talk(alice, *typed_lines)).replace("! ", "")
            said = [line for line in lines if not line.startswith((PROMPT, "("))]
            assert shown.splitlines() == said

    bounded(scenario())


COMPLETIONS = {
    "bi": ["bid"],
    "": [*verbs.VERBS],
    "buy g": ["GDEA", "GDEA@agreement", "GDEA@one_way"],
    "quote GDEA s": ["sell"],
    "cancel ": ["1", "2", "all"],
    "exit ": [],
    "pick GDEA ": ["1"],
    "buy GDEA 5 40 i": ["ioc"],
    "buy GDEA 5 40 post-only u": ["until="],
    "announce GDEA sell 1 1 now +1h m": ["min=", "max="],
    "watch o": ["off"],
    "help am": ["amend"],
    "orders ": [],
    "trades ph": ["PHCER", "PHCER@agreement", "PHCER@one_way"],
    "bid GDEA 1 5 40 ": [],
    "frob ": [],
}


def test_each_word_is_completed_by_what_it_stands_for() -> None:
    async def scenario() -> None:
        async with (
            LocalVenue("guangdong") as venue,
            venue.client("alice") as alice,
            venue.client("bob") as bob,
        ):
            await talk(bob, "list GDEA sell 500 40")
            session = Session(Calls(alice), Script("list PHCER sell 1 30", "list PHCER sell 1 31"))
            await session.run()
            completer = VerbCompleter(lambda: session.desk)
            for line, offered in COMPLETIONS.items():
                found = completer.get_completions(Document(line), CompleteEvent())
                assert [completion.text for completion in found] == offered, line

    bounded(scenario())


@pytest.mark.parametrize("rulebook", presets.names())
def test_what_is_shown_fits_80_columns_under_every_rulebook(rulebook: str) -> None:
    async def scenario() -> None:
        async with LocalVenue(rulebook) as venue, venue.client("alice") as alice:
            first = venue.venue.symbols[0]
            shown = await talk(alice, "lines", "help", "balances", f"book {first}", "offers")
            assert len(shown) == 5
            assert not any(text.startswith("!") for text in shown)
            assert max(len(line) for text in shown for line in text.splitlines()) <= 80

    bounded(scenario())
