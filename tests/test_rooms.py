"""The picture of the rooms shows the source as it is, and the way of an order is a real one."""

import pytest

from docs.draw_rooms import draw
from docs.room_graph import WAY, Step, defines, imports, reduced, rooms, uses
from tests.support.paths import ROOT


def test_the_picture_is_drawn_from_the_source() -> None:
    drawn = (ROOT / "docs" / "rooms.svg").read_text("utf-8")
    assert draw() == drawn, "python -m docs.draw_rooms"


@pytest.mark.parametrize("step", WAY, ids=lambda step: step.text)
def test_every_step_of_an_order_is_an_import_and_a_use(step: Step) -> None:
    assert step.owner in imports(rooms())[step.user]
    assert defines(step.owner, step.name)
    assert uses(step.user, step.name)


def test_an_order_goes_on_where_it_came_to() -> None:
    been = {"gateway/client", "gateway/server"}  # between them is the network
    for step in WAY:
        assert step.user in been
        been.add(step.owner)
    assert {step.at for step in WAY} - {""} <= been


def test_what_is_not_there_is_noticed() -> None:
    assert not defines("engine/book", "submit_all")
    assert not uses("engine/book", "submit_all")
    assert "engine/log" not in imports(rooms())["engine/venue"]


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    graph = {"p/a": {"p/b": None, "p/c": None}, "p/b": {"p/c": None}, "p/c": {}}
    assert reduced(graph) == [("p/a", "p/b"), ("p/b", "p/c")]
    circle: dict[str, dict[str, None]] = {"p/a": {"p/b": None}, "p/b": {"p/a": None}}
    assert reduced(circle) == [("p/a", "p/b"), ("p/b", "p/a")]
