"""What the terminal says of each report of a link."""

import pytest

from engine.vocabulary.enums import Side
from gateway.cli.terminal.told_links import words
from gateway.protocol import wire_links as w

SAID = {
    w.OrderRouted(1, 2, 7, "bay", Side.BUY, 10, 990, 9_920): (
        "order 7: buy 10 at 9.90 went over bay"
    ),
    w.CarriedIn(1, 2, 7, "bay", 6, 4, 50, 6, 2): (
        "order 7: traded 6 over bay, 4 left; 0.48 and 6 t came back over bay, fee 0.02"
    ),
    w.CarriedIn(1, 2, 7, "bay", 0, 0, 0, 6, 0): (
        "order 7: traded 0 over bay, done; 0.00 and 6 t came back over bay"
    ),
    w.CarriedIn(1, 2, 0, "bay", 0, 0, 50, 0, 0): "0.50 and 0 t came back over bay",
    w.CarriedIn(1, 2, 7, "bay", 0, 0, 50, 0, 0, 8, "a whole number of ticks"): (
        "order 7: traded 0 over bay, done; 0.50 and 0 t came back over bay; "
        "refused there: price tick, a whole number of ticks"
    ),
    w.CarriedIn(1, 2, 7, "bay", 0, 6, 0, 0, 0, 29, "it binds"): (
        "order 7: traded 0 over bay, 6 left; 0.00 and 0 t came back over bay; "
        "its cancel was refused there: frozen, it binds"
    ),
    w.CancelRouted(1, 2, 8, "bay", 7): "order 7: its cancel went over bay",
    w.BidRouted(1, 2, 7, "bay", 3, Side.BUY, 10, 990, 9_900): (
        "bid 7: buy 10 at 9.90 went over bay into auction 3"
    ),
    w.AllowancesSent(1, 2, "bay", "P", 5, "Plant", "2024"): (
        "5 t P went over bay for what Plant owes for 2024"
    ),
}


@pytest.mark.parametrize("report", SAID, ids=lambda report: type(report).__name__)
def test_every_report_of_a_link_is_put_into_words(report: w.LinkReport) -> None:
    said = words(lambda minor: f"{minor / 100:.2f}")
    assert said[type(report)](report) == SAID[report]
    assert {type(each) for each in SAID} == set(w.LinkReport.__args__)
