"""``docs/rulebooks.md``, made from the rulebooks: what each says, and where it is from."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from engine.rulebook import holidays, presets, programme
from engine.rulebook import model as schema
from engine.rulebook.ladders import PRICE_RULES, in_words
from engine.rulebook.model import Mode, PriceRule, Rulebook
from engine.rulebook.sources import figures, source_of
from engine.rulebook.toml_codec import to_plain
from engine.vocabulary.enums import CALL_PHASES, WITH_CALLS, Mechanism

_INTRO = """\
# Rulebooks

A rulebook is one TOML file that holds all the rules of a venue. It is data: whole numbers, names
and lists, no code. Prices are in the currency's minor unit (fen, cents) a tonne, rates in basis
points (`_bp`, 1/10,000) or ppm (`_ppm`), times local clock times, days numbers such as 20210626.

The rulebooks below are *like* the venues they are named after. None is the law, and many figures
are marks to be confirmed: the last table of each section says of every figure where it is from.
This page is made from the files by `carbonx rulebooks page`; a test compares the two.

## A rulebook of your own

    carbonx rulebooks list
    carbonx rulebooks show guangdong > mine.toml
    carbonx rulebooks amend mine.toml 'modes[listing].min_quantity' 10
    carbonx rulebooks check mine.toml
    carbonx rulebooks diff guangdong mine.toml
    carbonx match commands.jsonl --rulebook mine.toml

An unknown key, name or figure is refused with its path and the choices there are. `amend` changes
one figure and keeps the file's comments; any editor does as well.

A product trades in several modes at once. A product in a mode is a *line*: its name is the
product's symbol for the product's first mode, `SYMBOL@MODE` for the others. Orders name lines;
holdings belong to the product. One of the modes moves the close, from which the next day's price
limits of all lines follow.

A running venue changes its rules by the command `amend_rulebook`: a path such as
`modes[listing].limit_up_bp`, a TOML value, and the first trading day that it holds for. Parts of a
list go by their name or symbol; `calendar.holidays+` adds one more. The amendment is in the log, so
a replay makes it too. The name, the money and the mechanism of a line that exists do not change.
"""
_NOTES = """\
Where a mode's clearing, tie or undersubscription is for an auction, an announcement may say
otherwise for itself. Auctions of `auction.calendar` are announced by their trading day from the
account `auction.seller`, with the table's containment reserves, limit rule and re-offers
(`docs/rules.md`, 12.18 and on). For an auction that a member announces the table stands for
reference.
"""
_HOLIDAYS = """\
A calendar names one of these markets, `holidays = "china"`, or lists its dates. Where it names one,
the rulebook is read with the dates in its place and has their source: a log begins with the dates,
and never depends on this list again. An amendment takes dates: `calendar.holidays+` is one more.

A holiday is a weekday without trading. Weekends never trade unless `calendar.extra_days` has the
day, which counts before any holiday. Days on which China works in exchange for a public holiday are
weekends like others. After the last year of the list, weekdays alone decide.

`python -m docs.holidays` makes the lists; a test compares the two.
"""
_PARTS = ("Product", "Mode", "PriceRule", "Session", "Calendar", "AccountClass", "Containment",
          "SecondaryMarket", "ReserveFormula", "Growth", "PriceTrigger", "PlannedAuction",
          "Auction", "Cycle", "Credit", "Programme", "Rulebook")  # fmt: skip
_FIELD = re.compile(r"    (\w+): .*?(?:  # (.*))?$")


def page() -> str:
    """Return the whole page."""
    parts = [_INTRO, "## What can be said\n", *_schema(), _NOTES, *_holidays()]
    for name in presets.names():
        parts += ["\n".join(_section(presets.load(name)))]
    return "\n".join(parts)


def _schema() -> Iterator[str]:
    for part in _PARTS:
        kind = getattr(schema, part, None) or getattr(programme, part)
        meanings = {}
        for line in inspect.getsource(kind).splitlines():
            found = _FIELD.match(line)
            if found:
                meanings[found[1]] = found[2] or ""
        rows = [f"### {part}\n", f"{inspect.getdoc(kind)}\n", "| key | default | meaning |",
                "|---|---|---|"]  # fmt: skip
        for field in msgspec.structs.fields(kind):
            stated = field.default is not msgspec.NODEFAULT
            given = _told(to_plain(field.default, brief=True)) if stated else ""
            rows.append(f"| `{field.name}` | {given} | {meanings[field.name]} |")
        yield "\n".join([*rows, ""])
        if kind is schema.PriceRule:
            yield "\n".join([*_ladders(), ""])


def _ladders() -> Iterator[str]:
    """Say in words what the names of ladders stand for."""
    yield "| name | how it finds the price of a call |"
    yield "|---|---|"
    for name, ladder in PRICE_RULES.items():
        yield f"| `{name}` | {in_words(ladder)} |"
    yield "\nWhere each is from: `docs/rules.md`, rule 9.18."


def _holidays() -> Iterator[str]:
    """List the markets whose holidays a rulebook may name, with their dates."""
    yield f"## Holidays\n\n{_HOLIDAYS}"
    for name in holidays.names():
        market = holidays.load(name)
        rows = [f"### {name}\n", f"{market.source[0].upper()}{market.source[1:]}.\n",
                "| year | month and day |", "|---|---|"]  # fmt: skip
        for year, dates in market.years.items():
            days = ", ".join(f"{date // 100 % 100:02}-{date % 100:02}" for date in dates)
            rows.append(f"| {year} | {days} |")
        yield "\n".join([*rows, ""])


def in_years(dates: list[int]) -> str:
    """Say how many dates there are, and of which years."""
    return f"{len(dates)} days, {min(dates) // 10_000} to {max(dates) // 10_000}"


def _told(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _section(book: Rulebook) -> Iterator[str]:
    yield f"## {book.name}\n"
    yield f"Like: {book.title}. {book.currency}, {book.minor_digits} decimals.\n"
    yield "| mode | | trades by | tonnes | daily limits | moves the close |"
    yield "|---|---|---|---|---|---|"
    for mode in book.modes:
        close = "yes" if mode.moves_close or len(book.modes) == 1 else ""
        row = (f"`{mode.name}`", mode.title, how(mode), sizes(mode), band(mode), close)
        yield f"| {' | '.join(row)} |"
    for mode in book.modes:
        if calls(book, mode):
            yield f"\nThe price of a call in `{mode.name}`: {in_words(mode.ladder)}."
    products = ", ".join(f"`{p.symbol}`" for p in book.products)
    yield f"\nProducts: {products}. {_close(book)}\n"
    if book.calendar.sessions:
        yield "| local time | phase | modes |"
        yield "|---|---|---|"
        for session in to_plain(book.calendar, brief=True)["sessions"]:
            modes = ", ".join(session.get("modes", ["all"]))
            yield f"| {session['at']} | {session['phase']} | {modes} |"
        yield ""
    yield "| figure | value | source |"
    yield "|---|---|---|"
    found = figures(book, brief=True)
    for path, value in found.items():
        if path != "calendar.sessions":
            told = _told(value) if path != "calendar.holidays" else in_years(value)
            yield f"| `{path}` | {told} | {source_of(book, path)} |"
    if book.calendar.sessions:
        yield f"| `calendar.sessions` | above | {source_of(book, 'calendar.sessions')} |"
    yield ""


def calls(book: Rulebook, mode: Mode) -> bool:
    """Say whether a mode is made for calls: by timetable, volatility, batches or a ladder."""
    planned = any(
        session.phase in CALL_PHASES and (not session.modes or mode.name in session.modes)
        for session in book.calendar.sessions
    )
    other = mode.volatility_bp or mode.batch_seconds or mode.ladder != PriceRule()
    return mode.mechanism in WITH_CALLS and bool(planned or other)


def how(mode: Mode) -> str:
    """Say in a word or two how a mode makes trades."""
    name = mode.mechanism.name.lower().replace("_", " ")
    if mode.mechanism is Mechanism.LISTING:
        levels = f" {mode.pick_levels} prices" if mode.pick.name == "WITHIN_LEVELS" else ""
        return f"{name}, {mode.pick.name.lower().replace('_', ' ')}{levels}"
    if mode.mechanism is Mechanism.ORDER_BOOK:
        return f"{name}, {mode.matching.name.lower().replace('_', ' ')}"
    if mode.mechanism is Mechanism.ONE_WAY:
        return f"{name}, {mode.pricing.name.lower()}, ties by {mode.bid_tie.name.lower()}"
    return name


def sizes(mode: Mode) -> str:
    """Say which quantities a mode takes."""
    low, high = mode.min_quantity, mode.max_quantity
    if low and high:
        return f"{low:,} to {high:,}"
    if low:
        return f"{low:,} and more"
    return f"up to {high:,}" if high else "any"


def band(mode: Mode) -> str:
    """Say a mode's daily limits."""
    up, down = mode.limit_up_bp, mode.limit_down_bp
    if not up:
        return "none"
    if up == down:
        return f"±{_percent(up)}"
    return f"+{_percent(up)} -{_percent(down)}"


def _percent(bp: int) -> str:
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02}%" if rest else f"{whole}%"


def _close(book: Rulebook) -> str:
    rule = book.close.name.lower().replace("_", " ")
    more = f" {book.close_min_volume} t" if book.close_min_volume else ""
    return f"Close: {rule}{more}; open: {book.open.name.lower().replace('_', ' ')}."
