#!/usr/bin/env python3
"""Something to look at: two accounts on a musterd that has just started, one of them an XMPP user,
the other a SIP phone, and what each hears of the other. Called by ./run."""

import argparse
import base64
import json
import pathlib
import re
import socket
import subprocess
import sys

MUSTER = pathlib.Path(__file__).resolve().parent.parent / "build/release/bin/muster"
PASSWORD = "muster"
PATIENCE_SECONDS = 20
BUSY = """<?xml version='1.0' encoding='UTF-8'?>
<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:{who}'>
  <tuple id='desk'><status><basic>open</basic></status><note>on the phone</note></tuple>
</presence>
"""


def add_account(data, address):
    subprocess.run([MUSTER, "user", "add", address, "--data", data, "--password-stdin"],
                   input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


class XmppUser:
    def __init__(self, at, address):
        name, domain = address.split("@")
        self.domain = domain
        self.link = socket.create_connection(at, PATIENCE_SECONDS)
        self.open_stream()
        credentials = base64.b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
        self.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                 f"{credentials}</auth>")
        self.hear_until("<success")
        self.open_stream()
        self.say("<iq type='set' id='bind'>"
                 "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        self.hear_until("</iq>")

    def open_stream(self):
        self.say("<stream:stream xmlns='jabber:client' to='" + self.domain + "' version='1.0'"
                 " xmlns:stream='http://etherx.jabber.org/streams'>")
        self.hear_until("</stream:features>")

    def say(self, xml):
        self.link.sendall(xml.encode())

    def hear_until(self, what):
        heard = ""
        while what not in heard:
            more = self.link.recv(65536).decode()
            if not more:
                sys.exit(f"look: the stream ended: {heard}")
            heard += more
        return heard


class Phone:
    def __init__(self, at, address):
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.settimeout(PATIENCE_SECONDS)
        self.link.connect(at)
        self.host, self.port = self.link.getsockname()
        self.address = address
        self.count = 0

    def ask(self, method, about, rows, body=""):
        self.count += 1
        self.link.send("\r\n".join([
            f"{method} sip:{about} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{self.count};rport",
            f"From: <sip:{self.address}>;tag=look{self.count}",
            f"To: <sip:{about}>",
            f"Call-ID: look-{self.count}@{self.host}",
            f"CSeq: 1 {method}",
            "Max-Forwards: 70",
            f"Contact: <sip:phone@{self.host}:{self.port}>",
            "Event: presence",
            "Expires: 600",
            *rows,
            f"Content-Length: {len(body.encode())}",
            "",
            body]).encode())
        self.hear("SIP/2.0 2")

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


def show(title, text):
    print(f"\n--- {title}\n{text.strip()}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ready", required=True, metavar="FILE",
                         help="where musterd says that it is ready (--ready-fd)")
    with open(options.parse_args().ready) as file:
        ready = json.loads(file.readline() or "{}")
    if not ready.get("ready"):
        sys.exit("look: musterd did not start")
    domain = ready["domains"][0] if "domains" in ready else "localhost"
    alice, bob = f"alice@{domain}", f"bob@{domain}"
    for address in (alice, bob):
        add_account(ready["data"], address)

    user = XmppUser(endpoint(ready["xmpp"][0]), alice)
    user.say("<presence><show>away</show><status>at lunch</status></presence>"
             f"<presence type='subscribe' to='{bob}'/>")
    phone = Phone(endpoint(ready["sip"][0]), bob)
    phone.ask("SUBSCRIBE", alice, ["Accept: application/pidf+xml"])
    notify = phone.hear("NOTIFY ")
    show(f"What Bob's SIP phone is told of Alice, who is {alice} on XMPP", notify)
    phone.ask("PUBLISH", bob, ["Content-Type: application/pidf+xml"], BUSY.format(who=bob))
    heard = user.hear_until("on the phone")
    show("What Alice is told of Bob, whose phone published PIDF",
         heard[heard.rindex("<presence", 0, heard.index("on the phone")):])
    print(f"\nBoth have the password \"{PASSWORD}\". XMPP: {ready['xmpp'][0]}, "
          f"SIP: {ready['sip'][0]}")


if __name__ == "__main__":
    main()
