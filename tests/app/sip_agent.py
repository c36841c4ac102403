"""SIP as a phone speaks it on one flow: requests and their answers, several at a time, proved by
digest; requests that come are handed on and answered. By RFC 3261 and 5626:

- Over UDP a request is repeated, after T1, twice as long, and so on up to T2 (section 17.1.2.2);
  over TCP it is not. After 64 * T1 (timer F) it has failed, as if it were answered 408.
- A flow on which nothing comes is asked for a sign of life: by an empty line over TCP (RFC 5626
  section 4.4.1), by STUN over UDP (section 4.4.2). If none comes the flow has failed, and so it has
  if its mapped address is another, if the link ends, or ICMP says that nobody is there (RFC 3261
  section 18.4). The RFC waits 10 s for it; here it is as long as XMPP programs wait (people.py).
"""

import itertools
import pathlib
import secrets
import select
import socket
import sys
import time

import sip
import stun

# Behind this folder: each has a module `sip`.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import digest

T1_S, T2_S, TIMER_F_S = 0.5, 4, 32
CONNECT_S = 2
PING_S, GIVE_UP_S = 1, 4


class Lost(Exception):
    """The flow has failed."""


class Flow:
    """A socket to one server."""

    def __init__(self, transport, server):
        self.transport, self.server = transport, server
        self.unread = b""
        if transport == "TCP":
            self.socket = socket.create_connection(server, CONNECT_S)
        else:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.connect(server)
        self.address = self.socket.getsockname()
        self.heard = time.monotonic()
        self.mapped = None  # address, as the server says

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Lost(str(error)) from error

    def messages(self, wait):
        """What has come, or comes within `wait` seconds."""
        if not select.select([self.socket], [], [], wait)[0]:
            return []
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Lost(str(error)) from error
        if not data and self.transport == "TCP":
            raise Lost("closed")
        self.heard = time.monotonic()
        if self.transport == "TCP":
            messages, self.unread = sip.divide(self.unread + data)
            return [sip.Message(message) for message in messages]
        if stun.is_stun(data):
            self.hear_mapped(stun.mapped_address(data))
            return []
        return [sip.Message(data)]

    def ask_life(self):
        self.send(b"\r\n\r\n" if self.transport == "TCP" else stun.request())

    def hear_mapped(self, address):
        """RFC 5626 section 4.4.2: another one is another flow."""
        if address is None or self.mapped not in (None, address):
            raise Lost(f"{self.mapped} is mapped to {address}")
        self.mapped = address


class Request:
    """One that waits for its final answer."""

    def __init__(self, agent, text, then):
        self.agent, self.data, self.then = agent, text.encode(), then
        now = time.monotonic()
        self.ends_at = now + TIMER_F_S
        self.pause, self.was_said_again = T1_S, False
        self.again_at = now + T1_S if agent.flow.transport == "UDP" else self.ends_at
        agent.flow.send(self.data)

    def look(self, now):
        """True once it has failed."""
        if now >= self.ends_at:
            return True
        if now >= self.again_at:
            self.pause = min(2 * self.pause, T2_S)
            self.again_at = now + self.pause
            self.was_said_again = True
            self.agent.flow.send(self.data)
        return False


class Agent:
    """A user of the domain localhost. `hears` is given what is asked of her, and says the status
    of the answer."""

    def __init__(self, name, password, flow, hears):
        self.name, self.password, self.flow, self.hears = name, password, flow, hears
        self.address = f"{name}@localhost"
        host, port = flow.address
        self.contact = f"<sip:{name}@{host}:{port};transport={flow.transport.lower()}>"
        self.challenge, self.proofs = None, itertools.count(1)
        self.requests = {}  # by branch
        self.pings = 0  # since something came
        self.was_said_again = False  # the request whose answer came last

    def ask(self, method, uri, ends, headers=(), body="", then=lambda answer: None):
        """`ends`: what says whose exchange it is, from, to, call-id and number, the last of which
        is counted up here. `then` is given the final answer, or None if there is none."""
        def answered(answer, is_proved=self.challenge is not None):
            # A nonce that is too old, or none yet: the same once more (section 22.2).
            stale = answer is not None and "stale=true" in answer.headers.get(
                "www-authenticate", "")
            if answer is None or answer.status != 401 or (is_proved and not stale):
                return then(answer)
            self.challenge = digest.parameters(answer.headers["www-authenticate"])
            self.proofs = itertools.count(1)
            return self.send(method, uri, ends, headers, body, then)
        self.send(method, uri, ends, headers, body, answered)

    def send(self, method, uri, ends, headers, body, then):
        ends["number"] += 1
        branch = "z9hG4bK" + secrets.token_hex(8)
        host, port = self.flow.address
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/{self.flow.transport} {host}:{port};branch={branch};rport",
                 "Max-Forwards: 70", f"From: {ends['from']}", f"To: {ends['to']}",
                 f"Call-ID: {ends['call-id']}", f"CSeq: {ends['number']} {method}",
                 f"Contact: {self.contact}", *headers]
        if self.challenge is not None:
            lines.append(digest.authorization(self.challenge, method, uri, self.name,
                                              self.password, next(self.proofs)))
        lines += [f"Content-Length: {len(body.encode())}", "", body]
        self.requests[branch] = Request(self, "\r\n".join(lines), then)

    def ends(self, to=None):
        """Of a new exchange."""
        return {"from": f"<sip:{self.address}>;tag={secrets.token_hex(4)}",
                "to": f"<sip:{to or self.address}>", "call-id": secrets.token_hex(8), "number": 0}

    def turn(self, wait):
        """What comes within `wait` seconds, and what is due."""
        for message in self.flow.messages(wait):
            if message.status is None:
                self.answer(message, self.hears(message))
            elif message.status >= 200:
                branch = parameter(message.headers["via"], "branch")
                request = self.requests.pop(branch, None)
                if request is not None:  # else it is the answer to what was sent again
                    self.was_said_again = request.was_said_again
                    request.then(message)
        now = time.monotonic()
        for branch, request in list(self.requests.items()):
            if request.look(now):
                del self.requests[branch]
                request.then(None)
        self.mind_flow(now)

    def mind_flow(self, now):
        silent_s = now - self.flow.heard
        if silent_s > GIVE_UP_S:
            raise Lost("silent")
        if silent_s <= PING_S:
            self.pings = 0
        elif silent_s > (self.pings + 1) * PING_S:  # a datagram may be lost
            self.pings += 1
            self.flow.ask_life()

    def answer(self, request, status):
        kept = [f"{name}: {request.headers[name]}"
                for name in ("via", "from", "to", "call-id", "cseq")]
        self.flow.send("\r\n".join(
            [f"SIP/2.0 {status}", *kept, "Content-Length: 0", "", ""]).encode())


def parameter(value, name):
    """Of a header with one value: ";branch=z9hG4bK1" of Via."""
    for part in value.split(";")[1:]:
        key, _, found = part.partition("=")
        if key.strip().lower() == name:
            return found.strip()
    return None
