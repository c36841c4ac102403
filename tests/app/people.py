"""Users on XMPP, each on a thread of her own at a host. They stay logged in as their programs do,
show one number after the other, and keep what they are shown and what they were told is done."""

import contextlib
import itertools
import queue
import threading
import time

import cluster
import xmpp

# How long a program waits for an answer while it logs in, and until it tries the next server.
LOG_IN_S, RETRY_S = 2, 0.1
# Of a server that says nothing it asks whether it is there, and gives it up.
PING_S, GIVE_UP_S = 1, 4
# How long a thread may sleep before it looks whether it is to say something.
LOOK_S = 0.02
PING = "<ping xmlns='urn:xmpp:ping'/>"
ROSTER = "<query xmlns='jabber:iq:roster'/>"


class Moved(Exception):
    """She is sent elsewhere; its argument is the address."""


class Person:
    """Who is at the first of `places`, however long it takes to let her in, and after a loss at the
    next that does."""

    kind = "XMPP"
    doubtful = frozenset()  # phones.py

    def __init__(self, name, host, places, resource="r"):
        self.user, self.full = f"{name}@localhost", f"{name}@localhost/{resource}"
        self.resource, self.host, self.places = resource, host, itertools.cycle(places)
        self.first = places[0]
        self.number = 0  # that she shows
        self.at = None  # where she is logged in
        self.was_in = False
        self.losses = 0  # of a server, for any reason
        self.moves = 0  # to another, as she was told
        self.why = None
        self.pictures = {}  # {user: {full address: number}}
        self.seen_go = []  # full addresses, in their order
        self.messages = []
        # Contacts that she put in her roster: {id: name}, told to be there, told not to be.
        self.asked, self.acknowledged, self.refused = {}, set(), set()
        # Those whom she is to watch; and whom she may see, as she was told.
        self.to_watch, self.watched = set(), set()
        self.roster = None  # {address: subscription}, once it was asked for and came
        self.orders = queue.SimpleQueue()
        self.ids = itertools.count(1)
        self.over = False
        self.broken = None  # what her program ended by, if not by end()
        self.thread = threading.Thread(target=self.run, name=self.full)
        self.thread.start()

    # --- what she is told to do

    def show(self):
        self.number += 1
        self.orders.put(self.presence())

    def presence(self):
        return f"<presence><status>{self.number}</status></presence>"

    def watch(self, user):
        self.to_watch.add(user)
        self.orders.put(subscription_to(user))

    def write(self, user, text):
        self.orders.put(f"<message to='{user}' type='chat'><body>{text}</body></message>")

    def add_contacts(self, *names):
        for name in names:
            number = f"add{next(self.ids)}"
            self.asked[number] = f"{name}@x.org"
            self.orders.put(f"<iq type='set' id='{number}'>"
                            f"{xmpp.roster_set(self.asked[number], 'x')}</iq>")

    def try_late(self):
        """Once, where nothing is stored any more."""
        self.add_contacts("late")

    def ask_roster(self):
        self.roster = None
        self.orders.put(f"<iq type='get' id='roster'>{ROSTER}</iq>")

    def end(self):
        self.over = True
        self.thread.join()

    def __str__(self):
        return (f"{self.full} at {self.at} ({self.losses} losses, {self.why!r}, {self.broken!r},"
                f" {self.moves} moves)")

    # --- what is asked of her

    def sees(self, user):
        return sorted(self.pictures.get(user, {}).values())

    def shows(self):
        return None if self.at is None else self.number

    def is_done(self):
        return True

    # --- what she does

    def run(self):
        try:
            self.live()
        except Exception as error:
            self.broken = error

    def live(self):
        with self.host.inside():
            place = next(self.places)
            while not self.over:
                try:
                    self.log_in(place)
                except Moved as moved:
                    self.moves += 1
                    place = moved.args[0]
                except (OSError, xmpp.Silent, xmpp.Refused) as error:
                    self.why = error
                    place = next(self.places) if self.was_in else self.first
                    time.sleep(RETRY_S)

    def log_in(self, place):
        stream, at = cluster.arrive(self.user, place, self.resource, LOG_IN_S, xmpp.with_tls)
        with contextlib.closing(stream):
            stream.socket.settimeout(LOOK_S)
            self.pictures = {}
            # Who has asked for it is told of what changes (RFC 6121 section 2.1.6).
            stream.send(f"<iq type='get' id='first'>{ROSTER}</iq>{self.presence()}")
            # Of what was lost on the way she does not know.
            for user in sorted(self.to_watch - self.watched):
                stream.send(subscription_to(user))
            self.at, self.was_in = at, True
            try:
                self.stay(stream)
            except Moved:
                raise  # no loss: nobody is to see it
            except Exception:
                self.losses += 1
                raise
            finally:
                self.at = None
                self.asked.clear()  # of these one does not know

    def stay(self, stream):
        heard, pinged = time.monotonic(), False
        while not self.over:
            with contextlib.suppress(queue.Empty):
                while True:
                    stream.send(self.orders.get_nowait())
            try:
                self.hear(stream.read())
                heard, pinged = time.monotonic(), False
            except xmpp.Silent:
                silent_s = time.monotonic() - heard
                if silent_s > GIVE_UP_S:
                    raise
                if silent_s > PING_S and not pinged:
                    stream.send(f"<iq type='get' id='ping'>{PING}</iq>")
                    pinged = True

    def hear(self, stanza):
        elsewhere = stanza.findtext(xmpp.STREAM_ERRORS + "see-other-host")
        if elsewhere is not None:
            raise Moved(cluster.programs.musterd.split_address(elsewhere))
        if stanza.tag == xmpp.PRESENCE:
            self.see(stanza)
        elif stanza.tag == xmpp.MESSAGE:
            self.messages.append(stanza.findtext("{jabber:client}body"))
        elif stanza.get("type") == "set":
            self.watched.update(item.get("jid") for item in stanza.iter(xmpp.ROSTER + "item")
                                if item.get("subscription") in ("to", "both"))
        elif stanza.get("id") == "roster":
            self.roster = {item.get("jid"): item.get("subscription")
                           for item in stanza.iter(xmpp.ROSTER + "item")}
        elif stanza.get("id") in self.asked:
            told = self.acknowledged if stanza.get("type") == "result" else self.refused
            told.add(self.asked.pop(stanza.get("id")))

    def see(self, presence):
        full = presence.get("from", "")
        user = full.partition("/")[0]
        if user == self.user or full == user:
            return
        if presence.get("type") is None:
            status = presence.findtext("{jabber:client}status")
            # -1: a phone that is registered, and publishes nothing.
            self.pictures.setdefault(user, {})[full] = -1 if status is None else int(status)
        elif presence.get("type") == "unavailable":
            self.seen_go.append(full)
            self.pictures.setdefault(user, {}).pop(full, None)


def subscription_to(user):
    return f"<presence to='{user}' type='subscribe'/>"
