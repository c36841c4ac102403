#!/usr/bin/env python3
"""A cluster on this machine, and what happens to it, as it happens: users of both kinds come to one
server until it is full, a candidate is taken in, users move to it, the main is killed, all is well
again. Called by ./run; what stands behind `--` goes to each musterd."""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import threading
import time

from users import Phone, Refused, XmppUser, domain_of, endpoint

BIN = pathlib.Path(__file__).resolve().parent.parent / "build/release/bin"
# Two load levels each: a level is 21 users who watch nobody (load.resources_per_user).
LIMIT = 2
SERVERS = {"s1": [], "s2": ["--standby"], "s3": ["--standby"], "s4": ["--standby"]}
USUAL_PORTS = ["--xmpp", "127.0.0.1:5222", "--sip", "127.0.0.1:5060"]
FIRST_USERS = 6  # each of whom is told of
USERS_MAX = 200
PATIENCE_SECONDS = 20


def say(text=""):
    print(text, flush=True)


def until(true, what):
    limit = time.monotonic() + PATIENCE_SECONDS
    while not (found := true()):
        if time.monotonic() > limit:
            sys.exit(f"story: this did not come: {what}")
        time.sleep(0.05)
    return found


class Cluster:
    def __init__(self, data, options):
        self.data = data
        self.options = options
        self.running = {}  # id: (process, where it listens)
        self.watcher = None

    def start(self, name):
        ready, told = os.pipe()
        process = subprocess.Popen(
            [BIN / "musterd", "dev", "--data", self.data, "--id", name, "--auto-accounts",
             "--allow-all-watchers", "--max-loadlevel", str(LIMIT), "--log-level", "error",
             "--ready-fd", str(told), *SERVERS[name], *self.options],
            pass_fds=[told], stdout=subprocess.DEVNULL)
        os.close(told)
        with open(ready) as line:
            if not select.select([line], [], [], PATIENCE_SECONDS)[0]:
                sys.exit(f"story: {name} does not start")
            where = line.readline()
        if not where:
            sys.exit(f"story: {name} did not start")
        self.running[name] = process, json.loads(where)

    def kill(self, name):
        process, _ = self.running.pop(name)
        process.kill()
        process.wait()

    def end(self):
        if self.watcher is not None:
            self.watcher.kill()
        # They would wait until each user has said goodbye.
        for process, _ in self.running.values():
            process.kill()
            process.wait()

    def watch(self):
        """What `muster watch` says becomes part of the story."""
        self.watcher = subprocess.Popen([BIN / "muster", "watch", "--data", self.data], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

        def tell():
            for line in self.watcher.stdout:
                say("    muster watch: " + line.strip())
        threading.Thread(target=tell, daemon=True).start()

    def muster(self, *words):
        done = subprocess.run([BIN / "muster", *words, "--data", self.data], text=True,
                              capture_output=True, check=False)
        return done.stdout

    def rows(self):
        """What `muster servers` knows of each, by id."""
        told = self.muster("servers", "--json")
        return {row["svr_id"].removeprefix("sip:").partition(".")[0]: row
                for row in json.loads(told or "[]")}

    def landing(self):
        """The server that users try first."""
        return next(name for name, row in sorted(self.rows().items())
                    if name in self.running and row["role"] == "running")

    def main(self):
        return next((name for name, row in self.rows().items() if row["main"]), None)

    def settled(self):
        rows = self.rows()
        return set(rows) == set(self.running) and self.main() is not None and all(
            row["itself"] or row["linked"] for row in rows.values())

    def at(self, name, protocol):
        return endpoint(self.running[name][1][protocol][0])

    def name_of(self, address, protocol):
        return next(name for name in self.running if self.at(name, protocol) == address)


class Users:
    def __init__(self, cluster, domain):
        self.cluster = cluster
        self.domain = domain
        self.held = {}  # name: what keeps her there

    def come(self, name, landing):
        """One more user, who tries the server `landing`; the server that has her."""
        user = f"{name}@{self.domain}"
        protocol = "sip" if int(name[1:]) % 2 == 0 else "xmpp"
        at = self.cluster.at(landing, protocol)
        if protocol == "sip":
            held = Phone(at, user)
            held.register()
        else:
            held = XmppUser(at, user)
            held.say("<presence/>")
        self.held[name] = held
        time.sleep(0.05)  # her server tells the others
        return self.home(name)

    def home(self, name):
        held = self.held[name]
        return self.cluster.name_of(held.at, "sip" if isinstance(held, Phone) else "xmpp")

    def homes(self):
        return {name: self.home(name) for name in self.held}

    def follow(self):
        """All go where they are sent; who went."""
        return [name for name, held in self.held.items() if held.follow()]

    def counted(self):
        count = collections.Counter(self.homes().values())
        return ", ".join(f"{count[name]} at {name}" for name in sorted(count))


def kind(number):
    return "SIP phone" if number % 2 == 0 else "XMPP"


def arrive(users):
    say("\n--- Users come, on XMPP and with SIP phones; all they know is s1")
    for number in range(1, FIRST_USERS + 1):
        home = users.come(f"u{number}", "s1")
        say(f"u{number}@{users.domain} ({kind(number)}) is served by {home}")


def grow(cluster, users):
    """More come, until a server is taken in for one of them."""
    number = len(users.held)
    while True:
        number += 1
        if number > USERS_MAX:
            sys.exit("story: no candidate is taken in")
        began = time.monotonic()
        home = users.come(f"u{number}", "s1")
        if home != "s1":
            break
    waited = (time.monotonic() - began) * 1000
    say(f"\n--- s1 was full when u{number}@{users.domain} ({kind(number)}) came. {home} was taken"
        f" in for her, and she was logged in there {waited:.0f} ms after she came to s1")


def spread(users):
    say("\n--- And users move there, until both have about as much to do")
    moved = []
    until(lambda: moved.extend(users.follow()) or len(moved) >= 2, "users move")
    quiet = time.monotonic() + 5
    while time.monotonic() < quiet:
        more = users.follow()
        moved += more
        quiet = time.monotonic() + 5 if more else quiet
        time.sleep(0.2)
    for name in moved:
        say(f"{name}@{users.domain} ({kind(int(name[1:]))}) has moved to {users.home(name)}")
    say(f"{len(users.held)} users are there: {users.counted()}.")


def look_across(users):
    homes = users.homes()
    watcher, home = next((held, homes[name]) for name, held in users.held.items()
                         if isinstance(held, Phone))
    shown, other = next((held, homes[name]) for name, held in users.held.items()
                        if isinstance(held, XmppUser) and homes[name] != home)
    say(f"\n--- {watcher.address}, a phone at {home}, watches {shown.address}, who is on XMPP at"
        f" {other}, and is told")
    shown.say("<presence><show>away</show><status>at lunch</status></presence>")
    watcher.ask("SUBSCRIBE", shown.address, ["Accept: application/pidf+xml"])
    document = ""
    while "at lunch" not in document:
        document = watcher.hear("NOTIFY ").partition("\r\n\r\n")[2]
    say(document.strip())


def lose_main(cluster, users):
    lost = cluster.main()
    away = [name for name, home in users.homes().items() if home == lost]
    say(f"\n--- {lost}, the main, is killed (kill -9); it had {len(away)} users")
    for name in away:
        del users.held[name]
    cluster.kill(lost)
    until(cluster.settled, "another main")
    say(f"{cluster.main()} has taken its place. The users of {lost} log in again, and another"
        " candidate is taken in if they need one:")
    landing = cluster.landing()
    for name in away:
        users.come(name, landing)
    say(f"{len(users.held)} users are there: {users.counted()}.")
    say(f"\n--- {lost} is started again")
    cluster.start(lost)
    until(cluster.settled, "it is one of them again")


def tell(cluster, stays):
    say(f"--- A main server and three candidates come; each takes users up to load level {LIMIT}")
    for name in SERVERS:
        cluster.start(name)
        if name == "s1":
            until(cluster.main, "s1 is main")
            cluster.watch()
    until(cluster.settled, "all know one another")
    users = Users(cluster, domain_of(cluster.data))
    time.sleep(0.5)
    arrive(users)
    grow(cluster, users)
    spread(users)
    say("\n$ muster servers\n" + cluster.muster("servers").rstrip())
    look_across(users)
    lose_main(cluster, users)
    say("\n$ muster servers\n" + cluster.muster("servers").rstrip())
    if not stays:
        return
    say(f"\nThe servers go on; Ctrl-C ends them. See them in another terminal:\n"
        f"  build/release/bin/muster top --data {cluster.data}\n"
        f"or move all users of one away:\n"
        f"  build/release/bin/muster drain {cluster.landing()} --data {cluster.data}")
    while True:
        users.follow()
        time.sleep(1)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", required=True, metavar="FOLDER", help="for the service")
    options.add_argument("--ends", action="store_true",
                         help="end once the story is told; and listen where there is room")
    options.add_argument("musterd", nargs="*", help="further options of musterd dev")
    words = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not words.ends:
        SERVERS["s1"] += USUAL_PORTS
    cluster = Cluster(words.data, words.musterd)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            tell(cluster, not words.ends)
        finally:
            cluster.end()


if __name__ == "__main__":
    main()
