"""Too much of something, and what is no protocol at all: the peer is told or dropped; the server
lives and serves the others."""

import json
import os
import random
import socket

import programs
import sip
import xmpp

SEED = os.environ.get("MUSTER_GARBAGE_SEED") or str(random.SystemRandom().randrange(1 << 32))

UPGRADE = (b"GET /xmpp-websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
           b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Protocol: xmpp\r\nSec-WebSocket-Version: 13\r\n\r\n")


class Case(programs.Case):
    def is_closed(self, link):
        """Reads what comes, until the peer closes."""
        link.settimeout(programs.PATIENCE_S)
        try:
            while link.recv(65536):
                pass
        except ConnectionError:
            pass
        return True

    def has_closed(self, link, sent):
        """Whether the peer has closed, when something more is sent."""
        try:
            link.sendall(sent)
            link.settimeout(0.05)
            return not link.recv(65536)
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def connect(self, address, source="127.0.0.1"):
        link = socket.create_connection(address, programs.PATIENCE_S, (source, 0))
        self.addCleanup(link.close)
        return link

    def phone(self, server, user):
        phone = sip.Phone(server.sip[0], user)
        self.addCleanup(phone.close)
        return phone

    def stream(self, server, name=None):
        stream = xmpp.Stream(server.xmpp[0])
        self.addCleanup(stream.close)
        if name is not None:
            self.assertTrue(stream.log_in(name))
        return stream

    def tearDown(self):
        for server in self.servers:
            self.assertTrue(server.is_alive(), server.log()[-2000:])

    def assert_serves(self, server):
        self.assertTrue(server.is_alive(), server.log()[-2000:])
        self.assertTrue(self.stream(server).features.tag.endswith("features"))
        self.assertEqual(200, self.phone(server, "x@localhost").ask("OPTIONS").status)

    def control(self, server):
        peer = socket.socket(socket.AF_UNIX)
        self.addCleanup(peer.close)
        peer.settimeout(programs.PATIENCE_S)
        peer.connect(server.where["control"])
        return peer

    def limited(self, limits):
        return self.serve("run", "--config", self.configure(limits))


class LinksTest(Case):
    """listen.links_per_address_max"""

    def test_links_of_one_address(self):
        server = self.limited("links_per_address_max = 4\n")
        streams = [self.stream(server) for _ in range(2)]
        links = [self.connect(server.sip[0]) for _ in range(2)]
        self.assertTrue(all(map(self.is_served, links)))
        for address in (server.xmpp[0], server.sip[0], server.sips[0]):
            self.assertTrue(self.is_closed(self.connect(address)))
        elsewhere = xmpp.Stream(server.xmpp[0], source=("127.0.0.2", 0))
        self.addCleanup(elsewhere.close)
        streams[0].close()
        programs.until(lambda: self.is_served(self.connect(server.sip[0])), "room for another")

    @staticmethod
    def is_served(link):
        """Whether a SIP link answers a ping (RFC 5626 section 3.5.1)."""
        try:
            link.sendall(b"\r\n\r\n")
            return link.recv(10) == b"\r\n"
        except ConnectionError:
            return False


class TooMuchTest(Case):
    def test_a_stanza(self):
        server = self.develop()
        self.add("alice@localhost")
        self.add("bob@localhost")
        alice, bob = self.stream(server, "alice"), self.stream(server, "bob")
        bob.send("<presence/>")
        bob.read_until(lambda s: s.tag == xmpp.PRESENCE)
        for size, is_too_much in ((250 << 10, False), (260 << 10, True)):
            text = "x" * size
            alice.send(f"<message to='bob@localhost/r' type='chat'><body>{text}</body></message>")
            if not is_too_much:
                self.assertEqual(text, bob.read_until(lambda s: s.tag == xmpp.MESSAGE)[0].text)
        last = alice.read_to_the_end()[-1]
        self.assertEqual("policy-violation", xmpp.condition_of(last, xmpp.STREAM_ERRORS))
        self.assertTrue(alice.closed_in_order)
        self.assertEqual("result", bob.ask("get", "<ping xmlns='urn:xmpp:ping'/>").get("type"))

    def test_a_sip_message(self):
        server = self.develop()
        phone = self.phone(server, "alice@localhost")
        self.assertEqual(513, phone.ask("OPTIONS", ["X-Much: " + "x" * (17 << 10)]).status)
        self.assertEqual(200, phone.ask("OPTIONS", ["X-Much: " + "x" * (15 << 10)]).status)
        link = self.connect(server.sip[0])
        link.sendall(b"MESSAGE sip:a@localhost SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;"
                     b"branch=z9hG4bKx\r\nFrom: <sip:b@localhost>;tag=1\r\nTo: <sip:a@localhost>"
                     b"\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
                     b"Content-Type: text/plain\r\nContent-Length: 70000\r\n\r\n" + bytes(70000))
        self.assertTrue(link.recv(4096).startswith(b"SIP/2.0 413 "))
        self.assert_serves(server)

    def test_time(self):
        server = self.limited('[limits]\nlogin_time_max = "1 s"\nsip_message_time_max = "1 s"\n')
        slow = self.stream(server)
        error = slow.read_to_the_end()[-1]
        self.assertEqual("connection-timeout", xmpp.condition_of(error, xmpp.STREAM_ERRORS))
        self.assertTrue(slow.closed_in_order)
        half = self.connect(server.sip[0])
        half.sendall(b"OPTIONS sip:localhost SIP/2.0\r\nVia: ")
        self.assertTrue(self.is_closed(half))
        # What never has an empty line is half a message too, however it goes on.
        for garbage in (b"\0" * 1000, b"hello\r\nhow are you?\r\n", b"\xff\n\n\xfe\r\r"):
            link = self.connect(server.sip[0])
            link.sendall(garbage)
            self.assertTrue(self.is_closed(link))
        dripping = self.connect(server.sip[0])
        programs.until(lambda: self.has_closed(dripping, b"x\r\n"), "the end of a slow peer")
        silent = self.connect(server.xmpp[0])
        self.assertTrue(self.is_closed(silent))
        unfinished = self.connect(server.sips[0])
        unfinished.sendall(b"\x16\x03\x01")
        self.assertTrue(self.is_closed(unfinished))

    def test_peers_of_the_control_socket(self):
        server = self.develop()
        peers = []
        for _ in range(32):
            peers.append(self.control(server))
            peers[-1].sendall(b'{"do":"describe"}\n')
            self.assertEqual("service", json.loads(peers[-1].recv(65536))["told"])
        self.assertEqual({"told": "refused", "why": "too_busy"},
                         json.loads(self.control(server).recv(65536)))
        peers.pop().close()
        programs.until(lambda: programs.ask("muster", "user", "list", "--data",
                                            self.data).returncode == 0, "room for another")


class SilentPhone(sip.Phone):
    """Takes NOTIFYs and never answers."""

    def answer(self, request, to):
        pass


class SilenceTest(Case):
    TIMER_F_S = 32  # RFC 3261 section 17.1.2.2

    def test_a_watcher_that_never_answers_is_let_go(self):
        server = self.develop("--allow-all-watchers")
        self.add("alice@localhost")
        self.add("bob@localhost")
        silent = SilentPhone(server.sip[0], "bob@localhost")
        self.addCleanup(silent.close)
        began = silent.watch("alice@localhost")
        self.assertEqual(200, began.status)
        first = silent.notified()
        again = silent.notified()
        self.assertEqual(first.headers["via"], again.headers["via"], "a NOTIFY is sent again")
        # Others hear of her meanwhile.
        phone = self.phone(server, "bob@localhost")
        self.assertEqual(200, phone.watch("alice@localhost").status)
        self.assertIn("closed", phone.notified().body.decode())
        self.stream(server, "alice").send("<presence/>")
        self.assertIn("open", phone.notified().body.decode())

        def is_gone():
            silent.hear(lambda _: False)
            return silent.watch("alice@localhost", dialog=began).status == 481
        programs.until(is_gone, "the end of the subscription",
                       self.TIMER_F_S + programs.PATIENCE_S)
        self.assertEqual(200, phone.ask("OPTIONS").status)


class GarbageTest(Case):
    """What is none of the protocols, on every port."""

    def setUp(self):
        super().setUp()
        self.server = self.develop()
        self.draw = random.Random(SEED)
        print(f"MUSTER_GARBAGE_SEED={SEED}", flush=True)

    def garbage(self):
        draw = self.draw
        return draw.choice([
            draw.randbytes(draw.randrange(1, 3000)),
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", UPGRADE,
            UPGRADE + draw.randbytes(draw.randrange(1, 3000)),
            UPGRADE + b"\x81\x85\0\0\0\0<?xml\x82\x80",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + draw.randbytes(500),
            b"\0" * 1000, b"\r\n" * 500, b"<" * 500, b"<?xml version='1.0'?><a>" + b"<b>" * 1000,
            b"\xff\xfe<\0s\0t\0r\0e\0a\0m\0", b"INVITE\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n",
        ])

    def test_every_port(self):
        server = self.server
        for address in (*server.xmpp, *server.sip, *server.sips, *server.http):
            for _ in range(40):
                link = self.connect(address)
                try:
                    link.sendall(self.garbage())
                    if self.draw.random() < 0.5:
                        link.shutdown(socket.SHUT_WR)
                        self.is_closed(link)
                except ConnectionError:
                    pass  # it did not want more
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            for _ in range(500):
                datagrams.sendto(self.garbage(), server.sip[0])
            datagrams.sendto(b"", server.sip[0])
        self.assert_serves(server)
        self.assertRegex(server.log(), r"sip-dropped: .*not_sip \d+")

    def test_the_control_socket(self):
        for line in (b"\n", b"{}\n", b"[]\n", b"null\n", b'{"do":7}\n', b'{"do":"fly"}\n',
                     b'{"do":"list"}\n',
                     b'{"do":"list","domain":"localhost","after":"","limit":-1}\n',
                     b'{"do":"add","account":"a@localhost","policy":"ask","credentials":{}}\n',
                     b'{"do":"watchers","account":"localhost"}\n', b"\xff\xfe\n",
                     b"[" * 60000 + b"\n", b"x" * 70000):
            with self.subTest(line[:40]):
                peer = self.control(self.server)
                peer.sendall(line)
                self.assertEqual({"told": "refused", "why": "malformed"},
                                 json.loads(peer.recv(65536)))
                self.assertTrue(self.is_closed(peer))
        self.assert_serves(self.server)

    def mutated(self, data):
        data = bytearray(data)
        for _ in range(self.draw.randrange(1, 6)):
            place = self.draw.randrange(len(data))
            what = self.draw.randrange(4)
            if what == 0:
                data[place] = self.draw.randrange(256)
            elif what == 1:
                del data[place:place + self.draw.randrange(1, 20)]
            elif what == 2:
                data[place:place] = data[place:place + self.draw.randrange(1, 40)]
            else:
                data[place:place] = self.draw.choice([b"\r\n", b";", b",", b"<", b">", b'"', b"%",
                                                      b"@", b":", b"\0", b"99999999999999999999"])
        return bytes(data)

    def test_almost_sip(self):
        self.add("alice@localhost")
        requests = []
        for method, headers, body in (
                ("SUBSCRIBE", ["Event: presence", "Expires: 600"], ""),
                ("PUBLISH", ["Event: presence", "Content-Type: application/pidf+xml"],
                 sip.pidf("alice@localhost", "n")),
                ("REGISTER", ["Expires: 60"], ""), ("OPTIONS", [], ""),
                ("MESSAGE", ["Content-Type: text/plain"], "hello")):
            lines = [f"{method} sip:alice@localhost SIP/2.0",
                     "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx;rport",
                     "From: <sip:alice@localhost>;tag=f", "To: <sip:alice@localhost>",
                     "Call-ID: c", f"CSeq: 1 {method}", "Max-Forwards: 70",
                     "Contact: <sip:alice@127.0.0.1:9>;q=0.5", *headers,
                     f"Content-Length: {len(body)}", "", body]
            requests.append("\r\n".join(lines).encode())
        link = self.connect(self.server.sip[0])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.bind(("127.0.0.1", 0))
            for number in range(2000):
                request = self.draw.choice(requests).replace(b"z9hG4bKx", b"z9hG4bK%d" % number)
                request = request.replace(b"Call-ID: c", b"Call-ID: c%d" % number)
                datagrams.sendto(self.mutated(request), self.server.sip[0])
                if number % 10 == 0:
                    try:
                        link.sendall(self.mutated(request))
                    except ConnectionError:
                        link = self.connect(self.server.sip[0])
        self.assert_serves(self.server)

    def test_almost_xmpp(self):
        self.add("alice@localhost")
        stanzas = [
            xmpp.roster_set("b@localhost", "b").join(["<iq type='set' id='1'>", "</iq>"]),
            "<presence to='b@localhost' type='subscribe'><status>x</status></presence>",
            "<message to='alice@localhost/r' type='chat'><body>x &amp; y</body></message>",
            "<iq type='get' id='2' to='localhost'><query xmlns="
            "'http://jabber.org/protocol/disco#info'/></iq>",
            "<presence><show>away</show><priority>1</priority></presence>"]
        for number in range(100):
            stream = self.stream(self.server, "alice")
            try:
                for _ in range(10):
                    stream.send(self.mutated(self.draw.choice(stanzas).encode()))
                stream.send("</stream:stream>")
                stream.socket.shutdown(socket.SHUT_WR)
                stream.read_to_the_end()
            except xmpp.ElementTree.ParseError:
                self.fail("the server does not write XML")
            except (xmpp.Ended, OSError):
                pass  # it did not want more
            stream.close()
        self.assert_serves(self.server)
