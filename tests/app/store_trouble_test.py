"""A database that is locked, and a disk that is full: users are told, nothing that they were told
is done is lost, and the service goes on by itself once the cause is gone."""

import os
import sqlite3
import subprocess
import unittest

import programs
import sip
import xmpp

SMALL_DISK_BYTES = 1 << 20


class Trouble:
    """The same cases for both causes: `break_store` and `mend_store` make and end it."""

    def serve_two(self):
        self.server = self.develop()
        self.add("alice@localhost")
        self.add("bob@localhost")
        self.phone = sip.Phone(self.server.sip[0], "bob@localhost")
        self.addCleanup(self.phone.close)

    def log_in(self, name="alice", **more):
        stream = xmpp.Stream(self.server.xmpp[0])
        self.addCleanup(stream.close)
        self.assertTrue(stream.log_in(name, **more))
        return stream

    def assert_refused(self, iq):
        self.assertEqual("error", iq.get("type"))
        self.assertEqual("internal-server-error", xmpp.condition_of(iq, xmpp.STANZA_ERRORS))

    def test_users_are_told_and_service_resumes(self):
        self.serve_two()
        stream = self.log_in()
        self.assertEqual("result", stream.ask("set", xmpp.roster_set("a@x.org", "a")).get("type"))
        etag = self.phone.publish("before").headers["sip-etag"]
        self.break_store()
        self.assert_refused(stream.ask("set", xmpp.roster_set("b@x.org", "b")))
        self.assertEqual(500, self.phone.publish("during", etag).status)
        self.assertIn("store-fails", self.server.log())
        # What needs no writing goes on: who is there is seen, and may log in.
        stream.send("<presence/>")
        stream.read_until(lambda s: s.tag == xmpp.PRESENCE)
        self.log_in(resource="another")
        self.mend_store()
        self.assertEqual("result", stream.ask("set", xmpp.roster_set("c@x.org", "c")).get("type"))
        self.assertIn("store-works-again", self.server.log())
        self.assertEqual({"a@x.org", "c@x.org"}, set(stream.roster()))
        self.assertIn(">before<", self.phone.fetch("bob@localhost"))
        self.assertEqual(200, self.phone.publish("after", etag).status)
        self.assert_all_is_kept()

    def assert_all_is_kept(self):
        self.server.kill()
        self.server = self.develop()
        self.assertEqual({"a@x.org", "c@x.org"}, set(self.log_in().roster()))
        phone = sip.Phone(self.server.sip[0], "bob@localhost")
        self.addCleanup(phone.close)
        self.assertIn(">after<", phone.fetch("bob@localhost"))

    def test_an_operator_is_told(self):
        self.serve_two()
        self.break_store()
        done = programs.ask("muster", "user", "add", "carol@localhost", "--data", self.data,
                            "--password-stdin", stdin="secret\n")
        self.assertEqual((1, "", "muster: the database failed; the server's log says why\n"),
                         (done.returncode, done.stdout, done.stderr))
        self.mend_store()
        self.add("carol@localhost")
        self.log_in("carol")

    def test_a_subscription_is_not_lost(self):
        """RFC 6121 section 3: what could not be stored is not told to the other."""
        self.serve_two()
        alice, bob = self.log_in(), self.log_in("bob")
        for stream in (alice, bob):
            stream.roster()
            stream.send("<presence/>")
        self.break_store()
        alice.send("<presence type='subscribe' id='s1' to='bob@localhost'/>")
        self.assert_refused(alice.read_until(lambda s: s.get("id") == "s1"))
        self.mend_store()
        alice.send("<presence type='subscribe' to='bob@localhost'/>")
        bob.read_until(lambda s: s.get("type") == "subscribe")
        self.assertEqual("subscribe", alice.roster()["bob@localhost"][2])


class LockedTest(Trouble, programs.Case):
    """Another process holds the write lock."""

    def break_store(self):
        self.other = sqlite3.connect(self.data / "muster.db", isolation_level=None)
        self.addCleanup(self.other.close)
        self.other.execute("BEGIN IMMEDIATE")

    def mend_store(self):
        self.other.execute("ROLLBACK")


@unittest.skipUnless(os.geteuid() == 0, "a disk of one's own is root's to mount")
class FullDiskTest(Trouble, programs.Case):
    def setUp(self):
        super().setUp()
        self.data.mkdir(mode=0o700)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES},mode=0700", "tmpfs",
             self.data],
            capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no disk can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.data], check=False)

    def break_store(self):
        self.ballast = open(self.data / "ballast", "wb", buffering=0)
        self.addCleanup(self.ballast.close)
        piece = bytes(4096)
        try:
            while True:
                self.ballast.write(piece)
        except OSError:
            # What the log has room for beyond its end is used up, too.
            self.fill_log()

    def fill_log(self):
        """Adds accounts until it is refused."""
        for number in range(1000):
            done = programs.ask("muster", "user", "add", f"x{number}@localhost", "--data",
                                self.data, "--password-stdin", stdin="secret\n")
            if done.returncode != 0:
                return
        raise AssertionError("the disk does not get full")

    def mend_store(self):
        os.ftruncate(self.ballast.fileno(), 0)

    def test_a_server_that_cannot_begin_says_why(self):
        with open(self.data / "ballast", "wb", buffering=0) as ballast:
            ballast.truncate(0)
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass
        done = programs.ask("musterd", "dev", "--data", self.data, "--xmpp", "127.0.0.1:0",
                            "--sip", "127.0.0.1:0")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertRegex(done.stderr, r"^musterd: [^\n]*(full|No space|disk I/O)[^\n]*\n$")
        (self.data / "ballast").unlink()
        self.develop()
