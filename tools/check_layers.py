#!/usr/bin/env python3
"""Checks what the tree promises: includes point down, and the world stays above the door.

Floors, from below: base, model, codec, the vocabulary of the server (the files directly in
src/server), its seven modules, presence_server with its turn, shell and sim beside each other, app.
Below shell there is no clock, randomness, thread, socket, file, environment or log, and nothing
whose order differs between two runs. docs/architecture.md says why.
"""

import re
import sys

import source_tree
from source_tree import Violation

FLOORS = ["base", "model", "codec", "server vocabulary", "module", "presence_server"]
MODULES = [
    "conversion",
    "load_control",
    "presence_db",
    "sip_message",
    "sip_presence",
    "xmpp_presence",
    "xmpp_stream",
    # Beside them, and as apart: how a recording writes what comes in and goes out.
    "record",
]
# What is directly in src/server and above its modules; everything else there is vocabulary.
ABOVE_MODULES = {"presence_server", "turn"}

# (file, header) pairs below the shell that may use what others may not, and why.
EXCEPTED_HEADERS = {
    ("src/base/time.cc", "chrono"): "its calendar, for RFC 3339; its clocks are refused below",
    ("src/codec/sip/values.cc", "chrono"): "its calendar, for Date (RFC 3261 section 20.17)",
}
EXCEPTED_CALLS = {
    ("src/base/check.cc", "fprintf"): "the last words of a broken program",
}

_INPUT = "it comes in as an argument or an input (src/server/ports.h)"
_OUTPUT = "give an order instead, and let the shell do it (src/server/ports.h)"
WORLD_HEADERS = [
    (r"chrono|ctime|time\.h|sys/time\.h", "clock", f"take a Now instead: {_INPUT}"),
    (r"random|sys/random\.h|openssl/rand\.h", "randomness", "draw from a Prng (base/prng.h)"),
    (
        r"thread|mutex|shared_mutex|atomic|condition_variable|future|semaphore|latch|barrier"
        r"|stop_token|pthread\.h|stdatomic\.h",
        "thread",
        "a shard is one thread's; what another shard must know is an order to it",
    ),
    (
        r"sys/(?:socket|un|epoll|eventfd|uio|ioctl)\.h|netinet/.*|arpa/.*|netdb\.h|net/.*|poll\.h"
        r"|ares\.h|openssl/(?:ssl|bio)\.h|boost/(?:asio|beast)(?:/.*|\.hpp)",
        "socket",
        _OUTPUT,
    ),
    (
        r"fstream|filesystem|fcntl\.h|unistd\.h|dirent\.h|sys/(?:stat|mman|file)\.h|sqlite3\.h"
        r"|libpq-fe\.h",
        "file",
        "what is durable is asked of the store, and only by presence_db and load_control",
    ),
    (r"iostream|syslog\.h|print|spdlog/.*", "log", _OUTPUT),
]
WORLD_NAMES = [
    (
        r"\b(?:system_clock|steady_clock|high_resolution_clock|utc_clock|file_clock)\b",
        "clock",
        f"take a Now instead: {_INPUT}",
    ),
    (r"\b(?:std::|::)?(?:random_device|mt19937(?:_64)?)\b", "randomness", "draw from a Prng"),
    (r"\bstd::(?:cout|cerr|clog|cin|jthread|thread|mutex|atomic\w*)\b", "world", _OUTPUT),
]
WORLD_CALLS = [
    (
        r"gettimeofday|clock_gettime|timespec_get|localtime(?:_r)?|gmtime(?:_r)?|mktime|strftime",
        "clock",
        f"take a Now instead: {_INPUT}",
    ),
    (r"rand|srand|rand_r|random|srandom|drand48|getrandom|getentropy|RAND_\w+", "randomness",
     "draw from a Prng (base/prng.h)"),
    (r"f?open|freopen|fdopen|tmpfile|mkstemp|opendir|unlink|rename|mkdir|popen|system", "file",
     "what is durable is asked of the store, and only by presence_db and load_control"),
    (r"socket|accept4?|connect|bind|listen|send(?:to|msg)?|recv(?:from|msg)?|getaddrinfo"
     r"|epoll_\w+", "socket", _OUTPUT),
    (r"(?:secure_)?getenv|setenv|putenv", "environment", "make it a setting (server/settings.h)"),
    (r"v?f?printf|f?puts|putchar|perror|syslog", "log", _OUTPUT),
    (r"sleep|usleep|nanosleep|fork|pthread_\w+", "thread", "order a deadline instead"),
]
# Names that our own functions may have: refused only as "::name(", which means the C library.
GLOBAL_ONLY = {
    "accept", "bind", "connect", "listen", "mkdir", "open", "random", "recv", "rename", "send",
    "sleep", "socket", "system", "unlink",
}
_UNORDERED = r"(?:(?:std|boost|absl)::(?:unordered_|flat_hash_|node_hash_)\w+|\bUnordered\w+)"


def floor_of(path):
    """(floor, module) of a file of src or sim; floor None for what is of neither."""
    parts = path.split("/")
    if parts[0] == "sim":
        return "sim", None
    if parts[0] != "src" or len(parts) < 3:
        return None, None
    if parts[1] != "server":
        return parts[1], None
    if len(parts) > 3:
        return "module", parts[2]
    stem = parts[2].rsplit(".", 1)[0]
    return ("presence_server" if stem in ABOVE_MODULES else "server vocabulary"), None


def rank_of(floor):
    return {**{name: i for i, name in enumerate(FLOORS)}, "shell": 6, "sim": 6, "app": 7}[floor]


def is_below_shell(path):
    return floor_of(path)[0] in FLOORS


def check_places(tree):
    for file in tree.cpp("src"):
        floor, module = floor_of(file.path)
        if floor not in FLOORS + ["shell", "app"]:
            yield Violation(file.path, 1, "floor", "src has base, model, codec, server, shell and"
                            " app; put this file on one of them")
        elif floor == "module" and module not in MODULES:
            yield Violation(file.path, 1, "module", f"no module is called {module}; the server has"
                            f" {', '.join(MODULES)}")


def why_not(file, target):
    """Why `file` may not include `target`; None if it may."""
    floor, module = floor_of(file.path)
    other, other_module = floor_of(target)
    if other is None:
        return "below src and sim nothing but src and sim is included"
    if {floor, other} == {"shell", "sim"}:
        return "shell and sim do not know each other; what both need belongs below them"
    if floor == other == "module" and module != other_module:
        return (f"modules never include one another; {module} and {other_module} exchange the"
                " events of src/server, which presence_server carries")
    if rank_of(other) > rank_of(floor):
        return (f"{floor} is below {other}, and includes only point down; move what is needed"
                f" to {floor} or lower, or turn the dependency round")
    return None


def check_includes(tree):
    for file in tree.cpp("src", "sim"):
        if floor_of(file.path)[0] not in FLOORS + ["shell", "sim", "app"]:
            continue
        for include in file.includes:
            if not include.quoted:
                continue
            target = tree.resolve(file, include)
            if target is None:
                yield Violation(file.path, include.line, "include", f'"{include.name}" is no file'
                                " of this tree; write <> for what is not ours, and the path below"
                                " src for what is")
            elif reason := why_not(file, target):
                yield Violation(file.path, include.line, "layer", f'"{include.name}": {reason}')


def check_world(tree):
    for file in tree.cpp("src"):
        if not is_below_shell(file.path):
            continue
        for include in file.includes:
            for pattern, what, remedy in WORLD_HEADERS:
                if include.quoted or not re.fullmatch(pattern, include.name):
                    continue
                if (file.path, include.name) not in EXCEPTED_HEADERS:
                    yield Violation(file.path, include.line, what, f"<{include.name}> is of the"
                                    f" world above the door; {remedy}")
        for pattern, what, remedy in WORLD_NAMES:
            for line, match in file.find(pattern):
                yield Violation(file.path, line, what,
                                f"{match[0]} is of the world above the door; {remedy}")
        yield from check_calls(file)


def check_calls(file):
    for pattern, what, remedy in WORLD_CALLS:
        # Not a member, not a qualified name of ours, not a declaration ("bool open(").
        call = rf"(?<![\w.:])(?<!->)(?P<scope>std::|::)?(?P<name>{pattern})\s*\("
        for line, match in file.find(call):
            if match["name"] in GLOBAL_ONLY and match["scope"] != "::":
                continue
            if (file.path, match["name"]) in EXCEPTED_CALLS or is_declared(file, match):
                continue
            yield Violation(file.path, line, what,
                            f"{match['name']}() is of the world above the door; {remedy}")
    now = r"(?<![\w.])(?<!->)(?:std::|::)?time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)"
    for line, _ in file.find(now):
        yield Violation(file.path, line, "clock", f"time() reads a clock; take a Now: {_INPUT}")


def is_declared(file, match):
    """Whether "name(" is the declaration of a function of ours: a type stands before it."""
    if match["scope"]:
        return False
    before = file.code[: match.start()].rstrip(" \t")
    word = re.search(r"[\w>&*]+$", before)
    return bool(word) and word[0] not in ("return", "else", "do", "co_return", "co_await")


def unordered_names(file):
    """Names that are declared with an unordered type, and aliases of such types."""
    aliases = set(re.findall(rf"\busing\s+(\w+)\s*=\s*(?:::)?{_UNORDERED}", file.code))
    aliases |= set(re.findall(r"\btypedef\s+" + _UNORDERED + r"\s*<[^;]*>\s*(\w+)\s*;", file.code))
    types = _UNORDERED if not aliases else rf"(?:{_UNORDERED}|\b(?:{'|'.join(aliases)})\b)"
    names = set()
    for match in re.finditer(types, file.code):
        end = skip_template_arguments(file.code, match.end())
        declared = re.match(r"[\s&*]*(?:const\b[\s&*]*)?(\w+)\s*[;={(,)]", file.code[end:])
        if declared:
            names.add(declared[1])
    return names - aliases


def skip_template_arguments(code, at):
    while at < len(code) and code[at].isspace():
        at += 1
    if at == len(code) or code[at] != "<":
        return at
    depth = 0
    while at < len(code):
        depth += {"<": 1, ">": -1}.get(code[at], 0)
        at += 1
        if depth == 0:
            break
    return at


def headers_beside(tree, file):
    """The headers of its own folder that a file includes: its classes are declared there."""
    folder = file.path.rpartition("/")[0]
    for include in file.includes:
        target = tree.resolve(file, include) if include.quoted else None
        if target and target.rpartition("/")[0] == folder:
            yield tree.files[target]


def check_order(tree):
    for file in tree.cpp("src"):
        if not is_below_shell(file.path):
            continue
        names = unordered_names(file)
        for header in headers_beside(tree, file):
            names |= unordered_names(header)
        if names:
            yield from check_iteration(file, names)
        yield from check_pointers(file)


def range_of(code, at):
    """What a range-for whose "(" is at `at` goes through; None for another for."""
    depth = 0
    colon = None
    for i in range(at, len(code)):
        if code[i] in "([{":
            depth += 1
        elif code[i] in ")]}":
            depth -= 1
            if depth == 0:
                return None if colon is None else code[colon:i]
        elif code[i] == ":" and depth == 1 and ":" not in (code[i - 1], code[i + 1]):
            colon = colon or i + 1
    return None


def check_iteration(file, names):
    remedy = ("its order differs between two runs; keep a sorted vector or a std::map, or only find"
              " in it")
    # The container itself, not what is found in it.
    one = rf"\b(?P<name>{'|'.join(sorted(map(re.escape, names)))})\b"
    whole = one + r"(?!\s*(?:\.|->|\[|\(|::))"
    for line, match in file.find(r"\bfor\s*\("):
        found = re.search(whole, range_of(file.code, match.end() - 1) or "")
        if found:
            yield Violation(file.path, line, "order", f"a loop over {found['name']}: {remedy}")
    through = [
        one + r"\s*(?:\.|->)\s*(?:c?r?begin|c?visit_all|for_each)\s*\(",
        r"\b(?:erase_if|c?begin|ranges::\w+)\s*\([\w.>*-]*?" + whole,
    ]
    for pattern in through:
        for line, match in file.find(pattern):
            yield Violation(file.path, line, "order", f"going through {match['name']}: {remedy}")


def check_pointers(file):
    pointer = r"<\s*(?:const\s+)?[\w:]+(?:<[^<>]*>)?\s*(?:const\s*)?\*"
    remedy = "addresses differ between two runs; use an id (base/ids.h)"
    for line, _ in file.find(r"\bstd::hash\s*" + pointer):
        yield Violation(file.path, line, "pointer", f"a hash of a pointer: {remedy}")
    for line, match in file.find(rf"(?:\bstd::(?:multi)?(?:map|set)|{_UNORDERED})\s*" + pointer):
        yield Violation(file.path, line, "pointer", f"a pointer as a key: {remedy}")
    for line, text in file.literals:
        if re.search(r"%-?\d*p", text):
            yield Violation(file.path, line, "pointer", f"%p prints an address: {remedy}")


def check(tree):
    yield from check_places(tree)
    yield from check_includes(tree)
    yield from check_world(tree)
    yield from check_order(tree)


if __name__ == "__main__":
    sys.exit(source_tree.run(__doc__, check))
