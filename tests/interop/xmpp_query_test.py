"""What the server answers about itself, and accounts made in band."""

import unittest

from slixmpp.exceptions import IqError

import server as servers
from case import Case, within
from wire import xmpp_stream
from xmpp import Session, befriend, log_in


class AboutTest(Case):
    async def test_version(self):
        session = await log_in(self, self.account("alice"))
        answer = await within(session["xep_0092"].get_version(servers.DOMAIN), "the version")
        self.assertEqual(answer["software_version"]["name"], "muster")
        self.assertTrue(answer["software_version"]["version"])

    async def test_ping(self):
        session = await log_in(self, self.account("alice"))
        await within(session["xep_0199"].send_ping(servers.DOMAIN), "the answer to a ping")
        await within(session["xep_0199"].send_ping(session.boundjid.bare), "her own")

    async def test_what_the_server_can(self):
        session = await log_in(self, self.account("alice"))
        answer = await within(session["xep_0030"].get_info(servers.DOMAIN), "disco#info")
        identities = {identity[:2] for identity in answer["disco_info"]["identities"]}
        self.assertIn(("server", "im"), identities)
        self.assertLessEqual(
            {"http://jabber.org/protocol/disco#info", "jabber:iq:version", "urn:xmpp:ping",
             "jabber:iq:register"}, set(answer["disco_info"]["features"]))
        answer = await within(session["xep_0030"].get_items(servers.DOMAIN), "disco#items")
        self.assertEqual(answer["disco_items"]["items"], set())

    async def test_what_nobody_knows(self):
        session = await log_in(self, self.account("alice"))
        query = session.make_iq_get("urn:unheard-of", servers.DOMAIN)
        with self.assertRaises(IqError) as refusal:
            await within(query.send(), "an answer")
        self.assertEqual(refusal.exception.condition, "service-unavailable")

    async def test_a_query_between_users(self):
        # Only from who shares presence (RFC 6121 section 8.5.3.1).
        a, b = await befriend(self)
        await within(a["xep_0199"].send_ping(b.boundjid.full), "bob's answer")
        stranger = await log_in(self, self.account("carol"))
        for jid in (b.boundjid.full, f"{b.boundjid.bare}/nowhere", "nobody@localhost/desk"):
            with self.subTest(jid), self.assertRaises(IqError) as refusal:
                await within(stranger["xep_0199"].send_ping(jid), "an answer")
            self.assertEqual(refusal.exception.condition, "service-unavailable")

    async def test_who_binds_a_resource_that_is_taken(self):
        alice = self.account("alice")
        first, second = await log_in(self, alice), await log_in(self, alice)
        self.assertEqual(second.boundjid.full, f"{alice}/desk")
        error = await first.inbox.take(lambda stanza: stanza.name == "error", "a stream error")
        self.assertEqual(error["condition"], "conflict")
        await within(second["xep_0199"].send_ping(servers.DOMAIN), "the answer to a ping")


class RegistrationTest(Case):
    """XEP-0077, in development mode. slixmpp 1.8.3 keeps its requests until it has logged in."""

    async def register(self, name, password):
        """The server's answer to who asks for an account."""
        wire = await xmpp_stream(self, tls=True)
        wire.send("<iq type='get' id='form'><query xmlns='jabber:iq:register'/></iq>")
        self.assertRegex(await wire.read_until("</iq>"), "<username/>.*<password/>")
        wire.send(f"<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>{name}"
                  f"</username><password>{password}</password></query></iq>")
        return await wire.read_until("<iq[^>]*/>|</iq>")

    async def test_an_account_of_ones_own(self):
        self.assertRegex(await self.register("newcomer", "new password"), "type=['\"]result")
        await log_in(self, "newcomer@localhost", password="new password")

    async def test_a_name_that_is_taken(self):
        alice = self.account("alice")
        answer = await self.register(alice.partition("@")[0], "new password")
        self.assertIn("<conflict", answer)
        await log_in(self, alice)

    async def test_a_new_password_and_the_end_of_an_account(self):
        alice = self.account("alice")
        session = await log_in(self, alice)
        await within(session["xep_0077"].change_password("another", jid=servers.DOMAIN),
                     "the answer to the change")
        session = await log_in(self, alice, "laptop", password="another")
        await within(session["xep_0077"].cancel_registration(jid=servers.DOMAIN), "the answer")
        again = Session(f"{alice}/desk", "another")
        self.addAsyncCleanup(again.close)
        self.assertEqual(await again.open(self.server.xmpp[0]), "failed_all_auth")


class ProductionTest(Case):
    make_server = staticmethod(servers.production_server)

    async def test_nobody_makes_an_account(self):
        # Over TLS: in clear even a server that makes accounts would make none.
        wire = await xmpp_stream(self, tls=True)
        self.assertIn("<mechanism>", wire.features)
        self.assertNotIn("<register", wire.features)
        wire.send("<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>eve</username>"
                  "<password>eve's password</password></query></iq>")
        answer = await wire.read_until("</iq>")
        self.assertRegex(answer, "<iq[^>]* type=['\"]error")
        self.assertIn("<service-unavailable ", answer)
        eve = Session("eve@localhost/desk", "eve's password", self.server.certificate)
        self.addAsyncCleanup(eve.close)
        self.assertEqual(await eve.open(self.server.xmpp[0]), "failed_all_auth")


if __name__ == "__main__":
    unittest.main()
