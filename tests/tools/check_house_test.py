"""Each rule of tools/check_house.py catches what is planted, and nothing else."""

import unittest

from planted_tree import CLEAN, PlantTest

import check_house

HEADER = "// A header.\n#pragma once\n\n"


class HouseTest(PlantTest):
    check = check_house.check

    def test_a_clean_tree_passes(self):
        self.assert_clean()

    def test_files_have_at_most_600_lines(self):
        self.assert_clean({"src/base/x.cc": "\n" * check_house.FILE_LINES_MAX})
        self.assert_caught(
            "src/base/x.cc",
            "\n" * (check_house.FILE_LINES_MAX + 1),
            "601: file-size: 601 lines; a file has at most 600: split it by subject",
        )
        self.assert_caught(
            "tools/x.py", "\n" * (check_house.FILE_LINES_MAX + 1), "601: file-size: split it"
        )

    def test_lines_have_at_most_100_columns(self):
        self.assert_clean({"src/base/x.cc": "//" + "x" * 98 + "\n"})
        self.assert_clean({"src/base/x.cc": "//" + "\u00fc" * 98 + "\n"})  # columns, not bytes
        self.assert_caught(
            "src/base/x.cc", "\n//" + "x" * 99 + "\n", "2: line-size: 101 columns; a line has"
        )

    def test_presence_server_keeps_its_budget(self):
        header = CLEAN["src/server/presence_server.h"]
        room = check_house.PRESENCE_SERVER_LINES_MAX - header.count("\n") - 1
        source = '#include "server/presence_server.h"\n'
        self.assert_clean({"src/server/presence_server.cc": source + "\n" * room})
        self.assert_caught(
            "src/server/presence_server.cc",
            source + "\n" * (room + 1),
            "1: budget: 401 lines of its 400; it only wires",
        )

    def test_only_the_simulator_plants_faults(self):
        line = "PresenceServer server(self, shards, settings, prng, Planted::lost_unavailable);\n"
        self.assert_clean({"src/app/sim/x.cc": line, "sim/world/x.cc": line})
        for file in ("src/shell/x.cc", "src/app/x.cc", "src/app/service/x.cc"):
            self.assert_caught(file, line, "1: planted: a fault is planted by the simulator alone")

    def test_words_that_say_nothing(self):
        for line, word in [
            ("int node_count;", "node"),
            ("struct ClusterNode;", "node"),
            ("void visit_nodes();", "node"),
            ("struct SipClient;", "client"),
            ("int kClientsMax2;", "client"),
            ("class SessionManager;", "manager"),
            ("void error_handler();", "handler"),
            ("namespace xml_helpers {}", "helper"),
            ("namespace util {}", "util"),
            ("namespace string_utils {}", "util"),
            ("struct XMLUtility;", "util"),
        ]:
            with self.subTest(line=line):
                self.assert_caught("src/base/x.cc", f"\n{line}\n", f'2: word: "{word}" in')

    def test_words_are_whole_and_in_identifiers(self):
        self.assert_clean(
            {
                "src/base/x.cc": "#include <utility>\n// a node, a client and a helper\n"
                'const char* text = "jabber:client";\n'
                "int anode, handle, managed, utilized, clientele;\n"
                "void f() { XML_SetElementHandler(); SSL_CTX_set_client_CA_list(); }\n"
                "struct ClientTransaction {};\n"
                "int client_transactions_;\n"
            }
        )

    def test_words_in_names_of_files_and_folders(self):
        self.assert_caught("src/base/string_util.cc", "", '1: word: "util" in string_util.cc')
        self.assert_caught("src/helpers/x.cc", "", '1: word: "helper" in helpers')
        self.assert_caught("tools/node.py", "", '1: word: "node" in node.py')
        self.assert_clean({"src/codec/sip/client_transactions.h": HEADER})  # RFC 3261's own word

    def test_headers_open_with_a_comment_and_are_read_once(self):
        self.assert_clean({"src/base/x.h": HEADER})
        self.assert_caught(
            "src/base/x.h", "#pragma once\n", "1: header-comment: a header is a contract"
        )
        self.assert_caught("src/base/x.h", "// A header.\n", '1: pragma-once: write "#pragma once"')
        self.assert_caught(
            "src/base/x.h", "// A header.\n// #pragma once\n", "1: pragma-once: after the opening"
        )

    def test_a_source_includes_its_own_header_first(self):
        self.assert_caught(
            "src/base/time.cc",
            '\n#include <chrono>\n\n#include "base/time.h"\n',
            '2: first-include: include "base/time.h" first',
        )
        self.assert_caught("src/base/time.cc", "\n", '1: first-include: include "base/time.h"')
        self.assert_clean({"src/base/alone.cc": "#include <string>\n"})

    def test_a_unit_test_is_named_after_its_subject_and_includes_it_first(self):
        self.assert_clean({"tests/unit/codec/jid_limits_test.cc": '#include "codec/jid.h"\n'})
        self.assert_caught(
            "tests/unit/codec/names_test.cc",
            '#include "codec/jid.h"\n',
            "1: test-name: named after its subject",
        )
        self.assert_caught(
            "tests/unit/base/time_test.cc",
            '#include <string>\n#include "base/time.h"\n',
            '1: first-include: include "base/time.h" first',
        )

    def test_language(self):
        self.assert_caught(
            "src/base/x.cc", "\nusing namespace std;\n", "2: using-namespace: one by one"
        )
        self.assert_clean({"src/base/x.cc": "\nusing namespace std::string_view_literals;\n"})
        self.assert_caught(
            "tests/support/x.cc", "void f() { std::cout << 1; }\n", "1: cout: write through the log"
        )

    def test_marks_of_unfinished_work(self):
        for mark in ("TO" "DO", "FIX" "ME", "XX" "X"):
            with self.subTest(mark=mark):
                self.assert_caught("src/base/x.cc", f"\n// {mark}: later\n", f"2: mark: {mark}")
                self.assert_caught("README.md", f"{mark}\n", f"1: mark: {mark}")
        self.assert_clean({"src/base/x.cc": "int " + "TO" "DOS, XX" "XL;\n"})

    def test_paths_of_one_machine(self):
        for path in ("/wo" "rk/main", "/ro" "ot", "/ho" "me/alice/x"):
            with self.subTest(path=path):
                self.assert_caught("README.md", f"see\n{path} there\n", "2: path: exists on one")
        self.assert_clean(
            {"README.md": "a/wo" "rk/b /wo" "rking /ro" "oted https://x.example/wo" "rk/y\n"}
        )

    def test_functions_have_at_most_60_lines(self):
        def function(lines, signature="int f(int a)"):
            return f"{signature} {{\n" + "  g();\n" * (lines - 2) + "}\n"

        for signature in [
            "int f(int a)",
            "Machine::Machine(int a) : a_(a)",
            "TEST(Subject, DoesIt)",
            "template <class T>\nauto Machine<T>::f() const noexcept -> std::optional<T>",
            "bool operator()(const T& a) const",
        ]:
            with self.subTest(signature=signature):
                size = check_house.FUNCTION_LINES_MAX - signature.count("\n")
                self.assert_clean({"src/base/x.cc": "\n" + function(size, signature)})
                method = function(size + 1, signature)
                self.assert_caught(
                    "src/base/x.cc",
                    f"namespace a {{\nclass B {{\n public:\n{method}}};\n}}\n",
                    "4: function-size: 61 lines; a function has at most 60: give its steps names",
                )

    def test_a_block_in_a_function_is_no_function(self):
        block = "  if (a) {\n" + "    g();\n" * 60 + "  }\n"
        self.assert_caught("src/base/x.cc", f"int f(int a) {{\n{block}}}\n", "1: function-size: 64")

    def test_what_is_long_but_no_function(self):
        long = "\n".join(f"  int a{i};" for i in range(100))
        for head in ["namespace a", "struct alignas(8) A", "class A : public B<void()>",
                     "template <class T> requires (sizeof(T) > 1) struct A", 'extern "C"']:
            with self.subTest(head=head):
                self.assert_clean({"src/base/x.cc": f"{head} {{\n{long}\n}};\n"})
        rows = "\n".join(f"  {{{i}, f({i})}}," for i in range(100))
        for head in ["constexpr Row kRows[] =", "constexpr std::array<Row, size(kNames)> kRows ="]:
            with self.subTest(head=head):
                self.assert_clean({"src/base/x.cc": f"{head} {{\n{rows}\n}};\n"})

    def test_each_limit_is_tested(self):
        limit = HEADER + "struct A {\n  static constexpr std::size_t kQueueMax = 3;\n};\n"
        self.assert_caught("src/base/x.h", limit, "5: limit: no test mentions kQueueMax")
        self.assert_clean(
            {"src/base/x.h": limit, "tests/shell/x_test.cc": "int a = A::kQueueMax + 1;\n"}
        )
        found = self.violations(
            {"src/base/x.h": limit, "tests/shell/x_test.cc": "// kQueueMax is not tested here\n"}
        )
        self.assertEqual([v.rule for v in found], ["limit"])

    def test_tests_do_not_sleep(self):
        for call in [
            "std::this_thread::yield()",
            "sleep_for(1s)",
            "usleep(1)",
            "::sleep(1)",
            "nanosleep(&t, nullptr)",
        ]:
            with self.subTest(call=call):
                text = f"void f() {{\n  {call};\n}}\n"
                self.assert_caught("tests/shell/x_test.cc", text, "2: sleep: virtual time")
        self.assert_clean({"src/shell/x.cc": "void f() { usleep(1); }\n"})

    def test_a_test_file_has_a_namespace_called_after_it(self):
        path = "tests/machine/presence_db/users_test.cc"
        for name in ["", "users_test ", "presence_db_watches_test "]:
            with self.subTest(name=name):
                self.assert_caught(path, f"namespace muster {{\nnamespace {name}{{\n}}\n}}\n",
                                   "2: test-namespace: presence_db_users_test")
        twice = self.violations({path: "", "tests/machine/more/presence_db/users_test.cc": ""})
        self.assertEqual(["test-namespace"], [one.rule for one in twice])
        self.assert_clean({path: "namespace muster {\nnamespace presence_db_users_test {\n}\n}\n",
                           "src/base/time.cc": '#include "base/time.h"\n\nnamespace {\n}\n'})


if __name__ == "__main__":
    unittest.main()
