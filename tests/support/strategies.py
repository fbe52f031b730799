"""Random rulebooks and commands, made so that things collide: few prices, few people.

Every generator takes a ``random.Random``. Given a seeded one it makes a long random day; given
one of hypothesis' own (``st.randoms()``) the same code makes examples that shrink. What a
command should refer to (a live order, a price near the best) is read from the oracle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product as combinations
from typing import TYPE_CHECKING

from msgspec import structs

from engine.rulebook.ladders import PRICE_RULES
from engine.rulebook.model import AccountClass, Mode, PriceRule, Product, Rulebook
from engine.rulebook.validation import validate
from engine.vocabulary import commands as c
from engine.vocabulary.enums import (
    CallFill,
    Candidates,
    LastRung,
    MarketRest,
    Matching,
    OrderType,
    Phase,
    SelfTrade,
    SelfTradeScope,
    Side,
    Tie,
    TimeInForce,
)
from engine.vocabulary.units import MAX_MONEY, MAX_PRICE, MAX_QUANTITY, MAX_REF
from tests.oracle.ticks import TickTable

if TYPE_CHECKING:
    from random import Random

    from tests.oracle.oracle import OracleVenue

# Two owners with two accounts each, two of them in one group, and a stranger.
OPENINGS = (
    c.OpenAccount("ann", member="north"),
    c.OpenAccount("ann-2", owner="ann", member="south"),
    c.OpenAccount("bob", group="fund"),
    c.OpenAccount("bob-2", owner="bob", group="fund"),
    c.OpenAccount("cay", group="fund"),
    c.OpenAccount("dan"),
)
NAMES = tuple(opening.account for opening in OPENINGS)
ROLES = ("small", "large")
DAYS = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD)
EVERY_RULE = tuple(combinations(Matching, SelfTrade, SelfTradeScope))


def rulebook(random: Random, rules: tuple[Matching, SelfTrade, SelfTradeScope]) -> Rulebook:
    """Make a rulebook of two products under the given matching and self-trade rules."""
    products = tuple(
        Product(
            symbol,
            reference=reference(random, tick, ticks := tick_table(random, tick))
            * (random.random() < 0.9),
            currency=currency,
            tick=tick,
            lot=lot,
            min_quantity=lot * random.choice((1, 1, 2)),
            max_quantity=lot * random.choice((12, 40)),
            ticks=ticks,
        )
        for symbol, currency, tick, lot in (
            ("OLD", "CNY", random.choice((1, 2, 5)), random.choice((1, 1, 10))),
            ("NEW", random.choice(("CNY", "EUR")), random.choice((1, 3)), random.choice((1, 4))),
        )
    )
    matching, self_trade, scope = rules
    down, up = random.choice(((0, 0), (1_000, 1_000), (3_000, 500), (9_999, 9_999)))
    mode = Mode(
        matching=matching,
        limit_down_bp=down,
        limit_up_bp=up,
        protection_bp=random.choice((0, 500, 1_500, 9_999)),
        maker_fee_ppm=random.choice((0, 20_000, 1_000_000)),
        taker_fee_ppm=random.choice((0, 333, 50_000)),
        iceberg_max_parts=random.choice((4, 100)),
        top_order=random.choice((0, 3, 20)),
        fifo_bp=random.choice((0, 4_000, 9_000)),
        min_share=random.choice((0, 2)),
        ladder=PriceRule(
            random.choice(tuple(Candidates)),
            pressure=(pressure := random.random() < 0.7),
            pressure_band_bp=random.choice((0, 500)) if pressure else 0,
            last=(last := random.choice(tuple(LastRung))),
            tie=random.choice(tuple(Tie)[: 3 if last is LastRung.REFERENCE else 2]),
            better=random.random() < 0.3,
            turning=random.random() < 0.5,
        ),
        call_fill=random.choice(tuple(CallFill)[: 4 if up else 3]),
        market_rest=random.choice(tuple(MarketRest)),
        volatility_bp=random.choice((0, 0, 1_000, 2_500)),
        volatility_seconds=random.choice((0, 1)),
        volatility_immediate=random.random() < 0.7,
        call_self_trade=random.random() < 0.5,
        carry_over=random.random() < 0.7,
        resale_lag=random.choice((0, 0, 1, 2)),
        proceeds_lag=random.choice((0, 0, 0, 1)),
    )
    book = Rulebook(
        name="random",
        products=products,
        modes=(mode,),
        self_trade=self_trade,
        self_trade_scope=scope,
        classes=classes(random),
    )
    validate(book)
    return book


def classes(random: Random) -> tuple[AccountClass, ...]:
    small = AccountClass(
        "small",
        holding_limit=random.choice((25, 60, 250, 400, 12_000)),
        per_owner=random.random() < 0.6,
        over_allocation=random.random() < 0.5,
    )
    return small, AccountClass("large", holding_limit=random.choice((2_000, 10**5)))


def tick_table(random: Random, tick: int) -> tuple[tuple[int, int], ...]:
    """Make a table whose ticks change near the prices that are traded, or none."""
    if random.random() < 0.4:
        return ()
    rows = [(0, tick * random.choice((1, 1, 2)))]
    for _ in range(random.randint(1, 2)):
        step = tick * random.choice((1, 2, 3, 5))
        start = rows[-1][0] // step * step + step * random.randint(2, 6)
        rows.append((start, step))
    return tuple(rows)


def reference(random: Random, tick: int, ticks: tuple[tuple[int, int], ...]) -> int:
    table = TickTable(Product("any", 1, tick=tick, ticks=ticks))
    return table.step(tick * random.randint(8, 30), 1)


def opening(random: Random, rules: Rulebook) -> list[c.Command]:
    """Open the accounts; some are rich, some can afford little."""
    commands: list[c.Command] = [
        structs.replace(
            each, role=random.choice(("", "", *ROLES)), allocation=random.choice((0, 90))
        )
        for each in OPENINGS
    ]
    for name in NAMES:
        commands += [
            c.MoveCash(name, random.choice((2_000, 20_000, 10**6)), currency)
            for currency in sorted({p.currency for p in rules.products})
        ]
        commands += [
            c.MoveAllowances(name, p.symbol, p.lot * random.choice((20, 200, 10**4)))
            for p in rules.products
        ]
    commands.append(c.SetPhase(random.choice((Phase.PRE_OPEN, Phase.CONTINUOUS))))
    return commands


@dataclass
class Commands:
    """The next random command for a venue in the state that the oracle shows."""

    random: Random
    oracle: OracleVenue
    wild: float = 0.02  # how often a field gets a value that is probably refused
    past: list[tuple[str, int]] = field(default_factory=list)  # every order ever entered
    calls: float = 0.0  # how often a call begins or ends beside what else changes phases

    def next(self) -> c.Command:
        makers = (
            (self.new_order, 60),
            (self.amend_order, 18),
            (self.cancel_order, 7),
            (self.set_phase, 3),
            (self.advance_time, 2),
            (self.move_cash, 2),
            (self.move_allowances, 2),
            (self.mass_cancel, 1),
            (self.kill_switch, 1),
            (self.disconnect, 1),
            (self.open_account, 1),
            (self.begin_day, 1),
            (self.amend_rulebook, 1),
            (self.account_class, 1),
        )
        if self.oracle.amendments and self.random.random() < 0.08:
            return self.begin_day()
        if self.calls and self.random.random() < self.calls:
            phase = self.random.choice((Phase.INTRADAY_CALL, Phase.CONTINUOUS))
            return c.SetPhase(phase, "OLD", "drill")
        asleep = [m for m in self.oracle.markets.values() if m.phase is not Phase.CONTINUOUS]
        if asleep and self.random.random() < 0.1:
            likely = (Phase.CONTINUOUS, Phase.PRE_OPEN, Phase.OPENING_CALL)
            return c.SetPhase(self.random.choice(likely), asleep[0].product.symbol)
        killed = [name for name, a in self.oracle.accounts.items() if a.killed]
        if killed and self.random.random() < 0.1:
            return c.SetKillSwitch(self.random.choice(killed), on=False)
        point = self.random.randint(1, sum(weight for _, weight in makers))
        for make, weight in makers:
            point -= weight
            if point <= 0:
                return make()
        raise AssertionError

    def odd(self) -> bool:
        return self.random.random() < self.wild

    def account(self) -> str:
        return "nobody" if self.random.random() < 0.005 else self.random.choice(NAMES)

    def ref(self, account: str) -> int:
        last = self.oracle.accounts[account].last_ref if account in self.oracle.accounts else 0
        if self.odd():
            return self.random.choice((last, 0, -1, 1, MAX_REF + 1, last + 7))
        return last + 1

    def product(self) -> str:
        if self.random.random() < 0.005:
            return "NONE"
        return self.random.choice(("OLD", "OLD", "OLD", "NEW"))

    def rules(self, product: str) -> Product:
        market = self.oracle.markets.get(product)
        return market.product if market else self.oracle.rules.products[0]

    def price(self, product: str) -> int:
        rules, market = self.rules(product), self.oracle.markets.get(product)
        if self.odd():
            wild = (0, -rules.tick, 1, rules.reference + 1, rules.reference * 9, MAX_PRICE * 2)
            return self.random.choice(wild)
        price = (market.last or market.reference) if market else rules.reference
        price = price or rules.tick * 12
        table, steps = TickTable(rules), self.random.choice((-3, -2, -1, -1, 0, 0, 1, 1, 2, 3))
        for _ in range(abs(steps)):
            price = table.above(price) if steps > 0 else table.below(price)
        return price if self.random.random() < 0.1 else table.step(price, 1)

    def quantity(self, product: str) -> int:
        rules = self.rules(product)
        if self.odd():
            return self.random.choice((0, -rules.lot, rules.lot + 1, MAX_QUANTITY * 2))
        return rules.min_quantity + rules.lot * self.random.choice((0, 0, 1, 1, 2, 3, 5, 9))

    def new_order(self) -> c.NewOrder:
        account, product = self.account(), self.product()
        kind = self.random.choice((OrderType.LIMIT,) * 9 + tuple(OrderType))
        market = self.oracle.markets.get(product)
        pre_open = market is not None and market.phase is Phase.PRE_OPEN
        special = (TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE) if pre_open else tuple(TimeInForce)
        lasting = self.random.random() < 0.7 or kind in (OrderType.STOP, OrderType.STOP_LIMIT)
        tif = self.random.choice(DAYS if lasting else special)
        if kind is OrderType.MARKET and tif in (TimeInForce.GTC, TimeInForce.GTD):
            tif = TimeInForce.DAY
        priced = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        stops = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
        plain = kind is OrderType.LIMIT and tif in DAYS
        quantity, later = self.quantity(product), self.oracle.time + self.random.randint(1, 30)
        order = c.NewOrder(
            account,
            self.ref(account),
            product,
            self.random.choice(tuple(Side)),
            quantity,
            self.price(product) if priced != self.odd() else 0,
            kind,
            self.random.choice(tuple(TimeInForce)) if self.odd() else tif,
            self.price(product) if stops != self.odd() else 0,
            self.display(product, quantity) if plain != self.odd() else 0,
            self.random.random() < 0.15 if plain else self.odd(),
            later if (tif is TimeInForce.GTD) != self.odd() else 0,
        )
        self.past.append((account, order.ref))
        return order

    def display(self, product: str, quantity: int) -> int:
        if self.odd():
            return self.random.choice((-1, 1, quantity + self.rules(product).lot))
        if self.random.random() < 0.6:
            return 0
        lot = self.rules(product).lot
        return lot * self.random.randint(1, max(1, min(3, quantity // lot)))

    def target(self) -> tuple[str, int]:
        """Name an account and an order: nearly always a live one of its own."""
        live = [(o.account, o.ref) for a in self.oracle.accounts.values() for o in a.orders]
        if live and not self.odd():
            return self.random.choice(live)
        gone = [*self.past[-9:], ("nobody", 1), (self.account(), 0)]
        return self.random.choice(gone)

    def cancel_order(self) -> c.Command:
        account, target = self.target()
        return c.CancelOrder(account, self.ref(account), target)

    def amend_order(self) -> c.Command:
        account, target = self.target()
        live = self.oracle.accounts[account].orders if account in self.oracle.accounts else []
        product = next((o.symbol for o in live if o.ref == target), "OLD")
        shape = self.random.randint(0, 9)
        quantity = 0 if shape < 4 else self.quantity(product)
        price = 0 if shape > 6 else self.price(product)
        return c.AmendOrder(account, self.ref(account), target, quantity, price)

    def mass_cancel(self) -> c.Command:
        account = self.account()
        return c.MassCancel(account, self.ref(account), self.random.choice(("", "OLD", "NONE")))

    def kill_switch(self) -> c.Command:
        return c.SetKillSwitch(self.account(), self.random.random() < 0.8)

    def disconnect(self) -> c.Command:
        if self.random.random() < 0.3:
            return c.SetCancelOnDisconnect(self.account(), self.random.random() < 0.5)
        return c.CancelOnDisconnect(self.account())

    def set_phase(self) -> c.Command:
        product = self.random.choice(("", "OLD", "NEW", self.product()))
        return c.SetPhase(self.random.choice((Phase.CLOSED, *Phase)), product, "drill")

    def advance_time(self) -> c.Command:
        step = self.random.choice((0, -1)) if self.odd() else self.random.randint(1, 12)
        return c.AdvanceTime(self.oracle.time + step)

    def begin_day(self) -> c.Command:
        """Begin the next day, for which every line must be closed first."""
        closed = all(m.phase is Phase.CLOSED for m in self.oracle.markets.values())
        if not closed and not self.odd():
            return c.SetPhase(Phase.CLOSED)
        return c.BeginDay(self.oracle.date if self.odd() else self.tomorrow())

    def tomorrow(self) -> int:
        """Return the day after the present one; now and then a date that there is not."""
        date = max(self.oracle.date, 20260101) + 1
        if self.odd():
            return date - date % 100 + 32
        return date if date % 100 <= 28 else date - date % 100 + 101

    def amend_rulebook(self) -> c.Command:
        """Change ticks while orders wait: by one tick, by a table, by none; or the ladder."""
        symbol = self.random.choice(("OLD", "NEW"))
        tick = self.rules(symbol).tick
        ticks = tick_table(self.random, tick)
        path, value = self.random.choice((
            (f"products[{symbol}].tick", str(tick * self.random.choice((1, 2, 5)))),
            (f"products[{symbol}].ticks", str([list(row) for row in ticks])),
            (f"products[{symbol}]", f"{{tick = {3 * tick}, ticks = [], reference = {30 * tick}}}"),
            ("modes[continuous].ladder", f'"{self.random.choice(tuple(PRICE_RULES))}"'),
            ("modes[continuous].resale_lag", str(self.random.choice((0, 1, 3)))),
        ))  # fmt: skip
        effective = self.random.choice((0, self.oracle.date, self.tomorrow()))
        return c.AmendRulebook(path, value, effective)

    def open_account(self) -> c.Command:
        name = self.random.choice(("", "eve", *NAMES))
        role = self.random.choice(("", *ROLES, "none"))
        allocation = self.random.choice((0, 0, 50, -1))
        cash = self.random.choice((0, 0, 500, 10**6, -1, MAX_MONEY, MAX_MONEY + 1))
        tables: tuple[tuple[tuple[str, int], ...], ...] = (
            (), (), (("OLD", 50),), (("NEW", 9), ("OLD", 0)), (("OLD", 1), ("OLD", 1)),
            (("NIL", 1),), (("NEW", 1), ("OLD", -1)), (("OLD", MAX_QUANTITY + 1),),
        )  # fmt: skip
        table = self.random.choice(tables)
        return c.OpenAccount(name, role=role, allocation=allocation, cash=cash, allowances=table)

    def account_class(self) -> c.Command:
        return c.SetAccountClass(self.account(), self.random.choice(("", "", *ROLES, "none")))

    def move_cash(self) -> c.Command:
        amount = self.random.choice((-(10**6), -2_000, -50, 50, 2_000, 10**6))
        amount = (
            self.random.choice((0, MAX_MONEY + 1, MAX_MONEY, -MAX_MONEY)) if self.odd() else amount
        )
        return c.MoveCash(self.account(), amount, self.random.choice(("", "", "EUR", "XXX")))

    def move_allowances(self) -> c.Command:
        quantity = self.random.choice((-(10**4), -30, -1, 1, 30, 10**4))
        quantity = self.random.choice((0, MAX_QUANTITY + 1)) if self.odd() else quantity
        return c.MoveAllowances(self.account(), self.product(), quantity)


def drain(oracle: OracleVenue) -> list[c.Command]:
    """Return commands that take every order out of a venue, in three different ways.

    What a call has frozen goes by the kill switch alone.
    """
    commands: list[c.Command] = []
    frozen = [s for s, market in oracle.markets.items() if market.phase is Phase.FREEZE]
    for index, account in enumerate(oracle.accounts.values()):
        if index % 3 == 0 or any(order.symbol in frozen for order in account.orders):
            commands.append(c.SetKillSwitch(account.name, on=True))
        elif index % 3 == 1:
            commands.append(c.MassCancel(account.name, account.last_ref + 1))
        else:
            commands += [
                c.CancelOrder(account.name, account.last_ref + 1 + number, order.ref)
                for number, order in enumerate(account.orders)
            ]
    return commands
