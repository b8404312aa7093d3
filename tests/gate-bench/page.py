"""Tables for people, and docs/gate.md between its marks."""

from bench import shown, table
from measure.row import COLUMNS
from synth.scenes import about


def comparison_table(differences):
    """Column by column: difference, 95 % interval, and what it says."""
    lines = ["| column | difference | 95 % interval | verdict |", "|---|---|---|---|"]
    for column in COLUMNS:
        if column.key in differences:
            middle, low, high = differences[column.key]
            digits = max(column.digits, 1)
            interval = f"{shown(low, digits)} to {shown(high, digits)}"
            lines.append(f"| {full_title(column)} | {shown(middle, digits)} | {interval} | {verdict(column, low, high)} |")
    return "\n".join(lines)


def full_title(column):
    """Titles that only say `disturbed` or `p95` lean on their left neighbour in the big table; here they stand alone."""
    return {"late_p95_ms": "onset late p95 ms", "pesq_disturbed": "PESQ disturbed", "stoi_disturbed": "STOI disturbed",
            "si_sdr_disturbed_db": "SI-SDR disturbed dB"}.get(column.key, column.title)  # fmt: skip


def verdict(column, low, high):
    """Better or worse only where the interval keeps clear of 0."""
    if low <= 0.0 <= high:
        return "no difference shown"
    return "better" if (low > 0.0) == (column.better > 0) else "worse"


def publish(path, results, comparisons, folders):
    """Writes the results between the marks of the page; all else in it stays."""
    parts = [f"{len(folders)} scenes, {minutes(folders)} minutes of sound.", table(results)]
    for title, differences in comparisons.items():
        parts += [f"**{title}**, paired bootstrap over the scenes:", comparison_table(differences)]
    text = path.read_text()
    start, end = "<!-- bench-gate: from here -->", "<!-- bench-gate: to here -->"
    before, rest = text.split(start)
    _, after = rest.split(end)
    path.write_text(f"{before}{start}\n\n" + "\n\n".join(parts) + f"\n\n{end}{after}")


def minutes(folders):
    """Rounded."""
    return round(sum(about(folder)["seconds"] for folder in folders) / 60)
