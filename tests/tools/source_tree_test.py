"""How tools/source_tree.py cuts C++ into comments, literals and the rest."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from planted_tree import TOOLS

import source_tree


def code_of(text):
    return source_tree.SourceFile("src/base/x.cc", text).code


class LexingTest(unittest.TestCase):
    def test_comments_and_literals_become_blanks_of_the_same_size(self):
        for text, code in [
            ("a // b\nc", "a     \nc"),
            ("a /* b\n c */ d", "a     \n      d"),
            ('a "b // c" d', "a          d"),
            (r'"a\"b" c', "       c"),
            ("'\"' a '\\'' b", "    a      b"),
            ('R"(a "b" // c)" d', "                d"),
            ('R"x(a)" b)x" c', "             c"),
            ("1'000'000 a '1' b", "1'000'000 a     b"),
            ("a // b \\\n c\nd", "a       \n  \nd"),
        ]:
            self.assertEqual(code_of(text), code, text)

    def test_includes_are_found_with_their_lines(self):
        file = source_tree.SourceFile(
            "src/base/x.cc", '#include "a/b.h"\n/*\n#include "c.h"\n*/\n #  include <d>\n'
        )
        self.assertEqual(
            [(i.line, i.name, i.quoted) for i in file.includes],
            [(1, "a/b.h", True), (5, "d", False)],
        )

    def test_literals_are_found_with_their_lines(self):
        file = source_tree.SourceFile("src/base/x.cc", 'a\n"b" // "c"\n R"(d)"')
        self.assertEqual(file.literals, [(2, '"b"'), (3, 'R"(d)"')])


class TreeTest(unittest.TestCase):
    def test_what_is_built_or_hidden_or_no_text_is_left_out(self):
        with tempfile.TemporaryDirectory() as root:
            for path in ["src/a.h", "build/dev/b.h", ".git/c.h", "tests/__pycache__/d.py"]:
                pathlib.Path(root, path).parent.mkdir(parents=True, exist_ok=True)
                pathlib.Path(root, path).write_text("")
            pathlib.Path(root, "e.bin").write_bytes(b"\xff\xfe\x00")
            self.assertEqual(list(source_tree.SourceTree(root).files), ["src/a.h"])


class CommandLineTest(unittest.TestCase):
    """Each tool says what it found and where, one a line, and fails if it found anything."""

    def run_tool(self, name, root):
        return subprocess.run(
            [sys.executable, TOOLS / name, root], capture_output=True, text=True, check=False
        )

    def test_exit_status_and_output(self):
        with tempfile.TemporaryDirectory() as root:
            for name in ("check_layers.py", "check_house.py", "check_headers.py"):
                done = self.run_tool(name, root)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), name)
            header = pathlib.Path(root, "src/base/x.h")
            header.parent.mkdir(parents=True)
            header.write_text('#include "model/address.h"\n\nstd::string name;\n')
            for name, rule in [
                ("check_layers.py", "include"),
                ("check_house.py", "pragma-once"),
                ("check_headers.py", "alone"),
            ]:
                done = self.run_tool(name, root)
                self.assertEqual(done.returncode, 1, name)
                self.assertRegex(done.stdout, rf"(?m)^src/base/x\.h:1: {rule}: \S.*$")
                self.assertRegex(done.stderr, r"[12] violations of [12] rules")


if __name__ == "__main__":
    unittest.main()
