"""sipp, which goes where a 302 sends it: with its registration, publication and subscription."""

import unittest

import pidf
from cluster_case import HOME, LANDING, ClusterCase
from sip import Sipp, free_port, request

TEXT = "Content-Type: text/plain;charset=UTF-8"
CONTACT = "Contact: <sip:phone@[local_ip]:[local_port]>"


class SippTest(ClusterCase):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.carol = self.account("carol")
        self.home = self.address_of(HOME, "sip")

    async def follow(self, method, *headers, target=None, body="", transport="u1", port=None):
        """A request of carol's about herself, where she lands and then where she is sent."""
        sipp = Sipp(self, "follow", method=method, sender=self.carol, receiver=self.carol,
                    target=target or self.carol, headers="\n".join(headers), body=body,
                    transport=transport, protocol="udp" if transport == "u1" else "tcp", port=port)
        await (await sipp.start()).done()
        await self.assert_served_by(HOME, self.carol)
        sent, accepted = sipp.inbox.items
        host, at = self.home
        self.assertEqual((302, 200), (sent.status, accepted.status))
        self.assertIn(f"{host}:{at}", sent.header("Contact"))
        return accepted

    async def test_register(self):
        port = free_port("127.0.0.1")
        await self.follow("REGISTER", CONTACT, "Expires: 300", target="localhost", port=port)
        self.bob.watch(self.carol)
        await self.bob.see(self.carol)
        phone = await Sipp(self, "receive", method="MESSAGE", port=port).start()
        self.bob.write(self.carol, "hello")
        self.assertEqual("hello", (await phone.request("MESSAGE")).body)
        await phone.done()
        await request(self, "MESSAGE", self.carol, self.bob.user, TEXT, body="hello yourself",
                      address=self.home)
        self.assertEqual("hello yourself", await self.bob.read(self.carol))
        await request(self, "REGISTER", self.carol, self.carol, CONTACT, "Expires: 0",
                      target="localhost", port=port, address=self.home)
        await self.bob.see(self.carol, kind="unavailable")

    async def test_publish(self):
        self.bob.watch(self.carol)
        for transport in ("u1", "tn"):
            with self.subTest(transport):
                document = pidf.document(self.carol, "phone", "open", f"on the phone {transport}")
                await self.follow("PUBLISH", *pidf.HEADERS, "Expires: 300", body=document,
                                  transport=transport)
                await self.bob.see(self.carol, f"on the phone {transport}")

    async def test_subscribe(self):
        watcher = Sipp(self, "follow_and_watch", sender=self.carol, presentity=self.bob.user)
        await watcher.start()
        self.assertEqual([302, 200], [(await watcher.response()).status for _ in range(2)])
        await watcher.notified("active", "open")
        self.bob.show("at lunch")
        await watcher.notified("active", "at lunch")
        await self.assert_served_by(HOME, self.carol)
        await self.bob.leave()
        await watcher.notified("active", "closed")

    async def test_a_server_drains_that_it_is_subscribed_at(self):
        """It is told that it may subscribe anew at once (RFC 6665 section 4.1.3)."""
        watcher, again = (Sipp(self, "follow_and_watch", address=address, sender=self.carol,
                               presentity=self.bob.user) for address in (None, self.home))
        await (await watcher.start()).notified("active", "open")
        await self.assert_served_by(HOME, self.carol)
        await self.drain(HOME)
        await watcher.notified("terminated;reason=deactivated")
        await again.start()
        sent, accepted = [await again.response() for _ in range(2)]
        self.assertEqual((302, 200), (sent.status, accepted.status))
        self.assertIn("%s:%s" % self.address_of(LANDING, "sip"), sent.header("Contact"))
        await again.notified("active", "open")
        self.bob.show("at lunch")
        await again.notified("active", "at lunch")
        await self.assert_served_by(LANDING, self.carol)
        await self.assert_empty(HOME)


if __name__ == "__main__":
    unittest.main()
