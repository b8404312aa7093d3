"""The gate's bench: measures commands that turn a room's sound into what is sent. docs/gate.md says how to read it."""

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# One process per processor, each with one thread: more would only get in each other's way.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import bench
import page
import plots
import selftest
import shared
import systems
from measure.row import compare, row
from synth import scenes
from tune import GRIDS, tune

SEED = 20_261
TUNING_SEED = 771
"""Other rooms, people and pages: no setting of a peer has seen the bench's scenes."""
BEATEN = "rnnoise-vad-gate"
"""The peer that ours must be better than."""
STARTED = time.monotonic()


def say(text):
    """A line of progress, on stderr: the table alone goes to stdout."""
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog='make bench-gate ARGS="..."',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="""examples:
  make bench-gate                                       everything: ours, the peers, plots (about 15 minutes on two cores)
  make bench-gate ARGS=--quick                          eight short scenes, no curves, no intervals (under 3 minutes)
  make bench-gate ARGS=--docs                           everything, and the results into docs/gate.md
  make bench-gate ARGS="--set estrade-1,rnnoise"        only these systems
  make bench-gate ARGS="--name mine --cmd './my-gate {in} {out}'"   one more command""",
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter scenes, no curves")
    parser.add_argument("--set", help="names of systems, with commas between")
    parser.add_argument("--cmd", help="a command to judge as well, with {in} and {out}, and {threshold} if it has one")
    parser.add_argument("--name", default="command", help="what to call it")
    parser.add_argument("--channels", type=int, choices=(1, 4), default=1, help="how many microphones it gets")
    parser.add_argument("--thresholds", default="", help="values for {threshold}, with commas between; the middle one is the row's")
    parser.add_argument("--local-alignment", action="store_true", help="its delay varies: align from moment to moment")
    parser.add_argument("--docs", action="store_true", help="write table and plots into docs/gate.md")
    parser.add_argument("--seed", type=int, default=SEED, help="other scenes; the published figures are those of %(default)s")
    parser.add_argument("--tune", nargs="*", choices=[*GRIDS, []], metavar="PEER", help="try the grids of settings, print the best, do nothing else")
    parser.add_argument("--program", type=Path, default=systems.ROOT / "target/release/estrade")
    parser.add_argument("--work", type=Path, default=systems.ROOT / "target/gate-bench", help="scenes, outputs and results go there")
    given = parser.parse_args()
    if given.docs and (given.quick or given.set or given.cmd or given.seed != SEED):
        parser.error("--docs publishes the whole run: not with --quick, --set, --cmd or --seed")
    if given.cmd and not ("{in}" in given.cmd and "{out}" in given.cmd):
        parser.error("--cmd needs {in} and {out} where the two files go")
    if given.cmd and ("{threshold}" in given.cmd) != bool(given.thresholds):
        parser.error("{threshold} in --cmd and --thresholds go together")
    return given


def chosen(given):
    """The systems to judge."""
    ours = systems.ours(given.program)
    if not ours:
        say(f"{given.program} has no command `gate`: only the peers are measured")
    all_systems = [*systems.peers(given.work), *ours]
    if given.set is not None:
        names = [name for name in given.set.split(",") if name]
        unknown = set(names) - {system.name for system in all_systems}
        if unknown:
            sys.exit(f"no system is called {', '.join(sorted(unknown))}; there are: {', '.join(system.name for system in all_systems)}")
        all_systems = [system for system in all_systems if system.name in names]
    if given.cmd:
        values = tuple(float(value) for value in given.thresholds.split(",") if value)
        middle = values[len(values) // 2] if values else None
        all_systems.append(systems.System(given.name, given.cmd, given.channels, values, middle, given.local_alignment))
    return all_systems


def main():
    """Makes the scenes, judges the systems, writes table, plots and results."""
    given = arguments()
    under_test = chosen(given)
    selftest.main()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        if given.tune is not None:
            tune(given.tune, scenes.cached("tune", TUNING_SEED, given.work, pool, say), given.work, pool, say)
            return
        kind = "quick" if given.quick else "full"
        folders = scenes.cached(kind, given.seed, given.work, pool, say)
        results = []
        for system in under_test:
            result = bench.assess(system, folders, given.work / "outputs" / system.name, pool, curve=not given.quick)
            results.append(result)
            say(f"{system.name}: left out, {result.failure}" if result.failure else f"{system.name}: done")
    measured = [result for result in results if not result.failure]
    # One scene of a family, drawn again and again, is always the same: it gives no interval.
    told = results_of(folders, measured, {} if given.quick else compared(measured, given.work))
    path = given.work / f"results-{kind}.json"
    path.write_text(json.dumps(told, indent=1))
    print(page.report(told))
    plots_in = systems.ROOT / "docs/gate" if given.docs else given.work / "plots"
    plots.draw(measured, folders, plots_in)
    say(f"results in {path}, plots in {plots_in}")
    if given.docs:
        page.publish(systems.ROOT / "docs/gate.md", told)
        say("docs/gate.md is up to date")
    if not given.quick and given.set is None and given.cmd is None:
        shared.run(given.work / "shared", measured, say)
    failed = [result.system.name for result in results if result.failure]
    if any(name.startswith("estrade") or name == given.name for name in failed):
        sys.exit(f"could not be measured: {', '.join(failed)}")


def compared(results, work):
    """Ours, and a command given, against the peer to beat; four microphones against one."""
    by_name = {result.system.name: result for result in results}
    peers = {system.name for system in systems.peers(work)}
    pairs = [(name, BEATEN) for name in by_name if name not in peers] + [("estrade-4", "estrade-1")]
    return {
        f"{a} against {b}": compare(by_name[a].heard, by_name[a].level, by_name[b].heard, by_name[b].level)
        for a, b in pairs
        if a in by_name and b in by_name
    }


def results_of(folders, results, comparisons):
    """Everything that goes into the JSON file: rows, curves, comparisons, and each scene's own row."""
    return {
        "seconds": sum(scenes.about(folder)["seconds"] for folder in folders),
        "scenes": [folder.name for folder in folders],
        "generator": scenes.generator_hash(),
        "systems": {
            result.system.name: {
                "command": result.system.line().replace(str(systems.ROOT), "."),
                "figures": result.figures,
                "curve": result.curve,
                "by_scene": {heard.scene: row([heard], result.level) for heard in result.heard},
            }
            for result in results
        },
        "comparisons": comparisons,
    }


if __name__ == "__main__":
    main()
