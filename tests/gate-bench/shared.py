"""A second judge, where there is one: a folder with rirs.py, scenes.py and run.py, named by GATE_BENCH or beside the repository."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import systems

JUDGED = ("none", "rnnoise-vad-gate", "estrade-1", "estrade-4")


def run(work, results, say):
    """Its rooms and scenes once, then its row for each system of interest, printed as it prints them."""
    home = Path(os.environ.get("GATE_BENCH") or systems.ROOT.parent / "shared/gate-bench").resolve()
    if not (home / "run.py").exists():
        say(f"no second judge in {home}; GATE_BENCH=FOLDER names another place")
        return
    work.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"GATE_BENCH_WORK": str(work.resolve())}

    def python(script, *arguments):
        done = subprocess.run([sys.executable, home / script, *arguments], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{home / script} {shlex.join(arguments)} failed: {done.stderr[-1500:]}")
        return done.stdout

    if not (work / "complete").exists():
        say(f"second judge, {home}: its rooms and scenes")
        python("rirs.py")
        python("scenes.py")
        (work / "complete").touch()
    measured = {result.system.name: result.system for result in results}
    rows = []
    for name in JUDGED:
        if name in measured:
            system = measured[name]
            said = python("run.py", "--name", name, "--cmd", system.line(), "--ch", str(system.channels))
            lines = [line for line in said.splitlines() if line.startswith("|")]
            rows = rows or lines[:2]
            rows.append(lines[-1])
            say(f"second judge: {name} done")
    print(f"\nthe second judge, {home.name}, on its own scenes:\n" + "\n".join(rows))
