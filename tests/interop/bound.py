"""A peer whose TLS is OpenSSL's own (python3-openssl), with every channel binding that it has, and
SCRAM bound to it (RFC 5802, 7677, 5929, 9266): Python's ssl and slixmpp know tls-unique alone."""

import base64
import hashlib
import hmac
import re
import secrets
import socket
import struct

from OpenSSL import SSL

import server as servers
import web_socket
from wire import STREAM

VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}
HASHES = {"SCRAM-SHA-256-PLUS": "sha256", "SCRAM-SHA-1-PLUS": "sha1"}
SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"


def encoded(data):
    return base64.b64encode(data).decode()


class BoundStream:
    """An XMPP stream over TLS on which nobody has logged in. `features` were read."""

    def __init__(self, case, version="1.3", tls="direct"):
        self.text = ""
        self.socket = socket.create_connection(self._address(case), servers.PATIENCE_S)
        case.addCleanup(self.socket.close)
        # A time that OpenSSL heeds: Python's own would make the socket one that does not block.
        self.socket.settimeout(None)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                               struct.pack("ll", servers.PATIENCE_S, 0))
        if tls == "starttls":
            self.link = self.socket
            self.send(STREAM)
            self.read_until("</stream:features>")
            self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            self.read_until("<proceed[^>]*>")
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(VERSIONS[version])
        context.set_max_proto_version(VERSIONS[version])
        context.load_verify_locations(str(case.server.certificate))
        context.set_verify(SSL.VERIFY_PEER)
        self.link = SSL.Connection(context, self.socket)
        self.link.set_tlsext_host_name(servers.DOMAIN.encode())
        self.link.set_connect_state()
        self.link.do_handshake()
        self._open()
        self.features = self.read_until("</stream:features>")

    def _address(self, case):
        return case.server.xmpp[0]

    def _open(self):
        self.send(STREAM)

    def _receive(self):
        """Some of the stream; "" at its end."""
        return self.link.recv(65536).decode()

    def send(self, text):
        self.link.sendall(text.encode())

    def read_until(self, pattern):
        while not (found := re.search(pattern, self.text, re.DOTALL)):
            data = self._receive()
            if not data:
                raise AssertionError(f"closed before {pattern!r}; there is: {self.text!r}")
            self.text += data
        taken, self.text = self.text[:found.end()], self.text[found.end():]
        return taken

    def bindings(self):
        """The types that the server offers (XEP-0440)."""
        return re.findall("<channel-binding type='([^']*)'", self.features)

    def binding(self, kind):
        if kind == "tls-exporter":
            return self.link.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
        if kind == "tls-unique":
            return self.link.get_finished()
        # The certificate is signed by a hash that is SHA-256 (RFC 5929 section 4.1).
        digest = self.link.get_peer_certificate().digest("sha256").decode()
        return bytes.fromhex(digest.replace(":", ""))

    def log_in(self, jid, mechanism, kind, data=None):
        """How SCRAM bound to `kind` ends: "success", or the condition of its failure."""
        name = HASHES[mechanism]

        def mac(key, text):
            return hmac.new(key, text.encode(), name).digest()
        gs2 = f"p={kind},,"
        bare = f"n={jid.partition('@')[0]},r={secrets.token_hex(12)}"
        self.send(f"<auth {SASL} mechanism='{mechanism}'>{encoded((gs2 + bare).encode())}</auth>")
        first = self._answer("challenge")
        if not isinstance(first, bytes):
            return first
        said = dict(field.split("=", 1) for field in first.decode().split(","))
        bound = encoded(gs2.encode() + (self.binding(kind) if data is None else data))
        without_proof = f"c={bound},r={said['r']}"
        signed = ",".join([bare, first.decode(), without_proof])
        salted = hashlib.pbkdf2_hmac(name, servers.PASSWORD.encode(),
                                     base64.b64decode(said["s"]), int(said["i"]))
        key = mac(salted, "Client Key")
        signature = mac(hashlib.new(name, key).digest(), signed)
        proof = encoded(bytes(a ^ b for a, b in zip(key, signature)))
        self.send(f"<response {SASL}>{encoded(f'{without_proof},p={proof}'.encode())}</response>")
        last = self._answer("success")
        if not isinstance(last, bytes):
            return last
        if last.decode() != "v=" + encoded(mac(mac(salted, "Server Key"), signed)):
            raise AssertionError("the server does not know the password")
        return "success"

    def _answer(self, hoped):
        said = self.read_until(r"</(challenge|success|failure)>|<(challenge|success)[^>]*/>")
        if found := re.search(f"<{hoped}[^>]*>([^<]*)<", said):
            return base64.b64decode(found[1])
        return re.search(r"<failure[^>]*><([\w-]+)", said)[1]


class BoundWebSocket(BoundStream):
    """The same over WebSocket."""

    def _address(self, case):
        return case.server.wss[0]

    def _open(self):
        self.data = b""
        self.link.sendall(web_socket.request().encode())
        while b"\r\n\r\n" not in self.data:
            self.data += self.link.recv(65536)
        self.data = self.data.partition(b"\r\n\r\n")[2]
        self.send(web_socket.OPEN)

    def send(self, text):
        self.link.sendall(web_socket.frame(web_socket.TEXT, text))

    def _receive(self):
        while not (taken := web_socket.take_frame(self.data)):
            self.data += self.link.recv(65536)
        opcode, payload, self.data = taken
        return payload.decode() if opcode == web_socket.TEXT else ""
