"""`muster user`, with a server that runs and without one."""

import json
import os
import pty
import re
import select
import subprocess

import programs
import sip
import xmpp
from programs import ask


class Commands:
    """The same cases for both doors."""

    def muster(self, *words, stdin=""):
        return ask("muster", "user", words[0], "--data", self.data, *words[1:], stdin=stdin)

    def assert_done(self, told, *words, **more):
        done = self.muster(*words, **more)
        self.assertEqual((0, ""), (done.returncode, done.stderr), words)
        self.assertRegex(done.stdout, told)
        return done.stdout

    def assert_refused(self, why, *words, **more):
        done = self.muster(*words, **more)
        self.assertEqual((1, ""), (done.returncode, done.stdout), words)
        self.assertEqual(f"muster: {why}\n", done.stderr)

    def test_accounts_come_and_go(self):
        self.assertEqual("[]\n", self.muster("list", "--json").stdout)
        self.add("bob@localhost", "--policy", "deny")
        self.add("ALICE@localhost")
        self.assert_refused("alice@localhost is an account already",
                            "add", "alice@localhost", "--generate")
        self.assertEqual("ACCOUNT          POLICY\nalice@localhost  ask\nbob@localhost    deny\n",
                         self.muster("list").stdout)
        self.assert_done("^bob@localhost now has the policy mutual\n$",
                         "policy", "bob@localhost", "mutual")
        self.assertEqual(
            [{"account": "alice@localhost", "policy": "ask", "has_password": True},
             {"account": "bob@localhost", "policy": "mutual", "has_password": True}],
            json.loads(self.muster("list", "--json").stdout))
        self.assert_refused("there is no terminal to ask on whether that is meant; there is --yes",
                            "remove", "bob@localhost")
        self.assert_done("^bob@localhost is removed\n$", "remove", "bob@localhost", "--yes")
        self.assert_refused("bob@localhost is no account of this service",
                            "remove", "bob@localhost", "--yes")
        self.assertEqual("ACCOUNT          POLICY\nalice@localhost  ask\n",
                         self.muster("list").stdout)

    def test_who_is_nobody_here(self):
        for words in (["passwd", "x@localhost", "--generate"], ["policy", "x@localhost", "deny"],
                      ["watchers", "x@localhost"],
                      ["watchers", "x@localhost", "--allow", "y@localhost"]):
            self.assert_refused("x@localhost is no account of this service", *words)
        self.assert_refused("x@elsewhere.org is not of a domain of this service",
                            "add", "x@elsewhere.org", "--generate")
        self.assert_refused("elsewhere.org is not a domain of this service",
                            "list", "--domain", "elsewhere.org")

    def test_watchers_are_allowed_and_refused(self):
        self.add("alice@localhost")
        self.assertEqual("[]\n", self.muster("watchers", "alice@localhost", "--json").stdout)
        self.assert_refused("nobody of this name watches alice@localhost or may",
                            "watchers", "alice@localhost", "--deny", "bob@localhost")
        self.assert_done("^bob@localhost may watch alice@localhost\n$",
                         "watchers", "alice@localhost", "--allow", "bob@localhost")
        self.assertEqual([{"watcher": "bob@localhost", "state": "allowed beforehand"}],
                         json.loads(self.muster("watchers", "alice@localhost", "--json").stdout))
        self.assert_done("^bob@localhost may not watch alice@localhost\n$",
                         "watchers", "alice@localhost", "--deny", "bob@localhost")
        self.assertEqual("[]\n", self.muster("watchers", "alice@localhost", "--json").stdout)

    def test_a_password_is_told_to_nobody(self):
        secret = "correct horse battery staple"
        done = self.muster("add", "alice@localhost", "--password-stdin", stdin=secret + "\n")
        done.stdout += self.muster("passwd", "alice@localhost", "--password-stdin",
                                   stdin=secret + "\r\n").stdout
        self.assertNotIn(secret, done.stdout + done.stderr)
        self.assert_refused("a password has at most 1023 bytes", "passwd", "alice@localhost",
                            "--password-stdin", stdin="x" * 1024 + "\n")
        for empty in ("", "\n", "a\x07b\n"):
            done = self.muster("passwd", "alice@localhost", "--password-stdin", stdin=empty)
            self.assertEqual((1, ""), (done.returncode, done.stdout))
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        self.assert_can_log_in("alice", secret)

    def test_a_password_that_is_made_is_shown_once(self):
        made = [self.assert_done("is added", "add", "alice@localhost", "--generate"),
                self.assert_done("is changed", "passwd", "alice@localhost", "--generate")]
        passwords = [re.search(r"^password: ([a-z2-9]{24})$", text, re.MULTILINE)[1]
                     for text in made]
        self.assertNotEqual(*passwords)
        self.assert_can_log_in("alice", passwords[1])

    def test_a_password_is_asked_for_in_silence(self):
        told = self.type_into(["add", "alice@localhost"], [("Password", "hush"), ("more", "hush")])
        self.assertIn("alice@localhost is added", told)
        self.assertNotIn("hush", told)
        told = self.type_into(["passwd", "alice@localhost"], [("Password", "a"), ("more", "b")])
        self.assertIn("the two are not the same; nothing was done", told)
        self.assert_can_log_in("alice", "hush")

    def type_into(self, words, answers):
        """Runs it on a terminal; what the terminal showed."""
        ours, its = pty.openpty()
        process = subprocess.Popen(
            [programs.BIN / "muster", "user", *words, "--data", self.data],
            stdin=its, stdout=its, stderr=its, start_new_session=True)
        os.close(its)
        self.addCleanup(os.close, ours)
        shown = ""
        answers = list(answers)
        while select.select([ours], [], [], programs.PATIENCE_S)[0]:
            try:
                shown += os.read(ours, 4096).decode()
            except OSError:  # its end is closed
                break
            if answers and re.search(answers[0][0] + r"[^\n]*: $", shown):
                os.write(ours, answers.pop(0)[1].encode() + b"\n")
        process.wait(programs.PATIENCE_S)
        return shown


class ServedTest(Commands, programs.Case):
    """By the control socket."""

    def setUp(self):
        super().setUp()
        self.server = self.develop()

    def assert_can_log_in(self, name, password):
        stream = xmpp.Stream(self.server.xmpp[0])
        self.assertTrue(stream.log_in(name, password))
        stream.close()
        self.assertNotIn(password, self.server.log())

    def test_whoever_is_logged_in_notices(self):
        self.add("alice@localhost")
        for words in (["passwd", "alice@localhost", "--password-stdin"],
                      ["remove", "alice@localhost", "--yes"]):
            stream = xmpp.Stream(self.server.xmpp[0])
            self.assertTrue(stream.log_in("alice", "secret"))
            self.assert_done("is (changed|removed)", *words, stdin="secret\n")
            last = stream.read_to_the_end()[-1]
            self.assertEqual(xmpp.STREAMS + "error", last.tag)
            self.assertTrue(stream.closed_in_order)
            stream.close()

    def test_a_watcher_who_waits_is_let_in(self):
        self.add("alice@localhost")
        phone = sip.Phone(self.server.sip[0], "bob@localhost")
        self.addCleanup(phone.close)
        self.assertIn(phone.watch("alice@localhost").status, (200, 202))
        self.assertRegex(phone.notified().headers["subscription-state"], "^pending")
        self.assertEqual("WATCHER        STATE\nbob@localhost  asks\n",
                         self.muster("watchers", "alice@localhost").stdout)
        self.assert_done("may watch", "watchers", "alice@localhost", "--allow", "bob@localhost")
        self.assertRegex(phone.notified().headers["subscription-state"], "^active")
        self.assertEqual("WATCHER        STATE\nbob@localhost  allowed\n",
                         self.muster("watchers", "alice@localhost").stdout)
        self.assert_done("may not", "watchers", "alice@localhost", "--deny", "bob@localhost")
        self.assertRegex(phone.notified().headers["subscription-state"], "^terminated;reason=")

    def test_a_watcher_whom_the_policy_let_in_is_let_go(self):
        self.add("alice@localhost", "--policy", "allow")
        phone = sip.Phone(self.server.sip[0], "bob@localhost")
        self.addCleanup(phone.close)
        self.assertEqual(200, phone.watch("alice@localhost").status)
        self.assertRegex(phone.notified().headers["subscription-state"], "^active")
        self.assert_done("may not", "watchers", "alice@localhost", "--deny", "bob@localhost")
        self.assertEqual("terminated;reason=rejected",
                         phone.notified().headers["subscription-state"])


class StoredTest(Commands, programs.Case):
    """By the store: a server was here once, and runs again when somebody logs in."""

    def setUp(self):
        super().setUp()
        self.assertEqual(0, self.develop().stop())

    def assert_can_log_in(self, name, password):
        server = self.develop()
        stream = xmpp.Stream(server.xmpp[0])
        self.assertTrue(stream.log_in(name, password))
        stream.close()
        self.assertEqual(0, server.stop())


class ChoiceTest(programs.Case):
    """Which service is meant."""

    def test_no_service_is_there(self):
        done = ask("muster", "user", "list", "--data", self.data)
        self.assertEqual((1, f"muster: {self.data}: No such file or directory\n"),
                         (done.returncode, done.stderr))
        self.data.mkdir(mode=0o700)
        done = ask("muster", "user", "list", "--data", self.data)
        self.assertEqual(1, done.returncode)
        self.assertIn("no server has kept its data in", done.stderr)

    def test_a_service_by_its_configuration_before_its_first_start(self):
        path = self.configure("[policy]\nwatchers = \"allow\"\n")
        self.data.mkdir(mode=0o700)
        done = ask("muster", "user", "add", "alice@localhost", "--generate", "--config", path)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        server = self.serve("run", "--config", path)
        listed = ask("muster", "user", "list", "--config", path).stdout
        self.assertEqual("ACCOUNT          POLICY\nalice@localhost  allow\n", listed)
        self.assertTrue(server.is_alive())

    def test_a_configuration_that_is_wrong(self):
        path = self.configure("[limits]\nnone = 1\n")
        done = ask("muster", "user", "list", "--config", path)
        self.assertEqual(1, done.returncode)
        self.assertRegex(done.stderr, rf'^muster: {path}:\d+:\d+: unknown key "none"')
