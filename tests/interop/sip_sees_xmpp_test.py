"""What a SIP watcher learns of an XMPP user."""

import unittest

import pidf
from case import Case
from sip import Sipp, request, watch
from watcher import Watcher
from xmpp import log_in


def person_activities(text):
    """The names of the activities (RFC 4480) that a document has."""
    found = pidf.parse(text).iterfind(".//rpid:activities/*", pidf.NAMESPACES)
    return [activity.tag.rpartition("}")[2] for activity in found]


class AnswerTest(Case):
    """A watcher whom the presentity does not know yet (RFC 8048 section 5.3)."""

    async def test_pending_then_active(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        watcher = await watch(self, bob, alice)
        notify = await watcher.notified("pending")
        self.assertNotIn("open", notify.body)
        await session.presence(bob, "subscribe")
        session.send_presence(pto=bob, ptype="subscribed")
        notify = await watcher.notified("active", "open")
        self.assertEqual(pidf.basics(notify.body), ["open"])
        self.assertEqual(pidf.parse(notify.body).get("entity"), f"pres:{alice}")

    async def test_pending_then_refused(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        watcher = await watch(self, bob, alice)
        await watcher.notified("pending")
        await session.presence(bob, "subscribe")
        session.send_presence(pto=bob, ptype="unsubscribed")
        notify = await watcher.notified("terminated")
        self.assertIn("reason=rejected", notify.header("Subscription-State"))
        await watcher.done()

    async def test_revoked(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        watcher = await watch(self, bob, alice)
        await session.presence(bob, "subscribe")
        session.send_presence(pto=bob, ptype="subscribed")
        await watcher.notified("active", "open")
        session.send_presence(pto=bob, ptype="unsubscribed")
        notify = await watcher.notified("terminated")
        self.assertIn("reason=rejected", notify.header("Subscription-State"))
        await watcher.done()

    async def test_the_question_waits_for_a_login(self):
        alice, bob = self.account("alice"), self.account("bob")
        watcher = await watch(self, bob, alice)
        await watcher.notified("pending")
        session = await log_in(self, alice)
        await session.presence(bob, "subscribe")
        session.send_presence(pto=bob, ptype="subscribed")
        await watcher.notified("active", "open")

    async def test_the_operator_may_answer(self):
        alice, bob = self.account("alice"), self.account("bob")
        watcher = await watch(self, bob, alice)
        await watcher.notified("pending")
        self.allow(bob, alice)
        notify = await watcher.notified("active")
        self.assertEqual(pidf.basics(notify.body), ["closed"])

    async def test_the_end_of_a_subscription_revokes_nothing(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        await watch(self, bob, alice)
        await session.presence(bob, "subscribe")
        session.send_presence(pto=bob, ptype="subscribed")
        leaver = Sipp(self, "leave", sender=bob, presentity=alice)
        await leaver.start()
        await leaver.done()
        again = await watch(self, bob, alice)
        await again.notified("active", "open")

    async def test_a_policy_answers_at_once(self):
        bob = self.account("bob")
        allowing = self.account("alice", "--policy", "allow")
        await (await watch(self, bob, allowing)).notified("active", "closed")
        denying = self.account("alice", "--policy", "deny")
        await request(self, "SUBSCRIBE", bob, denying, "Event: presence", "Expires: 300",
                      "Contact: <sip:[local_ip]:[local_port]>", status=403)


class PresenceTest(Case):
    """RFC 8048 section 6.2: presence stanzas become PIDF that a stock validator accepts."""

    async def watched(self, **options):
        """A session of alice, and bob's phone, which was told that she is there."""
        alice, bob = self.account("alice", "--policy", "allow"), self.account("bob")
        session = await log_in(self, alice)
        watcher = await watch(self, bob, alice, **options)
        await watcher.notified("active", "open")
        return session, watcher

    async def test_the_resource_names_the_tuple(self):
        session = await log_in(self, self.account("alice", "--policy", "allow"))
        watcher = await watch(self, self.account("bob"), session.boundjid.bare)
        document = pidf.parse((await watcher.notified("active", "open")).body)
        identity = document.find("p:tuple", pidf.NAMESPACES).get("id")
        self.assertEqual(identity, "ID-desk")

    async def test_away(self):
        await self.check_show("away", "out for lunch", ["away"])

    async def test_xa(self):
        await self.check_show("xa", "日曜日", ["away"])

    async def test_dnd(self):
        await self.check_show("dnd", "<&>\"'", ["busy"])

    async def test_chat(self):
        await self.check_show("chat", "come in", [])

    async def check_show(self, show, status, activities):
        session, watcher = await self.watched()
        session.send_presence(pshow=show, pstatus=status)
        notify = await watcher.notified("active", "note")
        self.assertEqual(pidf.basics(notify.body), ["open"])
        self.assertIn(status, pidf.notes(notify.body))
        self.assertEqual(person_activities(notify.body), activities)
        shows = [e.text for e in pidf.parse(notify.body).iter("{jabber:client}show")]
        self.assertEqual(shows, [show])

    async def test_offline(self):
        session, watcher = await self.watched()
        session.send_presence(ptype="unavailable")
        notify = await watcher.notified("active", "closed")
        self.assertEqual(set(pidf.basics(notify.body)), {"closed"})

    async def test_two_sessions_are_two_tuples(self):
        session, watcher = await self.watched()
        await log_in(self, session.boundjid.bare, "laptop")
        notify = await watcher.notified("active", "laptop")
        self.assertEqual(pidf.basics(notify.body), ["open", "open"])

    async def test_a_fetch_is_answered_once(self):
        alice = self.account("alice", "--policy", "allow")
        await log_in(self, alice)
        watcher = await watch(self, self.account("bob"), alice, expires=0)
        notify = await watcher.notified("terminated")
        self.assertEqual(pidf.basics(notify.body), ["open"])
        await watcher.done()

    async def test_over_udp_and_tcp_by_ipv4_and_ipv6(self):
        for transport, address in (
                (transport, address) for transport in ("u1", "t1") for address in self.server.sip):
            with self.subTest(transport, address=address):
                session, watcher = await self.watched(transport=transport, address=address)
                session.send_presence(ptype="unavailable")
                await watcher.notified("active", "closed")

    async def test_a_long_document_leaves_over_tcp_where_it_is_taken(self):
        # RFC 3261 section 18.1.1; and back to UDP where nobody listens.
        session = await log_in(self, self.account("alice", "--policy", "allow"))
        session.send_presence(pstatus="short")
        long = "so long a status " * 90
        for takes_connections, transport in ((True, "TCP"), (False, "UDP")):
            with self.subTest(transport):
                watcher = await Watcher(self).open(takes_connections)
                watcher.subscribe(self.account("bob"), session.boundjid.bare)
                self.assertEqual(await watcher.notified("short"), "UDP")
                session.send_presence(pstatus=long)
                self.assertEqual(await watcher.notified(long), transport)
                session.send_presence(pstatus="short")
                self.assertEqual(await watcher.notified("short"), "UDP")


if __name__ == "__main__":
    unittest.main()
