"""XMPP on a plain socket, as little of it as the cases need: blocking, stanza by stanza."""

import base64
import collections
import itertools
import socket
import ssl
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape, quoteattr

import programs

STREAMS = "{http://etherx.jabber.org/streams}"
STREAM_ERRORS = "{urn:ietf:params:xml:ns:xmpp-streams}"
STANZA_ERRORS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
ROSTER = "{jabber:iq:roster}"
PRESENCE, IQ, MESSAGE = "{jabber:client}presence", "{jabber:client}iq", "{jabber:client}message"


class Ended(ConnectionError):
    """The stream is over: the peer closed it, or is gone."""


class Silent(AssertionError):
    """The server does not answer."""


class Refused(AssertionError):
    """The server lets nobody in, or not her."""


def with_tls(plain):
    """TLS from the first byte on, with whoever is there: Stream(wrap=with_tls)."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname="localhost")


class Stream:
    """A stream with the server, from its header on."""

    def __init__(self, address, domain="localhost", wrap=None, source=None,
                 patience=programs.PATIENCE_S):
        self.domain = domain
        self.socket = socket.create_connection(address, patience, source)
        if wrap is not None:
            self.socket = wrap(self.socket)
        self.ids = itertools.count(1)
        self.closed_in_order = False  # the peer sent </stream:stream>
        self.open()

    def open(self):
        """A header goes out; the server's, and its features, come in."""
        self.parser = ElementTree.XMLPullParser(["start", "end"])
        self.depth = 0
        self.stanzas = collections.deque()
        self.send("<stream:stream xmlns='jabber:client' version='1.0'"
                  " xmlns:stream='http://etherx.jabber.org/streams'"
                  f" to='{self.domain}'>")
        self.features = self.read()

    def send(self, text):
        try:
            self.socket.sendall(text.encode() if isinstance(text, str) else text)
        except OSError as error:
            raise Ended(str(error)) from error

    def receive(self):
        """Waits for bytes, and parses them."""
        try:
            data = self.socket.recv(65536)
        except TimeoutError as error:
            raise Silent("the server does not answer") from error
        except OSError as error:
            raise Ended(str(error)) from error
        if not data:
            raise Ended("closed")
        self.parser.feed(data)
        for event, element in self.parser.read_events():
            self.depth += 1 if event == "start" else -1
            if event == "end" and self.depth == 1:
                self.stanzas.append(element)
            self.closed_in_order |= event == "end" and self.depth == 0

    def read(self):
        """The next stanza."""
        while not self.stanzas:
            if self.closed_in_order:
                raise Ended("closed in order")
            self.receive()
        return self.stanzas.popleft()

    def read_until(self, matches):
        while not matches(stanza := self.read()):
            pass
        return stanza

    def read_to_the_end(self):
        """All that still comes, until the peer closes."""
        stanzas = []
        try:
            while True:
                stanzas.append(self.read())
        except Ended:
            return stanzas

    def ask(self, kind, payload):
        """An iq and its answer; what else comes meanwhile is dropped."""
        name = f"a{next(self.ids)}"
        self.send(f"<iq type='{kind}' id='{name}'>{payload}</iq>")
        return self.read_until(lambda s: s.tag == IQ and s.get("id") == name)

    def log_in(self, name, password="secret", resource="r"):
        """PLAIN, then a bound resource. False: the password was refused."""
        if not self.authenticate(name, password):
            return False
        self.bind(resource)
        return True

    def authenticate(self, name, password="secret"):
        """PLAIN. False: the password was refused."""
        proof = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                  f"{proof}</auth>")
        if not self.read().tag.endswith("success"):
            return False
        self.open()
        return True

    def bind(self, resource="r"):
        """Where she is to go instead ("127.0.0.1:5222"), if she is sent elsewhere.

        Refused: there is no place for her.
        """
        self.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  f"<resource>{resource}</resource></bind></iq>")
        answer = self.read_until(lambda s: s.tag == STREAMS + "error"
                                 or (s.tag == IQ and s.get("id") == "bind"))
        elsewhere = answer.findtext(STREAM_ERRORS + "see-other-host")
        if elsewhere is None and answer.get("type") != "result":
            raise Refused(ElementTree.tostring(answer).decode())
        return elsewhere

    def register(self, name, password="secret"):
        """XEP-0077, before logging in: the type of the answer, "result" or "error"."""
        return self.ask("set", "<query xmlns='jabber:iq:register'>"
                        f"<username>{name}</username><password>{escape(password)}</password>"
                        "</query>").get("type")

    def roster(self):
        """{address: (name, subscription, ask)}"""
        answer = self.ask("get", "<query xmlns='jabber:iq:roster'/>")
        return dict(map(item_of, answer.iter(ROSTER + "item")))

    def close(self):
        self.socket.close()


def item_of(item):
    return item.get("jid"), (item.get("name"), item.get("subscription"), item.get("ask"))


def roster_set(address, name=None):
    what = " subscription='remove'" if name is None else " name=" + quoteattr(name)
    return f"<query xmlns='jabber:iq:roster'><item jid='{address}'{what}/></query>"


def condition_of(error, namespace):
    """The condition in a stream error or a stanza's error: "policy-violation"."""
    return next(e.tag[len(namespace):] for e in error.iter() if e.tag.startswith(namespace))
