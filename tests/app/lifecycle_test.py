"""How musterd begins and ends: readiness, what keeps it from starting, SIGTERM, SIGHUP."""

import json
import os
import signal
import socket
import ssl
import stat

import programs
import sip
import xmpp
from programs import ask, until

NOBODY = 65534
ANYWHERE = ["--xmpp", "127.0.0.1:0", "--sip", "127.0.0.1:0"]


class StartTest(programs.Case):
    def test_it_tells_when_it_is_ready(self):
        server = self.develop()
        told = json.loads(server.told)
        self.assertTrue(server.told.endswith("\n"))
        self.assertEqual((True, server.process.pid, str(self.data), str(self.data / "control")),
                         (told["ready"], told["process"], told["data"], told["control"]))
        self.assertIn("\nready\n", server.log())
        for address in (*server.xmpp, *server.sip, *server.sips, *server.http):
            socket.create_connection(address, programs.PATIENCE_S).close()

    def test_it_tells_systemd(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            path = str(self.folder / "notify")
            told.bind(path)
            told.settimeout(programs.PATIENCE_S)
            server = self.develop(env=os.environ | {"NOTIFY_SOCKET": path})
            self.assertEqual(b"READY=1", told.recv(100))
            server.send_signal(signal.SIGHUP)
            self.assertEqual([b"RELOADING=1", b"READY=1"], [told.recv(100), told.recv(100)])
            server.stop()
            self.assertEqual(b"STOPPING=1", told.recv(100))

    def test_what_it_makes_is_its_owners_alone(self):
        server = self.develop(preexec_fn=lambda: os.umask(0))
        self.assertEqual(0o700, stat.S_IMODE(server.data.stat().st_mode))
        for path in server.data.iterdir():
            self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode), path)

    def test_a_folder_of_its_own_is_removed_at_the_end(self):
        server = self.serve("dev", *ANYWHERE, env=os.environ | {"TMPDIR": str(self.folder)})
        self.assertEqual(self.folder, server.data.parent)
        self.assertEqual(0, server.stop())
        self.assertFalse(server.data.exists())

    def test_standard_streams_that_are_closed_are_nobody_elses(self):
        def close_all():
            for fd in (0, 1, 2):
                os.close(fd)
        server = self.develop(preexec_fn=close_all)
        for fd in (0, 1, 2):
            self.assertEqual("/dev/null", os.readlink(f"/proc/{server.process.pid}/fd/{fd}"))

    def test_a_folder_may_be_given_with_a_slash_at_its_end(self):
        server = self.serve("dev", "--data", f"{self.data}/", *ANYWHERE)
        self.assertEqual(self.data, server.data)

    def test_it_runs_by_a_configuration(self):
        server = self.serve("run", "--config", self.configure())
        self.assertEqual(self.data, server.data)
        self.assertEqual(0, server.stop())


class RefusalTest(programs.Case):
    """It ends with 1 and a line that says why."""

    def assert_refused(self, why, *arguments, **more):
        done = ask("musterd", "dev", *ANYWHERE, *arguments, **more)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertRegex(done.stderr, rf"^musterd: [^\n]*{why}[^\n]*\n$")

    def test_a_port_in_use(self):
        for option in ("--xmpp", "--sip", "--sips", "--http"):
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
                done = ask("musterd", "dev", "--sips", "127.0.0.1:0",
                           *(ANYWHERE[2:] if option == "--xmpp" else ANYWHERE[:2]
                             if option == "--sip" else ANYWHERE),
                           option, f"127.0.0.1:{port}")
                self.assertEqual((1, ""), (done.returncode, done.stdout))
                self.assertRegex(done.stderr,
                                 rf"^musterd: [^\n]*127\.0\.0\.1:{port}[^\n]*in use\n$")

    def test_data_in_use(self):
        server = self.develop()
        self.assert_refused(rf"data is in use by musterd \(process {server.process.pid}\)",
                            "--data", self.data)
        self.assertTrue(server.is_alive())

    def test_data_open_to_others(self):
        self.data.mkdir()
        for mode in (0o755, 0o770, 0o701):
            self.data.chmod(mode)
            self.assert_refused("open to others than its owner: chmod 0700", "--data", self.data)

    def test_data_that_is_no_folder(self):
        self.data.touch()
        self.assert_refused("data is no folder", "--data", self.data)
        self.assert_refused("cannot make .*: Not a directory", "--data", self.data / "below")

    def test_a_database_that_is_none(self):
        self.data.mkdir(mode=0o700)
        (self.data / "muster.db").write_text("no database" * 1000, encoding="utf-8")
        self.assert_refused("file is not a database", "--data", self.data)

    def test_a_folder_that_cannot_be_written(self):
        self.data.mkdir(mode=0o500)
        if os.geteuid() != 0:
            return self.assert_refused("Permission denied", "--data", self.data)
        # Root may write everywhere; nobody may not.
        self.folder.chmod(0o755)
        os.chown(self.data, NOBODY, NOBODY)
        self.assert_refused("Permission denied", "--data", self.data, user=NOBODY, group=NOBODY)


class StopTest(programs.Case):
    def log_in(self, server, name):
        stream = xmpp.Stream(server.xmpp[0])
        self.assertTrue(stream.log_in(name))
        stream.send("<presence/>")
        stream.read_until(lambda s: s.tag == xmpp.PRESENCE)
        return stream

    def test_streams_and_subscriptions_are_let_go_in_order(self):
        server = self.develop("--allow-all-watchers")
        self.add("alice@localhost")
        self.add("bob@localhost")
        stream = self.log_in(server, "alice")
        unauthenticated = xmpp.Stream(server.xmpp[0])
        phone = sip.Phone(server.sip[0], "bob@localhost")
        self.addCleanup(phone.close)
        self.assertEqual(200, phone.watch("alice@localhost").status)
        self.assertRegex(phone.notified().headers["subscription-state"], "^active")
        server.send_signal(signal.SIGTERM)
        for peer in (stream, unauthenticated):
            last = peer.read_to_the_end()[-1]
            self.assertEqual(xmpp.STREAMS + "error", last.tag)
            self.assertEqual("system-shutdown", xmpp.condition_of(last, xmpp.STREAM_ERRORS))
            self.assertTrue(peer.closed_in_order)
            peer.close()
        while (state := phone.notified().headers["subscription-state"]).startswith("active"):
            pass
        # RFC 6665 section 4.1.3: she may subscribe anew, but not all watchers at the same moment.
        self.assertRegex(state, r"^terminated;reason=probation;retry-after=\d+$")
        self.assertEqual(0, server.process.wait(programs.PATIENCE_S))
        self.assertFalse((self.data / "control").exists())

    def test_whoever_asks_twice_does_not_want_to_wait(self):
        server = self.develop()
        self.add("alice@localhost")
        stream = self.log_in(server, "alice")
        server.send_signal(signal.SIGTERM)
        until(lambda: "stopping" in server.log(), "the end begins")
        # A peer that never reads to the end keeps its link open.
        while server.is_alive():
            server.send_signal(signal.SIGTERM)
            server.process.poll()
        self.assertIn(server.process.returncode, (0, -signal.SIGTERM))
        stream.close()

    def test_it_starts_again_at_once_on_the_same_ports(self):
        server = self.develop()
        self.add("alice@localhost")
        stream = self.log_in(server, "alice")
        ports = {"--xmpp": server.xmpp[0][1], "--sip": server.sip[0][1]}
        server.kill()
        stream.close()
        again = [word for option, port in ports.items()
                 for word in (option, f"127.0.0.1:{port}")]
        server = self.serve("dev", "--data", self.data, *again)
        self.log_in(server, "alice").close()


class ReloadTest(programs.Case):
    def certificate(self, server):
        """What the SIP port for TLS shows."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(server.sips[0], programs.PATIENCE_S) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                return secure.getpeercert(binary_form=True)

    def test_a_new_certificate_is_shown_and_a_bad_one_is_not(self):
        server = self.serve("run", "--config", self.configure())
        before = self.certificate(server)
        programs.make_certificate(self.folder)
        self.assertEqual(before, self.certificate(server))
        server.send_signal(signal.SIGHUP)
        until(lambda: "certificates-reloaded" in server.log(), "the reload")
        until(lambda: self.certificate(server) != before, "the new certificate")
        now = self.certificate(server)
        (self.folder / "localhost.key").write_text("none", encoding="utf-8")
        server.send_signal(signal.SIGHUP)
        until(lambda: "certificates-refused" in server.log(), "the refusal")
        self.assertEqual(now, self.certificate(server))

    def test_a_certificate_of_another_name_is_not_shown(self):
        server = self.serve("run", "--config", self.configure())
        before = self.certificate(server)
        programs.make_certificate(self.folder, "elsewhere.example")
        for kind in ("crt", "key"):
            (self.folder / f"elsewhere.example.{kind}").replace(self.folder / f"localhost.{kind}")
        server.send_signal(signal.SIGHUP)
        until(lambda: "does not name the domain localhost" in server.log(), "the refusal")
        self.assertEqual(before, self.certificate(server))
