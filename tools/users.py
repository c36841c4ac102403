"""Users of musterd for look.py and story.py: on XMPP, and with a SIP phone. As little of either
protocol as they need; both go where a server of a cluster sends them."""

import base64
import json
import pathlib
import re
import select
import socket
import sys

PASSWORD = "muster"
PATIENCE_SECONDS = 20
BUSY = """<?xml version='1.0' encoding='UTF-8'?>
<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:{who}'>
  <tuple id='desk'><status><basic>open</basic></status><note>on the phone</note></tuple>
</presence>
"""


class Refused(Exception):
    """The server takes no more users."""


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def domain_of(data):
    """The first domain of the service whose data are in this folder."""
    return json.loads((pathlib.Path(data) / "service.json").read_text())["domains"][0]


class XmppUser:
    """Logged in where she belongs, which is `at` in the end; `landed` is where she came first."""

    def __init__(self, at, address):
        self.address = address
        self.landed = self.at = at
        while (elsewhere := self.log_in()) is not None:
            self.link.close()
            self.at = endpoint(elsewhere)

    def log_in(self):
        """Where she is sent, if she is."""
        name, self.domain = self.address.split("@")
        self.link = socket.create_connection(self.at, PATIENCE_SECONDS)
        self.open_stream()
        credentials = base64.b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
        self.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                 f"{credentials}</auth>")
        self.hear_until("<success")
        self.open_stream()
        self.say("<iq type='set' id='bind'>"
                 "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        heard = self.hear_until("</iq>", "</see-other-host>")
        if "resource-constraint" in heard:
            raise Refused(self.address)
        sent = re.search("<see-other-host[^>]*>([^<]+)<", heard)
        return sent and sent.group(1)

    def follow(self):
        """Goes where her server has sent her meanwhile; whether it did."""
        heard = ""
        while select.select([self.link], [], [], 0)[0]:
            more = self.link.recv(65536).decode()
            heard += more
            if not more:
                break
        sent = re.search("<see-other-host[^>]*>([^<]+)<", heard)
        if sent is None:
            return False
        elsewhere = sent.group(1)
        while elsewhere is not None:
            self.link.close()
            self.at = endpoint(elsewhere)
            elsewhere = self.log_in()
        self.say("<presence/>")
        return True

    def open_stream(self):
        self.say("<stream:stream xmlns='jabber:client' to='" + self.domain + "' version='1.0'"
                 " xmlns:stream='http://etherx.jabber.org/streams'>")
        self.hear_until("</stream:features>")

    def say(self, xml):
        self.link.sendall(xml.encode())

    def hear_until(self, *what):
        heard = ""
        while not any(one in heard for one in what):
            more = self.link.recv(65536).decode()
            if not more:
                sys.exit(f"the stream of {self.address} ended: {heard}")
            heard += more
        return heard


class Phone:
    """It asks `at`, and from then on where that server sends it."""

    def __init__(self, at, address):
        self.address = address
        self.count = 0
        self.landed = at
        self.connect(at)

    def connect(self, at):
        self.at = at
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.settimeout(PATIENCE_SECONDS)
        self.link.connect(at)
        self.host, self.port = self.link.getsockname()

    def register(self):
        self.ask("REGISTER", self.address, [])

    def follow(self):
        """It registers anew, as phones do now and then; whether it is sent elsewhere."""
        before = self.at
        self.register()
        return self.at != before

    def ask(self, method, about, rows, body=""):
        while (elsewhere := self.ask_once(method, about, rows, body)) is not None:
            self.link.close()
            self.connect(endpoint(elsewhere))

    def ask_once(self, method, about, rows, body):
        """Where it is sent, if it is."""
        self.count += 1
        self.link.send("\r\n".join([
            f"{method} sip:{about} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{self.count};rport",
            f"From: <sip:{self.address}>;tag=look{self.count}",
            f"To: <sip:{about}>",
            f"Call-ID: look-{self.port}-{self.count}@{self.host}",
            f"CSeq: 1 {method}",
            "Max-Forwards: 70",
            f"Contact: <sip:phone@{self.host}:{self.port}>",
            "Event: presence",
            "Expires: 600",
            *rows,
            f"Content-Length: {len(body.encode())}",
            "",
            body]).encode())
        answer = self.hear("SIP/2.0 ")
        if answer.startswith("SIP/2.0 503"):
            raise Refused(self.address)
        if answer.startswith("SIP/2.0 302"):
            return re.search(r"(?mi)^Contact:.*@([^>;]+)", answer).group(1)
        if not answer.startswith("SIP/2.0 2"):
            sys.exit(f"{method} is answered {answer.splitlines()[0]}")
        return None

    def hear(self, begin):
        """The next message that begins so; NOTIFY requests are answered."""
        while True:
            message = self.link.recv(65536).decode()
            if message.startswith("NOTIFY "):
                rows = re.findall(r"(?m)^(?:Via|From|To|Call-ID|CSeq):.*\r$", message)
                self.link.send(("SIP/2.0 200 OK\r\n" + "\n".join(rows) +
                                "\nContent-Length: 0\r\n\r\n").encode())
            if message.startswith(begin):
                return message
