"""tools/check_headers.py catches a header that leans on what others include."""

import pathlib
import tempfile
import unittest

from planted_tree import PlantTest

import check_headers
import source_tree

ALONE = "// A header.\n#pragma once\n\n#include <string>\n\ninline std::string name;\n"
LEANING = "// A header.\n#pragma once\n\ninline std::string name;\n"


class HeadersTest(PlantTest):
    check = staticmethod(lambda tree: check_headers.check(tree, "c++", None))

    def test_a_clean_tree_passes(self):
        self.assert_clean({"src/base/x.h": ALONE})

    def test_a_header_that_does_not_include_what_it_uses(self):
        self.assert_caught("src/base/x.h", LEANING, "1: alone: include what it uses: src/base/x.h")

    def test_only_what_changed_since_it_passed_is_compiled(self):
        with tempfile.TemporaryDirectory() as root:
            folder = pathlib.Path(root, "src/base")
            folder.mkdir(parents=True)
            (folder / "a.h").write_text(ALONE)
            (folder / "b.h").write_text('#include "base/a.h"\ninline std::string other = name;\n')

            def failures(compiler):
                tree = source_tree.SourceTree(root)
                found = check_headers.check(tree, compiler, f"{root}/stamps")
                return sorted(pathlib.Path(v.path).name for v in found)

            self.assertEqual(failures("c++"), [])
            self.assertEqual(failures("c++"), [])
            # The text of what is included counts: without it, b.h would be taken as passed.
            (folder / "a.h").write_text(ALONE.replace("name", "renamed"))
            self.assertEqual(failures("c++"), ["b.h"])
            self.assertEqual(failures("c++"), ["b.h"])  # what failed is due again
            (folder / "b.h").write_text("")
            self.assertEqual(failures("c++"), [])


if __name__ == "__main__":
    unittest.main()
