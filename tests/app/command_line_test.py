"""Help, what a wrong command line is told, and shell completion."""

import re
import shutil
import subprocess
import unittest

import programs
from programs import ask

COMMANDS = ["musterd", "musterd dev", "musterd run", "musterd completion", "muster", "muster user",
            "muster user add", "muster user passwd", "muster user remove", "muster user list",
            "muster user watchers", "muster user policy", "muster servers", "muster where",
            "muster users", "muster top", "muster watch", "muster drain", "muster undrain",
            "muster recruit", "muster release", "muster completion"]
DONE, REFUSED, USAGE = 0, 1, 2


def run(line, *more, **how):
    return ask(*line.split(), *more, **how)


class HelpTest(unittest.TestCase):
    def test_each_command_says_what_it_does(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = run(command, "--help")
                self.assertEqual((DONE, ""), (done.returncode, done.stderr))
                self.assertIn(f"Usage: {command} ", done.stdout)
                self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)

    def test_a_type_is_named_once(self):
        for command in COMMANDS:
            for name, what in re.findall(r"^  (--?\S+|[A-Z]+) (\S+)", run(command, "--help").stdout,
                                         re.MULTILINE):
                self.assertIn(what, ["FOLDER", "DOMAIN", "ADDRESS:PORT", "N", "FILE", "WATCHER",
                                     "NAME", "COMMAND",
                                     "{debug|info|warning|error}", "{ask|mutual|allow|deny}",
                                     "{bash|zsh|fish}"], f"{command} {name}")

    def test_the_version(self):
        for program in ("musterd", "muster"):
            self.assertRegex(run(program, "--version").stdout, rf"^{program} \d+\.\d+\.\d+\n$")


class PlantTest(unittest.TestCase):
    def test_plants_are_listed(self):
        done = run("muster sim --plant list")
        self.assertEqual((DONE, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout, r"(?m)^probe-unanswered +presence_db +who logs in ")

    def test_a_plant_is_proved(self):
        done = run("muster sim --prove granted-too-long --jobs 1")
        self.assertEqual((DONE, ""), (done.returncode, done.stderr))
        self.assertRegex(done.stdout,
                         r"(?m)^granted-too-long +sip_presence +\d+  wrong +courtesy +\d+ seconds")
        self.assertIn("1 of 1 caught", done.stdout)


class PatienceTest(unittest.TestCase):
    def test_a_seed_that_does_not_come_to_an_end_is_stuck(self):
        done = run("muster sim --seed 1 --patience 0.001")
        self.assertEqual(5, done.returncode)
        self.assertIn("seed 1: stuck: it does not come to an end\n"
                      "again: muster sim --seed 1\n", done.stdout)

    def test_it_has_bounds(self):
        for seconds in ("0", "0.0009", "86401", "1e300", "nan"):
            done = run(f"muster sim --seed 1 --patience {seconds}")
            self.assertEqual(2, done.returncode, seconds)
            self.assertIn("--patience", done.stderr)

    def test_so_it_is_among_others(self):
        done = run("muster sim --seed 1 --seeds 2 --jobs 1 --patience 0.001")
        self.assertIn("2 seeds, 2 failed: 1 2;", done.stdout)
        self.assertNotIn("crashed", done.stdout)


class OutputTest(unittest.TestCase):
    def test_what_cannot_be_printed_is_a_failure(self):
        for program in ("musterd", "muster"):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([programs.BIN / program, "completion", "bash"], stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual((REFUSED, f"{program}: cannot write to stdout\n"),
                             (done.returncode, done.stderr))


class UsageTest(unittest.TestCase):
    """What means nothing ends with 2, one line that says what, and where help is."""

    def assert_told(self, line, told):
        program, *arguments = line.split(" ")
        done = ask(program, *arguments)
        self.assertEqual((USAGE, ""), (done.returncode, done.stdout), line)
        self.assertIn(told, done.stderr)
        self.assertRegex(done.stderr, r"^[^\n]+\nTry '[a-z ]+ --help'\.\n$")

    def test_what_is_unknown(self):
        self.assert_told("musterd", "a command is needed: dev, run or completion")
        self.assert_told("musterd dve", 'unknown command "dve"; did you mean "dev"?')
        self.assert_told("musterd dev --dat x", 'unknown option "--dat"; did you mean "--data"?')
        self.assert_told("musterd dev x", '"x" is one argument too many')
        self.assert_told("muster user lst", 'unknown command "lst"; did you mean "list"?')

    def test_values_out_of_range(self):
        self.assert_told("musterd dev --threads 0", '"0" is no number from 1 to 255')
        self.assert_told("musterd dev --threads 256", '"256" is no number from 1 to 255')
        self.assert_told("musterd dev --xmpp 5222", '"5222" is no ADDRESS:PORT')
        self.assert_told("musterd dev --sip 192.0.2.1:5060", "is not in 127.0.0.0/8 and not ::1")
        self.assert_told("musterd dev --domain a..b", '"a..b" is no domain')
        self.assert_told("musterd dev --data x --id S1",
                         '"S1" is not a name of at most 63 small letters, digits and "-"')
        self.assert_told("musterd dev --data x --id s1 --max-loadlevel 0",
                         '"0" is no number from 1 to 1000000000')
        self.assert_told("musterd dev --log-level wrning", 'did you mean "warning"?')
        self.assert_told("musterd dev --ready-fd 99", '"99" is no descriptor that is open')
        self.assert_told("muster user policy a@b aks --data x", 'did you mean "ask"?')
        self.assert_told("muster user add alice --data x", '"alice" is no address')
        self.assert_told("muster user add a@b/c --data x", "a resource (/...) is too much")

    def test_a_server_of_a_cluster_has_a_name_and_a_folder(self):
        self.assert_told("musterd dev --id s1", "--id requires --data")
        self.assert_told("musterd dev --data x --standby", "--standby requires --id")
        self.assert_told("musterd dev --data x --max-loadlevel 9", "--max-loadlevel requires --id")

    def test_a_plant_that_there_is_not(self):
        for line in ("muster sim --plant probe-unansered", "muster sim --prove probe-unansered"):
            self.assert_told(line, "is not one of lost-unavailable, session-kept, ")
            self.assert_told(line, 'did you mean "probe-unanswered"?')
        self.assert_told("muster sim note-lost", "NAME requires --prove")
        self.assert_told("muster sim --prove --plant note-lost", "--prove excludes --plant")

    def test_what_is_missing_or_contradicts(self):
        self.assert_told("musterd run", "--config is required")
        self.assert_told("musterd completion", "SHELL is required")
        self.assert_told("muster user add --data x", "ADDRESS is required")
        self.assert_told("muster user list", "which service? --data FOLDER or --config FILE")
        self.assert_told("muster user list --data x --config y", "--data excludes --config")
        self.assert_told("muster user add a@b --data x --generate --password-stdin", "excludes")
        self.assert_told("muster user watchers a@b --data x --allow c@d --deny e@f", "excludes")


# Completes the words as bash would, and prints what it offers.
TYPE_IN_BASH = """
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"_$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


class CompletionTest(programs.Case):
    def offered(self, *words):
        """What bash offers for the last of the words."""
        script = run(words[0], "completion", "bash").stdout + TYPE_IN_BASH
        done = subprocess.run(["bash", "-c", script, "bash", *words], text=True, check=True,
                              capture_output=True, timeout=programs.PATIENCE_S)
        self.assertEqual("", done.stderr)
        return done.stdout.splitlines()

    def test_bash_offers_commands_options_and_values(self):
        self.assertEqual(["user", "servers", "where", "users", "top", "watch", "drain", "undrain",
                          "recruit", "release", "sim", "completion", "--help", "-h", "--version"],
                         self.offered("muster", ""))
        self.assertEqual(["passwd", "policy"], self.offered("muster", "user", "p"))
        self.assertEqual(["--policy"], self.offered("muster", "user", "add", "--po"))
        self.assertEqual(["mutual"], self.offered("muster", "user", "add", "--policy", "m"))
        self.assertEqual(["--log-level"], self.offered("musterd", "dev", "--log"))
        self.assertEqual(["debug"], self.offered("musterd", "dev", "--log-level", "d"))
        self.assertEqual(["fish"], self.offered("musterd", "completion", "f"))
        self.assertEqual(["--plant"], self.offered("muster", "sim", "--pl"))
        self.assertEqual(["probe-unanswered"], self.offered("muster", "sim", "--plant", "prob"))
        self.assertEqual(["--prove", "probe-unanswered"],
                         sorted(self.offered("muster", "sim", "--prove", "prob") +
                                self.offered("muster", "sim", "--pro")))

    def test_bash_offers_values_behind_an_equals_sign(self):
        self.assertEqual(["debug", "info", "warning", "error"],
                         self.offered("musterd", "dev", "--log-level", "="))
        self.assertEqual(["mutual"], self.offered("muster", "user", "add", "--policy", "=", "m"))

    def test_bash_offers_folders_and_files(self):
        (self.folder / "two words").mkdir()
        (self.folder / "two.toml").touch()
        folder, file = f"{self.folder}/two words", f"{self.folder}/two.toml"
        begun = f"{self.folder}/two"
        self.assertEqual([folder], self.offered("musterd", "dev", "--data", begun))
        self.assertEqual([file, folder],
                         sorted(self.offered("musterd", "run", "--config", begun), reverse=True))

    def test_each_script_is_one(self):
        for program in ("musterd", "muster"):
            for shell in ("bash", "zsh", "fish"):
                done = run(program, "completion", shell)
                self.assertEqual((DONE, ""), (done.returncode, done.stderr), f"{program} {shell}")
                self.assertIn(f"_{program}", done.stdout)
                if shutil.which(shell) is not None:
                    subprocess.run([shell, "-n"], input=done.stdout, text=True, check=True,
                                   timeout=programs.PATIENCE_S)
