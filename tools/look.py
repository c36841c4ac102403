#!/usr/bin/env python3
"""Something to look at: two accounts on a musterd that has just started, one of them an XMPP user,
the other a SIP phone, and what each hears of the other. Called by ./run."""

import argparse
import json
import pathlib
import subprocess
import sys

from users import BUSY, PASSWORD, Phone, XmppUser, domain_of, endpoint

MUSTER = pathlib.Path(__file__).resolve().parent.parent / "build/release/bin/muster"


def add_account(data, address):
    subprocess.run([MUSTER, "user", "add", address, "--data", data, "--password-stdin"],
                   input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)


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
    domain = domain_of(ready["data"])
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
