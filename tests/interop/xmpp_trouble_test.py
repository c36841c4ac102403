"""Peers that send what is wrong, half of something, or nothing any more."""

import asyncio
import pathlib
import sys
import unittest

import server as servers
from case import Case
from sip import watch
from wire import STREAM, Wire, xmpp_session, xmpp_stream
from xmpp import log_in


class BadXmlTest(Case):
    """Each gets its stream error (RFC 6120 section 4.9), and nobody else notices."""

    BAD = {
        "<presence></message>": "not-well-formed",
        "<presence><show>away</presence>": "not-well-formed",
        "<presence><show>away</presence></show>": "not-well-formed",
        "<presence a='1' a='2'/>": "not-well-formed",
        "<x:presence/>": "not-well-formed",
        "<presence>\0</presence>": "not-well-formed",
        "<presence>&nbsp;</presence>": "restricted-xml",
        "<!-- comment -->": "restricted-xml",
        "<?target data?>": "restricted-xml",
        "<!DOCTYPE p [<!ENTITY e 'x'>]>": "restricted-xml",
        "between stanzas": "bad-format",
        "<nonsense xmlns='jabber:client'/>": "unsupported-stanza-type",
        "<presence xmlns='urn:elsewhere'/>": "unsupported-stanza-type",
    }

    async def test_each_stream_error(self):
        other = await log_in(self, self.account("bob"))
        for sent, condition in self.BAD.items():
            with self.subTest(sent):
                wire = await xmpp_session(self, self.account("alice"))
                wire.send(sent)
                said = await wire.rest()
                self.assertRegex(said, f"<stream:error><{condition}[ />].*</stream:stream>$")
                await other.plugin["xep_0199"].ping(servers.DOMAIN)

    async def test_before_the_login(self):
        for sent in ("<presence/>",
                     "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"):
            with self.subTest(sent):
                wire = await xmpp_stream(self)
                wire.send(sent)
                self.assertIn("<not-authorized", await wire.rest())

    async def test_a_stream_header_that_is_wrong(self):
        for sent, condition in (
                (STREAM.replace("localhost", "elsewhere.example"), "host-unknown"),
                (STREAM.replace("etherx.jabber.org", "elsewhere"), "invalid-namespace"),
                ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "not-well-formed"),
                ("OPTIONS sip:localhost SIP/2.0\r\n\r\n", "not-well-formed")):
            with self.subTest(sent):
                wire = await Wire(self, self.server.xmpp[0]).open()
                wire.send(sent)
                self.assertIn(f"<{condition}", await wire.rest())

    async def test_a_stanza_that_is_too_long(self):
        wire = await xmpp_session(self, self.account("alice"))
        wire.send("<presence><status>" + "x" * (300 << 10) + "</status></presence>")
        self.assertIn("<policy-violation", await wire.rest())


class HalfStanzaTest(Case):
    async def test_half_a_stanza_counts_for_nothing(self):
        bob = self.account("bob")
        session = await log_in(self, bob)
        wire = await xmpp_session(self, self.account("alice"))
        wire.send(f"<message to='{bob}' type='chat'><body>half</body>")
        wire.writer.write_eof()
        await wire.rest()
        wire = await xmpp_session(self, self.account("carol"))
        wire.send(f"<message to='{bob}' type='chat'><body>whole</body></message>")
        message = await session.inbox.take(lambda stanza: stanza.name == "message", "a message")
        self.assertEqual(message["body"], "whole")

    async def test_the_other_half_may_come_later(self):
        wire = await xmpp_session(self, self.account("alice"))
        stanza = "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>"
        for byte in stanza:
            wire.send(byte)
        await wire.read_until("<iq [^>]*type=['\"]result['\"]")


# A process of its own: a session that sees its own presence come back waits for its death.
LONE_SESSION = """
import asyncio, sys
from xmpp import Session

async def run(host, port, jid, password):
    session = Session(jid, password)
    assert await session.open((host, int(port))) == "session_start"
    session.send_presence()
    await session.presence(session.boundjid.full, "available")
    await asyncio.Event().wait()
asyncio.run(run(*sys.argv[1:]))
"""


class VanishTest(Case):
    async def watched(self):
        """An account that bob's session and carol's phone watch."""
        alice, bob, carol = (self.account(name, "--policy", "allow")
                             for name in ("alice", "bob", "carol"))
        session = await log_in(self, bob)
        session.send_presence(pto=alice, ptype="subscribe")
        await session.presence(alice, "subscribed")
        watcher = await watch(self, carol, alice)
        await watcher.notified("active")
        return alice, session, watcher

    async def test_a_connection_that_is_reset(self):
        alice, session, watcher = await self.watched()
        wire = await xmpp_session(self, alice)
        await session.presence(f"{alice}/wire", "available")
        await watcher.notified("active", "open")
        wire.vanish()
        await session.presence(f"{alice}/wire", "unavailable")
        await watcher.notified("active", "closed")

    async def test_a_process_that_is_killed(self):
        alice, session, watcher = await self.watched()
        host, port = self.server.xmpp[0]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", LONE_SESSION, host, str(port), f"{alice}/desk",
            servers.PASSWORD, cwd=pathlib.Path(__file__).parent,
            stderr=asyncio.subprocess.DEVNULL)
        try:
            await session.presence(f"{alice}/desk", "available")
            await watcher.notified("active", "open")
        finally:
            process.kill()
        await session.presence(f"{alice}/desk", "unavailable")
        await watcher.notified("active", "closed")
        await process.wait()


class ProductionTest(Case):
    make_server = staticmethod(servers.production_server)

    async def test_nobody_logs_in_without_tls(self):
        wire = await Wire(self, self.server.xmpp[0]).open()
        wire.send(STREAM)
        features = await wire.read_until("</stream:features>")
        self.assertIn("<required/>", features)
        self.assertNotIn("<mechanism>", features)
        wire.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>")
        await wire.read_until("<encryption-required/>")

    async def test_nothing_sent_before_tls_counts_behind_it(self):
        wire = await xmpp_stream(self)
        wire.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + STREAM)
        self.assertNotIn("<mechanism>", await wire.rest())

    async def test_garbage_in_place_of_tls(self):
        wire = await xmpp_stream(self)
        wire.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        await wire.read_until("<proceed[^>]*>")
        wire.send("no hello\r\n" * 10)
        await wire.rest()


if __name__ == "__main__":
    unittest.main()
