"""What a picture or a page needs of a session or a study, and nothing more of the laboratory.

The desk (``backtest.lab``) draws its own results, so this room lies below it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from backtest.measures.intervals import Estimate
    from engine.rulebook.model import Rulebook


class PictureError(ValueError):
    """A picture that there is not, or that this session or study cannot fill."""

    def __init__(self, text: str, **parts: str) -> None:
        """Keep the text apart from what its brackets stand for, so that it can be translated."""
        super().__init__(text.format(**parts) if parts else text)
        self.text, self.parts = text, parts


class DrawnDesign(Protocol):
    """A design."""

    @property
    def rulebook(self) -> Rulebook:
        """Its rules."""
        ...  # pragma: no cover

    @property
    def changes(self) -> tuple[tuple[str, str], ...]:
        """How they differ from a preset or file: path, value as TOML."""
        ...  # pragma: no cover

    @property
    def digest(self) -> str:
        """The hash of the rules."""
        ...  # pragma: no cover


class DrawnPerson(Protocol):
    """One member of a population."""

    @property
    def account(self) -> str:
        """The account."""
        ...  # pragma: no cover

    @property
    def worth(self) -> Sequence[int]:
        """What each further tonne bought is worth, minor units, best first."""
        ...  # pragma: no cover

    @property
    def costs(self) -> Sequence[int]:
        """What each further tonne sold costs, minor units, cheapest first."""
        ...  # pragma: no cover


class DrawnSession(Protocol):
    """What a session came to."""

    @property
    def design(self) -> DrawnDesign:
        """The rules."""
        ...  # pragma: no cover

    @property
    def people(self) -> Sequence[DrawnPerson]:
        """Who took part."""
        ...  # pragma: no cover

    @property
    def tape(self) -> Iterable[tuple[int, Any, list[Any]]]:
        """All commands with their events: time in ns UTC, command, events."""
        ...  # pragma: no cover


class DrawnFailure(Protocol):
    """A session that could not be finished."""

    @property
    def design(self) -> str:
        """The design's label."""
        ...  # pragma: no cover

    @property
    def seed(self) -> int:
        """The replication."""
        ...  # pragma: no cover

    @property
    def agent(self) -> str:
        """Whose turn it was; "" where the market could not be made."""
        ...  # pragma: no cover

    @property
    def time(self) -> int:
        """When, in ns."""
        ...  # pragma: no cover

    @property
    def why(self) -> str:
        """What happened."""
        ...  # pragma: no cover


class DrawnStudy(Protocol):
    """What a comparison came to."""

    @property
    def designs(self) -> Mapping[str, DrawnDesign]:
        """The designs by label; the first is the base of all differences."""
        ...  # pragma: no cover

    @property
    def market(self) -> Any:
        """The population, with its name."""
        ...  # pragma: no cover

    @property
    def seeds(self) -> int:
        """How many replications were asked for."""
        ...  # pragma: no cover

    @property
    def root(self) -> int:
        """The seed of all random streams."""
        ...  # pragma: no cover

    @property
    def digest(self) -> str:
        """The hash of the result."""
        ...  # pragma: no cover

    @property
    def failed(self) -> Sequence[DrawnFailure]:
        """Sessions that could not be finished."""
        ...  # pragma: no cover

    @property
    def idle(self) -> Sequence[str]:
        """The designs under which nothing traded."""
        ...  # pragma: no cover

    @property
    def names(self) -> Sequence[str]:
        """The measures, in order."""
        ...  # pragma: no cover

    def values(self, design: str, measure: str) -> Mapping[int, float]:
        """Return a measure's values by seed, where it applies."""
        ...  # pragma: no cover

    def mean(self, design: str, measure: str) -> Estimate:
        """Return a measure's mean over the seeds. Raises ``ValueError`` where it never applies."""
        ...  # pragma: no cover

    def difference(self, design: str, measure: str, base: str = "") -> Estimate:
        """Return the paired difference to another design, by default the first."""
        ...  # pragma: no cover

    def outcome(self, design: str, seed: int) -> DrawnSession:
        """Run one session again."""
        ...  # pragma: no cover
