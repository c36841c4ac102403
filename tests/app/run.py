#!/usr/bin/python3
"""Tests of the programs musterd and muster, from outside, against the release build.

A line for each case; what failed comes at the end. `--only NAME` takes the cases whose full name
(file, class and case) has NAME in it.
"""

import argparse
import pathlib
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent


def cases_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from cases_of(part)
        else:
            yield part


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", metavar="NAME")
    only = options.parse_args().only
    found = unittest.defaultTestLoader.discover(str(FOLDER), pattern="*_test.py")
    chosen = unittest.TestSuite(case for case in cases_of(found) if only in case.id())
    if not chosen.countTestCases():
        print(f"no case has '{only}' in its name", file=sys.stderr)
        return 2
    runner = unittest.TextTestRunner(verbosity=2, stream=sys.stdout, descriptions=False)
    outcome = runner.run(chosen)
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
