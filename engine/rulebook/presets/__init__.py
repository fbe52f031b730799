"""The rulebooks that come with the engine, one TOML file per venue, and those in files."""

from importlib import resources
from pathlib import Path

from engine.rulebook.model import Rulebook, RulebookError
from engine.rulebook.toml_codec import from_toml
from engine.vocabulary.suggest import did_you_mean
from engine.vocabulary.texts import MAX_RULEBOOK, shown


def names() -> list[str]:
    """Return the names of the rulebooks, sorted."""
    files = resources.files(__name__).iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def text(name: str) -> str:
    """Return a rulebook's TOML. Raises ``RulebookError`` with the names there are."""
    if name not in names():
        rule = did_you_mean(name, names()) or _which(name)
        message = f"there is no rulebook {shown(name)}{rule}"
        raise RulebookError(message)
    return resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


def load(name: str) -> Rulebook:
    """Return a packaged rulebook by name. Raises ``RulebookError``."""
    return from_toml(text(name))


def find(name: str) -> Rulebook:
    """Return a packaged rulebook by name, or one from a file whose name ends in ``.toml``.

    Raises ``RulebookError``.
    """
    if not name.endswith(".toml"):
        return load(name)
    return read(Path(name))


def read(path: Path) -> Rulebook:
    """Return the rulebook in a file. Raises ``RulebookError``, which names the file."""
    try:
        with path.open("rb") as file:
            return from_toml(file.read(MAX_RULEBOOK + 1))
    except FileNotFoundError:
        message = f"{path} does not exist: name a file, or one of {', '.join(names())}"
        raise RulebookError(message) from None
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): name a file that can"
        raise RulebookError(message) from error
    except RulebookError as error:
        message = f"{path}: {error}"
        raise RulebookError(message) from error


def _which(name: str) -> str:
    """Say what a name may be, to somebody who gave one that is near to none."""
    if Path(name).suffix or "/" in name or "\\" in name:
        return ": a rulebook of your own is a file whose name ends in .toml"
    return f": there are {', '.join(names())}, or a .toml file of your own"
