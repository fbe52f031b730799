"""``carbonx load``: the same messages again, figures that balance, and honest exit codes."""

from __future__ import annotations

import asyncio
import csv
import json
import random
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from click.testing import CliRunner, Result

from engine.log.sequencer import replay
from engine.rulebook.presets import load as load_rulebook
from engine.vocabulary.commands import (
    AmendOrder,
    CancelOrder,
    MoveAllowances,
    MoveCash,
    NewOrder,
    SetPhase,
)
from engine.vocabulary.enums import OrderState, Phase, Side
from gateway.cli.load import command
from gateway.load import report as load_report
from gateway.load.generator import LoadError, Taken, log_on
from gateway.load.run import Outcome, Target, run_load
from gateway.load.script import MIXES, Plan, write_script
from gateway.load.server import Settings, accounts
from gateway.load.session import LoadSession
from gateway.protocol import wire, wire_account
from gateway.protocol.session import pack
from gateway.runtime.subprocess import Child, ChildError, ServerStats
from gateway.server.accounts import Directory
from gateway.server.node import Node, Options
from tests.support.load import PRODUCT
from tests.support.venues import ACCOUNTS, free_port, venue

if TYPE_CHECKING:
    from pathlib import Path

NAMED: Final = ("p50", "p90", "p99", "p99.9", "p99.99", "max")


def load(*arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--no-pin"])


# -- runs against a venue of its own ---------------------------------------------------------------


def test_a_full_pipe_balances_to_the_last_message_and_its_log_replays(tmp_path: Path) -> None:
    own = Settings(str(tmp_path), sessions=3)
    target = Target("127.0.0.1", 0, accounts(3, []), own)
    outcome = run_load(target, Plan(MIXES["default"], window=64, messages=3_001), -1)
    waits, lags = load_report.latencies(outcome.taken)
    assert list(load_report.problems(outcome, waits, lags)) == []
    figures = load_report.fold(outcome, load_report.this_machine(-1, -1), waits, lags)
    assert figures.sent == figures.accepted + figures.rejected == figures.measured == 3_001
    assert figures.outstanding == figures.gaps == figures.out_of_turn == 0
    assert figures.bought == figures.sold > 0
    assert figures.messages_out > figures.messages_in > 0

    logged: list[type] = []
    replayed = replay(tmp_path, lambda record, _events: logged.append(type(record.command)))
    orders = [kind for kind in logged if kind in {NewOrder, CancelOrder, AmendOrder}]
    assert len(orders) == 3_001
    assert outcome.stopped is not None
    assert replayed.venue.state_hash() == outcome.stopped.state_hash


def test_a_window_is_never_exceeded(tmp_path: Path) -> None:
    target = Target("127.0.0.1", 0, accounts(1, []), Settings(str(tmp_path), sessions=1))
    outcome = run_load(target, Plan(MIXES["default"], window=10, messages=500), -1)
    session: LoadSession = outcome.taken.sessions[0]
    for n in range(10, 500):
        assert session.sent_at[n] >= session.answered_at[n - 10]


def test_open_loop_reports_everything_an_operator_expects() -> None:
    found = load(
        "--rate", "2000", "--duration", "1", "--warmup", "0.2", "--json", "--sessions", "2"
    )
    assert found.exit_code in {0, 1}, found.output  # a busy machine may delay the generator
    figures = json.loads(found.stdout)
    assert figures["model"] == "open loop"
    assert figures["server"]["durability"] == "sync"
    assert figures["sent"] == 2_400
    assert figures["sent"] == figures["accepted"] + figures["rejected"]
    assert figures["outstanding"] == 0
    assert figures["measured"] == 2_000
    assert tuple(figures["latency"]) == tuple(figures["lag"]) == NAMED
    values = list(figures["latency"].values())
    assert values == sorted(values)
    assert values[0] > 0
    assert all("saturated" in problem for problem in figures["problems"])
    assert "open loop, 2,000 messages/s" in found.stderr  # talk goes to the error output


def test_a_full_pipe_for_a_duration_prints_one_page_and_a_histogram(tmp_path: Path) -> None:
    file = tmp_path / "latency.hgrm"
    found = load(
        "--full",
        "--duration",
        "0.1",
        "--warmup",
        "0.1",
        "--durability",
        "none",
        "--window",
        "100",
        "--hdr",
        str(file),
    )
    assert found.exit_code == 0, found.output
    for part in (
        "full pipe, 0.1 s (+0.1 s warm-up), 1 session, window 100, seed 7",
        "durability none",
        "reconciled: yes",
        "p99.99",
        "messages per sync",
    ):
        assert part in found.stdout
    assert file.read_text().startswith("       Value     Percentile TotalCount 1/(1-Percentile)")


def test_csv_is_a_header_and_one_line() -> None:
    found = load("--messages", "300", "--durability", "none", "--csv")
    assert found.exit_code == 0, found.output
    (row,) = csv.DictReader(found.stdout.splitlines())
    assert (row["model"], row["sent"], row["durability"]) == ("full pipe", "300", "none")
    assert int(row["latency_p50_ns"]) > 0


# -- runs against a venue that runs already --------------------------------------------------------


def test_a_running_venue_is_loaded_twice_by_its_accounts_file(tmp_path: Path) -> None:
    """The second run begins behind the references and the reports of the first."""
    file = tmp_path / "accounts.toml"
    Directory(ACCOUNTS[:2]).write(file)

    async def scenario() -> None:
        async with venue(tmp_path) as node:
            arguments = ["--port", str(node.address[1]), "--accounts", str(file), "-n", "200",
                         "--sessions", "2", "--json"]  # fmt: skip
            for ended in (101, 202):  # the last one takes back what rests
                found = await asyncio.to_thread(load, *arguments)
                assert found.exit_code == 0, found.output
                assert json.loads(found.stdout)["sent"] == 200
                assert node.sequencer.venue.last_ref("alice") == ended
                assert node.sequencer.venue.last_ref("bob") == ended
                assert node.sequencer.venue.open_orders("alice") == []

    asyncio.run(scenario())


def test_a_venue_that_is_closed_is_loaded_only_when_the_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "accounts.toml"
    Directory(ACCOUNTS).write(file)

    async def scenario() -> None:
        async with venue(tmp_path) as node:
            node.operate(SetPhase(Phase.CLOSED))
            arguments = ["--port", str(node.address[1]), "--accounts", str(file), "-n", "200"]
            found = await asyncio.to_thread(load, *arguments)
            assert found.exit_code == 1
            assert "CO2 (closed)" in found.output
            found = await asyncio.to_thread(load, *arguments, "--symbol", "CO2", "--json")
            figures = json.loads(found.stdout)
            assert figures["rejected"] == 200
            assert set(figures["rejected_for"]) == {"phase", "unknown_order"}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--full", "--rate", "5"], "exclude each other"),
        (["-n", "5", "-d", "1"], "not both"),
        (["--port", "9"], "needs --accounts FILE"),
        (["--rate", "1000000", "-d", "3600"], "too many to prepare"),
        (["--limit", "5"], "--limit needs --rate"),
        (["--limit", "0", "--rate", "5"], "0.0 is not in the range"),
        (["--until-saturation", "-n", "5"], "takes no --messages"),
        (["--until-saturation", "--full"], "exclude each other"),
        (["--repeat", "2", "--csv"], "use --json"),
        (["--accounts", "x.toml"], "goes with --port"),
        (["--wait", "5"], "goes with --port"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what_to_do(arguments: list[str], says: str) -> None:
    found = load(*arguments)
    assert found.exit_code == 2
    assert says in found.output


def test_no_venue_there_is_exit_code_1_and_names_the_address(tmp_path: Path) -> None:
    file = tmp_path / "accounts.toml"
    Directory(ACCOUNTS).write(file)
    port = free_port()
    found = load("--port", str(port), "--accounts", str(file), "-n", "10")
    assert found.exit_code == 1
    assert f"127.0.0.1:{port}" in found.output
    assert "is it running" in found.output


def test_a_child_that_cannot_start_is_an_error_not_a_hang(tmp_path: Path) -> None:
    settings = msgspec.json.encode(Settings(str(tmp_path), 1, rulebook="no-such")).decode()
    with (
        pytest.raises(ChildError, match="gave no answer"),
        Child(["-m", "gateway.load.server", settings]),
    ):
        pass


def test_accounts_with_little_are_loaded_with_little(tmp_path: Path) -> None:
    little = [
        msgspec.structs.replace(each, cash=2_000_000, allowances={"CO2": 300})
        for each in ACCOUNTS[:2]
    ]
    file = tmp_path / "accounts.toml"
    Directory(tuple(little)).write(file)

    async def scenario() -> None:
        rules = load_rulebook("textbook")
        node = Node.open(tmp_path, rules, Directory(tuple(little)), Options(durability="none"))
        await node.start()
        address = ["--port", str(node.address[1]), "--accounts", str(file)]
        found = await asyncio.to_thread(load, *address, "-n", "10")
        assert found.exit_code == 1
        assert "CO2 (closed)" in found.output
        node.operate(SetPhase(Phase.CONTINUOUS))
        found = await asyncio.to_thread(load, *address, "-n", "3000", "-c", "2", "--json")
        assert found.exit_code == 0, found.output
        figures = json.loads(found.stdout)
        assert figures["rejected"] < 300
        assert not {"cash", "allowances"} & set(figures["rejected_for"])
        market = node.sequencer.venue
        node.operate(MoveAllowances("alice", "CO2", -market.allowances("alice", "CO2")[0]))
        node.operate(MoveCash("alice", 10_000 - market.cash("alice")[0]))
        found = await asyncio.to_thread(load, *address, "-n", "10")
        assert found.exit_code == 1
        assert "account alice has" in found.output
        assert "too little for orders of 1 in CO2" in found.output
        await node.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("rulebook", "symbol", "ends"),
    [("cn-national", "", 0), ("cn-national", "CEA25@block", 0), ("uk-auction", "", 1)],
)
def test_a_venue_of_offers_is_loaded_with_offers(
    tmp_path: Path, rulebook: str, symbol: str, ends: int
) -> None:
    own = Settings(str(tmp_path), sessions=2, durability="none", rulebook=rulebook)
    products = [product.symbol for product in load_rulebook(rulebook).products]
    target = Target("127.0.0.1", 0, accounts(2, products), own)
    plan = Plan(MIXES["default"], window=64, messages=400, symbol=symbol)
    if ends:
        with pytest.raises(
            LoadError, match="no line that trades and takes a load: the venue has UKA"
        ):
            run_load(target, plan, -1)
        return
    outcome = run_load(target, plan, -1)
    assert list(load_report.problems(outcome, *load_report.latencies(outcome.taken))) == []
    assert all(not session.reasons for session in outcome.taken.sessions)


# -- what the figures are made of ------------------------------------------------------------------


class Talk:
    """A connection that keeps what is written to it."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes | bytearray) -> None:
        self.written += data

    def close(self) -> None:
        pass


def session_with(messages: int) -> LoadSession:
    """Return a session that has logged on and sent ``messages`` messages."""
    session = LoadSession(0, wire.Logon(wire.VERSION, "", "a", "n"), "k")
    session.connection_made(Talk())  # type: ignore[arg-type]
    session.data_received(
        pack(wire.LoggedOn(0, 0, wire.VERSION, "v", "", "none", 1_000, (PRODUCT,)))
    )
    session.script = write_script(MIXES["place"], PRODUCT, random.Random(1), range(1, messages + 1))
    session.limit = messages
    session.send(messages, 1)
    return session


def accepted(seq: int, ref: int) -> bytes:
    return pack(wire.OrderAccepted(seq, 0, ref, "CO2", Side.BUY, 1, 1, OrderState.RESTING))


def problems_of(session: LoadSession) -> list[str]:
    plan = Plan(MIXES["place"], messages=session.limit)
    outcome = Outcome(Taken(plan, [session], 0, 1, 1))
    return list(load_report.problems(outcome, *load_report.latencies(outcome.taken)))


def scenario_of(replies: bytes, messages: int = 2) -> LoadSession:
    async def made() -> LoadSession:
        session = session_with(messages)
        for place in range(len(replies)):  # one byte at a time: any split is the same
            session.data_received(replies[place : place + 1])
        return session

    return asyncio.run(made())


def test_answers_to_every_message_in_turn_are_no_problem() -> None:
    session = scenario_of(accepted(1, 1) + accepted(2, 2))
    assert problems_of(session) == []
    assert session.over.is_set()


@pytest.mark.parametrize(
    ("replies", "says"),
    [
        (accepted(1, 1), "1 messages were never answered"),
        (accepted(1, 1) + accepted(3, 2), "1 breaks in the numbering"),
        (accepted(1, 2) + accepted(2, 1), "2 answers that were not to the next message"),
        (b"", "2 messages were never answered"),
        (pack(wire.Throttled(0, 1, 50)), "takes 50 messages a second"),
    ],
    ids=["missing", "gap", "swapped", "silent", "throttled"],
)
def test_what_does_not_balance_is_a_problem(replies: bytes, says: str) -> None:
    assert says in "; ".join(problems_of(scenario_of(replies)))


def test_an_own_venue_must_have_logged_exactly_what_was_answered() -> None:
    session = scenario_of(accepted(1, 1) + accepted(2, 2))
    taken = Taken(Plan(MIXES["place"], messages=2), [session], 0, 1, 1)
    for logged, right in ((12, True), (11, False), (13, False)):
        outcome = Outcome(taken, ServerStats(1, commands=10), ServerStats(1, commands=logged))
        found = "; ".join(load_report.problems(outcome, *load_report.latencies(taken)))
        assert ("the venue logged" not in found) is right


def test_an_own_venue_must_have_sold_what_it_bought() -> None:
    session = scenario_of(accepted(1, 1) + accepted(2, 2))
    session.bought = 5
    taken = Taken(Plan(MIXES["place"], messages=2), [session], 0, 1, 1)
    outcome = Outcome(taken, ServerStats(1), ServerStats(1, commands=2))
    found = list(load_report.problems(outcome, *load_report.latencies(taken)))
    assert found == ["5 tonnes were bought and 0 sold"]


def test_a_report_that_the_venue_numbered_and_never_sent_is_a_problem() -> None:
    """The last answers are here, and the venue says that one more report stands behind them."""
    status = wire_account.AccountStatus(3, 2, False, (), (), ())
    session = scenario_of(accepted(1, 1) + accepted(2, 2) + pack(status))
    assert problems_of(session) == ["1 reports that the venue has numbered never came"]
    assert not session.complete.is_set()
    session.data_received(pack(wire.OrderFilled(3, 0, 1, "CO2", Side.BUY, 1, 1, 0, 0, True, 1)))
    assert session.complete.is_set()
    assert problems_of(session) == []


@pytest.mark.parametrize("messages", [10, 9])
def test_a_refusal_is_an_answer_and_more_than_a_tenth_of_them_a_problem(messages: int) -> None:
    refusal = pack(wire.Rejected(1, 0, 1, 19, "quantity", "rule"))  # type: ignore[arg-type]
    rest = b"".join(accepted(ref, ref) for ref in range(2, messages + 1))
    session = scenario_of(refusal + rest, messages)
    assert session.reasons == {19: 1}
    wrong = [] if messages == 10 else ["1 of 9 messages were refused, more than 10%"]
    assert problems_of(session) == wrong


def test_open_loop_latency_counts_from_the_due_time_and_lag_tells_who_was_late() -> None:
    """A message due at 10 ms that left at 14 ms and was answered at 15 ms waited 5 ms."""
    ms = 1_000_000
    session = LoadSession(0, wire.Logon(wire.VERSION, "", "a", "n"), "k")
    for sent, answered in ((0, 1), (14, 15), (20, 21)):
        session.sent_at.append(sent * ms)
        session.answered_at.append(answered * ms)
    session.sent = session.answered = 3
    taken = Taken(Plan(MIXES["place"], rate=100), [session], 0, 1, 1)
    assert load_report.latencies(taken) == ([ms, ms, 5 * ms], [0, 0, 4 * ms])
    late = "; ".join(load_report.problems(Outcome(taken), *load_report.latencies(taken)))
    assert "generator saturated: messages left 4,000 us late" in late
    warm = Taken(Plan(MIXES["place"], rate=100, warmup=0.02), [session], 0, 1, 1)
    assert load_report.latencies(warm)[0] == [ms]


def test_a_session_refused_at_logon_says_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with venue(tmp_path) as node:
            session = LoadSession(0, wire.Logon(wire.VERSION, "", "carol", "n"), "wrong")
            with pytest.raises(LoadError, match="no such member, account and key"):
                await log_on("127.0.0.1", node.address[1], [session])

    asyncio.run(scenario())


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (99.9, 100), (100, 100)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    percent: float, value: int
) -> None:
    assert load_report.percentile(list(range(1, 101)), percent) == value


def test_the_histogram_file_agrees_with_an_hdr_histogram_of_the_same_values() -> None:
    hdrh = pytest.importorskip("hdrh.histogram")
    rng = random.Random(3)
    values = sorted(int(rng.lognormvariate(13, 1)) for _ in range(10_000))
    other = hdrh.HdrHistogram(1, 10**11, 4)
    for value in values:
        other.record_value(value)
    lines = load_report.hgrm(values).splitlines()
    assert lines[0].split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    rows = [[float(cell) for cell in line.split()] for line in lines[2:] if line[0] != "#"]
    assert len(rows) > 40
    for microseconds, share, count, *_ in rows:
        value = round(microseconds * 1_000)
        rank = bisect_left(values, value)
        assert rank < share * 10_000 + 1 <= count + 1  # the smallest value that is enough
        # The other rounds ranks to the nearest, so it may give the neighbour below.
        theirs = other.get_value_at_percentile(share * 100)
        assert values[max(rank - 1, 0)] * 0.9998 <= theirs <= value * 1.0002
    assert rows == sorted(rows)
    assert rows[-1][:3] == [values[-1] / 1_000, 1.0, 10_000]
    assert "Total count    =        10000" in lines[-2]
