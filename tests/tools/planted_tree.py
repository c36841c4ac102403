"""A small tree that keeps all rules, and what a check says once something is planted in it."""

import pathlib
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

import source_tree  # noqa: E402

CLEAN = {
    "src/base/time.h": "// Time as values.\n#pragma once\n\nstruct Instant {};\n",
    "src/base/time.cc": '#include "base/time.h"\n\n#include <chrono>\n',
    "src/base/check.h": "// Checks.\n#pragma once\n\nvoid check_failed();\n",
    "src/base/check.cc": (
        '#include "base/check.h"\n\n#include <cstdio>\n\n'
        'void check_failed() {\n  std::fprintf(stderr, "failed");\n}\n'
    ),
    "src/model/address.h": '// Who.\n#pragma once\n\n#include "base/time.h"\n',
    "src/codec/jid.h": (
        '// JIDs.\n#pragma once\n\n#include "model/address.h"\n\n'
        "inline constexpr int kPartBytesMax = 1023;\n"
    ),
    "src/server/events.h": '// Events.\n#pragma once\n\n#include "codec/jid.h"\n',
    "src/server/ports.h": '// Ports.\n#pragma once\n\n#include "server/events.h"\n',
    "src/server/presence_db/users.h": (
        '// Users.\n#pragma once\n\n#include <unordered_map>\n\n#include "server/ports.h"\n\n'
        "struct Users {\n  std::unordered_map<int, int> users_;\n};\n"
    ),
    "src/server/presence_db/users.cc": (
        '#include "server/presence_db/users.h"\n\n'
        "int find(Users& users, int id) {\n"
        "  const auto found = users.users_.find(id);\n"
        "  return found == users.users_.end() ? users.users_[id] : found->second;\n}\n"
    ),
    "src/server/xmpp_stream/streams.h": '// Streams.\n#pragma once\n\n#include "server/ports.h"\n',
    "src/server/presence_server.h": (
        "// The wiring.\n#pragma once\n\n"
        '#include "server/presence_db/users.h"\n#include "server/xmpp_stream/streams.h"\n'
    ),
    "src/server/turn.h": '// A turn.\n#pragma once\n\n#include "server/presence_server.h"\n',
    "src/shell/clock.h": (
        "// The clock.\n#pragma once\n\n#include <chrono>\n#include <thread>\n\n"
        '#include "server/turn.h"\n'
    ),
    "sim/world.h": '// The simulated world.\n#pragma once\n\n#include "server/turn.h"\n',
    "src/app/musterd.cc": '#include "shell/clock.h"\n#include "sim/world.h"\n\nint main() {}\n',
    "tests/unit/codec/jid_test.cc": (
        '#include "codec/jid.h"\n\nstatic_assert(kPartBytesMax == 1023);\n'
    ),
    "README.md": "Build it in build/, run it from here.\n",
}


class PlantTest(unittest.TestCase):
    """`check` is set by the derived class: a function from a SourceTree to violations."""

    check = None

    def violations(self, planted):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **planted}.items():
                file = pathlib.Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            return sorted(set(type(self).check(source_tree.SourceTree(root))))

    def assert_clean(self, planted=None):
        self.assertEqual([str(v) for v in self.violations(planted or {})], [])

    def assert_caught(self, path, text, *expected):
        """Each `expected` is "line: rule: words of the remedy"; there is nothing beyond them."""
        found = self.violations({path: text})
        self.assertEqual(len(found), len(expected), "\n".join(map(str, found)) or "nothing found")
        for violation, words in zip(found, expected):
            line, rule, remedy = words.split(": ", 2)
            place = f"{path}:{line}: {rule}: "
            self.assertEqual(str(violation)[: len(place)], place)
            self.assertIn(remedy, violation.remedy)
