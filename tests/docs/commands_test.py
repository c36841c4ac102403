#!/usr/bin/env python3
"""Runs the commands of the documents: each line that begins with "$ " in a block marked `console`,
block by block in one shell each, from the root of the checkout. A command must succeed; what stands
below it must come in its output, in that order ("..." is anything).

Blocks after <!-- not run: REASON --> are left out.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n)?```console\n(.*?)```", re.DOTALL)
PATIENCE_SECONDS = 600


def steps_of(block):
    """(command, the lines expected of it)"""
    steps = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif line.strip() and line.strip() != "..." and steps:
            steps[-1][1].append(line.strip())
    return steps


def wrong_with(steps):
    mark = "-- end of a command --"
    script = "".join(f"{command}\necho; echo '{mark}'\n" for command, _ in steps)
    ran = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                         timeout=PATIENCE_SECONDS)
    outputs = ran.stdout.split(mark)
    for (command, expected), output in zip(steps, outputs):
        at = 0
        for line in expected:
            found = output.find(line, at)
            if found < 0:
                return f"$ {command}\n  did not print: {line}\n  but: {output}"
            at = found + len(line)
    if ran.returncode != 0:
        return f"exit code {ran.returncode}: {ran.stdout}"
    return None


def main():
    count, failed = 0, 0
    for name in DOCUMENTS:
        for skipped, block in BLOCK.findall((ROOT / name).read_text()):
            if skipped:
                continue
            count += 1
            if why := wrong_with(steps_of(block)):
                failed += 1
                print(f"FAILED  {name}\n{why}")
            else:
                print(f"ok      {name}: {block.splitlines()[0]}")
    if not count:
        print("FAILED  no document has a command")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
