"""The laboratory of market designs: ``from carbonx import lab`` (extra ``lab``)."""

from backtest.lab.design import Design, DesignError, design, diff
from backtest.lab.people import Person, Population, Trader, Window
from backtest.lab.schedules import UniformValues
from backtest.lab.session import Outcome, run
from backtest.lab.study import Study, compare
from backtest.report.subject import PictureError

__all__ = [
    "Design",
    "DesignError",
    "Outcome",
    "Person",
    "PictureError",
    "Population",
    "Study",
    "Trader",
    "UniformValues",
    "Window",
    "compare",
    "design",
    "diff",
    "run",
]
