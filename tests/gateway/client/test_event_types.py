"""A type checker knows what a client gives, and tells events apart as the program does."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM: Final = """
from typing import assert_never, assert_type

from carbonx import BlockingClient, Client, Pending, messages


async def narrow(client: Client) -> None:
    assert_type(client.buy("CO2", 1, price="35.00"), Pending[messages.OrderAccepted])
    assert_type(await client.cancel(1), messages.OrderCancelled)
    assert_type(await client.status(), messages.AccountStatus)
    assert_type(await client.next_event(), messages.ClientEvent | None)
    async for event in client.events():
        match event:
            case messages.OrderFilled():
                assert_type(event.price, int)
            case messages.Trade(symbol=symbol):
                assert_type(symbol, str)
            case messages.Missed(count=count):
                assert_type(count, int)
            case messages.Throttled():
                assert_type(event.per_second, int)
            case messages.NotTaken():
                assert_type(event.over, bool)
            case messages.AccountStatus():
                assert_type(event.orders, tuple[messages.OrderStatus, ...])
        own = (
            messages.Report | messages.Copied | messages.Throttled | messages.AccountStatus
            | messages.Missed
        )
        if isinstance(event, own):
            continue
        if isinstance(event, messages.NotTaken):
            continue
        if isinstance(event, messages.MarketData):
            assert_type(event.symbol, str)
            continue
        assert_never(event)


def blocking(client: BlockingClient) -> None:
    assert_type(client.sell("CO2", 1.0, price_minor=3500), messages.OrderAccepted)
    assert_type(client.next_event(timeout=1), messages.ClientEvent | None)
"""
WRONG: Final = {
    'client.buy("CO2", 1, price=35)': 'Argument "price" to "buy" of "Requests" has incompatible',
    'client.buy("CO2", 1, pirce="35")': 'Unexpected keyword argument "pirce"',
    'client.buy("CO2", "1", price="35")': 'Argument 2 to "buy" of "Requests" has incompatible',
    'Client("h", 1, account="a", kee="b")': 'Unexpected keyword argument "kee"',
    'BlockingClient("h", 1, account="a", kee="b")': 'Unexpected keyword argument "kee"',
    "client.events().price": 'has no attribute "price"',
}


def checked(folder: Path, program: str) -> str:
    path = folder / "program.py"
    path.write_text(program, encoding="utf-8")
    done = subprocess.run(  # in a process of its own: mypy raises the recursion limit
        [sys.executable, "-m", "mypy", "--strict", str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    return done.stdout


def test_events_are_narrowed_to_each_kind(tmp_path: Path) -> None:
    assert checked(tmp_path, PROGRAM).startswith("Success")


def test_what_the_client_would_refuse_is_refused_by_a_type_checker(tmp_path: Path) -> None:
    head = "from carbonx import BlockingClient, Client\n\n\ndef wrong(client: Client) -> None:\n"
    found = checked(tmp_path, head + "".join(f"    {line}\n" for line in WRONG)).splitlines()
    for number, says in enumerate(WRONG.values(), head.count("\n") + 1):
        assert any(f"program.py:{number}: error: " in line and says in line for line in found), says


@pytest.mark.parametrize("name", ["ClientEvent", "LineInfo", "AccountStatus", "OrderFilled"])
def test_what_a_program_needs_to_name_stands_in_the_public_face(name: str) -> None:
    from carbonx import messages  # noqa: PLC0415 - the face is what is tested

    assert name in messages.__all__
    assert sorted(messages.__all__) == messages.__all__
