"""What all servers of a service make of one secret, which is in their store."""

import base64
import re
import unittest

import digest
import server as servers
import wire
from cluster_case import HOME, LANDING, ClusterCase


class SecretTest(ClusterCase):
    OPTIONS = ("--log-level", "debug")  # nobody is made an account of

    async def wire(self, at, protocol):
        return await wire.Wire(self, self.address_of(at, protocol)).open()

    async def test_a_phone_that_is_sent_on_need_not_prove_itself_anew(self):
        user = self.account("alice")
        proof = []

        async def register(phone, call):
            phone.send(digest.request_text("REGISTER", user, servers.DOMAIN, *proof, "Expires: 60",
                                           "Contact: <sip:alice@127.0.0.1;transport=tcp>",
                                           call=call, sequence=len(call)))
            return await phone.message()
        phone = await self.wire(LANDING, "sip")
        challenge = digest.challenges(await register(phone, "c"))["SHA-256"]
        proof.append(digest.authorization(challenge, "REGISTER", f"sip:{servers.DOMAIN}", "alice",
                                          servers.PASSWORD))
        sent_on = await register(phone, "cc")
        self.assertEqual(302, sent_on.status)
        there = await self.wire(HOME, "sip")
        self.assertIn(f":{there.address[1]}", sent_on.header("Contact"))
        self.assertEqual(200, (await register(there, "ccc")).status)

    async def test_nobody_learns_from_two_servers_who_is_not_there(self):
        async def salt_of(name, at):
            stream = await self.wire(at, "xmpp")
            stream.send(wire.STREAM)
            await stream.read_until("</stream:features>")
            first = base64.b64encode(f"n,,n={name},r=nonce".encode()).decode()
            stream.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
                        f" mechanism='SCRAM-SHA-256'>{first}</auth>")
            challenge = await stream.read_until("</challenge>")
            said = base64.b64decode(re.search(">([^<]+)</challenge>", challenge)[1]).decode()
            return re.search(",s=([^,]+)", said)[1]
        self.account("alice")
        for name in ("alice", "nobody"):
            salts = {await salt_of(name, at) for at in (LANDING, HOME)}
            self.assertEqual(1, len(salts), name)


if __name__ == "__main__":
    unittest.main()
