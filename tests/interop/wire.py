"""A bare connection: what a broken or hostile peer sends, and what a stock library would not."""

import asyncio
import base64
import re
import socket
import ssl
import struct

import server as servers
from case import within
from sip import Message


class Stream:
    """What comes on a connection. What it read and nobody took is in `text`."""

    def __init__(self, reader=None):
        self.reader = reader
        self.text = ""

    async def read_until(self, pattern):
        """Everything up to and with the next match of the pattern."""
        async def wait():
            while not (found := re.search(pattern, self.text, re.DOTALL)):
                data = await self.reader.read(65536)
                if not data:
                    raise AssertionError(f"closed before {pattern!r}; there is: {self.text!r}")
                self.text += data.decode()
            taken, self.text = self.text[:found.end()], self.text[found.end():]
            return taken
        return await within(wait(), f"{pattern!r}, there is {self.text!r}")

    async def message(self):
        """The next SIP message."""
        head = await self.read_until("\r\n\r\n")
        length = int(re.search(r"(?i)\r\nContent-Length: *(\d+)", head)[1])
        body = await self.read_until(f".{{{length}}}") if length else ""
        return Message((head + body).encode())


class Wire(Stream):
    """A TCP connection to the server, with or without TLS."""

    def __init__(self, case, address):
        super().__init__()
        self.address = address
        self.certificate = case.server.certificate
        self.writer = None
        self.features = ""
        case.addCleanup(lambda: self.writer and self.writer.transport.abort())

    def tls(self):
        if self.certificate:
            return ssl.create_default_context(cafile=self.certificate)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def open(self, tls=False):
        self.reader, self.writer = await within(asyncio.open_connection(
            *self.address, ssl=self.tls() if tls else None,
            server_hostname=servers.DOMAIN if tls else None), "a connection")
        return self

    async def start_tls(self):
        await within(self.writer.start_tls(self.tls(), server_hostname=servers.DOMAIN), "TLS")

    def send(self, data):
        self.writer.write(data.encode() if isinstance(data, str) else data)

    async def rest(self):
        """What comes until the server closes the connection."""
        try:
            data = await within(self.reader.read(), "the end of the connection")
        except ConnectionResetError:
            data = b""
        return self.text + data.decode()

    def vanish(self):
        """Resets the connection, as one whose peer has lost its state."""
        taken = self.writer.get_extra_info("socket")
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


STREAM = ("<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client'"
          " xmlns:stream='http://etherx.jabber.org/streams'>")


async def xmpp_stream(case, tls=False):
    """A stream on which nobody has logged in; its features were read, and are in `features`."""
    wire = await Wire(case, case.server.xmpp[0]).open(tls)
    wire.send(STREAM)
    wire.features = await wire.read_until("</stream:features>")
    return wire


async def xmpp_session(case, jid, password=servers.PASSWORD):
    """A session that is available, by PLAIN on a plain link: for development mode."""
    wire = await xmpp_stream(case)
    plain = base64.b64encode(f"\0{jid.partition('@')[0]}\0{password}".encode()).decode()
    wire.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>")
    await wire.read_until("<success[^>]*>")
    wire.send(STREAM)
    await wire.read_until("</stream:features>")
    wire.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
              "<resource>wire</resource></bind></iq>")
    await wire.read_until("</iq>")
    wire.send("<presence/>")
    await wire.read_until("<presence[^>]*(/>|</presence>)")
    return wire
