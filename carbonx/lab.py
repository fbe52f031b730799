"""The laboratory of market designs: ``from carbonx import lab`` (extra ``lab``)."""

from importlib.util import find_spec as _find_spec

_missing = [each for each in ("numpy", "scipy", "polars", "pyarrow") if _find_spec(each) is None]
if _missing:
    _text = f"the laboratory needs {', '.join(_missing)}: pip install 'carbonx-exchange[lab]'"
    raise ImportError(_text, name=_missing[0])

from backtest.agents.market import Market, Participant, Trader
from backtest.agents.market_picture import LinePicture, MarketPicture
from backtest.agents.own_orders import OwnOrder, OwnOrders
from backtest.kernel.crowd import Crowd
from backtest.lab.abatement import Abatement
from backtest.lab.again import Again, again
from backtest.lab.arrivals import PoissonArrivals, SteadyArrivals
from backtest.lab.classic import S1, S5, S6, Schedules
from backtest.lab.compare import compare
from backtest.lab.design import Design, DesignError, design, diff
from backtest.lab.emitters import Emitter, Hazard
from backtest.lab.interest import Execution, Interest
from backtest.lab.named import MarketError, market
from backtest.lab.people import Day, Horizon, Person, Population, Window
from backtest.lab.points import StudyError
from backtest.lab.poisson_book import PoissonBook
from backtest.lab.regions import Regions, link
from backtest.lab.schedules import UniformValues
from backtest.lab.screen import Screen
from backtest.lab.session import Outcome, run
from backtest.lab.sniping import Sniping
from backtest.lab.study import Failure, Study
from backtest.lab.sweep import Between, sweep
from backtest.lab.year import Year
from backtest.measures.fills import fills
from backtest.measures.intervals import bootstrap
from backtest.measures.table import MeasureError
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
    "Abatement",
    "Again",
    "Between",
    "Crowd",
    "Day",
    "Design",
    "DesignError",
    "Emitter",
    "Event",
    "Execution",
    "Failure",
    "Hazard",
    "Horizon",
    "Interest",
    "LinePicture",
    "Market",
    "MarketError",
    "MarketPicture",
    "MeasureError",
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
    "Regions",
    "RejectReason",
    "Rejected",
    "Schedules",
    "Screen",
    "Side",
    "Sniping",
    "SteadyArrivals",
    "Study",
    "StudyError",
    "TimeInForce",
    "Trade",
    "Trader",
    "UniformValues",
    "Window",
    "Year",
    "again",
    "bootstrap",
    "compare",
    "design",
    "diff",
    "fills",
    "link",
    "market",
    "run",
    "sweep",
]
