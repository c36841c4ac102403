"""@xmpp/client, which goes where it is sent: at the stream's opening, and in mid-session."""

import functools
import unittest

import xmpp_js_desk
from cluster_case import HOME, LANDING, ClusterCase
from xmpp_js_desk import XmppJs


class XmppJsTest(ClusterCase):
    @classmethod
    def setUpClass(cls):
        xmpp_js_desk.install()

    def name_of(self, server):
        host, port = self.address_of(server)
        return f"{host}:{port}"

    async def xmpp_js(self, user, at, resource="desk"):
        kind = functools.partial(XmppJs, certificate=self.data / "tls.pem")
        return await self.desk(kind, user, at, resource)

    async def test_it_goes_where_it_is_sent(self):
        alice = self.account("alice")
        for _ in range(2):
            desk = await self.xmpp_js(alice, LANDING)
            self.assertEqual([self.name_of(LANDING), self.name_of(HOME)], desk.connected)
            await self.assert_served_by(HOME, alice)
            await self.assert_they_meet(desk)
            await desk.leave()
            await self.bob.see(desk.jid, kind="unavailable")

    async def test_it_is_moved_in_mid_session_and_nobody_sees_it(self):
        alice = self.account("alice")
        desk = await self.xmpp_js(alice, HOME)
        await self.assert_they_meet(desk)
        await self.drain(HOME)
        self.assertEqual("online", await desk.is_back())
        self.assertEqual([self.name_of(HOME), self.name_of(LANDING)], desk.connected)
        await self.assert_served_by(LANDING, alice)
        await self.assert_empty(HOME)
        # Behind it the server may be ended, and nobody notices.
        self.assertEqual(0, await self.ended(HOME))
        await self.assert_they_meet_still(desk)
        self.assertEqual(2, len(desk.connected))


if __name__ == "__main__":
    unittest.main()
