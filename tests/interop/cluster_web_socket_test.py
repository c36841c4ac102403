"""Users over WebSocket who are another server's: told by `<close see-other-uri/>` (RFC 7395 section
3.6.1), or relayed."""

import functools
import re
import unittest

import xmpp_js_desk
from cluster_case import HOME, LANDING, ClusterCase
from web_socket import CLOSE, PATH, WebSocket
from xmpp_js_desk import XmppJs

HTTP = ("--http", "127.0.0.1:0")


class WebClusterCase(ClusterCase):
    OPTIONS = (*ClusterCase.OPTIONS, *HTTP)

    def socket_at(self, server, tls=False):
        return WebSocket(self, self.address_of(server, "http"), tls)

    def uri_of(self, server, scheme="ws"):
        host, port = self.address_of(server, "http")
        return f"{scheme}://{host}:{port}{PATH}"

    async def authenticated(self, user, server, tls=False):
        """A stream at a server on which a resource may be asked for."""
        socket = await self.socket_at(server, tls).open()
        self.assertEqual("success", await socket.authenticate(user))
        await socket.features()
        return socket

    async def told(self, socket):
        """The URI by which the server sends on who binds."""
        return self.uri_in(await socket.bind())

    def uri_in(self, message):
        return re.fullmatch("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'"
                            " see-other-uri='([^']*)'/>", message)[1]

    async def sent_on(self, user):
        """Once she was told at the landing server, and has closed her side."""
        socket = await self.authenticated(user, LANDING)
        self.assertEqual(self.uri_of(HOME), await self.told(socket))
        socket.send(CLOSE)
        self.assertEqual(1000, await socket.end())

    async def assert_they_write(self, desk, jid=None):
        """A desk, or a raw session of that address."""
        if jid is None:
            return await super().assert_they_write(desk)
        self.bob.write(jid, "hello")
        await desk.until("<body>hello</body>")
        desk.send(f"<message xmlns='jabber:client' to='{self.bob.jid}' type='chat'>"
                  "<body>hello yourself</body></message>")
        self.assertEqual("hello yourself", await self.bob.read(jid))


class SeeOtherUriTest(WebClusterCase):
    async def test_who_follows_is_served_there(self):
        alice = self.account("alice")
        await self.sent_on(alice)
        there = await self.socket_at(HOME).open()
        await there.log_in(alice)
        await self.assert_served_by(HOME, alice)
        await self.assert_they_write(there, f"{alice}/web")

    async def test_who_has_tls_is_told_where_there_is_tls(self):
        socket = await self.authenticated(self.account("alice"), LANDING, tls=True)
        self.assertEqual(self.uri_of(HOME, "wss"), await self.told(socket))

    async def test_who_asks_as_in_the_paper_is_told_the_uri(self):
        socket = await self.authenticated(self.account("alice"), LANDING, tls=True)
        socket.send("<iq xmlns='jabber:client' type='get' id='r'>"
                    "<redirection xmlns='urn:muster:presence-cluster:1'/></iq>")
        self.assertIn(f">{self.uri_of(HOME, 'wss')}</redirection>", await socket.next())

    async def test_who_does_not_close_is_closed(self):
        socket = await self.authenticated(self.account("alice"), LANDING)
        await self.told(socket)
        self.assertEqual(1000, await socket.end())

    async def test_who_comes_back_is_served_where_she_landed(self):
        alice = self.account("alice")
        await self.sent_on(alice)
        socket = await self.socket_at(LANDING).open()
        await socket.log_in(alice)
        await self.assert_served_by(LANDING, alice)
        self.assert_not_logged(LANDING, "xmpp-relayed")
        await self.assert_they_write(socket, f"{alice}/web")

    async def test_who_comes_back_is_relayed_to_where_she_has_another_desk(self):
        alice = self.account("alice")
        await self.slixmpp(alice, HOME)
        await self.sent_on(alice)
        # Her other desk came to her server from the same address, and by itself: so that server
        # takes this one for who follows, and has it told once more.
        socket = await self.authenticated(alice, LANDING)
        self.assertEqual(self.uri_of(HOME), await self.told(socket))
        await self.logged(LANDING, "xmpp-relayed", alice, to=HOME)
        socket.send(CLOSE)
        self.assertEqual(1000, await socket.end())
        socket = await self.socket_at(LANDING).open()
        await socket.log_in(alice)
        await self.assert_served_by(HOME, alice)
        await self.assert_they_write(socket, f"{alice}/web")
        socket.send(CLOSE)
        await socket.until("^<close ")
        self.assertEqual(1000, await socket.end())

    async def test_who_is_moved_in_mid_session_is_told(self):
        alice = self.account("alice")
        socket = await self.socket_at(HOME).open()
        await socket.log_in(alice)
        await self.assert_served_by(HOME, alice)
        await self.drain(HOME)
        self.assertEqual(self.uri_of(LANDING), self.uri_in(await socket.until("^<close ")))
        socket.send(CLOSE)
        there = await self.socket_at(LANDING).open()
        await there.log_in(alice)
        await self.assert_served_by(LANDING, alice)


class XmppJsWebTest(WebClusterCase):
    """@xmpp/client, which knows see-other-host and no see-other-uri: it comes back to where it
    first went."""

    @classmethod
    def setUpClass(cls):
        xmpp_js_desk.install()

    async def test_it_comes_back_and_is_served_where_it_landed(self):
        alice = self.account("alice")
        kind = functools.partial(XmppJs, certificate=self.data / "tls.pem",
                                 service=f"ws://{{}}{PATH}")
        desk = kind(f"{alice}/web", self.address_of(LANDING, "http"))
        self.addAsyncCleanup(desk.leave)
        await desk.arrive()
        await self.logged(LANDING, "xmpp-redirected", alice, to=HOME)
        landing = self.uri_of(LANDING).partition("://")[2]
        self.assertEqual([landing, landing], desk.connected)
        await self.assert_served_by(LANDING, alice)
        await self.assert_they_meet(desk)


class NoWebSocketThereTest(WebClusterCase):
    """Her server has no WebSocket: she is told nothing, and relayed at once."""

    def join(self, name, *options):
        self.OPTIONS = ClusterCase.OPTIONS + (HTTP if name == LANDING else ())
        return super().join(name, *options)

    async def test_who_can_go_nowhere_is_relayed(self):
        alice = self.account("alice")
        socket = await self.socket_at(LANDING).open()
        await socket.log_in(alice)
        await self.logged(LANDING, "xmpp-relayed", alice, to=HOME)
        self.assert_not_logged(LANDING, "xmpp-redirected")
        await self.assert_served_by(HOME, alice)
        await self.assert_they_write(socket, f"{alice}/web")


if __name__ == "__main__":
    unittest.main()
