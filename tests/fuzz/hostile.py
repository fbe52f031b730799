"""Values that people's texts may hold, as sources: every type, far beyond every bound.

``CARBONX_TEXTS`` is how many texts all tests of this folder try together: 2,000 as a rule, 200,000
in ``make soak``.
"""

from __future__ import annotations

import json
import os
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS: Final = int(os.environ.get("CARBONX_TEXTS", "2000"))
SOAKING: Final = TEXTS > 2_000
SHARES: Final = 9  # of the texts, one for each test
TOGETHER: Final = 10  # texts in one example
PHASES: Final = (Phase.explicit, Phase.generate, Phase.shrink)
QUIET: Final = pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of a failure
LENGTHS: Final = (*(0, 1, 2, 32, 33, 40, 41, 128, 129, 256, 257) * 8, 1_024, 1_025, 4_300, 4_301,
                  16_384, 32_768, 32_769, 65_535, 65_536, 65_537, 1_000_000)  # fmt: skip
DEPTHS: Final = (*(1, 2, 31, 32, 33, 64) * 4, 500, 1_000, 10_000)
POWERS: Final = (0, 1, 2, 9, 12, 15, 18, 19, 20, 38, 39, 40, 41, 308, 309, 400)


def fuzzed(values: st.SearchStrategy[Any], share: float = 1) -> Callable[[Any], Any]:
    """Give a test its share of the texts: values, ten at a time, and a seed for where they go.

    A soak draws new ones each time.
    """

    def decorate(test: Any) -> Any:
        examples = max(1, round(TEXTS * share / SHARES / TOGETHER))
        drawn = given(
            values=st.lists(values, min_size=TOGETHER, max_size=TOGETHER),
            rng=st.integers(0, 2**32).map(Random),
        )
        chosen = settings(max_examples=examples, derandomize=not SOAKING, phases=PHASES)
        return QUIET(chosen(drawn(test)))

    return decorate


# -- texts of every kind of character -----------------------------------------------------------

CHARACTERS: Final = st.characters(exclude_categories=()) | st.sampled_from(
    "\x00\x07\t\n\r\x1f\"'\\#[]{}=.,:@ \x7f\x85\xa0\u2028\ufeff\ufffe\ud800\udbff\udc00\udfff😀中"
)
SHORT: Final = st.text(CHARACTERS, max_size=6)
LONG: Final = st.builds(lambda each, length: each * length, CHARACTERS, st.sampled_from(LENGTHS))
TEXT: Final = SHORT | SHORT | SHORT | LONG

# -- figures ------------------------------------------------------------------------------------

EDGES: Final = (0, 1, -1, 2**31, 2**53, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63) - 1)
WHOLE: Final = st.sampled_from(EDGES) | st.builds(
    lambda sign, power, more: sign * (10**power + more),
    st.sampled_from((1, -1)),
    st.sampled_from(POWERS),
    st.integers(-2, 2),
)
FIGURES: Final = st.one_of(
    WHOLE.map(str),
    st.floats().map(repr),
    st.sampled_from(("1e400", "-1e999999999", "1.0", "10.5", "0x1F", "1_000", "+5", "٣", "1e30")),
    st.sampled_from(LENGTHS).map(lambda length: "9" * length),
    st.sampled_from(LENGTHS).map(lambda length: "0." + "3" * length),
)


def nested(first: str, last: str) -> st.SearchStrategy[str]:
    """Return one thing in another, in another ..."""
    return st.sampled_from(DEPTHS).map(lambda depth: first * depth + "1" + last * depth)


# -- JSON ---------------------------------------------------------------------------------------


def json_text(text: str) -> str:
    """Write a text as JSON; half a character too."""
    return json.dumps(text)


def _json_list(parts: list[str]) -> str:
    return f"[{', '.join(parts)}]"


def _json_object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{json_text(key)}: {value}" for key, value in pairs) + "}"


JSON: Final = st.recursive(
    st.one_of(
        TEXT.map(json_text),
        SHORT.map(lambda text: json.dumps(text, ensure_ascii=False)),
        FIGURES.map(json_text),
        FIGURES,
        st.sampled_from(("true", "false", "null", "NaN", "Infinity", "-Infinity", "", "'x'", "\\")),
        nested("[", "]"),
        nested('{"a":', "}"),
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(_json_list)
        | st.lists(st.tuples(SHORT, inner), max_size=3).map(_json_object)
    ),
    max_leaves=4,
)

# -- TOML ---------------------------------------------------------------------------------------


def toml_text(text: str) -> str:
    """Write a text as TOML, as long as it has nothing that TOML cannot hold."""
    return json.dumps(text, ensure_ascii=False)


TOML: Final = st.recursive(
    st.one_of(
        TEXT.map(toml_text),
        SHORT.map(lambda text: f"'{text}'"),
        SHORT.map(lambda text: f'"""{text}"""'),
        FIGURES,
        FIGURES.map(toml_text),
        st.sampled_from((
            "true", "false", "nan", "inf", "-inf", "1979-05-27", "1979-05-27T07:32:00Z",
            "07:32:00", "1979-13-40", "0b101", "0o17", "0xDEADBEEF", "", "x", "[[", "}", "\\",
            '"vwap"', '"09:30"', '"24:00"', '"order_book"', '"closing_call"', '"xetra"',
        )),
        st.sampled_from(LENGTHS).map(lambda length: "0x" + "f" * length),
        nested("[", "]"),
        nested("{a=", "}"),
        st.sampled_from(DEPTHS).map(lambda depth: "{" + "a." * depth + "b = 1}"),
    ),
    lambda inner: st.lists(inner, max_size=3).map(_json_list)
    | st.lists(st.tuples(SHORT, inner), max_size=3).map(
        lambda pairs: "{" + ", ".join(f"{toml_text(k)} = {v}" for k, v in pairs) + "}"
    ),
    max_leaves=4,
)  # fmt: skip


def as_bytes(text: str) -> bytes:
    """Return a text as bytes; half a character is what no UTF-8 has."""
    return text.encode("utf-8", "surrogatepass")
