"""Who may log in by XMPP, and how."""

import ssl
import unittest

import server as servers
from bound import HASHES, BoundStream
from case import Case
from xmpp import Session, log_in


class ProductionLoginTest(Case):
    """Over TLS only, and with a certificate that is checked."""

    make_server = staticmethod(servers.production_server)

    def session(self, jid, password=servers.PASSWORD, **mechanism):
        session = Session(f"{jid}/desk", password, self.server.certificate, **mechanism)
        self.addAsyncCleanup(session.close)
        return session

    async def test_each_way_to_tls(self):
        for tls in ("starttls", "direct"):
            with self.subTest(tls):
                await log_in(self, self.account("alice"), tls=tls)

    async def test_scram_and_plain(self):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"):
            with self.subTest(mechanism):
                session = self.session(self.account("alice"), use_mech=mechanism)
                session.forget_channel_binding()
                self.assertEqual(await session.open(self.server.xmpp[0]), "session_start")

    async def test_scram_bound_to_the_channel(self):
        # slixmpp knows tls-unique alone, which TLS 1.3 has not.
        for mechanism in ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"):
            for tls in ("starttls", "direct"):
                with self.subTest(mechanism, tls=tls):
                    session = self.session(self.account("alice"), use_mech=mechanism)
                    session.ssl_context.maximum_version = ssl.TLSVersion.TLSv1_2
                    self.assertEqual(await session.open(self.server.xmpp[0], tls), "session_start")

    async def test_a_binding_that_was_cut_from_the_offer_is_noticed(self):
        # RFC 5802 section 6: "y" says that the server seemed to offer no -PLUS; it does.
        session = self.session(self.account("alice"), use_mech="SCRAM-SHA-256")
        self.assertEqual(await session.open(self.server.xmpp[0]), "failed_all_auth")

    async def test_a_session_left_to_itself_finds_a_mechanism(self):
        # Over TLS 1.3 slixmpp 1.8.3 fails by all forms of SCRAM before it tries PLAIN.
        session = self.session(self.account("alice"))
        self.assertEqual(await session.open(self.server.xmpp[0]), "session_start")

    async def test_a_wrong_password_and_an_unknown_user_are_told_the_same(self):
        alice = self.account("alice")
        for jid, password in ((alice, "open sesam"), ("nobody@localhost", servers.PASSWORD)):
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"):
                with self.subTest(jid, mechanism=mechanism):
                    session = self.session(jid, password, use_mech=mechanism)
                    session.forget_channel_binding()
                    self.assertEqual(await session.open(self.server.xmpp[0]), "failed_all_auth")
                    self.assertEqual(session.refusals, ["not-authorized"])


class BoundLoginTest(Case):
    """SCRAM bound to the channel, by each binding of each version of TLS."""

    make_server = staticmethod(servers.production_server)
    BINDINGS = {"1.2": ["tls-exporter", "tls-unique", "tls-server-end-point"],
                "1.3": ["tls-exporter", "tls-server-end-point"]}

    async def test_each_that_is_offered(self):
        alice = self.account("alice")
        for version, kinds in self.BINDINGS.items():
            for tls in ("starttls", "direct"):
                self.assertEqual(BoundStream(self, version, tls).bindings(), kinds)
                for kind in kinds:
                    for mechanism in HASHES:
                        with self.subTest(version=version, tls=tls, kind=kind, by=mechanism):
                            stream = BoundStream(self, version, tls)
                            self.assertEqual(stream.log_in(alice, mechanism, kind), "success")

    async def test_that_of_another_channel(self):
        alice = self.account("alice")
        for version, kind in (("1.2", "tls-exporter"), ("1.2", "tls-unique"),
                              ("1.3", "tls-exporter")):
            with self.subTest(version=version, kind=kind):
                theirs = BoundStream(self, version).binding(kind)
                self.assertEqual(BoundStream(self, version).log_in(
                    alice, "SCRAM-SHA-256-PLUS", kind, theirs), "not-authorized")

    async def test_that_of_another_certificate(self):
        self.assertEqual(BoundStream(self).log_in(
            self.account("alice"), "SCRAM-SHA-256-PLUS", "tls-server-end-point", bytes(32)),
                         "not-authorized")

    async def test_what_is_not_defined_for_the_version(self):
        for kind in ("tls-unique", "tls-of-tomorrow"):
            self.assertEqual(BoundStream(self).log_in(
                self.account("alice"), "SCRAM-SHA-256-PLUS", kind), "not-authorized")


class DevelopmentLoginTest(Case):
    """Without TLS too, by IPv4 and IPv6."""

    async def test_each_address_with_and_without_tls(self):
        for address in self.server.xmpp:
            for tls in ("starttls", "direct", "plain"):
                with self.subTest(tls, address=address):
                    await log_in(self, self.account("alice"), tls=tls, address=address)

    async def test_plain_without_tls(self):
        await log_in(self, self.account("alice"), tls="plain", use_mech="PLAIN",
                     unencrypted_plain=True)


if __name__ == "__main__":
    unittest.main()
