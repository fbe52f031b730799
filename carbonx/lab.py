"""The laboratory of market designs: ``from carbonx import lab`` (extra ``lab``)."""

from backtest.lab.abatement import Abatement
from backtest.lab.design import Design, DesignError, design, diff
from backtest.lab.interest import Execution, Interest
from backtest.lab.people import Day, Horizon, Person, Population, Trader, Window
from backtest.lab.schedules import UniformValues
from backtest.lab.screen import Screen
from backtest.lab.session import Outcome, run
from backtest.lab.study import Study, compare
from backtest.lab.year import Year
from backtest.report.subject import PictureError

__all__ = [
    "Abatement",
    "Day",
    "Design",
    "DesignError",
    "Execution",
    "Horizon",
    "Interest",
    "Outcome",
    "Person",
    "PictureError",
    "Population",
    "Screen",
    "Study",
    "Trader",
    "UniformValues",
    "Window",
    "Year",
    "compare",
    "design",
    "diff",
    "run",
]
