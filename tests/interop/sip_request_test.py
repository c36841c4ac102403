"""SIP requests and their answers: what is refused, and how."""

import unittest

import pidf
import server as servers
from case import Case
from digest import challenges, prove
from sip import request
from wire import Wire

CONTACT = "Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>"
PRESENCE = "Event: presence"


class RefusalTest(Case):
    async def test_invite_is_not_allowed(self):
        alice, bob = self.account("alice"), self.account("bob")
        response = await request(self, "INVITE", alice, bob, CONTACT, status=405)
        allowed = {method.strip() for method in response.header("Allow").split(",")}
        self.assertNotIn("INVITE", allowed)
        self.assertLessEqual({"REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "OPTIONS"}, allowed)

    async def test_an_unknown_event(self):
        alice, bob = self.account("alice"), self.account("bob")
        response = await request(self, "SUBSCRIBE", alice, bob, CONTACT, "Event: dialog",
                                 status=489)
        self.assertEqual(response.header("Allow-Events"), "presence")
        response = await request(self, "PUBLISH", alice, alice, "Event: dialog", status=489)
        self.assertEqual(response.header("Allow-Events"), "presence")

    async def test_times_that_are_too_short(self):
        alice, bob = self.account("alice"), self.account("bob")
        for method, receiver, headers, body in (
                ("SUBSCRIBE", bob, (CONTACT, PRESENCE, "Expires: 1"), ""),
                ("REGISTER", alice, (CONTACT, "Expires: 1"), ""),
                ("PUBLISH", alice, (*pidf.HEADERS, "Expires: 1"),
                 pidf.document(alice, "t", "open"))):
            with self.subTest(method):
                response = await request(self, method, alice, receiver, *headers, body=body,
                                         status=423)
                self.assertEqual(response.header("Min-Expires"), "60")

    async def test_nobody(self):
        alice = self.account("alice")
        await request(self, "SUBSCRIBE", alice, "nobody@localhost", CONTACT, PRESENCE,
                      "Expires: 300", status=404)
        await request(self, "SUBSCRIBE", alice, "bob@elsewhere.example", CONTACT, PRESENCE,
                      "Expires: 300", status=404)

    async def test_a_message_to_nobody_or_to_somebody_who_is_not_there(self):
        # Strangers need not know which of the first two it is.
        for receiver, status in (("nobody@localhost", 480), (self.account("bob"), 480),
                                 ("bob@elsewhere.example", 404)):
            with self.subTest(receiver):
                await request(self, "MESSAGE", self.account("alice"), receiver,
                              "Content-Type: text/plain", body="hello?", status=status)

    async def test_a_body_that_is_no_document(self):
        alice = self.account("alice")
        await request(self, "PUBLISH", alice, alice, *pidf.HEADERS, "Expires: 300",
                      body="<presence>", status=400)
        response = await request(self, "PUBLISH", alice, alice, PRESENCE, "Expires: 300",
                                 "Content-Type: text/html", body="<p>", status=415)
        self.assertEqual(response.header("Accept"), "application/pidf+xml")

    async def test_an_etag_that_nobody_was_given(self):
        alice = self.account("alice")
        await request(self, "PUBLISH", alice, alice, PRESENCE, "Expires: 300",
                      "SIP-If-Match: unheard-of", status=412)

    async def test_an_extension_that_is_not_known(self):
        alice, bob = self.account("alice"), self.account("bob")
        response = await request(self, "SUBSCRIBE", alice, bob, CONTACT, PRESENCE,
                                 "Require: x-unknown", status=420)
        self.assertEqual(response.header("Unsupported"), "x-unknown")

    async def test_what_the_server_can(self):
        alice = self.account("alice")
        response = await request(self, "OPTIONS", alice, alice, target="localhost")
        self.assertIn("SUBSCRIBE", response.header("Allow"))
        self.assertEqual(response.header("Allow-Events"), "presence")


class DigestTest(Case):
    """Not in development mode: who sends a request must prove it (RFC 8760)."""

    make_server = staticmethod(servers.production_server)

    async def wire(self, tls):
        address = self.server.sips[0] if tls else self.server.sip[0]
        return await Wire(self, address).open(tls)

    async def test_sha_256_is_offered_before_md5(self):
        alice, bob = self.account("alice"), self.account("bob")
        for transport in ("u1", "t1"):
            response = await request(self, "SUBSCRIBE", alice, bob, CONTACT, PRESENCE,
                                     transport=transport, status=401)
            offers = challenges(response)
            self.assertEqual(list(offers), ["SHA-256", "MD5"])
            self.assertEqual([offer["realm"] for offer in offers.values()], ["localhost"] * 2)

    async def test_the_right_password(self):
        alice, bob = self.account("alice"), self.account("bob")
        contact = "Contact: <sip:phone@127.0.0.1:5060;transport=tcp>"
        for method, receiver, headers, body in (
                ("SUBSCRIBE", bob, (contact, PRESENCE, "Expires: 0"), ""),
                ("REGISTER", alice, (contact, "Expires: 300"), ""),
                ("PUBLISH", alice, (*pidf.HEADERS, "Expires: 300"),
                 pidf.document(alice, "t", "open"))):
            for algorithm in ("SHA-256", "MD5"):
                for tls in (False, True):
                    with self.subTest(method, algorithm=algorithm, tls=tls):
                        response = await prove(
                            await self.wire(tls), algorithm, method, alice, receiver, *headers,
                            body=body, password=servers.PASSWORD)
                        self.assertEqual(response.status, 200, response)

    async def test_a_wrong_password_and_an_unknown_user_are_told_the_same(self):
        told = [
            await prove(await self.wire(tls=True), "SHA-256", "REGISTER", address, address,
                        "Expires: 300", password=password)
            for address, password in ((self.account("alice"), "open sesam"),
                                      ("nobody@localhost", servers.PASSWORD))]
        self.assertEqual([message.status for message in told], [401, 401])
        self.assertEqual(*([line.split(":")[0] for line in message.lines] for message in told))

    async def test_nobody_speaks_for_another(self):
        alice, bob = self.account("alice"), self.account("bob")
        for method, headers in (("PUBLISH", (*pidf.HEADERS, "Expires: 300")),
                                ("REGISTER", ("Expires: 300",))):
            with self.subTest(method):
                response = await prove(await self.wire(tls=False), "SHA-256", method, alice, bob,
                                       *headers, password=servers.PASSWORD)
                self.assertEqual(response.status, 403, response)

    async def test_an_account_may_be_without_sip(self):
        alice = self.account("alice", "--no-sip")
        response = await prove(await self.wire(tls=False), "SHA-256", "REGISTER", alice, alice,
                               "Expires: 300", password=servers.PASSWORD)
        self.assertEqual(response.status, 401, response)


if __name__ == "__main__":
    unittest.main()
