"""The command line, as a user meets it: help, errors that say what to do, the README's examples."""

import json
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from backtest.cli.verbs import VERBS as LABORATORY
from carbonx.main import VERBS as BOTH
from engine.vocabulary.json_codec import COMMANDS, TextError, command_from_object, to_object
from gateway.cli.main import VERBS
from gateway.cli.progress import EVERY, counting
from tests.support.paths import ROOT


def carbonx(*words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "carbonx", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == status, done.stderr
    return done


def test_help_names_every_verb() -> None:
    text = carbonx("--help").stdout
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    assert "Usage: carbonx" in carbonx(verb, "--help").stdout


def test_match_runs_the_example_and_repeats_its_state() -> None:
    runs = [carbonx("match", "examples/first_trade.jsonl") for _ in range(2)]
    events = [json.loads(line) for line in runs[0].stdout.splitlines()]
    assert [e["type"] for e in events][-1] == "trade"
    assert (events[-1]["price"], events[-1]["quantity"]) == (5_000, 60)
    assert runs[0].stderr == runs[1].stderr


def test_match_runs_a_csv_of_orders() -> None:
    lines = carbonx("match", "examples/orders.csv").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [e["quantity"] for e in events if e["type"] == "trade"] == [60, 40]


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text('{"type": "open_account", "account": "a"}\n{"type": "new_ordr"}\n')
    done = carbonx("match", str(path), status=1)
    assert "line 2" in done.stderr
    assert "new_order" in done.stderr


def test_an_unknown_symbol_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "symbol.jsonl"
    path.write_text(
        '{"type": "open_account", "account": "a"}\n'
        '{"type": "mass_cancel", "account": "a", "ref": 1, "symbol": "C02"}'
        "\n",
        "utf-8",
    )
    event = json.loads(carbonx("match", str(path)).stdout.splitlines()[-1])
    assert (event["field"], event["rule"]) == (
        "symbol",
        "'C02' is not one of CO2: did you mean 'CO2'?",
    )


def test_an_unknown_rulebook_names_the_choices() -> None:
    assert "textbook" in carbonx("rulebooks", "show", "nowhere", status=1).stderr


def test_a_rulebook_is_checked_and_compared(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    text = carbonx("rulebooks", "show", "shenzhen-2022").stdout
    mine.write_text(text.replace("reference = 3510", "reference = 3600"))
    facts = json.loads(carbonx("rulebooks", "check", str(mine), "--json").stdout)
    assert "SZA-2019" in facts["products"]
    assert facts["lines"]["SZA-2019@agreement"] == "negotiated"
    assert "modes[agreement].min_quantity" in facts["to_confirm"]
    assert "all well" in carbonx("rulebooks", "check", str(mine)).stdout
    told = carbonx("rulebooks", "diff", "shenzhen-2022", str(mine)).stdout
    assert told == "products[SZA-2019].reference: 3510 -> 3600 (35.10 -> 36.00)\n"
    assert json.loads(carbonx("rulebooks", "diff", "textbook", "textbook", "--json").stdout) == {}
    mine.write_text(text + "\n[tickk]\n")
    assert "tickk" in carbonx("rulebooks", "check", str(mine), status=1).stderr
    assert "textbook" in carbonx("rulebooks", "diff", "textbook", "no.toml", status=1).stderr


def test_a_missing_log_says_what_to_do(tmp_path: Path) -> None:
    assert "name a directory" in carbonx("replay", str(tmp_path), status=1).stderr


def test_a_count_is_shown_to_people_only() -> None:
    for terminal in (True, False):
        shown = StringIO()
        with counting("records", Console(file=shown, force_terminal=terminal)) as one:
            for _ in range(2 * EVERY):
                one()
        assert ("records" in shown.getvalue()) == terminal


def readme(kind: str) -> list[str]:
    """Return the README's code blocks of a kind."""
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def readme_shell(port: int) -> list[tuple[str, str]]:
    """Type what the README types into the shell; return where it says something else."""
    (block,) = (block for block in readme("console") if "$ carbonx shell" in block)
    start, *lines = block.splitlines()
    typed = [line.removeprefix("carbonx> ") for line in lines if line.startswith("carbonx> ")]
    said = [line for line in lines if not line.startswith("carbonx> ")]
    done = subprocess.run(
        [sys.executable, "-m", *start[2:].split(), "--port", str(port)],
        cwd=ROOT,
        input="\n".join(typed),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [pair for pair in zip(done.stdout.splitlines(), said, strict=True) if len({*pair}) > 1]


def test_the_readme_order_and_those_of_the_examples_are_placed(tmp_path: Path) -> None:
    served = next(
        line.split()[3:]
        for block in readme("console")
        for line in block.splitlines()
        if line.startswith("$ carbonx serve")
    )
    server = subprocess.Popen(
        [sys.executable, "-m", "carbonx", "serve", *served, "--port", "0", "--json", "--dir",
         str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)  # fmt: skip
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        (snippet,) = readme("python")
        assert "7117" in snippet
        done = subprocess.run(
            [sys.executable, "-c", snippet.replace("7117", str(port))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("OrderAccepted(")
        assert readme_shell(port) == []
        for name in ("place_order.py", "place_order_blocking.py"):
            done = subprocess.run(
                [sys.executable, str(ROOT / "examples" / name), str(port)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            assert done.returncode == 0, done.stderr
            assert "10 tonnes of SZA-2019, RESTING" in done.stdout
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_every_readme_verb_and_file_exists() -> None:
    text = (ROOT / "README.md").read_text()
    for verb in re.findall(r"^\$ carbonx (\w+)", text, re.MULTILINE):
        assert verb in VERBS | LABORATORY | BOTH
    for path in re.findall(r"(?:docs|examples)/[\w.]+\.(?:md|png|jsonl|py|csv)", text):
        assert (ROOT / path).exists(), path
    for target in re.findall(r"^\$ make (\w+)", text, re.MULTILINE):
        assert f"\n{target}:" in (ROOT / "Makefile").read_text()


def test_commands_survive_the_json_edge() -> None:
    sample = {"type": "new_order", "account": "a", "ref": 1, "symbol": "P", "side": "sell",
              "quantity": 5, "price": "42.50", "tif": "ioc"}  # fmt: skip
    command = command_from_object(sample)
    assert command_from_object(to_object(command)) == command
    assert to_object(command)["price"] == 4_250


@pytest.mark.parametrize(
    ("change", "field"),
    [({"side": "up"}, "side"), ({"price": "1.234"}, "price"), ({"extra": 1}, "extra"),
     ({"quantity": "ten"}, "quantity"), ({"post_only": 1}, "post_only"), ({"type": 3}, "type"),
     ({"quantity": 2**63}, "quantity")],
)  # fmt: skip
def test_a_wrong_field_is_named(change: dict[str, object], field: str) -> None:
    sample = {"type": "new_order", "account": "a", "ref": 1, "symbol": "P", "side": "sell",
              "quantity": 5}  # fmt: skip
    with pytest.raises(TextError) as error:
        command_from_object(sample | change)
    assert error.value.field == field
    assert "new_order" in COMMANDS
