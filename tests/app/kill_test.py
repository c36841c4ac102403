"""What a user was told is done survives kill -9.

Users work on one musterd at once: rosters, subscriptions, accounts, passwords, publications over
UDP and TCP; an operator says who may watch, and phones ask for it. Each keeps what she was told,
be that by an acknowledgement of XEP-0198, and the one step that it asked for and was not told of
yet. After so many answers as the seed says the server is killed in the middle of it and started
again on the same data: all that it told must be there; the step that was under way was done, or was
not.
"""

import collections
import contextlib
import itertools
import json
import os
import random
import threading
import time
import xml.etree.ElementTree as ElementTree

import programs
import sip
import xmpp
from ledger import Names, state_of

ROUNDS = 8
USERS = 6
COUNTING = 4
SEED = os.environ.get("MUSTER_KILL_SEED") or str(random.SystemRandom().randrange(1 << 32))


class Told:
    """Counts what the server told all of them, so that it can be killed after so much of it."""

    def __init__(self):
        self.changed = threading.Condition()
        self.count = 0
        self.is_ending = False  # the server is about to be killed
        self.over = False  # it was

    def one(self):
        with self.changed:
            self.count += 1
            self.changed.notify_all()

    def wait_for(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: self.count >= count, programs.PATIENCE_S):
                raise AssertionError(f"of {count} answers came {self.count}")

    @contextlib.contextmanager
    def until_lost(self):
        """What is done in it may end with the link: once the server is killed, not before."""
        try:
            yield
        except OSError:
            if not self.is_ending:
                raise


class User:
    """Works on her roster; asks the others; allows who asks her. Knows what she was told."""

    def __init__(self, name):
        self.name = name
        self.others = {}  # the items of those whom she has asked, or allowed, as she was told
        self.names = Names()  # of her contacts
        self.who_asked = set()

    @property
    def address(self):
        return f"{self.name}@localhost"

    def work(self, server, told, draw, others):
        """Until the server is gone."""
        try:
            with contextlib.closing(xmpp.Stream(server.xmpp[0])) as self.stream:
                self.stream.log_in(self.name)
                self.others = others_of(self.stream.roster())
                self.stream.send("<presence/>")
                while True:
                    self.ask(told, draw, others)
        except OSError:
            return

    def ask(self, told, draw, others):
        if draw.random() < 0.25:
            return self.stream.send(f"<presence type='subscribe' to='{draw.choice(others)}'/>")
        contact = f"contact{draw.randrange(20)}@localhost"
        name = None if self.step_is_removal(contact, draw) else f"n{draw.randrange(1 << 30)}"
        self.names.begin(contact, name)
        number = f"r{next(self.stream.ids)}"
        self.stream.send(f"<iq type='set' id='{number}'>{xmpp.roster_set(contact, name)}</iq>")
        while not self.hear(self.stream.read(), told, number):
            pass

    def step_is_removal(self, contact, draw):
        return self.names.told.get(contact) is not None and draw.random() < 0.2

    def hear(self, stanza, told, number):
        """True: that was the answer to the step."""
        if stanza.tag == xmpp.PRESENCE and stanza.get("type") == "subscribe":
            self.stream.send(f"<presence type='subscribed' to='{stanza.get('from')}'/>")
            self.who_asked.add(stanza.get("from"))
        for item in stanza.iter(xmpp.ROSTER + "item"):
            self.hear_item(*xmpp.item_of(item))
            told.one()
        if stanza.get("id") != number or stanza.tag != xmpp.IQ:
            return False
        if stanza.get("type") != "result":
            raise AssertionError(f"{self.names.step} is answered {ElementTree.tostring(stanza)}")
        if self.names.step is not None:
            self.names.done()
        told.one()
        return True

    def hear_item(self, address, item):
        """A push says that it is done, as the answer does."""
        if not is_contact(address):
            self.others[address] = item
        elif self.names.step == (address, item[0]):
            self.names.done()

    def check(self, case, stored):
        """`stored` is her roster after the crash."""
        self.names.lose()
        names = {address: item[0] for address, item in stored.items() if is_contact(address)}
        case.assertFalse(list(self.names.differences(names)), self.name)
        self.names.adopt(names)
        for address, told in self.others.items():
            found = stored.get(address)
            case.assertIsNotNone(found, f"{self.name}: {address} is lost")
            case.assertGreaterEqual(state_of(found), state_of(told), f"{self.name}: {address}")
            if told[1] in ("from", "both"):
                case.assertIn(found[1], ("from", "both"), f"{self.name}: {address}")


def is_contact(address):
    return address.startswith("contact")


def others_of(roster):
    return {address: item for address, item in roster.items() if not is_contact(address)}


class Newcomer:
    """Makes accounts and changes their passwords, in band (XEP-0077) and by `muster user add`."""

    def __init__(self):
        self.accounts = {}  # name: the passwords of which one must be hers
        self.numbers = iter(range(1 << 30))

    def work(self, server, told, draw, data):
        while not told.over:
            name = f"new{next(self.numbers)}"
            try:
                if draw.random() < 0.1:
                    self.add(name, data, told)
                else:
                    self.register(name, server, told, draw)
            except OSError:
                return

    def add(self, name, data, told):
        done = programs.ask("muster", "user", "add", f"{name}@localhost", "--password-stdin",
                            "--data", data, stdin="first\n")
        # Once the server is gone, it works on the store itself, or finds it held.
        if done.returncode == 0:
            self.accounts[name] = {"first"}
            told.one()

    def register(self, name, server, told, draw):
        stream = xmpp.Stream(server.xmpp[0])
        try:
            if stream.register(name, "first") != "result":
                return
            self.accounts[name] = {"first"}
            told.one()
            if draw.random() < 0.5:
                stream.log_in(name, "first")
                self.accounts[name] = {"first", "second"}
                if stream.register(name, "second") == "result":
                    self.accounts[name] = {"second"}
                    told.one()
        finally:
            stream.close()

    def check(self, case, server):
        for name, passwords in self.accounts.items():
            case.assertTrue(any(self.can_log_in(server, name, password)
                                for password in sorted(passwords)), f"{name}: {passwords}")
        self.accounts.clear()

    @staticmethod
    def can_log_in(server, name, password):
        stream = xmpp.Stream(server.xmpp[0])
        try:
            return stream.log_in(name, password)
        finally:
            stream.close()


class Publisher:
    """One publication of a user: made, refreshed, changed, removed, made again."""

    def __init__(self, name, kind):
        self.user, self.kind = f"{name}@localhost", kind
        self.etag = None
        self.note = None
        self.step = None  # the note that was asked for, "" for removal, None for none
        self.numbers = iter(range(1 << 30))

    def work(self, server, told, draw):
        with told.until_lost(), contextlib.closing(self.kind(server.sip[0], self.user)) as phone:
            while not told.over and self.publish(phone, told, draw):
                told.one()

    def publish(self, phone, told, draw):
        """One step; False if the server is gone."""
        what = draw.choice(["change", "change", "refresh", "remove"]) if self.etag else "change"
        note = f"note {next(self.numbers)} of {self.user}" if what == "change" else None
        self.step = {"change": note, "refresh": self.note, "remove": ""}[what]
        answer = phone.publish(note, self.etag, 0 if what == "remove" else 3600,
                               give_up=lambda: told.over)
        if answer is None:
            return False
        if answer.status != 200:
            raise AssertionError(f"{what}: {answer.first}")
        self.note, self.step = self.step, None
        self.etag = None if what == "remove" else answer.headers["sip-etag"]
        return True

    def check(self, case, server):
        phone = sip.Phone(server.sip[0], self.user)
        document = phone.fetch(self.user)
        allowed = {self.note or ""} if self.step is None else {self.note or "", self.step}
        case.assertTrue(any(f">{note}<" in document if note else "note " not in document
                            for note in allowed), f"{self.user}: {allowed}: {document}")
        if self.etag is not None:
            status = phone.publish(etag=self.etag).status
            case.assertIn(status, [200] if self.step is None else [200, 412], self.user)
            # Whatever it is now, the next round begins without it.
        phone.close()


class Counting:
    """Asks others, and allows them beforehand, each of which is as good as done once the server has
    acknowledged it (XEP-0198 section 4): nothing else is waited for. The others never come."""

    OTHERS = 6
    MANAGEMENT = "{urn:xmpp:sm:3}"

    def __init__(self, name):
        self.name = name
        self.steps = Names()  # "subscribe" or "allowed beforehand", by (verb, other)
        self.acknowledged = 0

    @property
    def address(self):
        return f"{self.name}@localhost"

    def others(self):
        return [f"{self.name}x{number}@localhost" for number in range(self.OTHERS)]

    def work(self, server, told, draw):
        with told.until_lost(), contextlib.closing(xmpp.Stream(server.xmpp[0])) as stream:
            stream.log_in(self.name)
            stream.send("<enable xmlns='urn:xmpp:sm:3'/>")
            stream.read_until(lambda stanza: stanza.tag == self.MANAGEMENT + "enabled")
            for count in map(str, itertools.count(1)):
                verb = draw.choice(["subscribe", "unsubscribe", "subscribed", "unsubscribed"])
                other = draw.choice(self.others())
                self.steps.begin((verb.removeprefix("un"), other), state_after(verb))
                stream.send(f"<presence type='{verb}' to='{other}'/><r xmlns='urn:xmpp:sm:3'/>")
                stream.read_until(lambda stanza: stanza.tag == self.MANAGEMENT + "a"
                                  and stanza.get("h") == count)
                self.steps.done()
                self.acknowledged += 1
                told.one()

    def check(self, case, server, watchers_of):
        with contextlib.closing(xmpp.Stream(server.xmpp[0])) as stream:
            stream.log_in(self.name)
            roster = stream.roster()
        found = {("subscribe", other): item[2] for other, item in roster.items()}
        found |= {("subscribed", other): state
                  for other, state in watchers_of(self.address).items()}
        self.steps.lose()
        case.assertFalse(list(self.steps.differences(found)), self.name)
        self.steps.adopt(found)


def state_after(verb):
    return {"subscribe": "subscribe", "subscribed": "allowed beforehand"}.get(verb)


class Doorkeeper:
    """Says by `muster user watchers` who may watch somebody who never comes; phones ask for it, and
    are told that they wait. One thing at a time."""

    WATCHERS = 6
    address = "door@localhost"

    def __init__(self):
        self.states = Names()  # as `muster user watchers` says them, by watcher
        self.done = collections.Counter()  # how often which step was

    def watchers(self):
        return [f"watcher{number}@localhost" for number in range(self.WATCHERS)]

    def work(self, server, told, draw, data):
        with told.until_lost(), contextlib.ExitStack() as stack:
            phones = {}
            for watcher, kind in zip(self.watchers(),
                                     itertools.cycle([sip.Phone, sip.StreamPhone])):
                phones[watcher] = kind(server.sip[0], watcher)
                stack.callback(phones[watcher].close)
            while not told.over:
                watcher = draw.choice(self.watchers())
                what, state = self.choose(watcher, draw)
                self.states.begin(watcher, state)
                if not (self.ask(phones[watcher], told) if what == "ask"
                        else self.decide(what, watcher, data, told)):
                    return
                self.states.done()
                self.done[what] += 1
                told.one()

    def choose(self, watcher, draw):
        """What is done, and what `muster user watchers` says then."""
        state = self.states.told.get(watcher)
        if state is None:
            return draw.choice([("ask", "asks"), ("--allow", "allowed beforehand")])
        return draw.choice([("--allow", "allowed"), ("--deny", None)] if state == "asks"
                           else [("--deny", None)])

    def ask(self, phone, told):
        """False: the server is gone."""
        phone.requests.clear()
        answer = phone.watch(self.address, give_up=lambda: told.over)
        if answer is None:
            return False
        if answer.status not in (200, 202):
            raise AssertionError(f"SUBSCRIBE of {phone.user}: {answer.first}")
        limit = time.monotonic() + programs.PATIENCE_S
        while not any(request.headers["subscription-state"].startswith("pending")
                      for request in phone.requests):
            if told.over:
                return False
            if time.monotonic() > limit:
                raise AssertionError(f"{phone.user} is not told that she waits")
            phone.hear(lambda message: message.status is None)
        return True

    def decide(self, what, watcher, data, told):
        """False: the server is gone, and the command may have found the store held."""
        done = programs.ask("muster", "user", "watchers", self.address, what, watcher,
                            "--data", data)
        if done.returncode != 0 and not told.is_ending:
            raise AssertionError(f"{what} {watcher}: {done.stderr}")
        return done.returncode == 0

    def check(self, case, watchers_of):
        found = watchers_of(self.address)
        self.states.lose()
        case.assertFalse(list(self.states.differences(found)))
        self.states.adopt(found)


class KillTest(programs.Case):
    def test_what_was_told_survives_kill_9(self):
        print(f"MUSTER_KILL_SEED={SEED}", flush=True)
        draw = random.Random(SEED)
        self.users = [User(f"user{number}") for number in range(USERS)]
        self.newcomer, self.doorkeeper = Newcomer(), Doorkeeper()
        self.counting = [Counting(f"counting{number}") for number in range(COUNTING)]
        server = self.develop("--threads", "2")
        for user in [*self.users, *self.counting, self.doorkeeper]:
            self.add(user.address)
        for address in [*self.doorkeeper.watchers(), *(other for one in self.counting
                                                       for other in one.others())]:
            self.add(address)
        for number in range(ROUNDS):
            # A publication that may or may not be there is not gone on with.
            self.publishers = [Publisher(f"p{number}x{i}", kind)
                               for i, kind in enumerate([sip.Phone, sip.StreamPhone] * 2)]
            for publisher in self.publishers:
                self.add(publisher.user)
            self.work_until_killed(server, random.Random(draw.random()), draw.randrange(30, 800))
            server = self.develop("--threads", "2")
            self.check(server)
        self.assertGreater(sum(len(user.who_asked) for user in self.users), 0)
        self.assertEqual({"ask", "--allow", "--deny"}, {*self.doorkeeper.done})
        self.assertTrue(all(one.acknowledged for one in self.counting))

    def work_until_killed(self, server, draw, answers):
        told = Told()
        failed = collections.deque()

        def run(seed, work, *arguments):
            try:
                work(server, told, random.Random(seed), *arguments)
            except Exception as error:  # a thread's own would be lost
                failed.append(error)

        work = [(self.newcomer.work, self.data), (self.doorkeeper.work, self.data),
                *((one.work,) for one in [*self.publishers, *self.counting])]
        for user in self.users:
            work.append((user.work, [u.address for u in self.users if u is not user]))
        threads = [threading.Thread(target=run, args=(draw.random(), *one)) for one in work]
        for thread in threads:
            thread.start()
        try:
            told.wait_for(answers)
        finally:
            told.is_ending = True
            server.kill()
            told.over = True
            for thread in threads:
                thread.join(2 * programs.PATIENCE_S)
        self.assertFalse(failed, list(failed))

    def check(self, server):
        rosters = {}
        for user in self.users:
            stream = xmpp.Stream(server.xmpp[0])
            self.assertTrue(stream.log_in(user.name))
            rosters[user.name] = stream.roster()
            user.check(self, rosters[user.name])
            stream.close()
        self.check_pairs(rosters)
        self.newcomer.check(self, server)
        for publisher in self.publishers:
            publisher.check(self, server)
        for one in self.counting:
            one.check(self, server, self.watchers_of)
        self.doorkeeper.check(self, self.watchers_of)

    def watchers_of(self, address):
        """{address: state}"""
        told = programs.ask("muster", "user", "watchers", address, "--json", "--data", self.data)
        return {row["watcher"]: row["state"] for row in json.loads(told.stdout)}

    def check_pairs(self, rosters):
        """Both sides of a pair were changed, or neither."""
        for name, roster in rosters.items():
            for other in rosters:
                sees = roster.get(f"{other}@localhost", (None, "none"))[1] in ("to", "both")
                seen = rosters[other].get(f"{name}@localhost", (None, "none"))[1] in ("from",
                                                                                     "both")
                self.assertEqual(sees, seen, f"{name} and {other}")
