"""A peer on a link between servers (docs/wire.md, "The link between two servers") that says what it
wants: it has a certificate of the cluster's authority, and stands in its directory."""

import contextlib
import pathlib
import socket
import sqlite3
import ssl
import struct
import time

import programs
import sip

CONTROL, DOCUMENTS = 0, 1
HELLO, PING = 1, 2
FORMAT = 6
PING_S = 0.3
RUNNING = 1  # enum Role
HOUR_US = 3_600_000_000
PIDF_DIFF = "application/pidf-diff+xml"


@contextlib.contextmanager
def writing(database):
    """A transaction of cluster.db."""
    with contextlib.closing(sqlite3.connect(database, timeout=programs.PATIENCE_S,
                                            isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        yield file
        file.execute("COMMIT")


def enter_directory(database, name):
    """A server that runs, for an hour; its incarnation, and that of all others by their ids."""
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    with writing(database) as file:
        file.execute("UPDATE cluster SET newest = newest + 1")
        own, = file.execute("SELECT newest FROM cluster").fetchone()
        file.execute("INSERT INTO servers (incarnation, svr_id, link, role, boot, lease_end)"
                     " VALUES (?, ?, '127.0.0.1:9', ?, ?, ?)",
                     (own, f"sip:{name}.localhost", RUNNING, boot, now + HOUR_US))
        rows = file.execute("SELECT svr_id, incarnation, link FROM servers").fetchall()
    return own, {svr_id: (incarnation, link) for svr_id, incarnation, link in rows}


class Peer:
    """Linked to one server, which is older, and believed by it."""

    numbers = iter(range(1, 1 << 30))  # of links

    def __init__(self, name, own, other, folder):
        self.name, self.svr_id = name, f"sip:{name}.localhost"
        incarnation, link = other
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.load_verify_locations(folder / "ca.crt")
        context.load_cert_chain(folder / f"{name}.localhost.crt", folder / f"{name}.localhost.key")
        self.socket = context.wrap_socket(socket.create_connection(
            programs.musterd.split_address(link), programs.PATIENCE_S))
        self.unread = b""
        self.heard, self.subscription, self.count = [], None, 0
        hello = struct.pack("!BHQQQQ", HELLO, FORMAT, own, incarnation, next(Peer.numbers), 0)
        self.send(CONTROL, hello + self.svr_id.encode())
        self.socket.settimeout(PING_S)

    def send(self, lane, payload):
        self.socket.sendall(struct.pack("!IB", len(payload), lane) + payload)

    def turn(self):
        """What comes within a moment; then a sign of life. ConnectionError: the link is closed."""
        with contextlib.suppress(TimeoutError):
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self.unread += data
        while len(self.unread) >= 5:
            size, lane = struct.unpack("!IB", self.unread[:5])
            if len(self.unread) < 5 + size:
                break
            payload, self.unread = self.unread[5:5 + size], self.unread[5 + size:]
            if lane == DOCUMENTS:
                self.hear(sip.Message(payload))
        self.send(CONTROL, bytes([PING]))

    def hear(self, message):
        """Who subscribes anew, to hear all, is told that it may."""
        dialog = self.subscription and self.subscription.headers["call-id"]
        if message.first.startswith("SUBSCRIBE ") and message.headers["call-id"] == dialog:
            self.answer(message, "Expires: 600")
        else:
            self.heard.append(message)

    def until(self, matches, what):
        """The first SIP message that matches; it is taken, and what came before it dropped."""
        def found():
            while self.heard:
                if matches(message := self.heard.pop(0)):
                    return message
            return self.turn()
        return programs.until(found, what)

    def answer(self, request, *headers):
        kept = [f"{name}: {request.headers[name]}" for name in ("via", "from", "call-id", "cseq")]
        to = request.headers["to"].partition(";")[0]
        self.send(DOCUMENTS, "\r\n".join(
            ["SIP/2.0 200 OK", *kept, f"To: {to};tag=hers", *headers,
             f"Contact: <{self.svr_id}>", "Content-Length: 0", "", ""]).encode())

    def take_subscription(self, resource):
        """To this document, which is notified in it."""
        self.subscription = self.until(lambda m: m.first.startswith(f"SUBSCRIBE {resource} "),
                                       f"somebody subscribes to {resource}")
        self.answer(self.subscription, "Expires: 600")

    def notify(self, document, method="NOTIFY", sender=None, call=None, kind=PIDF_DIFF):
        """The status of the answer."""
        self.count += 1
        of = self.subscription.headers
        target = of["contact"].strip("<>")
        self.send(DOCUMENTS, "\r\n".join(
            [f"{method} {target} SIP/2.0",
             f"Via: SIP/2.0/TLS {self.name}.localhost;branch=z9hG4bK{self.count}",
             "Max-Forwards: 70", f"From: {sender or of['to']};tag=hers", f"To: {of['from']}",
             f"Call-ID: {call or of['call-id']}", f"CSeq: {self.count} {method}",
             f"Contact: <{self.svr_id}>", "Event: muster-cluster",
             "Subscription-State: active;expires=600", f"Content-Type: {kind}",
             f"Content-Length: {len(document.encode())}", "", document]).encode())
        return self.until(lambda m: m.status and m.headers["cseq"] == f"{self.count} {method}",
                          f"an answer to {method} {self.count}").status

    def close(self):
        self.socket.close()
