"""A WebSocket written by hand (RFC 6455): what a browser would not say, and what it would."""

import base64
import hashlib
import re
import secrets

import server as servers
from case import within
from wire import Wire

PATH = "/xmpp-websocket"
OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
CLOSE = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"
TEXT, BINARY, END, PING, PONG = 1, 2, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def request(path=PATH, method="GET", key=None, **rows):
    """The request for a WebSocket, but for rows that are named: of another value, or None."""
    rows = {"Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": key or base64.b64encode(secrets.token_bytes(16)).decode(),
            "Sec-WebSocket-Protocol": "xmpp", "Sec-WebSocket-Version": "13",
            **{name.replace("_", "-"): value for name, value in rows.items()}}
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in rows.items() if value is not None]
    return "\r\n".join(lines) + "\r\n\r\n"


def accepted(key):
    """What RFC 6455 section 4.2.2 makes of a key."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def frame(opcode, payload, fin=True):
    payload = payload.encode() if isinstance(payload, str) else payload
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    mask = secrets.token_bytes(4)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([(0x80 if fin else 0) | opcode]) + length + mask + masked


def take_frame(data):
    """(opcode, payload, rest) of the frame that the data begin with; None if it is not whole."""
    if len(data) < 2:
        return None
    size, at = data[1], 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size, at = int.from_bytes(data[2:2 + width], "big"), 2 + width
    if len(data) < at + size:
        return None
    return data[0] & 0x0f, data[at:at + size], data[at + size:]


class WebSocket:
    """A link to the server; `tls` has wss:. Nobody has logged in."""

    def __init__(self, case, address, tls=False):
        self.wire = Wire(case, address)
        self.tls = tls
        self.data = b""

    async def ask(self, text):
        """The status and head of the answer to a request."""
        await self.wire.open(self.tls)
        self.wire.send(text)
        head = await self.wire.read_until("\r\n\r\n")
        return int(head.split()[1]), head

    async def open(self):
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        status, head = await self.ask(request(key=key))
        if status != 101 or f"Sec-WebSocket-Accept: {accepted(key)}\r\n" not in head:
            raise AssertionError(head)
        return self

    def send(self, text):
        self.wire.send(frame(TEXT, text))

    async def frame(self):
        """The next (opcode, payload); None at the end of the connection."""
        async def wait():
            while not (taken := take_frame(self.data)):
                try:
                    data = await self.wire.reader.read(65536)
                except ConnectionResetError:
                    data = b""
                if not data:
                    return None
                self.data += data
            opcode, payload, self.data = taken
            return opcode, payload
        return await within(wait(), f"a frame, there is {self.data!r}")

    async def next(self):
        """The next message."""
        found = await self.frame()
        if found is None or found[0] != TEXT:
            raise AssertionError(f"no message: {found}")
        return found[1].decode()

    async def until(self, pattern):
        """The next message in which the pattern is found; what comes before is passed over."""
        while not re.search(pattern, message := await self.next(), re.DOTALL):
            pass
        return message

    async def end(self):
        """The code of the close frame that comes next, behind which there is nothing."""
        found = await self.frame()
        if found is None or found[0] != END or await self.frame() is not None:
            raise AssertionError(f"no end: {found}")
        return int.from_bytes(found[1], "big")

    async def features(self):
        """Of a stream that is opened, or opened anew."""
        self.send(OPEN)
        if not (opened := await self.next()).startswith("<open "):
            raise AssertionError(opened)
        return await self.next()

    async def authenticate(self, jid, password=servers.PASSWORD):
        """By PLAIN: "success", or the condition of the failure."""
        await self.features()
        plain = base64.b64encode(f"\0{jid.partition('@')[0]}\0{password}".encode()).decode()
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                  f"{plain}</auth>")
        answer = await self.next()
        if answer.startswith("<success "):
            return "success"
        return re.search(r"<failure[^>]*><([\w-]+)", answer)[1]

    async def bind(self, resource="web"):
        """What is said once a resource is asked for."""
        self.send("<iq xmlns='jabber:client' type='set' id='b'><bind"
                  f" xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource>"
                  "</bind></iq>")
        return await self.next()

    async def log_in(self, jid, resource="web"):
        if await self.authenticate(jid) != "success":
            raise AssertionError("not logged in")
        await self.features()
        answer = await self.bind(resource)
        if f"<jid>{jid}/{resource}</jid>" not in answer:
            raise AssertionError(answer)
        self.send("<presence xmlns='jabber:client'/>")
        return self
