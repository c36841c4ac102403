"""What an XMPP user learns of one who is present by SIP."""

import unittest

import pidf
import server as servers
from case import Case
from digest import prove, response_text
from sip import Sipp, free_port, request, watch
from wire import Wire
from xmpp import log_in

CONTACT = "Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>"


class PhoneTest(Case):
    async def friends(self, *options):
        """alice's session, which may see bob, and bob's address."""
        alice, bob = self.account("alice"), self.account("bob", "--policy", "allow")
        session = await log_in(self, alice)
        session.send_presence(pto=bob, ptype="subscribe")
        await session.presence(bob, "subscribed")
        return session, bob

    async def publish(self, address, *headers, **options):
        response = await request(self, "PUBLISH", address, address, *pidf.HEADERS[:1], *headers,
                                 **options)
        return response.header("SIP-ETag")

    async def test_subscribe_and_approve_by_the_operator(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        session.send_presence(pto=bob, ptype="subscribe")
        await session.roster_push(bob, "none")
        self.allow(alice, bob)
        await session.presence(bob, "subscribed")
        await session.roster_push(bob, "to")

    async def test_refused_by_policy(self):
        alice, bob = self.account("alice"), self.account("bob", "--policy", "deny")
        session = await log_in(self, alice)
        session.send_presence(pto=bob, ptype="subscribe")
        await session.presence(bob, "unsubscribed")

    async def test_publish_modify_refresh_and_remove(self):
        session, bob = await self.friends()
        etag = await self.publish(bob, pidf.HEADERS[1], "Expires: 300",
                                  body=pidf.document(bob, "ID-phone", "open", "at the phone"))
        seen = await session.presence(bob, "available")
        self.assertEqual(seen["status"], "at the phone")
        self.assertEqual(seen["from"].resource, "phone")
        etag = await self.publish(bob, pidf.HEADERS[1], "Expires: 300", f"SIP-If-Match: {etag}",
                                  body=pidf.document(bob, "ID-phone", "open", "<&> ü"))
        seen = await session.presence(bob, "available")
        self.assertEqual(seen["status"], "<&> ü")
        etag = await self.publish(bob, "Expires: 300", f"SIP-If-Match: {etag}")
        await self.publish(bob, "Expires: 0", f"SIP-If-Match: {etag}")
        gone = await session.presence(bob)
        self.assertEqual((gone["type"], gone["from"].resource), ("unavailable", "phone"))

    async def test_closed_is_unavailable(self):
        session, bob = await self.friends()
        etag = await self.publish(bob, pidf.HEADERS[1], "Expires: 300",
                                  body=pidf.document(bob, "t", "open"))
        await session.presence(bob, "available")
        await self.publish(bob, pidf.HEADERS[1], "Expires: 300", f"SIP-If-Match: {etag}",
                           body=pidf.document(bob, "t", "closed"))
        await session.presence(bob, "unavailable")

    async def test_activities_become_show(self):
        session, bob = await self.friends()
        for activity, show in (("away", "away"), ("busy", "dnd")):
            with self.subTest(activity):
                body = pidf.document(bob, "t", "open").replace(
                    "</presence>",
                    f"<dm:person xmlns:dm='{pidf.NAMESPACES['dm']}'"
                    f" xmlns:rpid='{pidf.NAMESPACES['rpid']}' id='p'><rpid:activities>"
                    f"<rpid:{activity}/></rpid:activities></dm:person></presence>")
                pidf.parse(body)
                await self.publish(bob, pidf.HEADERS[1], "Expires: 300", body=body)
                await session.presence(bob, show)

    async def test_a_phone_that_registers_is_there(self):
        session, bob = await self.friends()
        port = free_port("127.0.0.1")
        for expires, kind in ((300, "available"), (0, "unavailable")):
            await request(self, "REGISTER", bob, bob, CONTACT, f"Expires: {expires}", port=port,
                          target="localhost")
            await session.presence(bob, kind)

    async def test_a_login_finds_who_is_there_already(self):
        session, bob = await self.friends()
        await self.publish(bob, pidf.HEADERS[1], "Expires: 300",
                           body=pidf.document(bob, "ID-phone", "open", "here"))
        laptop = await log_in(self, session.boundjid.bare, "laptop")
        seen = await laptop.presence(bob, "available")
        self.assertEqual(seen["status"], "here")


class ExpiryTest(Case):
    @staticmethod
    def make_server():
        return servers.production_server(
            '[limits]\nexpires_min = "1 s"\nnotify_interval_min = "0 s"\n')

    async def ask(self, wire, method, sender, receiver, *headers, **options):
        return await prove(wire, "SHA-256", method, sender, receiver, "Event: presence", *headers,
                           password=servers.PASSWORD, **options)

    async def told(self, wire, basics):
        """Answers NOTIFYs until one has these."""
        while True:
            notify = await wire.message()
            wire.send(response_text(notify, "200 OK"))
            if pidf.basics(notify.body) == basics:
                return

    async def test_a_publication_that_is_not_refreshed_ends(self):
        alice, bob = (self.account(name, "--policy", "allow") for name in ("alice", "bob"))
        session = await log_in(self, alice)
        session.send_presence(pto=bob, ptype="subscribe")
        await session.presence(bob, "subscribed")
        watcher, phone = [await Wire(self, self.server.sip[0]).open() for _ in range(2)]
        response = await self.ask(watcher, "SUBSCRIBE", alice, bob, "Expires: 300",
                                  "Contact: <sip:phone@127.0.0.1:5060;transport=tcp>")
        self.assertEqual(response.status, 200, response)
        await self.told(watcher, ["closed"])
        response = await self.ask(phone, "PUBLISH", bob, bob, pidf.HEADERS[1], "Expires: 1",
                                  body=pidf.document(bob, "ID-phone", "open"))
        self.assertEqual((response.status, response.header("Expires")), (200, "1"), response)
        await self.told(watcher, ["open"])
        await session.presence(f"{bob}/phone", "available")
        await session.presence(f"{bob}/phone", "unavailable")
        await self.told(watcher, ["closed"])
        response = await self.ask(phone, "PUBLISH", bob, bob, "Expires: 1",
                                  f"SIP-If-Match: {response.header('SIP-ETag')}")
        self.assertEqual(response.status, 412, response)


class BetweenPhonesTest(Case):
    async def test_a_watcher_sees_what_is_published(self):
        alice, bob = self.account("alice", "--policy", "allow"), self.account("bob")
        watcher = await watch(self, bob, alice)
        await watcher.notified("active", "closed")
        await request(self, "PUBLISH", alice, alice, *pidf.HEADERS, "Expires: 300",
                      body=pidf.document(alice, "t", "open", "here"))
        notify = await watcher.notified("active", "here")
        self.assertEqual(pidf.basics(notify.body), ["open"])

    async def test_a_session_and_a_publication_are_one_document(self):
        alice, bob = self.account("alice", "--policy", "allow"), self.account("bob")
        await log_in(self, alice)
        await request(self, "PUBLISH", alice, alice, *pidf.HEADERS, "Expires: 300",
                      body=pidf.document(alice, "t", "closed", "in the car"))
        notify = await (await watch(self, bob, alice)).notified("active", "in the car")
        self.assertEqual(sorted(pidf.basics(notify.body)), ["closed", "open"])

    async def test_refresh_and_end_of_a_subscription(self):
        alice, bob = self.account("alice", "--policy", "allow"), self.account("bob")
        for transport in ("u1", "t1"):
            with self.subTest(transport):
                leaver = Sipp(self, "leave", sender=bob, presentity=alice, transport=transport)
                await leaver.start()
                await leaver.done()


if __name__ == "__main__":
    unittest.main()
