"""Every named ladder against its second implementation, and the worked examples of exchanges."""

from __future__ import annotations

from random import Random

import pytest

from engine.matching.call_price import Crossing, Grid, Sides, cross
from engine.rulebook.ladders import PRICE_RULES, in_words
from engine.rulebook.model import RulebookError
from engine.rulebook.toml_codec import from_toml
from engine.vocabulary.enums import CallStep, Candidates, LastRung, Tie
from tests.engine.matching.ladders import EXCHANGES, Book, compare, differing
from tests.support.toml import to_toml

MKT = 0
VOLUME, SURPLUS, PRESSURE = CallStep.VOLUME, CallStep.SURPLUS, CallStep.PRESSURE
REFERENCE, TIE, NO_LIMITS = CallStep.REFERENCE, CallStep.TIE, CallStep.NO_LIMITS
BETTER, TURNING, MIDDLE = CallStep.BETTER, CallStep.TURNING, CallStep.MIDDLE
Table = list[tuple[int, int]]

KRX_SELLS = [
    (450, 7860),
    (750, 7850),
    (300, 7840),
    (150, 7830),
    (200, 7830),
    (50, 7830),
    (200, 7820),
    (150, 7810),
]
KRX_BUYS = [
    (100, 7850),
    (150, 7840),
    (200, 7830),
    (150, 7830),
    (400, 7820),
    (500, 7810),
    (650, 7800),
]
KRX_SEVERAL = ([(200, 7850), (100, 7840)], [(100, 7810), (200, 7800)])
APART = ([(100, MKT), (100, 199)], [(100, MKT), (100, 202)])
MEET = ([(300, 202), (200, 201)], [(300, 199), (200, 198)])
ONLY_MARKET = ([(900, MKT)], [(800, MKT)])
STRIKE = ([(250, MKT), (150, 199), (50, MKT)], [(300, MKT), (200, 198)])
HIGH, LOW = [(10, 102), (10, 97)], [(10, 102), (10, 94)]
TURN = ([(25, 100), (25, 97)], [(25, 98), (25, 95)])

# name; ladder; bids, asks as (tonnes, limit); reference; price, volume, surplus; what decided
EXAMPLES: list[tuple[str, str, tuple[Table, Table], int, tuple[int, int, int], CallStep]] = [
    # Xetra market model, release 14.0, chapter 13.1
    ("most volume", "xetra",
     ([(200, 202), (200, 201), (300, 200)], [(100, 200), (200, 198), (400, 197)]), 0,
     (200, 700, 0), VOLUME),
    ("bids left over", "xetra", ([(400, 202), (200, 201)], [(300, 199), (200, 198)]), 0,
     (201, 500, 100), PRESSURE),
    ("asks left over", "xetra", ([(300, 202), (200, 201)], [(400, 199), (200, 198)]), 0,
     (199, 500, -100), PRESSURE),
    ("market orders, limits apart, at one", "xetra", APART, 199, (199, 100, 100), REFERENCE),
    ("market orders, limits apart, between", "xetra", APART, 200, (199, 100, 100), REFERENCE),
    ("market orders, limits apart, other", "xetra", APART, 201, (202, 100, -100), REFERENCE),
    ("nothing left over, in the middle", "xetra", MEET, 200, (201, 500, 0), TIE),
    ("nothing left over, above", "xetra", MEET, 202, (201, 500, 0), REFERENCE),
    ("nothing left over, below", "xetra", MEET, 198, (199, 500, 0), REFERENCE),
    ("only market orders", "xetra", ONLY_MARKET, 250, (250, 800, 100), NO_LIMITS),
    ("only market orders, anywhere", "xetra", ONLY_MARKET, 99, (99, 800, 100), NO_LIMITS),
    ("time at one price", "xetra", ([(300, 200), (300, 200)], [(400, 200)]), 0, (200, 400, 200),
     VOLUME),
    ("market orders count with limits", "xetra", STRIKE, 201, (198, 450, -50), PRESSURE),
    # KRX emissions market, its own tables
    ("one matching price", "krx", (KRX_BUYS, KRX_SELLS), 7700, (7830, 600, -150), VOLUME),
    ("the price before is one of several", "krx", KRX_SEVERAL, 7820, (7820, 300, 0), REFERENCE),
    ("the price before is none of several", "krx", KRX_SEVERAL, 7850, (7840, 300, 0), REFERENCE),
    # Euronext, pure market orders, examples of the call phase
    ("E1 before", "euronext",
     ([(50, MKT), (90, 1010), (10, 990)], [(40, MKT), (100, 1008), (60, 1015)]), 1000,
     (1008, 140, 0), REFERENCE),
    ("E1 after", "euronext",
     ([(50, MKT), (90, 1010), (10, 990), (20, MKT)], [(40, MKT), (100, 1008), (60, 1015)]), 1000,
     (1010, 140, 20), PRESSURE),
    ("E2", "euronext", ([(40, MKT), (20, MKT)], [(45, MKT)]), 1000, (1000, 45, 15), NO_LIMITS),
    ("E3", "euronext", ([(40, MKT)], [(40, 998)]), 1000, (1000, 40, 0), REFERENCE),
    ("E4", "euronext", ([(40, MKT)], [(41, 998)]), 1000, (998, 40, -1), PRESSURE),
    ("E5", "euronext", ([(40, MKT)], [(40, 1002)]), 1000, (1002, 40, 0), VOLUME),
    ("several asks", "euronext", ([(80, MKT)], [(40, 1002), (40, 1004)]), 1000, (1004, 80, 0),
     VOLUME),
    # BNB Beacon Chain, match examples 1 to 6
    ("B1", "bnb", ([(150, 100), (150, 98)], [(250, 98), (50, 97)]), 0, (98, 300, 0), VOLUME),
    ("B2", "bnb", ([(150, 100), (50, 99), (300, 97)], [(200, 97), (100, 96)]), 0, (97, 300, 200),
     VOLUME),
    ("B3", "bnb", ([(300, 102), (100, 100), (200, 99), (300, 98)],
                   [(250, 98), (250, 97), (1000, 96)]), 0, (96, 900, -100), SURPLUS),
    ("B5.1", "bnb", (HIGH, [(50, 95)]), 80, (95, 20, -30), PRESSURE),
    ("B5.2", "bnb", ([(10, 99), (10, 94)], [(50, 92)]), 100, (94, 20, -30), PRESSURE),
    ("B5.3", "bnb", ([(100, 99)], [(50, 92)]), 90, (95, 50, 50), PRESSURE),
    ("B5.4", "bnb", ([(10, 101), (10, 96)], [(50, 94)]), 100, (95, 20, -30), PRESSURE),
    ("B6.1", "bnb", TURN, 99, (99, 25, -25), REFERENCE),
    ("B6.2", "bnb", TURN, 97, (97, 25, 25), REFERENCE),
    # the rungs of the others
    ("where it turns only two prices are left", "jpx", TURN, 99, (98, 25, -25), REFERENCE),
    ("one tick beyond", "jpx", ([(10, MKT)], [(5, 100)]), 100, (101, 5, 5), PRESSURE),
    ("every tick has the reference itself", "asx", ([(300, 202)], [(300, 198)]), 200,
     (200, 300, 0), REFERENCE),
    ("limits do not", "lse", ([(300, 202)], [(300, 198)]), 199, (198, 300, 0), REFERENCE),
    ("no turning in London", "lse", TURN, 100, (100, 25, -25), REFERENCE),
    ("the middle price", "sse", ([(300, 203)], [(300, 198)]), 198, (201, 300, 0), MIDDLE),
    ("better bids trade in full", "szse", ([(300, 300)], [(100, 100)]), 200, (300, 100, 200),
     BETTER),
    ("halfway: the close itself", "nse", ([(300, 202)], [(300, 198)]), 200, (200, 300, 0), TIE),
    ("limits that do not meet: the reference", "hkex", APART, 201, (201, 100, 0), NO_LIMITS),
    ("outside the overlap is no price", "hkex",
     ([(10, MKT), (3, 100)], [(5, 98), (8, 103)]), 103, (100, 5, 8), PRESSURE),
]  # fmt: skip


def sides(tables: tuple[Table, Table]) -> Sides:
    bids, asks = ([(limit, tonnes) for tonnes, limit in table] for table in tables)
    return Sides(bids, asks)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example[1]}: {example[0]}")
def test_example(
    example: tuple[str, str, tuple[Table, Table], int, tuple[int, int, int], CallStep],
) -> None:
    _, ladder, tables, reference, expected, decided = example
    tick = 10 if ladder == "krx" else 1
    found = cross(sides(tables), reference, Grid(tick), PRICE_RULES[ladder])
    assert found == Crossing(*expected, decided)


def test_every_ladder_finds_what_its_second_implementation_finds() -> None:
    assert list(EXCHANGES) == list(PRICE_RULES)
    assert compare(300, seed=20260105) == 0


def test_the_random_books_reach_every_rung() -> None:
    rng, decided = Random(7), dict.fromkeys(CallStep, 0)
    for _ in range(300):
        book = Book(rng)
        assert not differing(book)
        grid = Grid(book.rows[0][1]) if len(book.rows) == 1 else Grid(1, book.rows)
        for ladder in PRICE_RULES.values():
            found = cross(Sides(book.bids, book.asks), book.given, grid, ladder)
            decided[found.decided if found else CallStep.NONE] += 1
            assert found is None or book.valid(found.price)
    rare = {step.name for step, count in decided.items() if count < 3}
    assert rare <= {"TURNING"}, "TURNING leaves two prices"


@pytest.mark.parametrize("name", PRICE_RULES)
def test_every_ladder_has_a_result_without_a_reference(name: str) -> None:
    ladder = PRICE_RULES[name]
    meets = cross(sides(([(10, 102)], [(10, 98)])), 0, Grid(), ladder)
    assert meets is not None
    assert meets.price == {"sse": 100}.get(name, 102)
    assert cross(sides(ONLY_MARKET), 0, Grid(), ladder) is None, "no price without a reference"


# -- in a rulebook ------------------------------------------------------------------------------

BOOK = """
name = "named"
[[modes]]
{}
[[products]]
symbol = "CO2"
reference = 100
"""


@pytest.mark.parametrize("name", PRICE_RULES)
def test_a_rulebook_names_a_ladder(name: str) -> None:
    book = from_toml(BOOK.format(f'ladder = "{name}"'))
    assert book.modes[0].ladder == PRICE_RULES[name]
    assert from_toml(to_toml(book)) == book


def test_a_named_ladder_may_be_refined_and_one_may_be_spelled_out() -> None:
    refined = from_toml(BOOK.format('ladder = { like = "sse", tie = "lower", last = "reference" }'))
    ladder = refined.modes[0].ladder
    assert (ladder.candidates, ladder.tie, ladder.last) == (
        Candidates.TICKS,
        Tie.LOWER,
        LastRung.REFERENCE,
    )
    assert ladder.better
    spelled = from_toml(BOOK.format('ladder = { candidates = "ticks", pressure = false }'))
    assert spelled.modes[0].ladder.steps == (VOLUME, SURPLUS, TURNING, REFERENCE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('ladder = "xetre"', r"\$\.modes\[0\]\.ladder: 'xetre' is not known: did you mean 'xetra'"),
        ('ladder = { like = "moon" }', r"\.ladder\.like: 'moon' is not one of asx"),
        ("ladder = { like = 3 }", r"\.ladder\.like: 3 is not one of asx"),
        ("ladder = { like = [] }", r"\.ladder\.like: \[\] is not one of asx"),
        (
            'ladder = { like = "asx", ties = 1 }',
            r"\.ladder\.ties: there is no such key: did you mean 'tie'",
        ),
        ("ladder = 3", "ladder"),
        ("ladder = { pressure = false, pressure_band_bp = 5 }", "goes with pressure"),
        ("ladder = { pressure_band_bp = 10000 }", "pressure_band_bp"),
        ('ladder = { last = "middle", tie = "reference" }', "tie: reference goes with"),
    ],
)
def test_a_wrong_ladder_is_refused(text: str, message: str) -> None:
    with pytest.raises(RulebookError, match=message):
        from_toml(BOOK.format(text))


def test_a_ladder_in_words() -> None:
    assert in_words(PRICE_RULES["bnb"]) == (
        "every tick from the lowest limit to the highest: most volume; least surplus; pressure: "
        "bids alone left over the highest, asks alone the lowest, within 500 basis points "
        "of the reference; "
        "nearest to the reference; of two the higher"
    )
    assert in_words(PRICE_RULES["sse"]).endswith("least surplus; the middle")
    assert len({in_words(ladder) for ladder in PRICE_RULES.values()}) == 11, "krx is as szse"
