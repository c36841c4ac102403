"""What a SIP watcher learns of an XMPP user."""

import unittest

import pidf
from case import Case
from sip import watch
from xmpp import log_in


class WatchTest(Case):
    async def test_she_answers_then_he_is_told(self):
        alice, bob = self.account("alice"), self.account("bob")
        session = await log_in(self, alice)
        watcher = await watch(self, bob, alice)
        await watcher.notified("pending")
        await session.presence(bob, "subscribe")
        session.send_presence(pto=bob, ptype="subscribed")
        notify = await watcher.notified("active", "open")
        self.assertEqual(pidf.basics(notify.body), ["open"])


if __name__ == "__main__":
    unittest.main()
