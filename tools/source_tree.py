"""The source tree as the checks see it: files by floor, C++ without its comments and literals.

What is shared by check_layers.py, check_house.py and check_headers.py. Nothing here parses C++: it
is cut into comments, literals and the rest, which is enough for rules about names and includes.
"""

import argparse
import dataclasses
import functools
import os
import pathlib
import re
import sys

SKIPPED_FOLDERS = {"build", "__pycache__", "node_modules"}
CPP_SUFFIXES = {".h", ".cc"}

# A comment, a raw string, a string, a number (for the quotes in 1'000'000), a character; in that
# order, so that none is taken for another.
_TOKEN = re.compile(
    r"""(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
      |(?P<raw>R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
      |(?P<string>"(?:\\.|[^"\\\n])*")
      |(?P<number>\b[0-9](?:'?[\w.])*)
      |(?P<character>'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)


@dataclasses.dataclass(frozen=True, order=True)
class Violation:
    """Where which rule is broken, and what to do about it."""

    path: str
    line: int
    rule: str
    remedy: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.remedy}"


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    name: str
    quoted: bool


def blank_match(match):
    """For re.sub: what was matched, as blanks and line ends."""
    return re.sub(r"[^\n]", " ", match[0])


class SourceFile:
    """One file. `path` is relative to the root of the tree, with forward slashes."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.name = path.rsplit("/", 1)[-1]
        self.stem, _, suffix = self.name.rpartition(".")
        self.suffix = "." + suffix
        self.is_cpp = self.suffix in CPP_SUFFIXES

    @functools.cached_property
    def lines(self):
        return self.text.splitlines()

    @functools.cached_property
    def code(self):
        """The text with comments and literals made blank, of the same length and lines."""
        return _TOKEN.sub(lambda m: m[0] if m["number"] else blank_match(m), self.text)

    @functools.cached_property
    def literals(self):
        """(line, text) of each string."""
        return [
            (self.line_of(m.start()), m[0])
            for m in _TOKEN.finditer(self.text)
            if m["string"] or m["raw"]
        ]

    @functools.cached_property
    def includes(self):
        without_comments = _TOKEN.sub(
            lambda m: blank_match(m) if m["comment"] or m["raw"] else m[0], self.text
        )
        return [
            Include(self.line_of(m.start()), m[1] or m[2], m[1] is not None)
            for m in _INCLUDE.finditer(without_comments)
        ]

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def find(self, pattern, in_text=None):
        """(line, match) of each place in the code, or in `in_text`, that is as long."""
        for match in re.finditer(pattern, self.code if in_text is None else in_text):
            yield self.line_of(match.start()), match


class SourceTree:
    """All text files below `root`, apart from what is built or hidden."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.files = {}
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(
                f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith(".")
            )
            for name in sorted(names):
                path = pathlib.Path(folder, name)
                try:
                    text = path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    continue  # a golden message or a corpus of bytes
                relative = path.relative_to(self.root).as_posix()
                self.files[relative] = SourceFile(relative, text)

    def below(self, *folders):
        for path, file in self.files.items():
            if path.startswith(tuple(folder + "/" for folder in folders)):
                yield file

    def cpp(self, *folders):
        return (file for file in self.below(*folders) if file.is_cpp)

    def resolve(self, file, include):
        """The path that a quoted include means, or None: below src, the root, tests, or beside."""
        beside = file.path.rpartition("/")[0]
        for folder in ("src/", "", "tests/", beside + "/"):
            if folder + include.name in self.files:
                return folder + include.name
        return None


def argument_parser(description):
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument(
        "root",
        nargs="?",
        default=pathlib.Path(__file__).resolve().parent.parent,
        help="the tree to check (default: the one this tool is in)",
    )
    return parser


def report(violations):
    """Prints violations, one a line; the exit status of the check."""
    violations = sorted(set(violations))
    for violation in violations:
        print(violation)
    if violations:
        rules = len({violation.rule for violation in violations})
        print(f"\n{len(violations)} violations of {rules} rules", file=sys.stderr)
    return 1 if violations else 0


def run(description, check):
    """The command line of a check that needs nothing but the tree."""
    return report(check(SourceTree(argument_parser(description).parse_args().root)))
