#!/usr/bin/python3
"""Runs real XMPP clients and SIP phones against the musterd of the release build.

One line for each case; what failed comes at the end. `--only NAME` takes the cases whose full
name (file, class and case) has NAME in it. It must be Debian's own Python: slixmpp lives there.
"""

import argparse
import logging
import os
import pathlib
import sys
import time
import unittest

SYSTEM_PYTHON = "/usr/bin/python3"


class Lines(unittest.TextTestResult):
    """One line for each case, with its time."""

    def startTest(self, test):
        self.begin = time.monotonic()
        super().startTest(test)

    def say(self, test, word):
        spent = time.monotonic() - self.begin
        self.stream.write(f"{word:6} {spent:5.1f} s  {test.id()}\n")
        self.stream.flush()

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.say(test, "ok")

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self.say(test, "FAILED")

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        # setUpClass has no begin of its own.
        self.stream.write(f"FAILED          {test.id()}\n")

    def addSubTest(self, test, subtest, err):
        unittest.TestResult.addSubTest(self, test, subtest, err)
        if err is not None:
            self.stream.write(f"FAILED          {subtest.id()}\n")


def cases_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from cases_of(part)
        else:
            yield part


def main():
    # The interpreter that was asked for may be another one: slixmpp is a package of Debian's.
    if os.path.realpath(sys.executable) != os.path.realpath(SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", metavar="NAME")
    only = options.parse_args().only
    folder = str(pathlib.Path(__file__).resolve().parent)
    found = unittest.defaultTestLoader.discover(folder, pattern="*_test.py")
    chosen = unittest.TestSuite(case for case in cases_of(found) if only in case.id())
    if not chosen.countTestCases():
        print(f"no case has '{only}' in its name", file=sys.stderr)
        return 2
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    outcome = unittest.TextTestRunner(
        resultclass=Lines, verbosity=0, stream=sys.stdout).run(chosen)
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
