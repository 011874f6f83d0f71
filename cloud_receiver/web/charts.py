"""Pictures of reports as ECharts options; colours follow the style sheet, also in the dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

Options = dict[str, Any]
_PICTURE: Final = {"saveAsImage": {"pixelRatio": 2}}


def colour(name: str) -> str:
    """Return the expression that reads a colour of the style sheet in the browser."""
    style = "getComputedStyle(document.documentElement)"
    return f"{style}.getPropertyValue('--{name}').trim()"


WRAPPED: Final = {
    ":color": colour("muted"), "interval": 0, "width": 72, "overflow": "break",
}  # fmt: skip
"""Labels of few categories with long names: all of them, on several lines on a phone."""


LONG: Final = WRAPPED | {"width": 150, "fontSize": 11, "lineHeight": 12}
"""Labels of lying bars: as much as a phone can spare beside them."""
BELOW: Final[Options] = {"nameLocation": "middle", "nameGap": 28}
"""Where a lying axis says what it counts."""
LYING_PX: Final = 34
"""How high a lying bar stands with its label on several lines."""


def height_px(options: Options) -> int | None:
    """Return how high a picture of lying bars has to be; None: as the style sheet has it."""
    upright = options["yAxis"]
    if upright["type"] != "category":
        return None
    return max(200, 90 + LYING_PX * len(upright["data"]))


def axis(name: str = "", kind: str = "value", **more: Any) -> Options:
    """Return an axis in the page's colours."""
    line = {"lineStyle": {":color": colour("line")}}
    label = {":color": colour("muted")}
    return {
        "type": kind, "name": name, "nameTextStyle": label, "axisLabel": label,
        "axisLine": line, "splitLine": line if kind == "value" else {"show": False}, **more,
    }  # fmt: skip


def chart(series: Sequence[Options], x: Options, y: Options, title: str, **more: Any) -> Options:
    """Return a whole picture with its legend and the button that saves it."""
    return {
        "textStyle": {"fontFamily": "inherit", ":color": colour("muted")},
        "title": {"text": title, "show": False},
        "toolbox": {
            "feature": _PICTURE,
            "right": 8,
            "top": 0,
            "itemSize": 18,
            "iconStyle": {":borderColor": colour("muted")},
        },
        "legend": {
            "show": len(series) > 1,  # one thing only: its axis says what it is
            "type": "scroll",
            "top": 38,  # below the button, which its arrows would touch on a phone
            "left": 0,
            "textStyle": {":color": colour("muted")},
        },
        "tooltip": {"confine": True},
        "grid": {
            "left": 12,
            "right": 20,
            "top": 76 if len(series) > 1 else 40,
            "bottom": 36 if x.get("nameLocation") else 12,
            "containLabel": True,
        },
        "xAxis": x,
        "yAxis": y,
        "series": list(series),
        "backgroundColor": "transparent",
        "animation": False,  # figures are read, not watched
        "aria": {"enabled": True},
        **more,
    }


def line(name: str, data: Sequence[Any], tone: str, *, dashed: bool = False) -> Options:
    """Return a line without dots."""
    style = {"type": "dashed" if dashed else "solid", "width": 1.5, ":color": colour(tone)}
    return {"type": "line", "name": name, "data": list(data), "showSymbol": False,
            "lineStyle": style, "itemStyle": {":color": colour(tone)}, "silent": True}  # fmt: skip


def bars(name: str, data: Sequence[Any], tone: str, stack: str | None = None) -> Options:
    """Return bars of one meaning."""
    return {"type": "bar", "name": name, "data": list(data), "stack": stack, "barMaxWidth": 36,
            "itemStyle": {":color": colour(tone), "borderRadius": 3}}  # fmt: skip


def dots(name: str, data: Sequence[Any], tone: str) -> Options:
    """Return dots that may be clicked; each has `value`, `name` and `hint`, which is HTML."""
    return {"type": "scatter", "name": name, "data": list(data), "symbolSize": 11,
            "itemStyle": {":color": colour(tone)},
            "tooltip": {":formatter": "(one) => one.data.hint"}}  # fmt: skip
