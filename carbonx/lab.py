"""The laboratory of market designs: ``from carbonx import lab`` (extra ``lab``)."""

from backtest.lab.again import Again, again
from backtest.lab.compare import compare
from backtest.lab.design import Design, DesignError, design, diff
from backtest.lab.named import MarketError, market
from backtest.lab.people import Person, Population, Trader, Window
from backtest.lab.points import StudyError
from backtest.lab.schedules import UniformValues
from backtest.lab.session import Outcome, run
from backtest.lab.study import Failure, Study
from backtest.lab.sweep import Between, sweep
from backtest.measures.intervals import bootstrap
from backtest.measures.table import MeasureError
from backtest.report.subject import PictureError

__all__ = [
    "Again",
    "Between",
    "Design",
    "DesignError",
    "Failure",
    "MarketError",
    "MeasureError",
    "Outcome",
    "Person",
    "PictureError",
    "Population",
    "Study",
    "StudyError",
    "Trader",
    "UniformValues",
    "Window",
    "again",
    "bootstrap",
    "compare",
    "design",
    "diff",
    "market",
    "run",
    "sweep",
]
