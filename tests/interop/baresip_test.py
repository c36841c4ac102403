"""baresip against the server: it registers, publishes, watches and sends messages."""

import unittest

import pidf
import server as servers
from baresip import Baresip
from case import Case
from xmpp import log_in


class DigestTest(Case):
    """baresip 1.0.0 knows MD5 alone, and gives up where SHA-256 is offered besides: in a row before
    or behind it, and one row for both is not allowed (RFC 3261 section 7.3.1)."""

    @staticmethod
    def make_server():
        return servers.production_server("sip_digest_sha256 = false\n")

    async def test_register(self):
        for transport in ("udp", "tcp", "tls"):
            with self.subTest(transport):
                phone = Baresip(self, self.account("alice"), transport)
                await phone.start()
                await phone.answered("REGISTER", 401)
                await phone.answered("REGISTER", 200)

    async def test_a_wrong_password_and_an_unknown_user(self):
        for address, password in ((self.account("alice"), "open sesam"),
                                  ("nobody@localhost", servers.PASSWORD)):
            with self.subTest(address):
                phone = Baresip(self, address, password=password)
                await phone.start()
                await phone.answered("REGISTER", 401)
                await phone.answered("REGISTER", 401)


class PhoneTest(Case):
    """With digest over TLS, and a session of alice's over TLS."""

    @staticmethod
    def make_server():
        # Without the five seconds that lie between two NOTIFY by default.
        return servers.production_server(
            "sip_digest_sha256 = false\n[limits]\nnotify_interval_min = \"0 s\"\n")

    async def phone(self, *contacts, **options):
        phone = Baresip(self, self.account("bob", "--policy", "allow"), "tls", contacts=contacts,
                        **options)
        await phone.start()
        await phone.answered("REGISTER", 200)
        return phone

    async def test_it_asks_and_sees_what_she_does(self):
        alice = self.account("alice")
        session = await log_in(self, alice)
        phone = await self.phone(alice)
        await phone.notified("pending")
        await session.presence(phone.address, "subscribe")
        session.send_presence(pto=phone.address, ptype="subscribed")
        notify = await phone.notified("active", "open")
        self.assertEqual(pidf.basics(notify.body), ["open"])
        self.assertIn("Online", await phone.command("contacts"))
        session.send_presence(pshow="dnd", pstatus="busy")
        notify = await phone.notified("active", "busy")
        self.assertIn("busy", pidf.notes(notify.body))
        session.send_presence(ptype="unavailable")
        await phone.notified("active", "closed")
        self.assertIn("Offline", await phone.command("contacts"))

    async def test_what_it_shows_of_show(self):
        """It looks for RPID's activities by their text, with the prefix of RFC 4480's examples,
        and shows who is away as offline: it knows no other word for her. `<show/>` it never reads,
        so extended away is away, and who wants to chat is simply there."""
        alice = self.account("alice")
        session = await log_in(self, alice)
        phone = await self.phone(alice)
        await session.presence(phone.address, "subscribe")
        session.send_presence(pto=phone.address, ptype="subscribed")
        await phone.notified("active", "open")
        for show, shown in (("dnd", "Busy"), ("away", "Offline"), ("chat", "Online"),
                            ("xa", "Offline")):
            with self.subTest(show):
                session.send_presence(pshow=show)
                await phone.notified("active", f">{show}<")
                self.assertIn(shown, await phone.command("contacts"))

    async def test_it_asks_and_is_refused(self):
        alice = self.account("alice")
        session = await log_in(self, alice)
        phone = await self.phone(alice)
        await session.presence(phone.address, "subscribe")
        session.send_presence(pto=phone.address, ptype="unsubscribed")
        notify = await phone.notified("terminated")
        self.assertIn("reason=rejected", notify.header("Subscription-State"))

    async def test_she_sees_that_it_is_there(self):
        session = await log_in(self, self.account("alice"))
        phone = await self.phone()
        session.send_presence(pto=phone.address, ptype="subscribe")
        await session.presence(phone.address, "available")
        phone.process.terminate()
        await session.presence(phone.address, "unavailable")

    async def test_she_sees_what_it_publishes(self):
        session = await log_in(self, self.account("alice"))
        phone = await self.phone(publishes=300)
        # It publishes "unknown", and "open" before that is answered: two publications. The ETag
        # that it is told last is the one that it goes on with.
        for _ in ("unknown", "open"):
            await phone.answered("PUBLISH", 200)
        session.send_presence(pto=phone.address, ptype="subscribe")
        await session.presence(phone.address, "available")
        await phone.command("presence_offline")
        await phone.answered("PUBLISH", 200)
        await session.presence(phone.address, "unavailable")

    async def test_a_message_each_way(self):
        alice = self.account("alice", "--policy", "allow")
        session = await log_in(self, alice)
        phone = await self.phone(alice)
        await phone.command("message", "hello")
        await phone.answered("MESSAGE", 200)
        message = await session.message(phone.address)
        self.assertEqual(message["body"], "hello")
        message.reply("hello yourself").send()
        message = await phone.inbox.take(lambda taken: taken.method == "MESSAGE", "a MESSAGE")
        self.assertEqual(message.body, "hello yourself")


if __name__ == "__main__":
    unittest.main()
