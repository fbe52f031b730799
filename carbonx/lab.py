"""The laboratory of market designs: ``from carbonx import lab`` (extra ``lab``)."""

from backtest.lab.abatement import Abatement
from backtest.lab.again import Again, again
from backtest.lab.compare import compare
from backtest.lab.design import Design, DesignError, design, diff
from backtest.lab.interest import Execution, Interest
from backtest.lab.named import MarketError, market
from backtest.lab.people import Day, Horizon, Person, Population, Trader, Window
from backtest.lab.points import StudyError
from backtest.lab.schedules import UniformValues
from backtest.lab.screen import Screen
from backtest.lab.session import Outcome, run
from backtest.lab.study import Failure, Study
from backtest.lab.sweep import Between, sweep
from backtest.lab.year import Year
from backtest.measures.intervals import bootstrap
from backtest.measures.table import MeasureError
from backtest.report.subject import PictureError

__all__ = [
    "Abatement",
    "Again",
    "Between",
    "Day",
    "Design",
    "DesignError",
    "Execution",
    "Failure",
    "Horizon",
    "Interest",
    "MarketError",
    "MeasureError",
    "Outcome",
    "Person",
    "PictureError",
    "Population",
    "Screen",
    "Study",
    "StudyError",
    "Trader",
    "UniformValues",
    "Window",
    "Year",
    "again",
    "bootstrap",
    "compare",
    "design",
    "diff",
    "market",
    "run",
    "sweep",
]
