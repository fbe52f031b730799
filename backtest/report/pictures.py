"""Every picture by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backtest.report.session_pictures import price_path, supply_and_demand, volume_by_deadline
from backtest.report.study_pictures import (
    batch_interval,
    distribution,
    sensitivity,
    surplus_by_group,
)
from backtest.report.subject import PictureError
from engine.vocabulary.suggest import not_one_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from backtest.report.subject import DrawnSession, DrawnStudy

SESSION: Final = ("supply and demand", "prices", "deadline")
STUDY: Final = ("surplus by group", "batch interval", "sensitivity")


def plot_session(
    session: DrawnSession, name: str, *, language: str = "en", symbol: str = "", deadline: int = 0
) -> Figure:
    """Draw a session: "supply and demand", "prices" (of a line) or "deadline" (volume up to it).

    ``language`` is "en" or "zh". Raises ``PictureError``.
    """
    if name == "supply and demand":
        return supply_and_demand(session, language)
    if name == "prices":
        return price_path(session, language, symbol)
    if name == "deadline":
        return volume_by_deadline(session, language, deadline)
    message = f"picture {not_one_of(name, SESSION)}"
    raise PictureError(message)


def plot_study(
    study: DrawnStudy,
    name: str,
    *,
    language: str = "en",
    measure: str = "efficiency",
    rate: float = 0.0,
) -> Figure:
    """Draw a study: a measure's distribution by the measure's name, or a picture by its own.

    The others are "surplus by group", "batch interval" (``rate``: buyers a second, for the closed
    form) and "sensitivity" (of ``measure``). ``language`` is "en" or "zh". Raises
    ``PictureError``.
    """
    if name == "surplus by group":
        return surplus_by_group(study, language)
    if name == "batch interval":
        return batch_interval(study, language, rate)
    if name not in (*study.names, "sensitivity"):
        message = f"picture {not_one_of(name, [*study.names, *STUDY])}"
        raise PictureError(message)
    if name == "sensitivity":
        if measure not in study.names:
            message = f"measure {not_one_of(measure, study.names)}"
            raise PictureError(message)
        return sensitivity(study, measure, language)
    return distribution(study, name, language)
