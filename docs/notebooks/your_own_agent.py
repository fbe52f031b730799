# %% [markdown]
# # An agent of your own, in the laboratory and live
#
# An agent is a class with three methods: `on_start`, `on_wake` and `on_event`. What it is given to
# act on is a market; where that is, it can't tell. Here one class trades first in the laboratory,
# then on a live venue.

# %%
import asyncio
from concurrent.futures import ThreadPoolExecutor

from carbonx import commands, enums, events, lab
from carbonx.testing import LocalVenue

SECOND = 1_000_000_000  # ns


# %% [markdown]
# It wants some tonnes and is patient: each time it wakes it bids a little more, for one tonne at
# once or not at all. Answers come as events, and on a live venue they take their time: it waits for
# each before it bids again.


# %%
class Patient(lab.Trader):
    """Buys tonnes one at a time, and bids more until it has them."""

    hears_own = True
    step = 25  # minor units

    def __init__(self, name, symbol, tonnes, first, pause):
        """Begin at the price ``first``, in minor units; ``pause`` in ns."""
        self.name, self.symbol, self.tonnes = name, symbol, tonnes
        self.price, self.pause = first, pause
        self.bids, self.paid, self.waits = 0, [], False
        self.finished = lambda: None  # called when it has all its tonnes

    def on_start(self, market):
        market.wake_at(market.now() + self.pause)

    def on_wake(self, market):
        if len(self.paid) == self.tonnes:
            self.finished()
            return
        market.wake_at(market.now() + self.pause)
        if self.waits:
            return
        bid = commands.NewOrder(
            "", 0, self.symbol, enums.Side.BUY, 1, self.price, tif=enums.TimeInForce.IOC
        )
        market.submit(bid)
        self.bids, self.price, self.waits = self.bids + 1, self.price + self.step, True

    def on_event(self, market, event):
        if isinstance(event, events.Trade) and event.taker == self.name:
            self.paid.append(event.price)
            self.waits = False
        elif isinstance(event, events.OrderCancelled) and event.account == self.name:
            self.waits = False


# %% [markdown]
# In the laboratory: a market is a class with a name and a method that makes the people. Ten sellers
# wait with offers from 48.00 to 52.50, and our agent wants three tonnes.


# %%
class Seller(lab.Trader):
    """Offers one tonne at the beginning."""

    def __init__(self, price):
        self.price = price

    def on_start(self, market):
        market.submit(commands.NewOrder("", 0, "CO2", enums.Side.SELL, 1, self.price))


class Shop:
    name = "shop"

    def __init__(self):
        self.agent = Patient("patient", "CO2", 3, first=4_700, pause=60 * SECOND)

    def people(self, streams, rulebook, window):
        sellers = [
            lab.Person(
                f"seller/{n}", f"seller/{n}", "sellers", Seller(4_800 + 50 * n), 0, {"CO2": 1}
            )
            for n in range(10)
        ]
        return [*sellers, lab.Person("patient", "patient", "us", self.agent, 1_000_000, {})]


shop = Shop()
outcome = lab.run(lab.design("textbook"), shop)
print(f"{shop.agent.bids} bids, paid {shop.agent.paid}")

# %%
outcome.plot("prices")

# %% [markdown]
# Live: the same class on a venue with the real protocol, a session and accounts. `LocalVenue` runs
# in this process; a venue on a port takes the same client with a host, a port and a key.

# %%
from carbonx.live.trading import LivePort


async def live():
    agent = Patient("us", "CO2", 3, first=4_700, pause=SECOND // 100)
    over = asyncio.Event()
    agent.finished = over.set
    accounts = ["us", "them"]
    async with (
        LocalVenue("textbook", accounts) as venue,
        venue.client("them") as them,
        venue.client("us") as us,
    ):
        for n in range(10):
            await them.sell("CO2", 1, price=f"{48 + n / 2:.2f}")
        await LivePort(us, agent).trade(over)
    return agent


# in a thread of its own, as a notebook has a running loop already
with ThreadPoolExecutor() as pool:
    agent = pool.submit(asyncio.run, live()).result()
print(f"{agent.bids} bids, paid {agent.paid}")

# %% [markdown]
# The same bids, the same prices.
