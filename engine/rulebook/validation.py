"""What the types of a rulebook cannot say: which figures go together."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UnsetType

from engine.rulebook.calendar import is_date
from engine.rulebook.model import (
    AccountClass,
    Calendar,
    Mode,
    PriceRule,
    Product,
    Rulebook,
    RulebookError,
)
from engine.rulebook.programme_rules import rules_of
from engine.rulebook.reserves import Growth
from engine.rulebook.ticks import tick_at
from engine.vocabulary.enums import (
    CALL_PHASES,
    WITH_CALLS,
    CallFill,
    Delivery,
    LastRung,
    Mechanism,
    Tie,
)
from engine.vocabulary.suggest import not_one_of
from engine.vocabulary.texts import MAX_TEXT, encodable
from engine.vocabulary.units import (
    BASIS_POINTS,
    MAX_INT,
    MAX_PRICE,
    MAX_QUANTITY,
    MIN_INT,
    PARTS_PER_MILLION,
)

_DAY_SECONDS = 86_400
_RATES_BP = ("limit_up_bp", "limit_down_bp", "protection_bp", "volatility_bp", "fifo_bp")
_RATES_PPM = ("maker_fee_ppm", "taker_fee_ppm", "buyer_fee_ppm", "seller_fee_ppm")
_SIZES = ("lot", "top_order", "min_share", "min_quantity", "max_quantity")
_COUNTS = (
    "resale_lag",
    "proceeds_lag",
    "delivery_days",
    "volatility_seconds",
    "batch_seconds",
    "pick_levels",
    "report_seconds",
)
_MANY = 1_000_000
MAX_NAME = 32  # characters of a symbol or a mode: every report that names a line stays short


def from_canonical(data: bytes) -> Rulebook:
    """Read canonical bytes. Raises ``RulebookError``."""
    try:
        book = msgspec.msgpack.decode(data, type=Rulebook)
    except msgspec.MsgspecError as error:
        raise RulebookError(str(error)) from error
    validate(book)
    return book


def validate(book: Rulebook) -> None:
    """Check a rulebook as a whole. Raises ``RulebookError``."""
    _validate_values("$", book)
    _require("$.products", holds=bool(book.products), rule="at least one product is needed")
    _require("$.modes", holds=bool(book.modes), rule="at least one mode is needed")
    for path, names in (
        ("$.products", [product.symbol for product in book.products]),
        ("$.modes", [mode.name for mode in book.modes]),
        ("$.classes", [role.name for role in book.classes]),
    ):
        _require(path, holds=len(dict.fromkeys(names)) == len(names), rule="names must differ")
    _require("$.minor_digits", holds=0 <= book.minor_digits <= 6, rule="must be 0-6")  # noqa: PLR2004
    _among("$.close_min_volume", book.close_min_volume, 0, MAX_QUANTITY)
    names = [mode.name for mode in book.modes]
    for index, product in enumerate(book.products):
        _validate_product(f"$.products[{index}]", product)
        _known(f"$.products[{index}].modes", product.modes, names)
        movers = [mode for mode in book.modes_of(product) if mode.moves_close]
        one = len(movers) == 1 or len(book.modes_of(product)) == 1
        rule = f"{len(movers)} of the modes of {product.symbol} move its close: one must"
        _require("$.modes", holds=one, rule=rule)
        for mode in book.modes_of(product):
            _validate_lot(product, mode)
    for index, mode in enumerate(book.modes):
        _validate_mode(f"$.modes[{index}]", mode)
    for index, role in enumerate(book.classes):
        _validate_class(f"$.classes[{index}]", role)
        _known(f"$.classes[{index}].modes", role.modes, names)
    _validate_calendar(book.calendar, names)
    _validate_calls(book)
    symbols, roles = [p.symbol for p in book.products], [role.name for role in book.classes]
    if not isinstance(book.programme, UnsetType):
        for field, holds, rule in rules_of(book.programme, symbols, roles, names):
            _require(f"$.programme.{field}", holds=holds, rule=rule)
    for name in ("lot", "reserve", "min_bid", "max_bid", "reoffer_over", "reoffer_cap_bp"):
        _among(f"$.auction.{name}", getattr(book.auction, name), name == "lot", MAX_QUANTITY)
    _validate_auctions(book)


def _validate_reserves(book: Rulebook) -> None:
    """Check what auctions' prices are held against, and how they grow."""
    pledges = book.auction.pledges
    for kind in () if isinstance(pledges, UnsetType) else pledges:
        rule = f"1-{MAX_NAME} characters each"
        _require("$.auction.pledges", holds=0 < len(kind) <= MAX_NAME, rule=rule)
    _validate_growth("$.auction.growth", book.auction.growth)
    for index, tier in enumerate(book.auction.containment):
        _validate_growth(f"$.auction.containment[{index}].growth", tier.growth)
    market, formula = book.auction.market, book.auction.formula
    if not isinstance(market, UnsetType):
        _among("$.auction.market.share_bp", market.share_bp, 0, BASIS_POINTS)
    if not isinstance(formula, UnsetType):
        path = "$.auction.formula"
        _require(path, holds=bool(formula.months or formula.days), rule="months or days are needed")
        for count in formula.months:
            _among(f"{path}.months", count, 1, 12)
        for count in formula.days:
            _among(f"{path}.days", count, 1, 250)
        _known(f"{path}.modes", formula.modes, [mode.name for mode in book.modes])
        _among(f"{path}.share_bp", formula.share_bp, 1, 10 * BASIS_POINTS)


def _validate_growth(path: str, growth: Growth | UnsetType) -> None:
    if isinstance(growth, UnsetType):
        return
    _among(f"{path}.year", growth.year, 1990, 2100)
    for rate in (growth.rate_bp, *growth.inflation_bp):
        _among(path, rate, -BASIS_POINTS // 2, 10 * BASIS_POINTS)


def _validate_triggers(book: Rulebook) -> None:
    """Check what proposes sales and purchases beside the calendar."""
    triggers = book.auction.triggers
    products = [product.symbol for product in book.products]
    seen: list[str] = []
    for index, each in enumerate(() if isinstance(triggers, UnsetType) else triggers):
        path = f"$.auction.triggers[{index}]"
        rule = f"1-{MAX_NAME} characters, none twice"
        _require(
            f"{path}.name",
            holds=0 < len(each.name) <= MAX_NAME and each.name not in seen,
            rule=rule,
        )
        seen.append(each.name)
        _known(f"{path}.product", (each.product,), products)
        _known(f"{path}.modes", each.modes, [mode.name for mode in book.modes])
        rule = "a level is needed, or a multiple of the average of months before, and not both"
        base = bool(each.multiple_bp and each.base_months)
        one = bool(each.level) != base and bool(each.multiple_bp) == bool(each.base_months)
        _require(path, holds=one, rule=rule)
        rule = "days or months are needed, and not both"
        _require(path, holds=bool(each.days) != bool(each.months), rule=rule)
        _among(f"{path}.level", each.level, 0, MAX_PRICE)
        _among(f"{path}.multiple_bp", each.multiple_bp, 0, 100 * BASIS_POINTS)
        _among(f"{path}.base_months", each.base_months, 0, 60)
        _among(f"{path}.days", each.days, 0, 250)
        _among(f"{path}.for_days", each.for_days, 1, 250)
        _among(f"{path}.months", each.months, 0, 24)


def _validate_auctions(book: Rulebook) -> None:
    """Check the calendar of auctions: where and when each is held, and what it sells."""
    _validate_reserves(book)
    _validate_triggers(book)
    planned = book.auction.calendar
    rule = "the account that sells in the auctions of the calendar is needed"
    _require("$.auction.seller", holds=bool(book.auction.seller) or not planned, rule=rule)
    seen: dict[tuple[int, str, str], None] = {}
    for index, each in enumerate(planned):
        path = f"$.auction.calendar[{index}]"
        rule = f"{each.date} is not a day such as 20210626"
        _require(f"{path}.date", holds=is_date(each.date), rule=rule)
        _among(f"{path}.quantity", each.quantity, 1, MAX_QUANTITY)
        _among(f"{path}.opens", each.opens, 0, _DAY_SECONDS - 1)
        _among(f"{path}.closes", each.closes, each.opens + 1, _DAY_SECONDS - 1)
        _among(f"{path}.reserve", each.reserve, 0, MAX_PRICE)
        products = {product.symbol: product for product in book.products}
        _known(f"{path}.product", (each.product,), list(products))
        auctions = {
            mode.name: mode
            for mode in book.modes_of(products[each.product])
            if mode.mechanism is Mechanism.ONE_WAY
        }
        _known(f"{path}.mode", (each.mode,), list(auctions))
        place = (each.date, each.product, each.mode)
        _require(path, holds=place not in seen, rule="a second auction of its line on that day")
        seen[place] = None


def _validate_values(path: str, value: object) -> None:
    """Check that a log can hold every figure and every text there is, whatever they mean."""
    if isinstance(value, str):
        rule = f"at most {MAX_TEXT} characters, none of them half of a surrogate pair"
        _require(path, holds=len(value) <= MAX_TEXT and encodable(value), rule=rule)
    elif isinstance(value, int):
        rule = f"a whole number from {MIN_INT} to {MAX_INT} is needed"
        _require(path, holds=MIN_INT <= value <= MAX_INT, rule=rule)
    elif isinstance(value, tuple):
        for index, part in enumerate(value):
            _validate_values(f"{path}[{index}]", part)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            _validate_values(f"a key of {path}", key)
            _validate_values(f"{path}.{key}", part)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _validate_values(f"{path}.{name}", getattr(value, name))


def _require(path: str, *, holds: bool, rule: str) -> None:
    if not holds:
        message = f"{path}: {rule}"
        raise RulebookError(message)


def _among(path: str, value: int, low: int, high: int) -> None:
    _require(path, holds=low <= value <= high, rule=f"{value} is not in {int(low)}-{high}")


def _known(path: str, names: Sequence[str], choices: list[str]) -> None:
    for name in names:
        if name not in choices:
            _require(path, holds=False, rule=not_one_of(name, choices))


def _validate_product(path: str, product: Product) -> None:
    p = product
    plain = 0 < len(p.symbol) <= MAX_NAME and "@" not in p.symbol
    _require(f"{path}.symbol", holds=plain, rule=f"must be 1-{MAX_NAME} characters, none an @")
    _require(f"{path}.currency", holds=bool(p.currency), rule="must not be empty")
    _require(f"{path}.tick", holds=p.tick > 0, rule=f"{p.tick} is not positive")
    _require(f"{path}.lot", holds=p.lot > 0, rule=f"{p.lot} is not positive")
    for name in ("min_quantity", "max_quantity"):
        value = getattr(p, name)
        holds = 0 < value <= MAX_QUANTITY and value % p.lot == 0
        _require(f"{path}.{name}", holds=holds, rule=f"{value} is not a positive lot multiple")
    holds = p.min_quantity <= p.max_quantity
    _require(f"{path}.min_quantity", holds=holds, rule="is above max_quantity")
    _among(f"{path}.compliance_bp", p.compliance_bp, 0, BASIS_POINTS)
    steps = [start for start, _ in p.ticks]
    rising = steps == sorted(dict.fromkeys(steps)) and (not steps or steps[0] == 0)
    _require(f"{path}.ticks", holds=rising, rule="prices must start at 0 and rise")
    for start, tick in p.ticks:
        whole = tick > 0 and tick % p.tick == 0 and start % tick == 0
        rule = f"{tick} from {start} on: each must be a multiple of the product's tick"
        _require(f"{path}.ticks", holds=whole, rule=rule)
    tick = tick_at(p.reference, p.tick, p.ticks)
    holds = 0 <= p.reference <= MAX_PRICE and p.reference % tick == 0
    rule = f"{p.reference} is not a multiple of the tick there, {tick}, or 0 for none yet"
    _require(f"{path}.reference", holds=holds, rule=rule)


def _validate_lot(product: Product, mode: Mode) -> None:
    """Check that a mode's own lot is made of the product's, and that some quantity is in lots."""
    lot = mode.lot or product.lot
    whole = lot % product.lot == 0
    rule = f"{lot} is no multiple of the lot of {product.symbol}, {product.lot}"
    _require(f"$.modes[{mode.name}].lot", holds=whole, rule=rule)
    low = max(mode.min_quantity, product.min_quantity)
    high = min(mode.max_quantity or product.max_quantity, product.max_quantity)
    rule = f"no multiple of {lot} tonnes is in {low} to {high}: {product.symbol} cannot trade"
    _require(f"$.modes[{mode.name}].max_quantity", holds=-(-low // lot) * lot <= high, rule=rule)


def _validate_mode(path: str, mode: Mode) -> None:
    named = 0 < len(mode.name) <= MAX_NAME
    _require(f"{path}.name", holds=named, rule=f"must be 1-{MAX_NAME} characters")
    for names, high in (
        (_RATES_BP, BASIS_POINTS - 1),
        (_RATES_PPM, PARTS_PER_MILLION),
        (_SIZES, MAX_QUANTITY),
        (_COUNTS, _MANY),
    ):
        for name in names:
            _among(f"{path}.{name}", getattr(mode, name), 0, high)
    _validate_ladder(f"{path}.ladder", mode.ladder)
    holds = mode.call_fill is not CallFill.QUANTITY_AT_LIMIT or bool(mode.limit_up_bp)
    _require(f"{path}.call_fill", holds=holds, rule="quantity_at_limit needs daily limits")
    _among(f"{path}.iceberg_max_parts", mode.iceberg_max_parts, 1, MAX_QUANTITY)
    holds = bool(mode.limit_up_bp) == bool(mode.limit_down_bp)
    _require(f"{path}.limit_up_bp", holds=holds, rule="both limits or neither")
    holds = not mode.max_quantity or mode.min_quantity <= mode.max_quantity
    _require(f"{path}.min_quantity", holds=holds, rule="is above max_quantity")
    terms = (mode.pricing, mode.bid_tie, mode.undersubscribed)
    _require(f"{path}.pricing", holds=all(terms), rule="the mode must say what the terms are")
    rates = (
        max(mode.maker_fee_ppm, mode.taker_fee_ppm) + rate
        for rate in (mode.buyer_fee_ppm, mode.seller_fee_ppm)
    )
    holds = max(rates) <= PARTS_PER_MILLION
    _require(f"{path}.seller_fee_ppm", holds=holds, rule="fees of one side exceed its trade")
    holds = not (mode.batch_seconds and mode.volatility_bp)
    _require(f"{path}.batch_seconds", holds=holds, rule="does not go with volatility_bp")
    holds = (mode.delivery is Delivery.LATER) == bool(mode.delivery_days)
    _require(f"{path}.delivery_days", holds=holds, rule="goes with delivery later, and only so")
    later = mode.delivery is Delivery.LATER
    holds = not (later and (mode.resale_lag or mode.proceeds_lag))
    _require(f"{path}.resale_lag", holds=holds, rule="does not go with delivery later")


def _validate_ladder(path: str, ladder: PriceRule) -> None:
    """Check what of a ladder means something only beside something else."""
    _among(f"{path}.pressure_band_bp", ladder.pressure_band_bp, 0, BASIS_POINTS - 1)
    holds = ladder.pressure or not ladder.pressure_band_bp
    _require(f"{path}.pressure_band_bp", holds=holds, rule="goes with pressure")
    holds = ladder.tie is not Tie.REFERENCE or ladder.last is LastRung.REFERENCE
    _require(f"{path}.tie", holds=holds, rule='reference goes with last = "reference"')


def _validate_calls(book: Rulebook) -> None:
    """Check that only designs with calls hold some."""
    for mode in book.modes:
        if mode.mechanism in WITH_CALLS:
            continue
        for name in ("batch_seconds", "volatility_bp"):
            rule = f"{mode.name} trades by {mode.mechanism.name.lower()}, which has no calls"
            _require(f"$.modes[{mode.name}].{name}", holds=not getattr(mode, name), rule=rule)
    for index, session in enumerate(book.calendar.sessions):
        for mode in book.modes if session.phase in CALL_PHASES else ():
            named = not session.modes or mode.name in session.modes
            holds = not named or mode.mechanism in WITH_CALLS
            rule = (
                f"{session.phase.name.lower()} names {mode.name}, which trades by "
                f"{mode.mechanism.name.lower()} and has no calls: name the session's modes"
            )
            _require(f"$.calendar.sessions[{index}].modes", holds=holds, rule=rule)


def _validate_class(path: str, role: AccountClass) -> None:
    _require(f"{path}.name", holds=bool(role.name), rule="must not be empty")
    _among(f"{path}.holding_limit", role.holding_limit, 0, MAX_QUANTITY)
    _among(f"{path}.purchase_limit_bp", role.purchase_limit_bp, 0, BASIS_POINTS)
    _among(f"{path}.bid_limit", role.bid_limit, 0, MAX_QUANTITY)
    most = role.bid_limit or MAX_QUANTITY
    _among(f"{path}.bid_minimum", role.bid_minimum, 0, most)


def _validate_calendar(calendar: Calendar, names: list[str]) -> None:
    path = "$.calendar"
    _among(f"{path}.utc_offset_minutes", calendar.utc_offset_minutes, -24 * 60, 24 * 60)
    for day in calendar.weekdays:
        _among(f"{path}.weekdays", day, 1, 7)
    for name in ("holidays", "extra_days"):
        days: Any = getattr(calendar, name)
        for day in days:
            rule = f"{day} is not a day such as 20210626"
            _require(f"{path}.{name}", holds=is_date(day), rule=rule)
    before = 0
    for index, session in enumerate(calendar.sessions):
        _among(f"{path}.sessions[{index}].at", session.at, 0, _DAY_SECONDS - 1)
        rule = "times must not go back"
        _require(f"{path}.sessions[{index}].at", holds=before <= session.at, rule=rule)
        _among(f"{path}.sessions[{index}].random_seconds", session.random_seconds, 0, _DAY_SECONDS)
        _known(f"{path}.sessions[{index}].modes", session.modes, names)
        before = session.at
