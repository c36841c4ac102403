"""SIP over UDP, as little of it as the cases need: requests and their answers."""

import itertools
import socket

import programs

RETRANSMIT_S = 0.5  # T1, RFC 3261 section 17.1.2.2


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


class Phone:
    """One UDP socket with one address of record. Answers 200 to whatever it is asked."""

    def __init__(self, server, user):
        self.server = server
        self.route = None  # of RFC 3608: what it asks for, but for REGISTER, it asks there
        self.user = user
        self.place = None  # what it takes for its address, if that is another: behind a NAT
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.numbers = itertools.count(1)
        self.requests = []  # that came in

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
                 f"Via: SIP/2.0/UDP {place};branch=z9hG4bK{mark};rport",
                 *(f"{name}: {value}" for name, value in ends.items()),
                 f"CSeq: {number} {method}", "Max-Forwards: 70",
                 f"Contact: <sip:{place}>", *headers,
                 f"Content-Length: {len(body.encode())}", "", body]
        server = self.server
        if self.route is not None and method != "REGISTER":
            lines.insert(2, f"Route: <sip:{self.route};lr>")
            server = programs.musterd.split_address(self.route)
        request = "\r\n".join(lines).encode()
        for _ in range(int(programs.PATIENCE_S / RETRANSMIT_S)):
            self.socket.sendto(request, server)
            answer = self.hear(lambda m: m.status is not None and m.status >= 200
                               and m.headers["call-id"] == ends["call-id"]
                               and m.headers["cseq"] == f"{number} {method}")
            if answer is not None or give_up():
                return answer
        raise AssertionError(f"{method} of {self.user} is not answered")

    def hear(self, matches):
        """The first message that matches, or None if nothing comes for a while."""
        self.socket.settimeout(RETRANSMIT_S)
        while True:
            try:
                data, source = self.socket.recvfrom(65536)
                message = Message(data)
            except (TimeoutError, ConnectionRefusedError):
                return None
            if message.status is None:
                self.requests.append(message)
                self.answer(message, source)
            if matches(message):
                return message

    def answer(self, request, to):
        kept = [f"{name}: {request.headers[name]}"
                for name in ("via", "from", "to", "call-id", "cseq")]
        self.socket.sendto("\r\n".join(
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


def pidf(entity, note):
    return ("<?xml version='1.0'?><presence xmlns='urn:ietf:params:xml:ns:pidf'"
            f" entity='pres:{entity}'><tuple id='t1'><status><basic>open</basic></status>"
            f"<note>{note}</note></tuple></presence>")
