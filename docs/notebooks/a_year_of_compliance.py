# %% [markdown]
# # A year of compliance: what trading saves
#
# Five firms must cut their emissions by the end of the year. Cutting is dear for some and cheap for
# others, so it pays that those with low costs cut more than they must and sell what they save. How
# much of that does a market find on its last day, under which design?

# %%
from carbonx import lab

# %% [markdown]
# Cutting q tonnes costs a firm b·q²/2. With the least cost for all, every firm cuts until its last
# tonne costs the price: p = Σ required / Σ 1/b. That is the yardstick, and it is exact.

# %%
FIRMS = {
    "steel": (0.5, 40),
    "cement": (1, 30),
    "power A": (2, 20),
    "power B": (4, 10),
    "glass": (5, 20),
}

price = sum(must for _, must in FIRMS.values()) / sum(1 / b for b, _ in FIRMS.values())
alone = sum(b * must**2 / 2 for b, must in FIRMS.values())
least = sum(price**2 / b / 2 for b, _ in FIRMS.values())
print(
    f"price {price:.4f}, cost alone {alone:,.2f}, least cost {least:,.2f}: "
    f"{1 - least / alone:.2%} saved"
)

# %% [markdown]
# In the market a tonne bought is a tonne that need not be cut: the first is worth the cost of the
# last tonne that the firm must cut. A tonne sold has to be cut on top. Each firm knows both and
# says so, one order for each tonne, at times of its own.


# %%
class Firm(lab.Trader):
    """Enters its orders one after the other, at the times that it is given."""

    def __init__(self, symbol, orders):
        self.symbol, self.orders = symbol, orders  # time, whether it buys, price; by time

    def on_start(self, market):
        for time, _, _ in self.orders:
            market.wake_at(time)

    def on_wake(self, market):
        _, buys, price = self.orders.pop(0)
        (market.buy if buys else market.sell)(self.symbol, 1, price)


class LastDay:
    """The firms above on the last day before the deadline."""

    name = "last day"

    def people(self, streams, rulebook, window):
        symbol = rulebook.products[0].symbol
        found = []
        for firm, (b, must) in FIRMS.items():
            worth = [round(100 * b * (must - n - 0.5)) for n in range(must)]
            costs = [round(100 * b * (must + n + 0.5)) for n in range(must)]
            sides = [*((True, p) for p in worth), *((False, p) for p in costs)]
            draws = streams.stream(firm, "times")
            times = sorted(draws.integers(window.opens, window.closes, len(sides)).tolist())
            order = draws.permutation(len(sides)).tolist()
            orders = [(time, *sides[place]) for time, place in zip(times, order, strict=True)]
            person = lab.Person(
                firm,
                firm,
                firm,
                Firm(symbol, orders),
                10_000_000,
                {symbol: 100},
                tuple(worth),
                tuple(costs),
            )
            found.append(person)
        return found


continuous = lab.design("textbook")
hour = [{"at": "09:00", "phase": "opening_call"}, {"at": "10:00", "phase": "closed"}]
designs = {"continuous": continuous, "one call": continuous.changed("calendar.sessions", hour)}
study = lab.compare(designs, market=LastDay(), seeds=8)
for label in designs:
    saved = study.mean(label, "surplus").mean / 100 / alone
    print(
        f"{label:12} saves {saved:.2%}, {study.mean(label, 'volume').mean:.1f} t, "
        f"average price {study.mean(label, 'price').mean / 100:.2f}"
    )

# %% [markdown]
# The call comes within a tonne and a tick of the least cost. The continuous market trades as well,
# but at many prices: some firms deal with the wrong partner.

# %%
study.outcome("one call", 0).plot("supply and demand")

# %%
study.outcome("continuous", 0).plot("supply and demand")

# %% [markdown]
# Who gains is another question than how much. Both parts of a deal gain something; which part gains
# more depends on the prices that were made.

# %%
study.plot("surplus by group")

# %% [markdown]
# ## The whole year
#
# The last day has a year before it. `guangdong-year` has 250 emitters with uncertain emissions, an
# allocation, measures to abate, a verification date, a deadline and a penalty; many put trading off
# until the end. Dealers and speculators trade with them. On the first trading day after the
# deadline the registry takes what each firm emitted and fines what is missing.

# %%
year = lab.market("guangdong-year")
assert isinstance(year, lab.Year)
outcome = lab.run(lab.design("guangdong"), year, 1, 0)
firms = [each.agent for each in outcome.people if isinstance(each.agent, lab.Emitter)]
owed, cut = sum(firm.owed() for firm in firms), sum(firm.cut for firm in firms)
short = sum(person.need > 0 for person in outcome.people)
print(f"{len(firms)} firms, {short} of them short before they abate")
print(f"{cut:,} t abated, {owed:,} t owed")

# %%
outcome.plot("deadline", deadline=year.deadline)

# %% [markdown]
# How dear is the habit of waiting? Here the same firms, with the same emissions, begin to trade
# with the fitted hazard, early, or all of them on the very last days. `abatement excess` is what
# compliance costs all together over the least that it could cost.

# %%
habits = {
    "early": lab.Hazard(base=0.05, surge=0.0, span=1.0),
    "as fitted": year.hazard,
    "at the last": lab.Hazard(base=0.0, surge=2.0, span=1.5),
}
excess = ["abatement excess", "efficiency", "volume"]
for name, hazard in habits.items():
    people = lab.market("guangdong-year", hazard=hazard)
    found = lab.compare("guangdong", market=people, seeds=4, measures=excess)
    cost, gained, traded = (found.mean("guangdong", each).mean for each in excess)
    print(f"{name:12} excess cost {cost:.1%}, efficiency {gained:.1%}, {traded / 1e6:.1f} Mt")

# %% [markdown]
# Not waiting as such is dear, but that firms wait apart from each other: where they come together,
# early or late, buyers and sellers meet. The fitted habit spreads them over the year, and a thin
# market leaves many of them without a partner.
