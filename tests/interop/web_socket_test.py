"""XMPP over WebSocket: a real client, and what a browser would not say."""

import functools
import re
import unittest

import bound
import server as servers
import xmpp_js_desk
from case import Case
from web_socket import BINARY, CLOSE, END, OPEN, PATH, PING, PONG, TEXT, WebSocket, frame, request
from xmpp import log_in
from xmpp_js_desk import XmppJs

STREAM_ERROR = "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>"


def web_server():
    return servers.development_server("--http", "127.0.0.1:0")


def secure_server():
    return servers.production_server(
        listen='wss = ["127.0.0.1:0"]\nwss_origins = ["https://chat.example.com"]\n')


class XmppJsTest(Case):
    """@xmpp/client, which speaks WebSocket as it does in a browser."""

    make_server = staticmethod(web_server)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        xmpp_js_desk.install()

    def desk(self, jid, scheme="ws", **more):
        # By the name that the certificate has.
        address = (servers.DOMAIN, self.server.http[0][1])
        desk = XmppJs(f"{jid}/web", address, self.server.data / "tls.pem",
                      service=f"{scheme}://{{}}{PATH}", **more)
        self.addAsyncCleanup(desk.leave)
        return desk

    async def test_it_meets_who_is_on_tcp(self):
        for scheme in ("ws", "wss"):
            with self.subTest(scheme):
                alice, bob = self.account("alice"), self.account("bob")
                b = await log_in(self, bob)
                b.roster.auto_authorize = b.roster.auto_subscribe = True
                desk = self.desk(alice, scheme)
                await desk.arrive()
                b.send_presence(pto=alice, ptype="subscribe")
                await desk.inbox.take(lambda said: said["event"] == "presence"
                                      and said["type"] == "subscribe", "bob's request")
                desk.allow(bob)
                await b.presence(desk.jid, "available")
                desk.watch(bob)
                await desk.see(b.boundjid.full)
                desk.show("in a <meeting> & \N{SNOWMAN}")
                while (await b.presence(desk.jid))["status"] != "in a <meeting> & \N{SNOWMAN}":
                    pass
                b.send_presence(pstatus="at lunch")
                await desk.see(b.boundjid.full, "at lunch")
                b.send_message(mto=desk.jid, mbody="hello" * 20_000, mtype="chat")
                self.assertEqual("hello" * 20_000, await desk.read(b.boundjid.full))
                desk.write(b.boundjid.full, "hello yourself")
                self.assertEqual("hello yourself", (await b.message(desk.jid))["body"])
                await desk.leave()
                await b.presence(desk.jid, "unavailable")

    async def test_a_wrong_password_is_told(self):
        desk = self.desk(self.account("alice"), password="open sesam")
        await desk.start()
        error = await desk.inbox.take(lambda said: said["event"] == "error", "an error")
        self.assertIn("not-authorized", error["text"])


class WebSocketTest(Case):
    make_server = staticmethod(web_server)

    async def socket(self, tls=False):
        return await WebSocket(self, self.server.http[0], tls).open()

    async def test_the_stream_over_ws_and_wss(self):
        for tls in (False, True):
            with self.subTest(tls=tls):
                socket = await self.socket(tls)
                features = await socket.features()
                self.assertRegex(features, "^<stream:features xmlns:stream='http://etherx.*PLAIN")
                self.assertNotIn("starttls", features)  # RFC 7395 section 3.9
                self.assertEqual(tls, "SCRAM-SHA-256-PLUS" in features)
                socket.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
                self.assertEqual("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
                                 await socket.next())
                self.assertEqual(CLOSE, await socket.next())
                self.assertEqual(1000, await socket.end())

    async def test_a_session_ends_as_both_sides_close(self):
        alice, bob = self.account("alice"), self.account("bob")
        b = await log_in(self, bob)
        socket = await (await self.socket()).log_in(alice)
        socket.send(f"<message xmlns='jabber:client' to='{bob}/desk'><body>1</body></message>")
        await b.message(alice)
        socket.send(CLOSE)
        await socket.until("^<close ")
        self.assertEqual(1000, await socket.end())

    async def test_a_stream_that_cannot_be_opened(self):
        for opening, condition in ((OPEN.replace("localhost", "example.org"), "host-unknown"),
                                   (OPEN.replace("xmpp-framing", "other"), "invalid-namespace"),
                                   ("<presence xmlns='jabber:client'/>", "invalid-namespace"),
                                   (CLOSE, "not-well-formed"), (" ", "not-well-formed"),
                                   ("<presence/><presence/>", "not-well-formed"),
                                   ("</stream:stream>", "not-well-formed")):
            with self.subTest(opening):
                socket = await self.socket()
                socket.send(opening)
                # RFC 7395 section 3.5: first the answer to what was opened.
                self.assertRegex(await socket.next(), "^<open .*from='localhost'")
                self.assertRegex(await socket.next(), f"^{STREAM_ERROR}<{condition} ")
                self.assertEqual(CLOSE, await socket.next())
                self.assertEqual(1000, await socket.end())

    async def test_what_is_smuggled_ends_the_stream_and_no_other(self):
        alice, bob = self.account("alice"), self.account("bob")
        b = await log_in(self, bob)
        other = await (await self.socket()).log_in(self.account("carol"))
        said = f"<message xmlns='jabber:client' to='{bob}/desk'><body>smuggled</body></message>"
        for message in (said + said, said + "</stream:stream>", f"<a>{said}", said[:-3],
                        "</stream:stream>" + said, f"hello{said}", OPEN + said,
                        f"<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>{said}"):
            with self.subTest(message):
                socket = await (await self.socket()).log_in(alice)
                socket.send(message)
                await socket.until(f"^{STREAM_ERROR}<bad-format ")
                self.assertEqual(CLOSE, await socket.next())
        other.send(said.replace("smuggled", "honest"))
        self.assertEqual("honest", (await b.inbox.take(
            lambda stanza: stanza.name == "message", "a message"))["body"])

    async def test_frames_that_are_answered(self):
        socket = await self.socket()
        socket.wire.send(frame(PING, b"are you there"))
        self.assertEqual((PONG, b"are you there"), await socket.frame())
        for part in (frame(TEXT, OPEN[:20], fin=False), frame(PING, b""),
                     frame(0, OPEN[20:50], fin=False), frame(0, OPEN[50:])):
            socket.wire.send(part)
        self.assertEqual((PONG, b""), await socket.frame())
        self.assertRegex(await socket.next(), "^<open ")
        await socket.next()
        socket.wire.send(frame(END, (1001).to_bytes(2, "big")))
        self.assertEqual(1001, await socket.end())

    async def test_frames_that_are_refused(self):
        for bytes_, code in ((frame(BINARY, b"x"), 1003), (frame(TEXT, b"\xff"), 1007),
                             (frame(TEXT, b"x" * 300_000), 1009), (frame(3, b""), 1002),
                             (b"\x81\x01x", 1002), (b"\x81\xfe\0\x01\0\0\0\0x", 1002)):
            with self.subTest(bytes_[:20]):
                socket = await self.socket()
                socket.wire.send(bytes_)
                self.assertEqual(code, await socket.end())

    async def test_a_session_is_resumed(self):
        alice, bob = self.account("alice"), self.account("bob")
        b = await log_in(self, bob)
        socket = await (await self.socket()).log_in(alice)
        socket.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        enabled = await socket.until("^<enabled ")
        socket.wire.vanish()
        b.send_message(mto=f"{alice}/web", mbody="meanwhile", mtype="chat")
        again = await self.socket()
        self.assertEqual("success", await again.authenticate(alice))
        await again.features()
        previous = re.search("id='([^']*)'", enabled)[1]
        again.send(f"<resume xmlns='urn:xmpp:sm:3' h='0' previd='{previous}'/>")
        await again.until("^<resumed ")
        await again.until("meanwhile")

    async def test_requests_that_are_refused(self):
        for text, status in ((request("/"), 404), (request(method="POST"), 405),
                             (request(Sec_WebSocket_Version="8"), 426),
                             (request(Upgrade=None), 426), (request(Host=None), 400),
                             (request(Sec_WebSocket_Protocol="chat"), 400),
                             (request(Origin="https://evil.example"), 403),
                             (request(Cookie="x" * 9_000), 431), ("hello\r\n\r\n", 400)):
            with self.subTest(text[:60]):
                found, _ = await WebSocket(self, self.server.http[0]).ask(text)
                self.assertEqual(status, found)
        allowed, _ = await WebSocket(self, self.server.http[0]).ask(
            request(Origin="http://localhost:8080"))
        self.assertEqual(101, allowed)


class SecureTest(Case):
    """musterd run: TLS from the first byte, and a certificate that is checked."""

    make_server = staticmethod(secure_server)

    async def test_who_speaks_in_clear_is_not_heard(self):
        socket = WebSocket(self, self.server.wss[0])
        await socket.wire.open()
        socket.wire.send(request())
        self.assertNotIn("HTTP", await socket.wire.rest())

    async def test_the_pages_that_may_connect(self):
        for origin, status in (("https://localhost", 101), ("https://chat.example.com", 101),
                               (None, 101), ("http://localhost", 403),
                               ("https://example.com", 403), ("null", 403)):
            with self.subTest(origin):
                found, _ = await WebSocket(self, self.server.wss[0], tls=True).ask(
                    request(Origin=origin))
                self.assertEqual(status, found)

    async def test_it_is_found(self):
        for suffix in ("", ".json"):
            socket = WebSocket(self, self.server.wss[0], tls=True)
            status, _ = await socket.ask(request(f"/.well-known/host-meta{suffix}"))
            self.assertEqual(200, status)
            self.assertIn("wss://localhost/xmpp-websocket", await socket.wire.rest())

    def test_scram_bound_to_the_channel(self):
        alice = self.account("alice")
        for kind in ("tls-exporter", "tls-server-end-point"):
            with self.subTest(kind):
                stream = bound.BoundWebSocket(self)
                self.assertIn(kind, stream.bindings())
                self.assertEqual("success", stream.log_in(alice, "SCRAM-SHA-256-PLUS", kind))
        self.assertEqual("not-authorized", bound.BoundWebSocket(self).log_in(
            alice, "SCRAM-SHA-256-PLUS", "tls-exporter", data=b"of another channel"))


if __name__ == "__main__":
    unittest.main()
