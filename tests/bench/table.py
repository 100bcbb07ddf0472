# SPDX-License-Identifier: GPL-2.0-only
"""Printing of figures."""

import statistics


# Lines of the README's table: what, measured, budget.
quotes = []


def quote(what, measured, budget=""):
    quotes.append((what, measured, budget))


def short(values, form="{:.2f}", unit="x"):
    """As spread(), for the README."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{form.format(middle)}{unit} ({form.format(low)} to {form.format(high)})"


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def row(*cells, widths=(26, 18, 36, 36)):
    print("  " + "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths)).rstrip(), flush=True)


def note(text):
    print("  " + text, flush=True)


def spread(values, form="{:.2f}", unit=""):
    """Median, and the smallest and largest of the runs."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{form.format(middle)}{unit}  ({form.format(low)} - {form.format(high)})"


def time_text(ns):
    for limit, unit, scale in ((1e3, "ns", 1), (1e6, "us", 1e3), (1e9, "ms", 1e6)):
        if ns < limit:
            return f"{ns / scale:.3g} {unit}"
    return f"{ns / 1e9:.3g} s"


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
