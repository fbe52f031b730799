"""The registry's tables equal its events one by one, on random compliance years."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import polars as pl
import pytest
from msgspec import structs

from backtest.frames.log_frames import Frames, frames
from backtest.frames.registry_rows import FORMS
from engine.rulebook import presets
from engine.rulebook.programme import Programme
from engine.vocabulary import registry_events as e
from tests.backtest.frames.test_equal_to_events import each, told
from tests.support.random_logs import RandomLog, random_log
from tests.support.registry_flow import RegistryFlow, with_programme

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from engine.rulebook.model import Rulebook

NAMES = ("shenzhen-2022", "textbook", "krx")
AVERAGED = "krx"  # whose penalties go by the trades of the month before
DAYS = 14  # both cycles of the programme end within them


class Early(RegistryFlow):
    """Begins in the month before the deadlines."""

    def __init__(self, rulebook: Rulebook, rng: Random) -> None:
        super().__init__(rulebook, rng, 20251126)


@cache
def case(name: str) -> tuple[RandomLog, Frames]:
    """Return a random log with a compliance year in it, and its frames."""
    book = with_programme(presets.load(name))
    assert isinstance(book.programme, Programme)
    rules = structs.replace(
        book.programme, large_holder=100, penalty_months=1 if name == AVERAGED else 0
    )
    log = random_log(structs.replace(book, programme=rules), 4, days=DAYS, kind=Early)
    return log, frames(log.data)


def as_date(number: int) -> date:
    return datetime.strptime(str(number), "%Y%m%d").date()  # noqa: DTZ007 - a date


@pytest.mark.parametrize("name", NAMES)
def test_entities(name: str) -> None:
    log, found = case(name)
    wanted: list[tuple[Any, ...]] = []
    for r, x in each(log, e.EntityRegistered, e.PurchasesFrozen, e.LargeHolderReported):
        row: tuple[Any, ...]
        match x:
            case e.EntityRegistered():
                accounts, officers = ", ".join(x.accounts), ", ".join(x.officers)
                row = ("registered", x.entity, accounts, officers, x.group or None, *[None] * 3)
            case e.PurchasesFrozen():
                row = ("purchases_frozen", x.entity, None, None, None, x.on, None, None)
            case _:
                row = ("large_holder", *[None] * 3, x.group, None, x.quantity, x.level)
        wanted.append((r.seq, r.time, *row))
    assert told(
        found.entities,
        *("seq", "time", "step", "entity", "accounts", "officers", "group", "on", "quantity"),
        "level",
    ) == wanted  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_allowances(name: str) -> None:
    log, found = case(name)
    wanted: list[dict[str, Any]] = []
    kinds = (e.CapSet, e.AllowancesIssued, e.AllowancesAllocated, e.AllowancesTransferred,
             e.AllowancesSurrendered, e.AllowancesBanked, e.AllowancesCancelled)  # fmt: skip
    for r, x in each(log, *kinds):
        row: dict[str, Any] = dict.fromkeys(found.allowances.columns)
        row |= {"seq": r.seq, "product": x.product, "quantity": x.quantity}
        match x:
            case e.CapSet():
                row |= {"step": "cap_set"}
            case e.AllowancesIssued():
                row |= {"step": "issued", "account": x.account, "balance": x.balance}
                row |= {"issued": x.issued}
            case e.AllowancesAllocated():
                row |= {"step": "allocated", "entity": x.entity, "cycle": x.cycle}
                row |= {"change": x.change, "owed": x.owed, "final": x.final}
            case e.AllowancesTransferred():
                row |= {"step": "transferred", "account": x.account, "to_account": x.to}
                row |= {"amount": x.amount, "currency": x.currency}
            case e.AllowancesSurrendered():
                row |= {"step": "surrendered", "entity": x.entity, "cycle": x.cycle}
                row |= {"account": x.account, "due": x.due}
            case e.AllowancesBanked():
                row |= {"step": "banked", "entity": x.entity, "cycle": x.cycle}
                row |= {"account": x.account, "to_product": x.to}
            case _:
                row |= {"step": "cancelled", "account": x.account, "balance": x.balance}
        wanted.append(row)
    shown = [name for name in found.allowances.columns if name not in ("time", "day")]
    assert told(found.allowances, *shown) == [tuple(row[name] for name in shown) for row in wanted]


@pytest.mark.parametrize("name", NAMES)
def test_emissions(name: str) -> None:
    log, found = case(name)
    wanted: list[tuple[Any, ...]] = []
    for r, x in each(log, e.EmissionsReported, e.EmissionsVerified, e.CompliancePublished):
        row: tuple[Any, ...]
        match x:
            case e.EmissionsReported():
                row = ("reported", x.quantity, None, None)
            case e.EmissionsVerified():
                row = ("verified", x.quantity, x.due, None)
            case _:
                row = ("published", x.verified, None, x.allocated)
        wanted.append((r.seq, x.cycle, x.entity, *row))
    columns = ("seq", "cycle", "entity", "step", "quantity", "due", "allocated")
    assert told(found.emissions, *columns) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_penalties(name: str) -> None:
    log, found = case(name)
    wanted: list[tuple[Any, ...]] = []
    for r, x in each(log, e.ComplianceSettled, e.PenaltyPaid):
        row: tuple[Any, ...]
        if isinstance(x, e.ComplianceSettled):
            row = ("settled", None, x.short, x.penalty, None, x.make_good)
        else:
            row = ("paid", x.account, None, x.amount, x.left, None)
        wanted.append((r.seq, x.cycle, x.entity, *row))
    columns = ("step", "account", "short", "amount", "left", "make_good")
    assert told(found.penalties, "seq", "cycle", "entity", *columns) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_cycles(name: str) -> None:
    log, found = case(name)
    wanted: list[tuple[Any, ...]] = []
    for r, x in each(log, e.DeadlinePassed, e.AveragePriceTaken, e.CycleClosed):
        row: tuple[Any, ...]
        match x:
            case e.DeadlinePassed():
                row = ("deadline_passed", x.step, as_date(x.date), x.missing, *[None] * 6)
            case e.AveragePriceTaken():
                days = (as_date(x.begin), as_date(x.end))
                row = ("average_price", *[None] * 3, x.price or None, x.volume, *days, None, None)
            case _:
                row = ("closed", *[None] * 7, x.entities, x.short)
        wanted.append((r.seq, x.cycle, *row))
    columns = ("step", "deadline", "date", "missing", "price", "volume", "begin", "end", "entities")
    assert told(found.cycles, "seq", "cycle", *columns, "short") == wanted


def test_every_event_of_the_registry_has_its_table_and_is_in_the_logs() -> None:
    assert set(FORMS) == set(get_args(e.RegistryEvent))
    rows = {(form.table, form.step) for form in FORMS.values()}
    assert len(rows) == len(FORMS)
    there: set[tuple[str, str]] = set()
    for name in NAMES:
        _, found = case(name)
        for table in {form.table for form in FORMS.values()}:
            frame = getattr(found, table)
            there |= {(table, step) for step in frame["step"].unique()}
            assert frame["seq"].is_sorted()
            assert frame["day"].dtype == pl.Date
    assert there == rows
