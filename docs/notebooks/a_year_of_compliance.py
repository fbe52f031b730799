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
