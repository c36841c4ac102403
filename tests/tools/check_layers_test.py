"""Each rule of tools/check_layers.py catches what is planted, and nothing else."""

import unittest

from planted_tree import PlantTest

import check_layers


class LayersTest(PlantTest):
    check = check_layers.check

    def test_a_clean_tree_passes(self):
        self.assert_clean()

    def test_includes_point_only_down(self):
        def header(include):
            return f'// A header.\n#pragma once\n\n#include "{include}"\n'

        for path, include, why in [
            ("src/base/x.h", "model/address.h", "base is below model"),
            ("src/model/x.h", "codec/jid.h", "model is below codec"),
            ("src/codec/x.h", "server/events.h", "codec is below server vocabulary"),
            ("src/server/x.h", "server/presence_db/users.h", "server vocabulary is below module"),
            ("src/server/xmpp_stream/x.h", "server/presence_server.h", "module is below presence_"),
            ("src/server/xmpp_stream/x.h", "server/turn.h", "module is below presence_server"),
            ("src/server/presence_server.h", "shell/clock.h", "presence_server is below shell"),
            ("src/server/turn.h", "sim/world.h", "presence_server is below sim"),
            ("src/shell/x.h", "app/options.h", "shell is below app"),
        ]:
            with self.subTest(path=path, include=include):
                options = "// Options.\n#pragma once\n"
                found = self.violations({path: header(include), "src/app/options.h": options})
                self.assertEqual([(v.path, v.line, v.rule) for v in found], [(path, 4, "layer")])
                self.assertIn(why, found[0].remedy)
                self.assertIn("move what is needed", found[0].remedy)

    def test_modules_never_include_one_another(self):
        self.assert_caught(
            "src/server/xmpp_stream/x.h",
            '#include "server/presence_db/users.h"\n',
            "1: layer: modules never include one another; xmpp_stream and presence_db",
        )
        own = '#include "server/xmpp_stream/streams.h"\n'
        self.assert_clean({"src/server/xmpp_stream/x.h": own})

    def test_shell_and_sim_do_not_know_each_other(self):
        self.assert_caught(
            "src/shell/x.h", '#include "sim/world.h"\n', "1: layer: shell and sim do not know"
        )
        self.assert_caught(
            "sim/x.h", '#include "shell/clock.h"\n', "1: layer: shell and sim do not know"
        )

    def test_includes_are_files_of_the_tree(self):
        self.assert_caught(
            "src/base/x.h", '\n#include "base/tiem.h"\n', '2: include: "base/tiem.h" is no file'
        )

    def test_src_includes_no_tests(self):
        self.assert_caught(
            "src/shell/x.h",
            '#include "unit/codec/jid_test.cc"\n',
            "1: layer: nothing but src and sim is included",
        )

    def test_floors_and_modules_have_their_names(self):
        self.assert_caught("src/tools/x.h", "", "1: floor: put this file on one of them")
        self.assert_caught("src/server/gateway/x.h", "", "1: module: no module is called gateway")

    def test_headers_of_the_world(self):
        for header, rule in [
            ("chrono", "clock"),
            ("ctime", "clock"),
            ("sys/time.h", "clock"),
            ("random", "randomness"),
            ("thread", "thread"),
            ("mutex", "thread"),
            ("atomic", "thread"),
            ("condition_variable", "thread"),
            ("sys/socket.h", "socket"),
            ("arpa/inet.h", "socket"),
            ("netinet/in.h", "socket"),
            ("openssl/ssl.h", "socket"),
            ("fstream", "file"),
            ("filesystem", "file"),
            ("fcntl.h", "file"),
            ("unistd.h", "file"),
            ("sqlite3.h", "file"),
            ("iostream", "log"),
            ("spdlog/spdlog.h", "log"),
        ]:
            with self.subTest(header=header):
                self.assert_caught(
                    "src/server/presence_db/x.h",
                    f"// A header.\n#include <{header}>\n",
                    f"2: {rule}: <{header}> is of the world above the door",
                )
                self.assert_clean({"src/shell/x.h": f"#include <{header}>\n"})

    def test_calls_into_the_world(self):
        for call, rule, remedy in [
            ("std::chrono::system_clock::now()", "clock", "take a Now"),
            ("steady_clock::now()", "clock", "take a Now"),
            ("time(nullptr)", "clock", "take a Now"),
            ("std::time(&t)", "clock", "take a Now"),
            ("gettimeofday(&t, nullptr)", "clock", "take a Now"),
            ("clock_gettime(0, &t)", "clock", "take a Now"),
            ("rand()", "randomness", "draw from a Prng"),
            ("std::srand(1)", "randomness", "draw from a Prng"),
            ("std::mt19937(1)", "randomness", "draw from a Prng"),
            ("std::random_device()", "randomness", "draw from a Prng"),
            ("RAND_bytes(b, 1)", "randomness", "draw from a Prng"),
            ('fopen("a", "r")', "file", "asked of the store"),
            ('::open("a", 0)', "file", "asked of the store"),
            ("::socket(1, 2, 3)", "socket", "give an order"),
            ("sendto(1, b, 2)", "socket", "give an order"),
            ('getenv("HOME")', "environment", "make it a setting"),
            ('std::printf("a")', "log", "give an order"),
            ("std::cerr << 1", "world", "give an order"),
            ("std::mutex()", "world", "give an order"),
            ("usleep(1)", "thread", "order a deadline"),
        ]:
            with self.subTest(call=call):
                self.assert_caught(
                    "src/model/x.cc", f"int f() {{\n  return {call};\n}}\n", f"2: {rule}: {remedy}"
                )

    def test_names_that_only_look_like_the_world(self):
        self.assert_clean(
            {
                "src/codec/x.cc": "// time(nullptr), rand() and std::mutex in a comment\n"
                'const char* text = "getenv(HOME) std::cout rand()";\n'
                "struct Timer { int time(int n); bool open(int n); void rand(); };\n"
                "void Timer::rand() {}\n"
                "int f(Timer& t) { t.rand(); return t.time(0) + t.open(1) + brand(2); }\n"
                "bool bind(int n);\n"
                "int g() { return bind(3); }\n"
                'int h(char* b) { return std::snprintf(b, 1, "x"); }\n'
            }
        )

    def test_stated_exceptions_are_for_their_files_only(self):
        self.assert_caught(
            "src/base/time.cc",
            "#include <chrono>\nauto t = std::chrono::system_clock::now();\n",
            "2: clock: system_clock",
        )
        self.assert_caught(
            "src/base/check.cc", 'void f() { std::printf("x"); }\n', "1: log: printf()"
        )
        self.assert_caught("src/base/other.cc", "#include <chrono>\n", "1: clock: <chrono>")

    def test_unordered_containers_are_not_gone_through(self):
        declared = "std::unordered_map<int, std::pair<int, int>> table_;\n"
        for use in [
            "void f() { for (auto& [k, v] : table_) g(k); }",
            "void f(T* t) { for (const auto& e : t->table_) g(e); }",
            "void f() { for (auto& e : std::as_const(table_)) g(e); }",
            "void f() { for (int i = 0; auto& e : table_) g(e, i); }",
            "auto f() { return table_.begin(); }",
            "auto f() { return std::begin(table_); }",
            "auto f() { return table_.cbegin(); }",
            "void f() { std::erase_if(table_, g); }",
            "void f() { std::ranges::for_each(table_, g); }",
        ]:
            with self.subTest(use=use):
                self.assert_caught(
                    "src/model/x.cc", declared + use + "\n", "2: order: keep a sorted vector"
                )

    def test_each_unordered_type_counts(self):
        for declaration in [
            "std::unordered_set<int> table_;",
            "std::unordered_multimap<int, int> table_{1};",
            "boost::unordered_flat_map<int, int> table_;",
            "boost::unordered_flat_set<int> table_ = {};",
            "boost::unordered_map<int, int> table_;",
            "UnorderedMap<int, std::vector<int>> table_;",
            "void h(const std::unordered_set<int>& table_);",
            "using Table = std::unordered_set<int>;\nTable table_;",
        ]:
            with self.subTest(declaration=declaration):
                line = 2 + declaration.count("\n")
                self.assert_caught(
                    "src/model/x.cc",
                    f"{declaration}\nvoid f() {{ for (int e : table_) g(e); }}\n",
                    f"{line}: order: a loop over table_",
                )

    def test_members_declared_in_a_header_beside_count(self):
        self.assert_caught(
            "src/server/presence_db/queries.cc",
            '#include "server/presence_db/users.h"\n'
            "void f(Users& u) { for (auto& e : u.users_) g(e); }\n",
            "2: order: a loop over users_",
        )

    def test_finding_in_an_unordered_container_is_fine(self):
        self.assert_clean(
            {
                "src/model/x.cc": "std::unordered_map<int, std::vector<int>> table_;\n"
                "std::vector<int> sorted_;\n"
                "void f() {\n"
                "  for (int e : table_[1]) g(e);\n"
                "  for (int e : table_.find(1)->second) g(e);\n"
                "  for (int e : sorted_) table_.erase(e);\n"
                "  if (table_.find(2) != table_.end()) table_.clear();\n"
                "  for (std::size_t i = 0; i < std::size(table_); ++i) g(i);\n"
                "}\n"
            }
        )

    def test_addresses_decide_nothing(self):
        for line, remedy in [
            ("std::hash<Session*> hash_;", "a hash of a pointer"),
            ("std::hash<const model::Session *> hash_;", "a hash of a pointer"),
            ("std::map<Session*, int> map_;", "a pointer as a key"),
            ("std::set<const Session*> set_;", "a pointer as a key"),
            ("std::unordered_map<Session*, int> table_;", "a pointer as a key"),
            ('const char* format = "%p";', "%p prints an address"),
        ]:
            with self.subTest(line=line):
                self.assert_caught("src/model/x.cc", line + "\n", f"1: pointer: {remedy}")
        self.assert_clean({"src/model/x.cc": "std::map<int, Session*> map_;\nint p = 5 %p;\n"})


if __name__ == "__main__":
    unittest.main()
