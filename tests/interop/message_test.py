"""Messages, one at a time, each way between XMPP sessions and phones (RFC 7572)."""

import unittest

from case import Case
from sip import Sipp, free_port, request
from xmpp import log_in

TEXT = "Content-Type: text/plain;charset=UTF-8"


class MessageTest(Case):
    async def phone(self, address):
        """A phone of the address that waits for a MESSAGE."""
        port = free_port("127.0.0.1")
        await request(self, "REGISTER", address, address, "Expires: 300",
                      "Contact: <sip:phone@[local_ip]:[local_port]>", target="localhost", port=port)
        return await Sipp(self, "receive", method="MESSAGE", port=port).start()

    async def test_between_sessions(self):
        a = await log_in(self, self.account("alice"))
        b = await log_in(self, self.account("bob"))
        a.send_message(mto=b.boundjid.bare, mbody="<hello> & ü", mtype="chat")
        message = await b.message(a.boundjid.full)
        self.assertEqual((message["type"], message["body"]), ("chat", "<hello> & ü"))

    async def test_from_a_session_to_a_phone(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        phone = await self.phone(bob)
        session.send_message(mto=bob, mbody="<hello> & ü")
        message = await phone.request("MESSAGE")
        self.assertEqual(message.body, "<hello> & ü")
        self.assertIn(f"sip:{alice}", message.header("From"))
        self.assertTrue(message.header("Content-Type").startswith("text/plain"))
        await phone.done()

    async def test_from_a_phone_to_a_session(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        for transport in ("u1", "t1"):
            with self.subTest(transport):
                await request(self, "MESSAGE", bob, alice, TEXT, body="<hello> & ü",
                              transport=transport)
                message = await session.message(bob)
                self.assertEqual(message["body"], "<hello> & ü")

    async def test_between_phones(self):
        alice, bob = self.account("alice"), self.account("bob")
        phone = await self.phone(bob)
        await request(self, "MESSAGE", alice, bob, TEXT, body="hello")
        message = await phone.request("MESSAGE")
        self.assertEqual(message.body, "hello")

    async def test_to_nobody(self):
        session = await log_in(self, self.account("alice"))
        for jid, condition in (("nobody@localhost", "service-unavailable"),
                               (self.account("bob"), "service-unavailable"),
                               ("bob@elsewhere.example", "remote-server-not-found")):
            with self.subTest(jid):
                session.send_message(mto=jid, mbody="hello?")
                refusal = await session.message(jid)
                self.assertEqual(refusal["type"], "error")
                self.assertEqual(refusal["error"]["condition"], condition)


if __name__ == "__main__":
    unittest.main()
