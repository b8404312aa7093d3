"""Tables for people, and docs/gate.md between its marks."""

from measure.row import COLUMNS, COMMAND, CUT, KEPT, WHOLE

PARTS = (("What is cut", CUT), ("What is kept", KEPT), ("On the whole, and at what cost", [*WHOLE, *COMMAND]))
START, END = "<!-- bench-gate: from here -->", "<!-- bench-gate: to here -->"


def tables(systems):
    """The rows of all systems, by name, as three Markdown tables: all columns in one would fit no screen."""
    figures = {name: system["figures"] for name, system in systems.items()}
    return "\n\n".join(f"**{title}**\n\n{table(figures, columns)}" for title, columns in PARTS)


def table(figures, columns):
    """One table."""
    lines = [["system", *(column.title for column in columns)], ["---"] * (len(columns) + 1)]
    for name, row in figures.items():
        lines.append([name, *(shown(row.get(column.key), column.digits) for column in columns)])
    return lined_up(lines)


def comparison_table(differences):
    """Column by column: difference, 95 % interval, and what it says."""
    lines = [["column", "difference", "95 % interval", "verdict"], ["---"] * 4]
    for column in COLUMNS:
        if column.key in differences:
            middle, low, high = differences[column.key]
            digits = max(column.digits, 1)
            interval = f"{shown(low, digits)} to {shown(high, digits)}"
            lines.append([column.title, shown(middle, digits), interval, verdict(column, low, high)])
    return lined_up(lines)


def lined_up(lines):
    """Cells as Markdown, padded so that a terminal shows them in columns as well."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def shown(value, digits):
    """A figure, or a dash; never -0."""
    return "–" if value is None else f"{round(value, digits) + 0.0:.{digits}f}"


def verdict(column, low, high):
    """Better or worse only where the interval keeps clear of 0."""
    if low <= 0.0 <= high:
        return "no difference shown"
    return "better" if (low > 0.0) == (column.better > 0) else "worse"


def report(told):
    """All results as text; `told` as in the JSON file."""
    parts = [f"{len(told['scenes'])} scenes, {told['seconds'] / 60:.0f} minutes of sound.", tables(told["systems"])]
    for title, differences in told["comparisons"].items():
        parts += [f"**{title}**, paired bootstrap over the scenes", comparison_table(differences)]
    return "\n\n".join(parts)


def publish(path, told):
    """Writes the results between the marks of the page; all else in it stays."""
    text = path.read_text()
    before, rest = text.split(START)
    _, after = rest.split(END)
    path.write_text(f"{before}{START}\n\n{report(told)}\n\n{END}{after}")
