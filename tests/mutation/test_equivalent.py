"""The list of equivalent mutants is about the source as it is, and every module has its tests."""

from __future__ import annotations

import pytest
from msgspec import structs

from tests.mutation.known import Equivalent, Known, Mutant, known
from tests.mutation.suites import suite
from tests.support.paths import ROOT


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


@pytest.mark.parametrize("mutant", known().mutant, ids=lambda m: f"{m.module}: {m.becomes}")
def test_a_listed_mutant_changes_lines_that_are_there(mutant: Equivalent) -> None:
    source = lines((ROOT / mutant.module).read_text("utf-8"))
    was = lines(mutant.was)
    places = range(len(source) - len(was) + 1)
    assert any(source[at : at + len(was)] == was for at in places), "strike it off the list"
    assert mutant.was != mutant.becomes
    assert mutant.why


def test_no_mutant_is_listed_twice() -> None:
    keys = [(m.module, m.was, m.becomes, m.within) for m in known().mutant]
    assert len(dict.fromkeys(keys)) == len(keys)


@pytest.mark.parametrize("package", ["engine", "gateway"])
def test_a_module_has_its_rooms_tests_first_and_all_of_its_package(package: str) -> None:
    every = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / package).rglob("test_*.py")
    }
    rooms = sorted(path.parent.name for path in (ROOT / package).glob("*/__init__.py"))
    for room in rooms:
        files = suite(ROOT, f"{package}/{room}/module.py")
        own = [name for name in files if name.startswith(f"tests/{package}/{room}/")]
        assert len(dict.fromkeys(files)) == len(files)
        if package == "engine":
            assert set(files) == every | {"tests/scenarios/test_scenarios.py"}
        if room in {"book", "matching", "markets", "log", "rulebook", "vocabulary"}:
            assert files[: len(own)] == own
            assert own


def test_an_entry_may_be_about_one_function() -> None:
    entry = known().mutant[0]
    one = Known([structs.replace(entry, within="amend")])
    mutant = Mutant(entry.module, 1, entry.was, entry.becomes, "", "amend")
    assert one.reason(mutant) == entry.why
    assert one.reason(structs.replace(mutant, within="other")) == ""
    assert known().reason(structs.replace(mutant, within="other")) == entry.why
