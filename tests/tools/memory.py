"""Runs the main job over a large demo world within a limit of memory, and measures what it takes.

    memory.py JOURNEYMART FOLDER [CUSTOMERS] [LIMIT] [PEAK]

178,000 customers make ten million events (the default); LIMIT is what `--memory-limit` takes, PEAK the most
bytes that may be resident. The repository must be the current folder. The world in FOLDER is made once.
"""

import glob
import json
import os
import shutil
import subprocess
import sys
import time


def main(journeymart, folder, customers="178000", limit="1GB", peak="1350000000"):
    journeymart, folder = os.path.abspath(journeymart), os.path.abspath(folder)
    world = os.path.join(folder, f"world_{customers}")
    if not os.path.isdir(world):
        options = ["--customers", customers, "--months", "12", "--seed", "7"]
        shutil.rmtree(world + ".part", ignore_errors=True)
        subprocess.run([journeymart, "demo", world + ".part", *options, "--quiet"], check=True)
        os.rename(world + ".part", world)
    project, marts = os.path.join(folder, "project"), os.path.join(folder, "marts")
    for made in (project, marts):
        shutil.rmtree(made, ignore_errors=True)
    for part in ("pipelines", "sql"):
        shutil.copytree(part, os.path.join(project, part))
    pipeline = os.path.join(project, "pipelines", "customer_journey.yaml")
    environment = {**os.environ, "EXPORTS": os.path.join(world, "exports"), "MARTS": marts}
    started = time.monotonic()
    options = ["--project-dir", project, "--memory-limit", limit, "--quiet"]
    run = subprocess.Popen([journeymart, "run", pipeline, *options], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(run.pid, 0)
    code, most = os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024
    seconds = time.monotonic() - started
    print(f"exit code {code} after {seconds:.0f} s")
    print(f"peak resident {most:,} bytes of {int(peak):,}, --memory-limit {limit}")
    for written in glob.glob(os.path.join(project, ".journeymart", "runs", "*", "run_results.json")):
        with open(written) as file:
            results = json.load(file)
        rows = [source["rows_read"] for source in results["sources"]]
        print(f"{sum(rows):,} rows of {len(rows)} sources, {max(rows):,} of the largest; {len(results['marts'])} marts")
    if code != 0 or most > int(peak):
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
