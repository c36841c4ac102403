"""SIP peers that send what is wrong, half of something, or nothing any more."""

import asyncio
import socket
import unittest

from case import Case, within
from digest import request_text, response_text
from sip import request, watch
from wire import STREAM, Wire, xmpp_session
from xmpp import log_in

CONTACT = "Contact: <sip:phone@127.0.0.1:5060;transport=tcp>"


class BadMessageTest(Case):
    async def wire(self, tls=False):
        address = self.server.sips[0] if tls else self.server.sip[0]
        return await Wire(self, address).open(tls)

    def options(self):
        alice = self.account("alice")
        return request_text("OPTIONS", alice, alice)

    async def check_others(self):
        alice = self.account("alice")
        await request(self, "OPTIONS", alice, alice)

    async def test_each_answer_to_what_can_be_answered(self):
        good = self.options()
        call = next(line for line in good.split("\r\n") if line.startswith("Call-ID"))
        for sent, status in (
                (good.replace("SIP/2.0\r\n", "SIP/7.0\r\n", 1), 505),
                (good.replace("OPTIONS", "DANCE"), 501),
                (good.replace("OPTIONS sip:", "OPTIONS tel:"), 416),
                (good.replace("1 OPTIONS", "1 INVITE"), 400),
                (good.replace("1 OPTIONS", "x OPTIONS"), 400),
                (good.replace(call + "\r\n", ""), 400),
                (good.replace("To: <", "To: <<"), 400)):
            with self.subTest(status=status, sent=sent):
                wire = await self.wire()
                wire.send(sent)
                self.assertEqual((await wire.message()).status, status)
                await self.check_others()

    async def test_garbage_on_a_connection_ends_it(self):
        for tls in (False, True):
            for sent in ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", STREAM + "\r\n\r\n",
                         self.options().replace("Content-Length: 0", "Content-Length: x")):
                with self.subTest(sent, tls=tls):
                    wire = await self.wire(tls)
                    wire.send(sent)
                    await wire.rest()
                    await self.check_others()

    async def test_garbage_in_a_datagram_is_dropped(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            for sent in (b"", b"\0", b"\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n", b"\xff" * 65000,
                         self.options().encode()[:-60]):
                peer.sendto(sent, self.server.sip[0])
                await self.check_others()

    async def test_half_a_message_counts_for_nothing(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        message = request_text("MESSAGE", bob, alice, "Content-Type: text/plain", body="half a one")
        wire = await self.wire()
        wire.send(message[:-3])
        wire.writer.write_eof()
        await wire.rest()
        await request(self, "MESSAGE", bob, alice, "Content-Type: text/plain", body="a whole one")
        self.assertEqual((await session.message(bob))["body"], "a whole one")

    async def test_the_other_half_may_come_later(self):
        wire = await self.wire()
        for byte in self.options():
            wire.send(byte)
            await asyncio.sleep(0)
        self.assertEqual((await wire.message()).status, 200)

    async def test_many_at_once(self):
        wire = await self.wire()
        wire.send("".join(self.options() for _ in range(5)))
        self.assertEqual([(await wire.message()).status for _ in range(5)], [200] * 5)

    async def test_a_ping_between_messages(self):
        wire = await self.wire()
        wire.send("\r\n\r\n" + self.options())  # RFC 5626 section 4.4.1
        self.assertEqual(await wire.read_until("^\r\n"), "\r\n")
        self.assertEqual((await wire.message()).status, 200)

    async def test_too_long(self):
        wire = await self.wire()
        wire.send(self.options().replace("Max-Forwards", "X: " + "x" * (17 << 10) +
                                         "\r\nMax-Forwards"))
        self.assertEqual((await wire.message()).status, 513)
        alice = self.account("alice")
        wire = await self.wire()
        wire.send(request_text("MESSAGE", alice, alice, "Content-Type: text/plain",
                               body="x" * (65 << 10)))
        self.assertEqual((await wire.message()).status, 413)


class VanishTest(Case):
    async def test_a_watcher_whose_connection_was_reset(self):
        alice, bob = self.account("alice", "--policy", "allow"), self.account("bob")
        wire = await Wire(self, self.server.sip[0]).open()
        wire.send(request_text("SUBSCRIBE", bob, alice, CONTACT, "Event: presence", "Expires: 300"))
        self.assertEqual((await wire.message()).status, 200)
        self.assertEqual((await wire.message()).method, "NOTIFY")
        wire.vanish()
        watcher = await watch(self, bob, alice)
        session = await log_in(self, alice)
        await watcher.notified("active", "open")
        session.send_presence(ptype="unavailable")
        await watcher.notified("active", "closed")

    async def test_a_phone_whose_connection_was_reset(self):
        # The connection is the only way to it, as behind a NAT (RFC 5626).
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        wire = await Wire(self, self.server.sip[0]).open()
        wire.send(request_text("REGISTER", bob, bob, CONTACT, "Expires: 300"))
        self.assertEqual((await wire.message()).status, 200)
        session.send_message(mto=bob, mbody="are you there?")
        asked = await wire.message()
        self.assertEqual((asked.method, asked.body), ("MESSAGE", "are you there?"))
        wire.send(response_text(asked, "200 OK"))
        wire.vanish()
        session.send_message(mto=bob, mbody="and now?")
        self.assertEqual((await session.message(bob))["type"], "error")

    async def test_a_watcher_that_was_killed(self):
        alice, bob = self.account("alice", "--policy", "allow"), self.account("bob")
        watcher = await watch(self, bob, alice)
        await watcher.notified("active", "closed")
        watcher.process.kill()
        await within(watcher.process.wait(), "the end of sipp")
        await xmpp_session(self, alice)
        again = await watch(self, bob, alice)
        await again.notified("active", "open")


if __name__ == "__main__":
    unittest.main()
