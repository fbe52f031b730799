"""What a rulebook leaves out means none of it, or one of the few figures that stand here."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from engine.rulebook import model, programme
from engine.rulebook.model import Calendar, Mode, PriceRule
from engine.rulebook.reserves import Growth, PriceTrigger, ReserveFormula, SecondaryMarket
from engine.vocabulary.enums import (
    BelowMarket,
    BidTie,
    CallFill,
    Candidates,
    CloseRule,
    Delivery,
    Dst,
    Instrument,
    LastRung,
    LimitRule,
    MarketRest,
    Matching,
    Mechanism,
    OpenRule,
    PickRule,
    PricingRule,
    SelfTrade,
    SelfTradeScope,
    Side,
    Tie,
    Undersubscribed,
)

PARTS: Final = (model.Product, PriceRule, Mode, model.Session, Calendar, model.AccountClass,
                model.Containment, model.PlannedAuction, model.Auction, programme.Cycle,
                programme.Credit, programme.Programme, SecondaryMarket,
                ReserveFormula, PriceTrigger, Growth, model.Rulebook)  # fmt: skip
DEFAULTS: Final[dict[str, Any]] = {
    "Product.currency": "CNY", "Product.compliance_bp": 10_000, "Product.tick": 1,
    "Product.lot": 1, "Product.min_quantity": 1,
    "Product.max_quantity": 1_000_000_000, "Product.instrument": Instrument.ALLOWANCE,
    "PriceRule.candidates": Candidates.LIMITS, "PriceRule.pressure": True,
    "PriceRule.last": LastRung.REFERENCE, "PriceRule.tie": Tie.HIGHER, "PriceRule.turning": True,
    "Mode.name": "continuous", "Mode.mechanism": Mechanism.ORDER_BOOK,
    "Mode.matching": Matching.PRICE_TIME, "Mode.protection_bp": 1_000,
    "Mode.iceberg_max_parts": 100, "Mode.delivery": Delivery.AT_ONCE, "Mode.ladder": PriceRule(),
    "Mode.call_fill": CallFill.TIME, "Mode.market_rest": MarketRest.CANCEL,
    "Mode.volatility_immediate": True, "Mode.carry_over": True, "Mode.pick": PickRule.BEST_FIRST,
    "Mode.pick_levels": 5, "Mode.pricing": PricingRule.UNIFORM, "Mode.bid_tie": BidTie.TIME,
    "Mode.undersubscribed": Undersubscribed.SELL, "Calendar.utc_offset_minutes": 480,
    "Calendar.dst": Dst.NONE,
    "Auction.limit_rule": LimitRule.REFUSE, "Calendar.weekdays": (1, 2, 3, 4, 5), "Auction.lot": 1,
    "Rulebook.currency": "CNY", "Rulebook.minor_digits": 2, "Rulebook.modes": (Mode(),),
    "Rulebook.close": CloseRule.LAST, "Rulebook.open": OpenRule.FIRST_TRADE,
    "Rulebook.self_trade": SelfTrade.CANCEL_RESTING,
    "Rulebook.self_trade_scope": SelfTradeScope.OWNER, "Rulebook.calendar": Calendar(),
    "Rulebook.auction": model.Auction(),
    "Cycle.share_bp": 10_000, "Programme.make_good_bp": 10_000,
    "Rulebook.programme": msgspec.UNSET,
    "Auction.guarantees": msgspec.UNSET, "Auction.market": msgspec.UNSET,
    "Auction.formula": msgspec.UNSET, "Auction.consigned": msgspec.UNSET,
    "Auction.triggers": msgspec.UNSET, "Auction.pledges": msgspec.UNSET,
    "Auction.growth": msgspec.UNSET,
    "Containment.growth": msgspec.UNSET, "PriceTrigger.side": Side.SELL, "PriceTrigger.for_days": 1,
    "SecondaryMarket.below": BelowMarket.CANCEL, "ReserveFormula.share_bp": 10_000,
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_defaults(part: type) -> None:
    for field in msgspec.structs.fields(part):
        name = f"{part.__name__}.{field.name}"
        if name in DEFAULTS:
            assert field.default == DEFAULTS[name], name
        elif not field.required and field.default is not msgspec.NODEFAULT:
            assert field.default in {0, "", ()}, name


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_a_part_refuses_a_field_that_it_does_not_have(part: type) -> None:
    given = {
        "name": "x",
        "symbol": "A",
        "reference": 1,
        "products": [],
        "at": 1,
        "phase": 1,
        "trigger": 1,
        "date": 20210628,
        "product": "A",
        "mode": "x",
        "quantity": 1,
        "opens": 1,
        "closes": 2,
        "first": 1,
        "year": 2025,
    }
    needed = {each.name: given[each.name] for each in msgspec.structs.fields(part) if each.required}
    msgspec.json.decode(msgspec.json.encode(needed), type=part)
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.json.decode(msgspec.json.encode(needed | {"colour": 1}), type=part)


def test_the_table_has_no_figure_that_is_gone() -> None:
    names = {f"{part.__name__}.{name}" for part in PARTS for name in part.__struct_fields__}
    assert set(DEFAULTS) <= names
