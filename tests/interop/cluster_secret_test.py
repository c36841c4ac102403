"""What all servers of a service make of one secret, which is in their store."""

import base64
import re
import unittest

import wire
from cluster_case import HOME, LANDING, ClusterCase


class SecretTest(ClusterCase):
    OPTIONS = ("--log-level", "debug")  # nobody is made an account of

    async def test_nobody_learns_from_two_servers_who_is_not_there(self):
        async def salt_of(name, at):
            stream = await wire.Wire(self, self.address_of(at)).open()
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
