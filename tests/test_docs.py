"""What the documents list is all there is, and their examples are real output."""

import json
import re
from enum import IntEnum

from engine.rulebook.model import Mode, Product
from engine.rulebook.toml_codec import from_toml
from engine.vocabulary import enums
from engine.vocabulary.enums import RejectReason
from engine.vocabulary.json_codec import COMMANDS, EVENTS, type_name
from gateway.cli import rulebook_page
from gateway.cli.match_file import read_json_lines, run
from gateway.protocol import wire
from tests.gateway.protocol.test_wire import GOLDEN
from tests.support.paths import ROOT


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_protocol_lists_every_message_field_and_reason() -> None:
    document = text("docs/protocol.md")
    for kind in (*wire.FromClient.__args__, *wire.FromVenue.__args__):
        section = document.split(f"### {kind.__name__} (tag {kind.__struct_config__.tag})")[1]
        section = section.split("\n### ")[0]
        assert all(f"| `{field}` |" in section for field in kind.__struct_fields__)
    for reason in RejectReason:
        assert f"| {reason.value} | `{reason.name}` |" in document
    for farewell in wire.LogoutReason:
        assert f"{farewell.value} {farewell.name.lower()}" in document


def test_the_protocol_shows_bytes_that_are_held_by_a_test() -> None:
    document = text("docs/protocol.md")
    golden: dict[type, list[str]] = {}
    for message, payload in GOLDEN:
        golden.setdefault(type(message), []).append(payload)
    for kind in (*wire.FromClient.__args__, *wire.FromVenue.__args__):
        section = document.split(f"### {kind.__name__} (tag {kind.__struct_config__.tag})")[1]
        shown = re.search(
            r"^Golden payload: `([0-9a-f]+)`$", section.split("\n### ")[0], re.MULTILINE
        )
        assert shown is not None, kind
        assert shown[1] in golden[kind], kind


def test_the_commands_page_shows_every_command_and_event_as_it_comes() -> None:
    document = text("docs/commands.md")
    shown = [
        line
        for block in re.findall(r"```json\n(.*?)```", document, re.DOTALL)
        for line in block.splitlines()
    ]
    rules = from_toml(text("examples/decrement.toml"))
    lines = text("examples/every_command.jsonl").splitlines()
    _, events = run(rules, read_json_lines(lines, rules.minor_digits))
    real = {*lines, *(re.sub(r'"seq": \d+, "time": \d+, ', "", event) for event in events)}
    assert set(shown) <= real
    assert {json.loads(line)["type"] for line in shown} == {*COMMANDS, *EVENTS}
    for kind in (*COMMANDS.values(), *EVENTS.values()):
        section = document.split(f"### `{type_name(kind)}`")[1].split("\n### ")[0]
        assert all(f"| `{field}` |" in section for field in kind.__struct_fields__)


def test_the_commands_page_lists_every_member_of_an_enum_with_its_number() -> None:
    lists = dict(re.findall(r"^\*\*(\w+)\*\*: (.*)$", text("docs/commands.md"), re.MULTILINE))
    assert len(lists) > 10
    for name, told in lists.items():
        kind: type[IntEnum] = getattr(enums, name)
        plain = re.sub(r"\([^)]*\)", "", told)
        listed = [(int(number), word) for number, word in re.findall(r"(\d+) ([a-z_]+)", plain)]
        assert listed == [(each.value, each.name.lower()) for each in kind], name


def test_the_rulebooks_page_says_what_the_files_say() -> None:
    assert text("docs/rulebooks.md") == rulebook_page.page(), "carbonx rulebooks page > the file"


def test_the_code_words_of_the_glossary_are_names_of_the_engine() -> None:
    names = {
        field
        for kind in (*COMMANDS.values(), *EVENTS.values())
        for field in (kind.__name__, *kind.__struct_fields__)
    }
    names |= {field for kind in (Mode, Product) for field in kind.__struct_fields__}
    for kind in vars(enums).values():
        if isinstance(kind, type) and issubclass(kind, IntEnum):
            names |= set(kind.__members__)
    rows = [line for line in text("docs/glossary.md").splitlines() if line.startswith("| ")]
    said = {word for row in rows for word in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert len(said) > 15
    assert said <= names, said - names
    chinese = [row for row in rows if not row.startswith("| English")]
    assert all(re.search(r"[\u4e00-\u9fff]|T\+1", row.split("|")[2]) for row in chinese)
