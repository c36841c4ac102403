"""SIP over UDP and TCP, as little of it as the cases need: requests and their answers."""

import itertools
import socket

import programs
import stun

RETRANSMIT_S = 0.5  # T1, RFC 3261 section 17.1.2.2
LENGTH = "content-length"


class Message:
    """A received message: its first line, its headers by lower-case name, its body."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.first, *lines = head.decode().split("\r\n")
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.strip().lower(), value.strip())
        self.status = int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else None


def divide(unread):
    """The messages that a stream begins with, by Content-Length (RFC 3261 section 18.3), and what
    is left of it."""
    messages = []
    while (unread := unread.lstrip(b"\r\n")) and b"\r\n\r\n" in unread:
        head = unread.index(b"\r\n\r\n") + 4
        length = int(Message(unread[:head]).headers.get(LENGTH, 0))
        if len(unread) < head + length:
            break
        messages.append(unread[:head + length])
        unread = unread[head + length:]
    return messages, unread


class Phone:
    """One UDP socket with one address of record. Answers 200 to whatever it is asked."""

    TRANSPORT, PARAMETER = "UDP", ""  # of Via and Contact

    def __init__(self, server, user):
        self.server = server
        self.route = None  # of RFC 3608: what it asks for, but for REGISTER, it asks there
        self.user = user
        self.place = None  # what it takes for its address, if that is another: behind a NAT
        self.open()
        self.numbers = itertools.count(1)
        self.requests = []  # that came in
        self.mapped = None  # address, as the server said last
        self.unanswered = set()  # transactions of STUN

    def open(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    def say(self, data, to, again=False):
        """`again`: it was said before."""
        self.socket.sendto(data, to)

    def receive(self):
        """A message, and where it came from."""
        return self.socket.recvfrom(65536)

    def ask(self, method, headers=(), body="", to=None, give_up=lambda: False, dialog=None,
            uri=None):
        """The final answer; None once `give_up` says so. `dialog`: the answer that began it. `uri`:
        the Request-URI, if it is not that of whom it is to."""
        number = next(self.numbers)
        host, port = self.socket.getsockname()
        place = self.place or f"{host}:{port}"
        mark = f"{port}x{id(self)}x{number}"
        ends = {"from": f"<sip:{self.user}>;tag=f{mark}", "to": f"<sip:{to or self.user}>",
                "call-id": f"c{mark}"}
        if dialog is not None:
            ends = {name: dialog.headers[name] for name in ends}
        lines = [f"{method} {uri or 'sip:' + (to or self.user)} SIP/2.0",
                 f"Via: SIP/2.0/{self.TRANSPORT} {place};branch=z9hG4bK{mark};rport",
                 *(f"{name}: {value}" for name, value in ends.items()),
                 f"CSeq: {number} {method}", "Max-Forwards: 70",
                 f"Contact: <sip:{place}{self.PARAMETER}>", *headers,
                 f"Content-Length: {len(body.encode())}", "", body]
        server = self.server
        if self.route is not None and method != "REGISTER":
            lines.insert(2, f"Route: <sip:{self.route};lr>")
            server = programs.musterd.split_address(self.route)
        request = "\r\n".join(lines).encode()
        for turn in range(int(programs.PATIENCE_S / RETRANSMIT_S)):
            self.say(request, server, again=turn > 0)
            answer = self.hear(lambda m: m.status is not None and m.status >= 200
                               and m.headers["call-id"] == ends["call-id"]
                               and m.headers["cseq"] == f"{number} {method}")
            if answer is not None or give_up():
                return answer
        raise AssertionError(f"{method} of {self.user} is not answered")

    def hear(self, matches):
        """The first message that matches; None if nothing comes for a while, or STUN comes."""
        self.socket.settimeout(RETRANSMIT_S)
        while True:
            try:
                data, source = self.receive()
            except (TimeoutError, ConnectionRefusedError):
                return None
            if stun.is_stun(data):
                if stun.transaction(data) in self.unanswered:
                    self.unanswered.remove(stun.transaction(data))
                    self.mapped = stun.mapped_address(data)
                return None
            message = Message(data)
            if message.status is None:
                self.requests.append(message)
                self.answer(message, source)
            if matches(message):
                return message

    def learn_address(self):
        """Keeps her flow, and learns where the server sees her (RFC 5626 section 4.4.2)."""
        self.mapped, self.unanswered = None, set()
        for _ in range(int(programs.PATIENCE_S / RETRANSMIT_S)):
            if self.mapped is None:
                request = stun.request()
                self.unanswered.add(stun.transaction(request))
                self.socket.sendto(request, self.server)
            self.hear(lambda message: message.status is None)
            if self.mapped is not None and not self.unanswered:
                return self.mapped
        raise AssertionError(f"{self.user} gets no answer by STUN")

    def answer(self, request, to):
        kept = [f"{name}: {request.headers[name]}"
                for name in ("via", "from", "to", "call-id", "cseq")]
        self.say("\r\n".join(
            ["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), to)

    def publish(self, note=None, etag=None, expires=3600, **more):
        """PUBLISH: first, refresh (no note), change, or removal (expires=0)."""
        headers = ["Event: presence", f"Expires: {expires}"]
        if etag is not None:
            headers.append(f"SIP-If-Match: {etag}")
        if note is None:
            return self.ask("PUBLISH", headers, **more)
        headers.append("Content-Type: application/pidf+xml")
        return self.ask("PUBLISH", headers, pidf(self.user, note), **more)

    def watch(self, presentity, expires=600, dialog=None, **more):
        """SUBSCRIBE, or its refresh: its answer."""
        return self.ask("SUBSCRIBE", ["Event: presence", f"Expires: {expires}",
                                      "Accept: application/pidf+xml"], to=presentity,
                        dialog=dialog, **more)

    def notified(self):
        """The next NOTIFY that came, or comes."""
        for _ in range(int(programs.PATIENCE_S / RETRANSMIT_S)):
            if self.requests:
                return self.requests.pop(0)
            self.hear(lambda message: message.status is None)
        raise AssertionError(f"{self.user} is not notified")

    def fetch(self, presentity):
        """The document of a presentity (RFC 6665 section 4.4.3)."""
        self.requests.clear()
        answer = self.watch(presentity, expires=0)
        if answer.status != 200:
            raise AssertionError(answer.first)
        return self.notified().body.decode()

    def close(self):
        self.socket.close()


class StreamPhone(Phone):
    """The same over TCP. ConnectionError: the link is lost."""

    TRANSPORT, PARAMETER = "TCP", ";transport=tcp"

    def open(self):
        self.socket = socket.create_connection(self.server, programs.PATIENCE_S)
        self.messages, self.unread = [], b""

    def say(self, data, to, again=False):
        if not again:  # a stream loses nothing
            self.socket.sendall(data)

    def receive(self):
        while not self.messages:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionResetError("closed")
            self.messages, self.unread = divide(self.unread + data)
        return self.messages.pop(0), self.server


def pidf(entity, note):
    return ("<?xml version='1.0'?><presence xmlns='urn:ietf:params:xml:ns:pidf'"
            f" entity='pres:{entity}'><tuple id='t1'><status><basic>open</basic></status>"
            f"<note>{note}</note></tuple></presence>")
