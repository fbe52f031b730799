"""One look for all pictures: sizes, colours that colour-blind readers tell apart, and fonts.

Pictures are made without ``pyplot``: nothing global is changed, and no window opens.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import ScalarFormatter

from backtest.report.fonts import chinese_font
from backtest.report.words import CHINESE, Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

# The palette of Okabe and Ito, without its yellow, which is too pale for lines on white.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
PURPLE, SKY, RED = "#CC79A7", "#56B4E9", "#D55E00"
INK, GREY, PALE = "#222222", "#767676", "#D9D9D9"
COLOURS: Final = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)
WIDTH: Final = 7.2  # inches
LABEL: Final = 26  # characters of a design's label in a line

_HAN: Final = re.compile("[\u3400-\u9fff]")
_FIGURE: Final = re.compile(r"^(\D*)(\d+)(.*)$")
_NO_FONT: Final = (
    "no font with Chinese is installed here; install one, such as Noto Sans CJK SC "
    "(package fonts-noto-cjk)"
)
_STYLE: Final[dict[str, Any]] = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": False,  # CJK fonts often lack the sign
    "axes.formatter.use_mathtext": False,
    "axes.formatter.limits": (-9, 12),  # no powers of ten
    "grid.color": "#E8E8E8",
    "grid.linewidth": 0.7,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "text.color": INK,
    "text.usetex": False,
    "svg.fonttype": "path",  # the page looks alike where a font is missing
    "svg.hashsalt": "carbonx",  # the same picture is the same text
}


class _Parted(ScalarFormatter):
    """Figures written out, their thousands parted by commas."""

    def __call__(self, value: float, place: int | None = None) -> str:
        """Label a tick."""
        sign, digits, rest = _FIGURE.sub(r"\1 \2 \3", super().__call__(value, place)).split(" ")
        return f"{sign}{int(digits):,}{rest}"


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house's style inside this block."""
    families = [name for name in ("DejaVu Sans", chinese_font()) if name]
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # one is enough
        mpl.rcdefaults()
        settings: Any = _STYLE | {"font.family": families}
        mpl.rcParams.update(settings)
        yield


@contextmanager
def panel(height: float, language: str = "en") -> Iterator[tuple[Figure, Axes, Words]]:
    """Make a figure with one set of axes, so many inches high; it is complete after the block."""
    with styled():
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.add_subplot()
        yield figure, axis, words(language)
        for each in (axis.xaxis, axis.yaxis):
            if isinstance(each.get_major_formatter(), ScalarFormatter):
                each.set_major_formatter(_Parted(useOffset=False))
        figure.draw_without_rendering()  # ticks and places are fixed in this style
    if _lacks_font(figure):
        warnings.warn(f"a label is in Chinese: {_NO_FONT}", stacklevel=4)


def words(language: str) -> Words:
    """Return the labels of a language; English, with a warning, where no font could show it."""
    found = Words(language)
    if language == CHINESE and not chinese_font():
        warnings.warn(f"labels are in English: {_NO_FONT}", stacklevel=4)
        return Words("en")
    return found


def wrapped(label: str, width: int = LABEL) -> str:
    """Break a label into lines; Chinese characters take the room of two."""
    if len(label) > width and "]." in label and " " not in label:  # a path of the rulebook
        return label.replace("].", "].\n")
    if _HAN.search(label):
        width = width // 2 + 1
    return (
        "\n".join(
            textwrap.wrap(label, width, max_lines=3, placeholder=" …", break_on_hyphens=False)
        )
        or label
    )


def _lacks_font(figure: Figure) -> bool:
    """Say whether a figure has Chinese that no font here can show."""
    if chinese_font():
        return False
    texts: list[Any] = figure.findobj(Text)
    return any(_HAN.search(text.get_text()) for text in texts)


def legend_below(axis: Axes, columns: int = 3) -> None:
    """Put the legend under the axes, where it covers nothing."""
    handles, labels = axis.get_legend_handles_labels()
    if handles:
        figure = axis.get_figure(root=True)
        assert figure is not None
        figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)))


def svg(figure: Figure) -> str:
    """Return a figure as SVG, the same text each time.

    Letters are drawn as shapes, unless they need a font that only the reader's machine may have.
    """
    with styled():
        if _lacks_font(figure):
            mpl.rcParams["svg.fonttype"] = "none"
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def save(figure: Figure, path: Path, dpi: int = 150) -> None:
    """Write a figure to a file; the ending decides: ``.png``, ``.svg`` or ``.pdf``."""
    with styled():
        figure.savefig(path, dpi=dpi)
