"""Make the holidays that the packaged rulebooks name, from the calendars of two libraries.

    python -m docs.holidays            write engine/rulebook/presets/holidays/*.toml
    python -m docs.holidays --check    say which of them differ; exit 1 if any does

A holiday is a weekday without trading; a day that ends early is a trading day. Both libraries are
in the extra ``calendars``, at the versions that the files are made with.
"""

from __future__ import annotations

import sys
import warnings
from datetime import date, timedelta
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).parent.parent / "engine" / "rulebook" / "presets" / "holidays"
FIRST, LAST = 2013, 2027
_SATURDAY: Final = 5


class Market(NamedTuple):
    """Where a market's holidays come from."""

    exchange: str  # a calendar of exchange_calendars
    source: str  # in words; ``{version}`` is that of the library
    until: int = LAST  # the last year that the exchange's calendar has
    state: bool = False  # the State Council's arrangements count too
    more: tuple[date, ...] = ()  # what the libraries lack; the source says why


MARKETS: Final = {
    "china": Market(
        "XSHG",
        "public holidays by the State Council's yearly notices (chinesecalendar {state}) and days "
        "that the Shanghai Stock Exchange closed (exchange_calendars {version}), 2013 to 2026; "
        "2027: default to confirm, the statutory days with days in lieu, as no arrangement of that "
        "year is in the libraries",
        until=2026,
        state=True,
        # Statutory days of 2027 (State Council decree 795): New Year; the Spring Festival's eve,
        # 5 February, and three days, two of them at a weekend; Qingming; Labour Day's two, both at
        # a weekend; Dragon Boat; Mid-Autumn; National Day's three, two of them at a weekend.
        more=tuple(
            date(2027, month, day)
            for month, day in ((1, 1), (2, 5), (2, 8), (2, 9), (2, 10), (4, 5), (5, 3), (5, 4),
                               (6, 9), (9, 15), (10, 1), (10, 4), (10, 5))
        ),
    ),
    "korea": Market(
        "XKRX",
        "days that the Korea Exchange is closed (exchange_calendars {version}), and the local "
        "elections of 3 June 2026; from then on default to confirm: days that are named "
        "later are not in it",
        more=(date(2026, 6, 3),),
    ),
    "eex": Market(
        "XEEE",
        "default to confirm: days that the European Energy Exchange is closed "
        "(exchange_calendars {version}), by rule; auctions have a calendar of their own",
    ),
    "amsterdam": Market(
        "XAMS",
        "default to confirm: days that Euronext Amsterdam is closed (exchange_calendars "
        "{version}), as the library has no calendar of ICE Endex",
    ),
    "london": Market(
        "XLON",
        "default to confirm: days that the London Stock Exchange is closed (exchange_calendars "
        "{version}), the bank holidays of England; auctions have a calendar of their own",
    ),
    "new-york": Market(
        "XNYS",
        "default to confirm: days that the New York Stock Exchange is closed "
        "(exchange_calendars {version}); auctions have a calendar of their own",
    ),
}  # fmt: skip


def weekdays(until: int) -> list[date]:
    """Return every Monday to Friday of the years."""
    days = (date(until, 12, 31) - date(FIRST, 1, 1)).days + 1
    every = (date(FIRST, 1, 1) + timedelta(n) for n in range(days))
    return [day for day in every if day.weekday() < _SATURDAY]


def closed(market: Market) -> list[date]:
    """Return a market's holidays in order."""
    import exchange_calendars  # noqa: PLC0415 - not for those who only name the markets

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calendar = exchange_calendars.get_calendar(
            market.exchange, start=f"{FIRST}-01-01", end=f"{market.until}-12-31"
        )
    trading = {session.date() for session in calendar.sessions}
    found = {day for day in weekdays(market.until) if day not in trading}
    if market.state:
        import chinese_calendar  # noqa: PLC0415

        found |= {day for day in weekdays(market.until) if chinese_calendar.is_holiday(day)}
    return sorted(found | {*market.more})


def text(name: str) -> str:
    """Return the file of a market."""
    market = MARKETS[name]
    source = market.source.format(
        version=metadata.version("exchange_calendars"), state=metadata.version("chinesecalendar")
    )
    lines = [
        "# Made by python -m docs.holidays: change that, not this.",
        f'source = "{source}"',
        "",
        "[years]",
    ]
    days = closed(market)
    for year in range(FIRST, LAST + 1):
        numbers = [f"{day:%Y%m%d}" for day in days if day.year == year]
        rows = [", ".join(numbers[n : n + 9]) for n in range(0, len(numbers), 9)]
        lines += [f"{year} = [", *(f"  {row}," for row in rows), "]"]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files, or say which are not what the libraries say."""
    differing = 0
    for name in MARKETS:
        path = FOLDER / f"{name}.toml"
        wanted = text(name)
        if arguments == ["--check"]:
            same = path.exists() and path.read_text(encoding="utf-8") == wanted
            differing += not same
            sys.stdout.write("" if same else f"{path} differs: run python -m docs.holidays\n")
        else:
            path.write_text(wanted, encoding="utf-8")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
