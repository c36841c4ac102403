#!/usr/bin/env python3
"""Checks that each header compiles by itself: that it includes what it uses.

The precompiled headers of the build would hide a missing <string>, so each header is given to the
compiler alone, without them (1 to 3 s of CPU each). With --stamps FOLDER only those are compiled
that changed, they or what they include, since they last passed.
"""

import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import sys

import source_tree
from source_tree import Violation

FLAGS = ["-std=c++20", "-fsyntax-only", "-x", "c++", "-w", "-Isrc", "-Itests", "-I.",
         '-DMUSTER_TESTS_DIR="tests"', '-DMUSTER_SOURCE_DIR="."']


def reached(tree, path):
    """The header and all headers of the tree that it includes, directly or not."""
    seen = []
    waiting = [path]
    while waiting:
        file = tree.files[waiting.pop()]
        if file.path in seen:
            continue
        seen.append(file.path)
        for include in file.includes:
            target = tree.resolve(file, include) if include.quoted else None
            if target:
                waiting.append(target)
    return sorted(seen)


def stamp_of(tree, path, compiler):
    digest = hashlib.sha256(" ".join([compiler, *FLAGS]).encode())
    for one in reached(tree, path):
        digest.update(f"\n{one}\n{tree.files[one].text}".encode())
    return digest.hexdigest()


def errors_of(tree, path, compiler):
    done = subprocess.run([compiler, *FLAGS, path], cwd=tree.root, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if ": error: " in line or "fatal" in line]
    return errors[0] if errors else done.stderr.strip()


def check(tree, compiler, stamps):
    paths = [f.path for f in tree.cpp("src", "sim", "tests/support") if f.suffix == ".h"]
    passed = pathlib.Path(stamps, "headers") if stamps else None
    known = set(passed.read_text().split()) if passed and passed.exists() else set()
    stamp = {path: stamp_of(tree, path, compiler) for path in paths}
    due = [path for path in paths if stamp[path] not in known]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = dict(zip(due, pool.map(lambda path: errors_of(tree, path, compiler), due)))
    if passed:
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.write_text("".join(f"{stamp[p]}\n" for p in paths if not errors.get(p)))
    for path, error in errors.items():
        if error:
            yield Violation(path, 1, "alone", f"does not compile by itself; include what it uses:"
                            f" {error}")


def main():
    parser = source_tree.argument_parser(__doc__)
    parser.add_argument("--compiler", default=os.environ.get("CXX", "c++"))
    parser.add_argument("--stamps", help="where to remember which headers passed")
    arguments = parser.parse_args()
    tree = source_tree.SourceTree(arguments.root)
    return source_tree.report(check(tree, arguments.compiler, arguments.stamps))


if __name__ == "__main__":
    sys.exit(main())
