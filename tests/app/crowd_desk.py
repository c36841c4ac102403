"""A user on XMPP."""

import contextlib
import select
import time
import xml.etree.ElementTree as ElementTree

import cluster
import programs
import xmpp
from crowd import LATE, LOG_IN_S, LOOK_S, NOTE, Moved, Sight, Unreached, User, number_of
from ledger import ALLOWED, ASKED, NOTHING, Names, state_of

CONTACTS = 12  # beside those whom she watches
NO_ITEM = (None, "none", None)


class Desk(User):
    """Shows that she is there, asks whom she watches, allows who asks her and refuses them again,
    and names contacts."""

    protocol = "xmpp"
    POLICY = "ask"
    stream = None

    def __init__(self, *of):
        super().__init__(*of)
        self.names = Names()
        self.asked = None  # (id, when) of an iq that is not answered yet
        self.fetched = 0  # when the roster was asked for that came last
        self.differences = []  # of that one from what she was told
        self.owed = set()  # (name, number): who is to hear once that is seen

    def log_in(self, at):
        self.stream, at = cluster.arrive(self.address, at, f"r{self.life}", LOG_IN_S,
                                         sent=self.is_sent)
        return at

    def stay(self):
        self.pictures.clear()
        self.owed.clear()
        self.asked = None
        self.fetch()
        while self.asked is not None and not self.crowd.over:
            self.hear_until(time.monotonic() + LOOK_S)
        self.show()
        self.be_back()
        while not self.crowd.over:
            self.hear_until(self.next_step())
            if self.asked is None:
                self.step()

    def leave(self):
        if self.stream is not None:
            self.stream.close()

    def abandon(self, may_go_on):
        self.names.lose()
        if may_go_on:
            with contextlib.suppress(xmpp.Ended):
                self.ask("set", xmpp.roster_set("late@localhost", LATE), LATE)
                self.left.append((self.stream,))
                return
        self.stream.close()

    def late_answers(self, stream):
        with contextlib.closing(stream):
            try:
                stanzas = stream.read_to_the_end()
            except xmpp.Silent:
                yield f"{self.name} is not cut off"
                return
            for stanza in stanzas:
                if stanza.get("id") == LATE and stanza.get("type") == "result":
                    yield f"{self.name}: {ElementTree.tostring(stanza)}"

    def compare(self, roster):
        """What is not in it of what she was told."""
        self.names.lose()
        yield from self.names.differences({address: item[0] for address, item in roster.items()})
        for name in sorted(self.watched.keys() | self.watchers.keys()):
            item = roster.get(f"{name}@localhost", NO_ITEM)
            for relation, states in self.relations_of(name, item):
                if not relation.may_be(states):
                    yield f"{relation} is {states}"

    def roster_differences(self):
        if self.fetched < self.crowd.looked_at:
            yield f"{self.name} has no roster"
        elif self.differences:
            yield f"{self.name}: {self.differences}"
            self.fetched = 0  # that she asks again

    # --- what she does ---

    def ask(self, kind, payload, name=None):
        name = name or f"{kind}{next(self.stream.ids)}"
        self.asked = name, time.monotonic()
        self.stream.send(f"<iq type='{kind}' id='{name}'>{payload}</iq>")

    def is_to_fetch(self):
        """Somebody looks, and her roster is older than that."""
        return self.crowd.quiet and self.asked is None and self.fetched < self.crowd.looked_at

    def fetch(self):
        self.ask("get", "<query xmlns='jabber:iq:roster'/>")

    def say(self, kind, name):
        self.stream.send(f"<presence type='{kind}' to='{name}@localhost'/>")

    def show(self):
        self.shown.begun += 1
        self.shown.told = self.shown.begun
        self.stream.send(f"<presence><status>{self.name}:{self.shown.begun}</status></presence>")

    def step(self):
        what = self.draw.random()
        if self.is_to_fetch():
            self.fetch()
        elif what < 0.5:
            self.show_to_someone()
        elif what < 0.9 or self.crowd.quiet:
            self.change_roster()
        else:
            self.refuse()

    def show_to_someone(self):
        self.show()
        watcher = self.someone_who_sees() if self.sight is None else None
        if watcher is None:
            return
        self.sight = Sight(self, watcher, self.shown.begun)
        if isinstance(watcher, Desk):
            self.stream.send(f"<message to='{watcher.address}' id='{self.shown.begun}' type='chat'>"
                             f"<body>{self.name}:{self.shown.begun}</body></message>")

    def change_roster(self):
        contact = f"contact{self.draw.randrange(CONTACTS)}@localhost"
        if self.draw.random() < 0.3:
            contact = f"{self.draw.choice(sorted(self.watched))}@localhost"
        is_removal = self.names.told.get(contact) and self.draw.random() < 0.2
        name = None if is_removal and contact.startswith("contact") else self.new_name()
        self.names.begin(contact, name)
        self.ask("set", xmpp.roster_set(contact, name))

    def new_name(self):
        return f"n{self.draw.randrange(1 << 30)}"

    def refuse(self):
        """A watcher, who asks again."""
        may = [name for name, relation in self.watchers.items() if relation.is_allowed()
               and (self.sight is None or self.sight.watcher.name != name)]
        name = self.draw.choice(may) if may else None
        if name is not None and self.watchers[name].begin_to_refuse():
            self.say("unsubscribed", name)

    # --- what she hears ---

    def hear_until(self, when):
        while not self.crowd.over:
            wait = min(when - time.monotonic(), LOOK_S)
            if self.stream.stanzas or (wait > 0 and
                                       select.select([self.stream.socket], [], [], wait)[0]):
                self.hear(self.read())
            elif self.asked is not None:
                self.await_answer(self.asked[1], f"iq {self.asked[0]}")
            self.mind_sight()
            if wait <= 0 or self.is_to_fetch():
                return

    def read(self):
        try:
            return self.stream.read()
        except xmpp.Silent as silent:
            return self.refused(f"half a stanza came: {silent}")

    def hear(self, stanza):
        if stanza.tag == xmpp.IQ:
            self.hear_iq(stanza)
        elif stanza.tag == xmpp.PRESENCE:
            self.hear_presence(stanza)
            self.pay()
        elif stanza.tag == xmpp.MESSAGE:
            self.hear_message(stanza)
        elif stanza.tag == xmpp.STREAMS + "error":
            elsewhere = stanza.findtext(xmpp.STREAM_ERRORS + "see-other-host")
            if elsewhere is not None:
                self.names.lose()
                raise Moved(programs.musterd.split_address(elsewhere))
            why = xmpp.condition_of(stanza, xmpp.STREAM_ERRORS)
            # Who did not come to her server in time was served by it through another one.
            if why == "remote-connection-failed" and self.crowd.is_missed():
                raise Unreached(why)
            raise xmpp.Ended(why)

    def hear_iq(self, iq):
        roster = dict(map(xmpp.item_of, iq.iter(xmpp.ROSTER + "item")))
        if iq.get("type") == "set":
            for address, item in roster.items():
                self.hear_item(address, item)
        elif self.asked is not None and iq.get("id") == self.asked[0]:
            if iq.get("type") != "result":
                self.refused(f"{self.names.step} is answered {ElementTree.tostring(iq)}")
            if self.asked[0].startswith("get"):
                self.hear_roster(roster)
            else:
                self.names.done()
            self.is_answered(self.asked[1])
            self.asked = None

    def hear_roster(self, roster):
        self.differences = list(self.compare(roster))
        names = {address: item[0] for address, item in roster.items()}
        for difference in self.names.differences(names):
            self.crowd.fail(f"{self} finds in her roster that {difference}")
        if self.crowd.quiet:
            self.names.adopt(names)
        for name in self.watched.keys() | self.watchers.keys():
            address = f"{name}@localhost"
            self.hear_item(address, roster.get(address, NO_ITEM))
            # A refusal that was under way when she was moved may still be carried out: said again
            # at once, it could undo what was allowed anew. Once all are quiet it came, or never.
            if (self.crowd.quiet and name in self.watchers
                    and self.watchers[name].is_refusal_lost()):
                self.say("unsubscribed", name)
        self.fetched = self.asked[1]

    def hear_item(self, address, item):
        name = address.partition("@")[0]
        if name in self.watched:
            state = state_of(item)
            self.hear_state(self.watched[name], state)
            if state == NOTHING:
                self.watched[name].begin(self.name)
                self.say("subscribe", name)
        if name in self.watchers:
            relation = self.watchers[name]
            if item[1] in ("from", "both"):
                self.hear_state(relation, ALLOWED)
            elif relation.told[self.name] % 3 == ALLOWED:  # a roster does not say who has asked
                self.hear_state(relation, NOTHING)

    def relations_of(self, name, item):
        """With what the item of the roster says of each."""
        if name in self.watched:
            yield self.watched[name], [state_of(item)]
        if name in self.watchers:
            seen = item[1] in ("from", "both")
            yield self.watchers[name], [ALLOWED] if seen else [NOTHING, ASKED]

    def hear_presence(self, presence):
        address, _, resource = presence.get("from").partition("/")
        name = address.partition("@")[0]
        kind = presence.get("type")
        if kind == "subscribe":
            relation = self.watchers[name]
            self.hear_state(relation, ASKED)
            relation.begin(self.name)
            self.say("subscribed", name)
        elif kind is None and name in self.watched:
            number = number_of(presence.findtext("{jabber:client}status"), name)
            self.see(name, self.pictures.get(name, {}) | {resource: number})
        elif kind == "unavailable":
            self.see(name, {source: number for source, number in
                            self.pictures.get(name, {}).items() if resource not in ("", source)})

    def hear_message(self, message):
        if message.get("type") == "error":
            self.hear_error(message)
            return
        body = message.findtext("{jabber:client}body")
        what, _, of = body.rpartition(" ")
        name, number = NOTE.fullmatch(of).groups()
        if what != "seen":
            self.owed.add((name, int(number)))
            self.pay()
        elif self.sight is not None and (name, int(number)) == (self.name, self.sight.number):
            self.sight.answered = True

    def hear_error(self, message):
        """Nobody is returned what was written to one who is served; who was so by the server that
        was hit may not know it yet."""
        sight = self.sight
        if (sight is not None and message.get("id") == str(sight.number)
                and not sight.is_excused() and not self.crowd.is_missed()):
            self.crowd.fail(f"{sight.watcher} is not there, {self} is told:"
                            f" {xmpp.condition_of(message, xmpp.STANZA_ERRORS)}")

    def pay(self):
        """Answers who wrote that she shows a number, once it is seen."""
        for name, number in sorted(self.owed):
            if number <= max(self.pictures.get(name, {}).values(), default=0):
                self.owed.remove((name, number))
                self.stream.send(f"<message to='{name}@localhost' type='chat'>"
                                 f"<body>seen {name}:{number}</body></message>")
