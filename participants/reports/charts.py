"""Bars for a chart that the server draws as SVG: geometry only, in the units of its view box."""

from collections.abc import Sequence
from dataclasses import dataclass

# Small enough for its letters to be read where it shrinks to a phone's width.
WIDTH = 420
LABEL_WIDTH = 96
FIGURE_WIDTH = 44
ROW = 28
BAR = 16


@dataclass(frozen=True)
class Bar:
    label: str
    value: int
    x: int
    y: int
    width: int
    text_y: int
    figure_x: int


@dataclass(frozen=True)
class BarChart:
    width: int
    height: int
    bar_height: int
    label_x: int
    bars: tuple[Bar, ...]


def bar_chart(values: Sequence[tuple[str, int]]) -> BarChart:
    """Horizontal bars from zero, the largest one the full width."""
    room = WIDTH - LABEL_WIDTH - FIGURE_WIDTH
    largest = max((value for _, value in values), default=0) or 1
    bars = []
    for row, (label, value) in enumerate(values):
        y = row * ROW + (ROW - BAR) // 2
        width = round(room * value / largest)
        bars.append(
            Bar(
                label=label,
                value=value,
                x=LABEL_WIDTH,
                y=y,
                width=width,
                text_y=y + BAR - 3,
                figure_x=LABEL_WIDTH + width + 8,
            )
        )
    return BarChart(
        width=WIDTH,
        height=ROW * len(values) + ROW // 2,
        bar_height=BAR,
        label_x=LABEL_WIDTH - 10,
        bars=tuple(bars),
    )
