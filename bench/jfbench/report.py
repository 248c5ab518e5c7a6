# SPDX-License-Identifier: BSD-3-Clause
"""What a scenario hands back."""

from dataclasses import dataclass


@dataclass
class Report:
    text: str  # for the terminal
    figures: dict  # for --json
    valid: bool = True  # False: shown, but the exit code says that it isn't a result


def table(rows):
    """Columns aligned: the first to the left, the others to the right. The first row is a header."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]

    def line(row):
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))]
        return "  ".join(cells).rstrip()

    return "\n".join([line(rows[0]), "  ".join("-" * w for w in widths), *map(line, rows[1:])])
