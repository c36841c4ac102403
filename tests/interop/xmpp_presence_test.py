"""What XMPP users see of one another."""

import unittest

from case import Case, within
from xmpp import befriend, log_in


class SubscriptionTest(Case):
    """RFC 6121 section 3."""

    async def test_subscribe_and_approve(self):
        alice, bob = self.account("alice"), self.account("bob")
        a, b = await log_in(self, alice), await log_in(self, bob)
        a.send_presence(pto=bob, ptype="subscribe")
        await a.roster_push(bob, "none")
        await b.presence(alice, "subscribe")
        b.send_presence(pto=alice, ptype="subscribed")
        await b.roster_push(alice, "from")
        await a.presence(bob, "subscribed")
        await a.roster_push(bob, "to")
        await a.presence(f"{bob}/desk", "available")

    async def test_subscribe_and_refuse(self):
        alice, bob = self.account("alice"), self.account("bob")
        a, b = await log_in(self, alice), await log_in(self, bob)
        a.send_presence(pto=bob, ptype="subscribe")
        await b.presence(alice, "subscribe")
        b.send_presence(pto=alice, ptype="unsubscribed")
        await a.presence(bob, "unsubscribed")
        b.send_presence(pshow="away")
        await b.presence(f"{bob}/desk", "away")
        await a.nothing_from(bob, after=b)

    async def test_a_request_waits_for_the_next_login(self):
        alice, bob = self.account("alice"), self.account("bob")
        a = await log_in(self, alice)
        a.send_presence(pto=bob, ptype="subscribe")
        await a.roster_push(bob, "none")
        b = await log_in(self, bob)
        await b.presence(alice, "subscribe")

    async def test_unsubscribe_and_revoke(self):
        a, b = await befriend(self)
        alice, bob = a.boundjid.bare, b.boundjid.bare
        a.send_presence(pto=bob, ptype="unsubscribe")
        await b.presence(alice, "unsubscribe")
        await a.presence(f"{bob}/desk", "unavailable")
        await a.roster_push(bob, "from")
        b.send_presence(pto=alice, ptype="unsubscribe")
        await b.presence(f"{alice}/desk", "unavailable")
        await b.roster_push(alice, "none")

    async def test_removing_a_contact_ends_both_subscriptions(self):
        a, b = await befriend(self)
        alice, bob = a.boundjid.bare, b.boundjid.bare
        await within(a.del_roster_item(bob), "the answer to the removal")
        await a.roster_push(bob, "remove")
        await b.presence(alice, "unsubscribe")
        await b.presence(alice, "unsubscribed")
        await b.roster_push(alice, "none")


class BroadcastTest(Case):
    """RFC 6121 section 4."""

    async def test_each_show_with_its_status(self):
        a, b = await befriend(self)
        for show, status in (("away", "out for lunch"), ("dnd", "Bitte nicht stören"),
                             ("xa", "日曜日"), ("chat", "<&>\"'"), (None, None)):
            with self.subTest(show):
                b.send_presence(pshow=show, pstatus=status)
                seen = await a.presence(b.boundjid.full, show or "available")
                self.assertEqual(seen["status"], status or "")

    async def test_priority_and_extensions_come_as_they_were_sent(self):
        a, b = await befriend(self)
        b.send_raw("<presence><priority>-5</priority>"
                   "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:n' ver='v'/>"
                   "</presence>")
        seen = await a.presence(b.boundjid.full)
        self.assertEqual(seen["priority"], -5)
        self.assertEqual(
            seen.xml.find("{http://jabber.org/protocol/caps}c").attrib,
            {"hash": "sha-1", "node": "urn:n", "ver": "v"})

    async def test_offline_says_why(self):
        a, b = await befriend(self)
        b.send_presence(ptype="unavailable", pstatus="gone home")
        seen = await a.presence(b.boundjid.full, "unavailable")
        self.assertEqual(seen["status"], "gone home")

    async def test_the_end_of_the_stream_is_unavailable(self):
        a, b = await befriend(self)
        await b.close()
        await a.presence(b.boundjid.full, "unavailable")

    async def test_who_logs_in_sees_who_is_there(self):
        a, b = await befriend(self)
        alice, bob = a.boundjid.bare, b.boundjid.bare
        b.send_presence(pshow="dnd", pstatus="busy")
        await a.presence(b.boundjid.full, "dnd")
        laptop = await log_in(self, alice, "laptop")
        seen = await laptop.presence(f"{bob}/desk")
        self.assertEqual((seen["type"], seen["status"]), ("dnd", "busy"))
        await a.presence(f"{alice}/laptop", "available")
        await b.presence(f"{alice}/laptop", "available")

    async def test_directed_presence_goes_to_a_stranger_and_ends_with_the_session(self):
        alice, bob = self.account("alice"), self.account("bob")
        a, b = await log_in(self, alice), await log_in(self, bob)
        b.send_presence(pto=f"{alice}/desk", pshow="chat")
        await a.presence(f"{bob}/desk", "chat")
        await b.close()
        await a.presence(f"{bob}/desk", "unavailable")


class RosterTest(Case):
    """RFC 6121 section 2."""

    async def test_set_push_and_get(self):
        alice = self.account("alice")
        desk, laptop = await log_in(self, alice), await log_in(self, alice, "laptop")
        await within(desk.update_roster("bob@localhost", name="Bob ö", groups=["a & b", "c"]),
                     "the answer to the set")
        await laptop.roster_push("bob@localhost", "none")
        roster = (await within(laptop.ask_roster(""), "the roster"))["roster"]
        item = roster["items"]["bob@localhost"]
        self.assertEqual((item["name"], sorted(item["groups"])), ("Bob ö", ["a & b", "c"]))

    async def test_a_known_version_gets_only_what_changed(self):
        session = await log_in(self, self.account("alice"))
        await within(session.update_roster("bob@localhost", name="Bob"), "the answer to the set")
        version = (await session.roster_push("bob@localhost", "none"))["roster"]["ver"]
        self.assertTrue(version)
        answer = await within(session.ask_roster(version), "the roster")
        self.assertIsNone(answer.xml.find("{jabber:iq:roster}query"))
        # An unknown version: the whole roster.
        answer = await within(session.ask_roster("never heard of"), "the roster")
        self.assertEqual(list(answer["roster"]["items"]), ["bob@localhost"])
        self.assertEqual(answer["roster"]["ver"], version)


if __name__ == "__main__":
    unittest.main()
