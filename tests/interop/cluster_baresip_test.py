"""baresip, which goes nowhere: what is answered by 302 has failed, and it tries again.

It would wait for half a minute: in these cases it is told to, and then switched off and on.
"""

import asyncio
import unittest

import pidf
from baresip import Baresip
from case import within
from cluster_case import HOME, LANDING, ClusterCase


class BaresipTest(ClusterCase):
    async def phone(self, user):
        """A phone that shows itself, and watches bob; it lands where bob is served."""
        phone = Baresip(self, user, contacts=[self.bob.user], publishes=300)
        return await phone.start()

    async def is_sent_away(self, user):
        """Its first life: what it asks is answered by 302, until it is known to go nowhere."""
        host, port = self.address_of(HOME, "sip")
        phone = await self.phone(user)
        for method in ("REGISTER", "PUBLISH", "SUBSCRIBE"):
            sent = await phone.answered(method, 302)
            self.assertIn(f"{host}:{port}", sent.header("Contact"))
        await self.assert_served_by(HOME, user)
        await within(self.comes_back(phone), "a registration")
        await phone.stop()

    @staticmethod
    async def comes_back(phone):
        """For two seconds it is taken for one that was under way when it was sent."""
        while await phone.register() == 302:
            await asyncio.sleep(0.25)

    async def is_served(self, user):
        """Its second life: registered, published, subscribed, where it lands."""
        phone = await self.phone(user)
        for method in ("REGISTER", "PUBLISH", "SUBSCRIBE"):
            await phone.answered(method, 200)
        return phone

    async def assert_they_meet(self, phone):
        notify = await phone.notified("active", "open")
        self.assertEqual(["open"], pidf.basics(notify.body))
        self.assertIn("Online", await phone.command("contacts"))
        self.bob.show("at lunch")
        await phone.notified("active", "at lunch")
        self.bob.watch(phone.address)
        await self.bob.see(phone.address)
        await phone.command("message", "hello")
        await phone.answered("MESSAGE", 200)
        self.assertEqual("hello", await self.bob.read(phone.address))
        self.bob.write(phone.address, "hello yourself")
        message = await phone.inbox.take(lambda taken: taken.method == "MESSAGE", "a MESSAGE")
        self.assertEqual("hello yourself", message.body)

    async def test_it_comes_back_and_is_served_where_it_landed(self):
        alice = self.account("alice")
        await self.is_sent_away(alice)
        phone = await self.is_served(alice)
        await self.assert_served_by(LANDING, alice)
        await self.assert_they_meet(phone)
        self.assert_not_logged(LANDING, "sip-proxied")

    async def test_it_is_proxied_to_where_she_has_a_desk(self):
        alice = self.account("alice")
        desk = await self.slixmpp(alice, HOME)
        await self.is_sent_away(alice)
        phone = await self.is_served(alice)
        await self.logged(LANDING, "sip-proxied", alice, to=HOME)
        await self.assert_served_by(HOME, alice)
        await self.assert_they_meet(phone)
        self.assertEqual("hello yourself", await desk.read(self.bob.jid))

    async def test_its_server_is_drained(self):
        """Who watches it from elsewhere does not see it go."""
        alice = self.account("alice")
        await self.is_sent_away(alice)
        phone = await self.is_served(alice)
        await self.assert_served_by(LANDING, alice)
        watcher = await self.slixmpp(self.account("carol"), HOME)
        watcher.watch(alice)
        await watcher.see(alice)
        await self.drain(LANDING)
        await phone.notified("terminated;reason=deactivated")
        await phone.stop()
        await self.is_sent_away(alice)
        phone = await self.is_served(alice)
        await self.logged(LANDING, "sip-proxied", alice, to=HOME)
        await self.assert_they_meet(phone)
        self.assertIsNone(watcher.has_seen_go(alice))


if __name__ == "__main__":
    unittest.main()
