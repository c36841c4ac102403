#!/usr/bin/python3
"""Tests of the programs musterd and muster, from outside, against the release build.

A line for each case; what failed comes at the end. `--only NAME` takes the cases whose full name
(file, class and case) has NAME in it. `--jobs N` runs files at the same time, each in a process of
its own, and tells of a file when it is done: they wait more than they work.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
# Begun first, for it takes longer than all the others together.
LONGEST = "cluster_hosts_test"


def cases_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from cases_of(part)
        else:
            yield part


def file_of(case):
    return case.id().partition(".")[0]


def run_files(files, jobs, only):
    """Whether all were right."""
    def run(file):
        return subprocess.run([sys.executable, __file__, "--file", file, "--only", only],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(run, file): file for file in files}
        for done in concurrent.futures.as_completed(running):
            print(done.result().stdout, end="", flush=True)
            if done.result().returncode:
                failed.append(running[done])
    if failed:
        print("failed:", *failed)
    return not failed


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", metavar="NAME")
    options.add_argument("--file", metavar="NAME")
    options.add_argument("--jobs", type=int, default=1, metavar="N")
    given = options.parse_args()
    found = unittest.defaultTestLoader.discover(str(FOLDER), pattern="*_test.py")
    chosen = [case for case in cases_of(found)
              if given.only in case.id() and given.file in (None, file_of(case))]
    if not chosen:
        print(f"no case has '{given.only}' in its name", file=sys.stderr)
        return 2
    if given.jobs > 1:
        files = sorted({file_of(case) for case in chosen}, key=lambda file: (file != LONGEST, file))
        return 0 if run_files(files, given.jobs, given.only) else 1
    runner = unittest.TextTestRunner(verbosity=2, stream=sys.stdout, descriptions=False)
    outcome = runner.run(unittest.TestSuite(chosen))
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
