"""Numbers as readable text: three significant digits, and steps in thousands and millions."""

import math
from collections.abc import Sequence

MINUS = "\u2212"
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def number(value: float | None, digits: int = 3) -> str:
    """Writes a number with ``digits`` significant digits; a dash for None.

    Thousands are separated by commas; very large and very small numbers have an exponent.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e7 or size < 1e-4:
        mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        places = digits - 1 - math.floor(math.log10(float(f"{size:.{digits - 1}e}")))
        text = f"{round(size, places):,.{max(places, 0)}f}"
    return f"{MINUS}{text}" if value < 0 else text


def alike(values: Sequence[float], spacing: float) -> list[str]:
    """Writes numbers of one axis or column, each with enough decimals to distinguish values ``spacing`` apart."""
    sizes = [abs(value) for value in values if math.isfinite(value)]
    if not sizes or max(sizes) >= 1e7 or 0 < spacing < 1e-4:
        return [number(value) for value in values]
    text = f"{spacing:.2e}"
    digits = len(text.split("e")[0].rstrip("0").rstrip(".").replace(".", ""))
    places = max(0, digits - 1 - int(text.split("e")[1]))
    return [_signed(f"{abs(value):,.{places}f}", value) if math.isfinite(value) else "–" for value in values]


def _signed(text: str, value: float) -> str:
    return f"{MINUS}{text}" if value < 0 and any(sign in "123456789" for sign in text) else text


def count(value: float) -> str:
    """Writes a whole number such as steps: in full below ten thousand, otherwise in thousands or millions."""
    if abs(value) >= 10_000:
        for unit, letter in UNITS:
            if abs(value) >= unit:
                return _signed(f"{abs(value) / unit:.3g}\u2009{letter}", value)
    return _signed(f"{abs(value):,.0f}", value)


def interval(low: float | None, high: float | None) -> str:
    """Writes limits in brackets, with the same number of decimals; empty if there are none."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"[{number(low)}, {number(high)}]"


def seconds(value: float | None) -> str:
    """Writes a time in seconds, minutes or hours."""
    if value is None:
        return "–"
    for unit, name in ((3600.0, "h"), (60.0, "min")):
        if value >= 2 * unit:
            return f"{number(value / unit)}\u2009{name}"
    return f"{number(value)}\u2009s"


def percent(value: float) -> str:
    """Writes a share in percent, without decimals."""
    return f"{100 * value:.0f}\u2009%"
