"""A phone behind a NAT, over UDP: what it says of its address is not where it is reached. It asks
for rport (RFC 3581), and is served where its requests come from. It keeps the way there, and
learns where that is, by STUN (RFC 5626 section 4.4.2)."""

import contextlib
import select
import socket
import threading

import programs
import sip

BEHIND = "192.0.2.1:5060"  # where nobody is (RFC 5737)

LOOK_S = 0.02


class Nat:
    """Between one phone, which takes `inside` for the server, and the server."""

    def __init__(self, server):
        self.server, self.over, self.is_used = server, False, False
        self.inside = self.bound()
        self.outsides = [self.bound()]  # the last is in use
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    @staticmethod
    def bound():
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind(("127.0.0.1", 0))
        return one

    def address(self):
        return self.outsides[-1].getsockname()

    def forget_the_unused(self):
        """As after a while: by what was not used since the last time nothing comes in again."""
        if not self.is_used:
            self.outsides.append(self.bound())
        self.is_used = False

    def run(self):
        phone = None
        while not self.over:
            ready = select.select([self.inside, self.outsides[-1]], [], [], LOOK_S)[0]
            outside = self.outsides[-1]  # it may be another by now
            if self.inside in ready:
                data, phone = self.inside.recvfrom(65536)
                self.is_used = True
                outside.sendto(data, self.server)
            elif outside in ready and phone is not None:
                with contextlib.suppress(ConnectionRefusedError):
                    self.inside.sendto(outside.recv(65536), phone)

    def close(self):
        self.over = True
        self.thread.join()
        for one in [self.inside, *self.outsides]:
            one.close()


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

    def test_she_keeps_the_way_to_her_by_stun(self):
        nat = self.behind_nat()
        self.assertEqual(200, self.alice.watch("bob@localhost").status)
        self.assert_notified("closed")
        nat.forget_the_unused()
        mapped = nat.address()
        for _ in range(3):
            self.assertEqual(mapped, self.alice.learn_address())
            nat.forget_the_unused()
        self.assertEqual(200, self.bob.publish("here").status)
        self.assert_notified("here")

    def test_she_learns_that_the_way_to_her_is_another(self):
        """She has said nothing for too long: what she knows then is that her flow has failed (RFC
        5626 section 4.4.2), and she subscribes anew."""
        nat = self.behind_nat()
        first = self.alice.watch("bob@localhost")
        self.assert_notified("closed")
        mapped = self.alice.learn_address()
        nat.forget_the_unused()
        nat.forget_the_unused()
        self.assertNotEqual(mapped, nat.address())
        self.assertEqual(nat.address(), self.alice.learn_address())
        self.assertEqual(200, self.alice.watch("bob@localhost", dialog=first).status)
        self.assert_notified("closed")
        self.assertEqual(200, self.bob.publish("here").status)
        self.assert_notified("here")

    def behind_nat(self):
        nat = Nat(self.server.sip[0])
        self.addCleanup(nat.close)
        self.alice.server = nat.inside.getsockname()
        return nat

    def assert_notified(self, text):
        notify = self.alice.notified()
        self.assertEqual(f"NOTIFY sip:{BEHIND} SIP/2.0", notify.first)
        self.assertIn(text, notify.body.decode())
