"""A phone behind a NAT, over UDP: what it says of its address is not where it is reached. It asks
for rport (RFC 3581), and is served where its requests come from."""

import socket

import programs
import sip

BEHIND = "192.0.2.1:5060"  # where nobody is (RFC 5737)


class NatTest(programs.Case):
    def setUp(self):
        super().setUp()
        self.server = self.develop()
        self.add("alice@localhost", "--policy", "allow")
        self.add("bob@localhost", "--policy", "allow")
        self.alice, self.bob = self.phone("alice@localhost"), self.phone("bob@localhost")
        self.alice.place = BEHIND

    def phone(self, user):
        phone = sip.Phone(self.server.sip[0], user)
        self.addCleanup(lambda: phone.close())
        return phone

    def test_answers_come_back_to_where_she_is(self):
        answer = self.alice.ask("REGISTER", ["Expires: 600"], uri="sip:localhost")
        self.assertEqual(200, answer.status)
        host, port = self.alice.socket.getsockname()
        self.assertIn(f";received={host}", answer.headers["via"])
        self.assertIn(f";rport={port}", answer.headers["via"])
        self.assertIn(f"<sip:{BEHIND}>", answer.headers["contact"])

    def test_she_is_notified_where_she_is(self):
        self.assertEqual(200, self.alice.watch("bob@localhost").status)
        self.assert_notified("closed")
        self.assertEqual(200, self.bob.publish("here").status)
        self.assert_notified("here")

    def test_she_gets_messages_where_she_is(self):
        self.alice.ask("REGISTER", ["Expires: 600"], uri="sip:localhost")
        answer = self.bob.ask("MESSAGE", ["Content-Type: text/plain"], "hello",
                              to="alice@localhost", give_up=self.hears_alice)
        message = self.alice.notified()
        self.assertEqual(f"MESSAGE sip:{BEHIND} SIP/2.0", message.first)
        self.assertEqual(b"hello", message.body)
        self.assertIn(answer and answer.status, (None, 200, 202))

    def hears_alice(self):
        """Two phones and one thread: she answers what came while he waits."""
        self.alice.hear(lambda message: message.status is None)
        return False

    def test_who_comes_by_another_port_is_notified_there(self):
        """The NAT has forgotten her: her next SUBSCRIBE comes by a new port."""
        first = self.alice.watch("bob@localhost")
        self.assert_notified("closed")
        self.alice.socket.close()
        self.alice.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.alice.socket.bind(("127.0.0.1", 0))
        self.assertEqual(200, self.alice.watch("bob@localhost", dialog=first).status)
        self.assert_notified("closed")
        self.assertEqual(200, self.bob.publish("here").status)
        self.assert_notified("here")

    def assert_notified(self, text):
        notify = self.alice.notified()
        self.assertEqual(f"NOTIFY sip:{BEHIND} SIP/2.0", notify.first)
        self.assertIn(text, notify.body.decode())
