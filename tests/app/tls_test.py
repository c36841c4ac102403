"""What a peer says before TLS begins, and what it is given for it: by ALPN (RFC 7301, XEP-0368) the
service that it means, by SNI (RFC 6066) the certificate of the domain that it means."""

import socket
import ssl

import programs

OTHER = "chat.example.org"
STREAM = ("<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client'"
          " xmlns:stream='http://etherx.jabber.org/streams'>")

# RFC 7301 section 3.2: an alert, alone in its record, fatal, 120; and then nothing.
NO_APPLICATION_PROTOCOL = rb"^\x15\x03.\x00\x02\x02\x78$"


class TlsCase(programs.Case):
    """Its server has two domains, each with a certificate of its own."""

    def setUp(self):
        super().setUp()
        programs.make_certificate(self.folder, OTHER)
        path = self.configure(f'[[domain]]\nname = "{OTHER}"\ncertificate = "{OTHER}.crt"\n'
                              f'key = "{OTHER}.key"\n')
        self.server = self.serve("run", "--config", path)

    def connect(self, address):
        peer = socket.create_connection(address, programs.PATIENCE_S)
        self.addCleanup(peer.close)
        return peer

    def rules(self, offered=()):
        """Of a peer that trusts either certificate, for any name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        for domain in ("localhost", OTHER):
            context.load_verify_locations(self.folder / f"{domain}.crt")
        if offered:
            context.set_alpn_protocols(offered)
        return context

    def secure(self, peer, name=None, offered=()):
        """TLS over the connection."""
        secured = self.rules(offered).wrap_socket(peer, server_hostname=name)
        self.addCleanup(secured.close)
        return secured


class ProtocolTest(TlsCase):
    def chosen(self, address, *offered):
        return self.secure(self.connect(address), "localhost", offered).selected_alpn_protocol()

    def answer(self, address, *offered):
        """All that comes for a ClientHello: Python has no name for the alert."""
        nothing, hello = ssl.MemoryBIO(), ssl.MemoryBIO()
        with self.assertRaises(ssl.SSLWantReadError):
            self.rules(offered).wrap_bio(nothing, hello, server_hostname="localhost").do_handshake()
        peer = self.connect(address)
        peer.sendall(hello.read())
        return b"".join(iter(lambda: peer.recv(1000), b""))

    def test_ours_is_taken_wherever_it_stands(self):
        for address, ours in ((self.server.xmpp[0], "xmpp-client"), (self.server.sips[0], "sip")):
            with self.subTest(ours):
                self.assertEqual(ours, self.chosen(address, ours))
                self.assertEqual(ours, self.chosen(address, "h2", ours, "http/1.1"))

    def test_who_offers_none_is_served(self):
        peer = self.secure(self.connect(self.server.xmpp[0]), "localhost")
        self.assertIsNone(peer.selected_alpn_protocol())
        peer.sendall(STREAM.format("localhost").encode())
        self.assertTrue(peer.recv(1000).startswith(b"<?xml"))

    def test_who_means_another_service_is_refused(self):
        for address, other in ((self.server.xmpp[0], "h2"), (self.server.xmpp[0], "sip"),
                               (self.server.xmpp[0], "xmpp-client2"),
                               (self.server.xmpp[0], "xmpp-clien"),
                               (self.server.sips[0], "xmpp-client")):
            with self.subTest(other):
                self.assertRegex(self.answer(address, other), NO_APPLICATION_PROTOCOL)


class CertificateTest(TlsCase):
    def assert_shown(self, name, peer):
        """The certificate that the peer was shown is that of the domain."""
        expected = ssl.PEM_cert_to_DER_cert((self.folder / f"{name}.crt").read_text("ascii"))
        self.assertEqual(expected, peer.getpeercert(binary_form=True))

    def test_by_the_name_that_the_peer_sends(self):
        for address in (self.server.xmpp[0], self.server.sips[0]):
            for name in ("localhost", OTHER):
                for said in (name, name.upper()):
                    with self.subTest(said, address=address):
                        self.assert_shown(name, self.secure(self.connect(address), said))

    def test_the_first_for_no_name_and_for_one_that_is_not_ours(self):
        for said in (None, "example.org"):
            with self.subTest(said):
                self.assert_shown("localhost",
                                  self.secure(self.connect(self.server.xmpp[0]), said))

    def test_behind_starttls_by_the_stream_unless_a_name_is_sent(self):
        for to, said, shown in ((OTHER, None, OTHER), ("localhost", None, "localhost"),
                                ("localhost", OTHER, OTHER)):
            with self.subTest(to, said=said):
                peer = self.connect(self.server.xmpp[0])
                peer.sendall(STREAM.format(to).encode())
                self.read_until(peer, b"</stream:features>")
                peer.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
                self.read_until(peer, b"tls'/>")
                self.assert_shown(shown, self.secure(peer, said))

    def read_until(self, peer, end):
        text = b""
        while not text.endswith(end):
            data = peer.recv(1000)
            self.assertTrue(data, text)
            text += data
