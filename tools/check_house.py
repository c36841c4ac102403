#!/usr/bin/env python3
"""Checks the house rules: sizes, names, headers, and what tests owe to limits.

Each message says what to do instead. Names that a protocol or a library gives are in TAKEN_NAMES.
"""

import re
import sys

import source_tree
from source_tree import Violation

FILE_LINES_MAX = 600
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 60
PRESENCE_SERVER_LINES_MAX = 400

CODE_FOLDERS = ("src", "sim", "tests", "fuzz", "bench", "tools", "cmake", "web")
CODE_SUFFIXES = {".h", ".cc", ".py", ".cmake", ".sh", ".ts", ".js", ".css"}

# What each word hides, and what to say instead.
FORBIDDEN_WORDS = {
    "node": "server (a member of the cluster)",
    "client": "watcher, user agent, peer, session or stream, as it is",
    "manager": "what it keeps or decides",
    "handler": "what it does with what",
    "helper": "what it gives",
    "util": "what it is about",
}
# Identifiers that have a forbidden word because others named what they name.
TAKEN_NAMES = re.compile(
    r"(?:XML|SSL|TLS|BIO|EVP|OPENSSL|sqlite3|gsasl|GSASL|ares|wslay|nats\w*)_\w+"  # libraries
    r"|error_handler_t"  # nlohmann::json
    r"|k?[cC]lient_?(?:[kK]ey|first|final)\w*"  # RFC 5802 section 3
    r"|unordered_node_\w+|node_type|sa_handler|set_(?:new|terminate)_handler"  # the language
    r"|\w*[cC]lient_?[tT]ransactions?_?"  # RFC 3261 section 17.1
    r"|kNsClient"  # the namespace jabber:client, RFC 6120 section 4.8.2
)


def words_of(name):
    """snake_case, CamelCase and kCamelCase cut into lower-case words."""
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def forbidden_word(name):
    for word in words_of(name):
        for forbidden in FORBIDDEN_WORDS:
            if word in (forbidden, forbidden + "s", forbidden + "ity", forbidden + "ities"):
                return forbidden
    return None


def code_files(tree):
    return (f for f in tree.below(*CODE_FOLDERS) if f.suffix in CODE_SUFFIXES)


def check_sizes(tree):
    for file in code_files(tree):
        if len(file.lines) > FILE_LINES_MAX:
            yield Violation(file.path, FILE_LINES_MAX + 1, "file-size", f"{len(file.lines)} lines;"
                            f" a file has at most {FILE_LINES_MAX}: split it by subject")
        for number, line in enumerate(file.lines, 1):
            if len(line) > LINE_COLUMNS_MAX:
                yield Violation(file.path, number, "line-size", f"{len(line)} columns; a line has"
                                f" at most {LINE_COLUMNS_MAX}: break it")
    parts = [f for f in tree.cpp("src/server") if f.path.startswith("src/server/presence_server.")]
    lines = sum(len(file.lines) for file in parts)
    if lines > PRESENCE_SERVER_LINES_MAX:
        yield Violation(parts[0].path, 1, "budget", f"presence_server.* has {lines} lines of its"
                        f" {PRESENCE_SERVER_LINES_MAX}; it only wires: move decisions into modules")


def check_names(tree):
    for file in code_files(tree):
        for part in file.path.split("/"):
            if TAKEN_NAMES.fullmatch(part.split(".")[0]):
                continue
            if word := forbidden_word(part):
                yield Violation(file.path, 1, "word", f'"{word}" in {part} says nothing; name'
                                f" {FORBIDDEN_WORDS[word]}")
        if not file.is_cpp:
            continue
        seen = set()
        code = re.sub(r"^[ \t]*#[ \t]*include\b[^\n]*|\btoml::node\b", source_tree.blank_match,
                      file.code, flags=re.MULTILINE)
        for line, match in file.find(r"\b[A-Za-z_]\w*", code):
            name = match[0]
            if name in seen or TAKEN_NAMES.fullmatch(name):
                continue
            if word := forbidden_word(name):
                seen.add(name)
                yield Violation(file.path, line, "word", f'"{word}" in {name} says nothing; name'
                                f" {FORBIDDEN_WORDS[word]}")


def check_headers(tree):
    for file in tree.cpp(*CODE_FOLDERS):
        if file.suffix != ".h":
            continue
        if not file.text.lstrip().startswith("//"):
            yield Violation(file.path, 1, "header-comment", "a header is a contract: open with what"
                            " it owns, its limits, its sources and what happens at a limit")
        if "#pragma once" not in file.lines:
            yield Violation(file.path, 1, "pragma-once", 'write "#pragma once" after the opening'
                            " comment")


def subject_of(tree, file):
    """The path of the header a source belongs to, or None: x.h of x.cc, the subject of a test."""
    if file.path.startswith("tests/unit/"):
        folder, _, name = file.path[len("tests/unit/"):].rpartition("/")
        stem = name.removesuffix("_test.cc")
        while stem:  # uri_escapes_test.cc may be a further test of uri.h
            for root in ("src/", ""):
                path = f"{root}{folder}/{stem}.h"
                if path in tree.files:
                    return path
            stem = stem.rpartition("_")[0]
        return None
    path = file.path.removesuffix(".cc") + ".h"
    return path if path in tree.files else None


def check_first_includes(tree):
    for file in tree.cpp("src", "sim", "tests/unit"):
        if file.suffix != ".cc":
            continue
        subject = subject_of(tree, file)
        if subject is None:
            if file.path.startswith("tests/unit/"):
                yield Violation(file.path, 1, "test-name", "no header of that name: a unit test is"
                                " named after its subject, tests/unit/a/x_test.cc for src/a/x.h")
            continue
        first = file.includes[0] if file.includes else None
        if first is None or tree.resolve(file, first) != subject:
            yield Violation(file.path, first.line if first else 1, "first-include", f"include"
                            f' "{subject.removeprefix("src/")}" first: it proves that the header'
                            " stands alone")


def check_language(tree):
    for file in tree.cpp(*CODE_FOLDERS):
        for line, _ in file.find(r"\busing\s+namespace\b(?!\s+std::\w*literals\s*;)"):
            yield Violation(file.path, line, "using-namespace", "name what you use, one by one")
        for line, _ in file.find(r"\bstd\s*::\s*cout\b"):
            yield Violation(file.path, line, "cout", "write through the log or an argument; in a"
                            " command use fmt::print")
    marks = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
    homes = re.compile(r"(?<![\w.})$/-])/(?:work|root|home/\w+)(?=[/\s\"'`)\]]|$)")
    for file in tree.files.values():
        if "/corpus/" in file.path or "/golden/" in file.path:
            continue
        for number, line in enumerate(file.lines, 1):
            if mark := marks.search(line):
                yield Violation(file.path, number, "mark", f"{mark[0]}: do it now, or open an"
                                " issue")
            if home := homes.search(line):
                yield Violation(file.path, number, "path", f"{home[0]} exists on one machine; use"
                                " a relative path or an argument")


NOT_FUNCTIONS = re.compile(
    r"^(?:\[\[[^\]]*\]\]\s*)*(?:inline\s+|export\s+|extern\b\s*|typedef\s+|static\s+)*"
    r"(?:template\s*<.*>\s*(?:requires\b.*)?)?"
    r"(?:namespace|class|struct|union|enum)\b",
    re.DOTALL,
)


def functions_of(file):
    """(first line, last line) of each function body, with its signature; a guess by braces."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", source_tree.blank_match, file.code,
                  flags=re.MULTILINE)
    stack = []  # the first line of each open function, or None for another brace
    head_start = 0
    for match in re.finditer(r"[{};]|\b(?:public|private|protected)\s*:(?!:)", code):
        token = match[0]
        if token == "{":
            head = code[head_start: match.start()]
            text = head.strip()
            inside = any(first is not None for first in stack)
            is_function = not inside and "(" in text and not NOT_FUNCTIONS.match(text) \
                and not text.endswith("=")
            offset = head_start + len(head) - len(head.lstrip())
            stack.append(file.line_of(offset) if is_function else None)
        elif token == "}" and stack:
            first = stack.pop()
            if first is not None:
                yield first, file.line_of(match.start())
        head_start = match.end()


def check_functions(tree):
    for file in tree.cpp(*CODE_FOLDERS):
        for first, last in functions_of(file):
            if last - first + 1 > FUNCTION_LINES_MAX:
                yield Violation(file.path, first, "function-size", f"{last - first + 1} lines; a"
                                f" function has at most {FUNCTION_LINES_MAX}: give its steps names")


def check_limits(tree):
    tested = set()
    for file in tree.cpp("tests"):
        tested |= set(re.findall(r"\bk[A-Z]\w*Max\b", file.code))
    for file in tree.cpp("src", "sim"):
        for line, match in file.find(r"\bconstexpr\b[^;{}=]*?\b(k[A-Z]\w*Max)\b\s*[={]"):
            line = file.line_of(match.start(1))
            if match[1] not in tested:
                yield Violation(file.path, line, "limit", f"no test mentions {match[1]}: test what"
                                " happens at it, below and above")


def check_sleeps(tree):
    for file in tree.cpp("tests"):
        for line, match in file.find(
                r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b|\bstd\s*::\s*this_thread\b"
                r"|(?<![\w.>])(?:::)?sleep\s*\("):
            yield Violation(file.path, line, "sleep", f"{match[0].rstrip('( ')}: a test that waits"
                            " is slow or flaky; advance virtual time, or wait for the event itself")


def check_test_namespaces(tree):
    files = {}
    for file in tree.cpp("tests"):
        if not file.path.endswith("_test.cc"):
            continue
        folder, name = file.path.removesuffix(".cc").split("/")[-2:]
        other = files.setdefault(f"{folder}_{name}", file.path)
        if other != file.path:
            yield Violation(file.path, 1, "test-namespace", f"{other} has this namespace: call one"
                            " of the files by more of its subject")
        for line, match in file.find(r"\bnamespace\s+(\w+_test\s+)?\{"):
            if (match[1] or "").strip() != f"{folder}_{name}":
                yield Violation(file.path, line, "test-namespace", f"namespace {folder}_{name}:"
                                " files of a folder are compiled together, and each names what it"
                                " needs as it likes (docs/adr/0015-compiled-together.md)")


def check_plants(tree):
    for file in tree.cpp("src/shell", "src/app"):
        if file.path.startswith("src/app/sim/"):
            continue
        for line, _ in file.find(r"\bPlanted\b|\bplanted\b"):
            yield Violation(file.path, line, "planted", "a fault is planted by the simulator alone"
                            " (docs/adr/0007-planted-faults.md): a server has no way to have one")


CHECKS = [
    check_sizes,
    check_names,
    check_headers,
    check_first_includes,
    check_language,
    check_functions,
    check_limits,
    check_sleeps,
    check_test_namespaces,
    check_plants,
]


def check(tree):
    for one in CHECKS:
        yield from one(tree)


if __name__ == "__main__":
    sys.exit(source_tree.run(__doc__, check))
