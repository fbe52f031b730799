"""The laboratory of market designs: ``from carbonx import lab`` (extra ``lab``)."""

from backtest.agents.market import Market, Participant, Trader
from backtest.agents.market_picture import LinePicture, MarketPicture
from backtest.agents.own_orders import OwnOrder, OwnOrders
from backtest.lab.arrivals import PoissonArrivals, SteadyArrivals
from backtest.lab.classic import S1, S5, S6, Schedules
from backtest.lab.design import Design, DesignError, design, diff
from backtest.lab.people import Person, Population, Window
from backtest.lab.poisson_book import PoissonBook
from backtest.lab.schedules import UniformValues
from backtest.lab.session import Outcome, run
from backtest.lab.sniping import Sniping
from backtest.lab.study import Study, compare
from backtest.report.subject import PictureError
from engine.vocabulary.enums import Mechanism, OrderState, Phase, RejectReason, Side, TimeInForce
from engine.vocabulary.events import (
    Event,
    Offered,
    OrderAccepted,
    OrderCancelled,
    OrderResting,
    PhaseChanged,
    Rejected,
    Trade,
)

__all__ = [
    "S1",
    "S5",
    "S6",
    "Design",
    "DesignError",
    "Event",
    "LinePicture",
    "Market",
    "MarketPicture",
    "Mechanism",
    "Offered",
    "OrderAccepted",
    "OrderCancelled",
    "OrderResting",
    "OrderState",
    "Outcome",
    "OwnOrder",
    "OwnOrders",
    "Participant",
    "Person",
    "Phase",
    "PhaseChanged",
    "PictureError",
    "PoissonArrivals",
    "PoissonBook",
    "Population",
    "RejectReason",
    "Rejected",
    "Schedules",
    "Side",
    "Sniping",
    "SteadyArrivals",
    "Study",
    "TimeInForce",
    "Trade",
    "Trader",
    "UniformValues",
    "Window",
    "compare",
    "design",
    "diff",
    "run",
]
