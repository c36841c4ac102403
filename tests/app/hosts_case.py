"""Three servers on three hosts, their PostgreSQL on a fourth, users beside them and on a fifth, and
links between the hosts that are cut and healed. At each server are users whose programs run on its
host, and users from outside, on XMPP and on SIP over UDP and TCP, and watch one another.

How long what took is printed; nothing is asserted of it but that it comes (programs.PATIENCE_S).
"""

import json
import os
import signal
import time
import unittest

import cluster
import hosts
import people
import phones
import postgres
import programs
from programs import until

NAMES = ("s1", "s2", "s3")
CONFIGURATION = """\
data = "data"
[[domain]]
name = "localhost"
certificate = "localhost.crt"
key = "localhost.key"
[listen]
xmpp = ["{address}:5222"]
sip = ["{address}:5060"]
sips = ["{address}:5061"]
[store]
postgres = "{postgres}"
[policy]
watchers = "allow"
[limits]
notify_interval_min = "0 s"
[cluster]
id = "{name}"
listen = "{address}:5270"
certificate = "../{name}.localhost.crt"
key = "../{name}.localhost.key"
ca = "../ca.crt"
[load]
policy = "limit"
spread = 100
"""


TRANSPORTS = ("UDP", "TCP")


@unittest.skipUnless(os.geteuid() == 0, "network namespaces are root's to make")
class HostsCase(cluster.ClusterCase):
    def setUp(self):
        super().setUp()
        self.network = hosts.Network(*NAMES, "db", "outside")
        self.addCleanup(self.network.end)
        self.network.begin()
        for name in (*NAMES, "db"):
            programs.certify(self.folder, f"{name}.localhost")
        self.postgres = postgres.HostPostgres(self.network["db"], self.folder / "ca.crt")
        self.addCleanup(self.postgres.end)
        self.people = {}
        self.unseen, self.longest = set(), 0
        self.together(*NAMES)
        self.gather()

    def join(self, name, *options):
        host, folder = self.network[name], self.folder / name
        (folder / "data").mkdir(mode=0o700, parents=True)
        programs.make_certificate(folder)
        configuration = folder / "musterd.toml"
        configuration.write_text(CONFIGURATION.format(
            name=name, address=host.address, postgres=self.postgres.connection()))
        with host.inside():
            self.by_id[name] = self.serve("run", "--config", configuration, *options,
                                          log=self.folder / f"log-{name}")
        until(lambda: self.lives_of(name) == 1, f"the lease of {name}")

    # --- users ---

    def gather(self):
        """near1 and far1 are at s1, and so on; all see all others but that near ones wait. Phones
        watch those who are outside, and phones of the other transport; all on XMPP watch them."""
        self.data = self.by_id["s1"].data
        for number, name in enumerate(NAMES, 1):
            for place, host in (("near", name), ("far", "outside")):
                self.add(f"{place}{number}@localhost")
                self.enter(f"{place}{number}", host, name)
                for transport in TRANSPORTS:
                    phone = f"{place}{number}-{transport.lower()}"
                    self.add(f"{phone}@localhost")
                    self.enter_by_phone(phone, host, name, transport)
        until(lambda: all(person.at == person.first for person in self.people.values()),
              "all are logged in where they are to be")
        self.watches = set()
        for one in self.people.values():
            for other in self.people.values():
                if one is not other and self.are_to_watch(one, other):
                    self.watch(one, other)
        self.until_right("all see one another")

    def are_to_watch(self, one, other):
        if other.kind == "phone":
            return one.kind == "XMPP" or one.transport != other.transport
        return not self.is_near(other) or (one.kind == "XMPP" and not self.is_near(one))

    @staticmethod
    def is_near(person):
        return person.user.startswith("near")

    def enter(self, name, host, server, resource="r"):
        """A user with a program at that host, whose servers are that one and those behind it."""
        return self.begin(people.Person(name, self.network[host], self.places(server, "xmpp"),
                                        resource))

    def enter_by_phone(self, name, host, server, transport):
        return self.begin(phones.Phone(name, self.network[host], self.places(server, "sip"),
                                       transport))

    def begin(self, person):
        self.addCleanup(person.end)
        self.people[person.full] = person
        return person

    def places(self, server, protocol):
        first = NAMES.index(server)
        return [self.address_of(place, protocol) for place in NAMES[first:] + NAMES[:first]]

    def near(self, server):
        return self.people[f"near{NAMES.index(server) + 1}@localhost/r"]

    def far(self, server):
        return self.people[f"far{NAMES.index(server) + 1}@localhost/r"]

    def phones(self, server, *places):
        """Those that are there, and those outside that began there; or either of them."""
        number = NAMES.index(server) + 1
        return [self.people[f"{place}{number}-{transport.lower()}@localhost/{transport}"]
                for place in places or ("near", "far") for transport in TRANSPORTS]

    def programs_of(self, user):
        return [person for person in self.people.values() if person.user == user]

    def watch(self, one, other):
        one.watch(other.user)
        self.watches.add((one.user, other.user))

    def of(self, *servers):
        """Their users."""
        return [person for server in servers
                for person in (self.near(server), self.far(server), *self.phones(server))]

    def desks(self):
        return [person for person in self.people.values() if person.kind == "XMPP"]

    def all_phones(self):
        return [person for person in self.people.values() if person.kind == "phone"]

    # --- what is waited for ---

    def is_right(self, *among):
        """Each of these sees of the others whom she watches what they show now, in all programs."""
        return not any(self.wrong(among or self.people.values()))

    def wrong(self, among, kind=None):
        """What watchers of that kind see that is not so."""
        shown = {person.user: [] for person in among}
        doubtful = {person.user: person.doubtful for person in among}
        for person in self.people.values():
            if person.user in shown and person.shows() is not None and person not in self.unseen:
                shown[person.user].append(person.shows())
        for person in among:
            if not person.is_done():
                yield f"{person} has not shown what she wants to"
            if kind not in (None, person.kind):
                continue
            for user, picture in shown.items():
                seen = [number for number in person.sees(user) if number not in doubtful[user]]
                if (person.user, user) in self.watches and seen != sorted(picture):
                    yield f"{person} sees {user} as {seen}, not {picture}"

    def until_right(self, what, *among):
        """Returns when it was so for watchers of each kind, by kind."""
        among = among or self.people.values()
        since = {}

        def are_right():
            for kind in ("XMPP", "phone"):
                if any(self.wrong(among, kind)):
                    since.pop(kind, None)
                else:
                    since.setdefault(kind, time.monotonic())
            return len(since) == 2
        try:
            until(are_right, what)
        except AssertionError as late:
            raise AssertionError("\n".join([str(late), *self.wrong(among)])) from None
        return since

    def meanwhile(self, true, what, *groups):
        """Until it is true those of each group see all that they show one another; and once more
        behind it. Returns when it was true."""
        limit = time.monotonic() + programs.PATIENCE_S
        found = None
        while not found:
            found = time.monotonic() if true() else None
            for group in groups:
                began = time.monotonic()
                for person in group:
                    person.show()
                self.until_right(f"while they wait that {what}, these see one another", *group)
                self.longest = max(self.longest, time.monotonic() - began)
            self.assertLess(time.monotonic(), limit, f"did not come: {what}")
        return found

    # --- servers ---

    def listed_by(self, name):
        """{id: (role, main, life)}, as `muster servers` says there, if that is linked to all."""
        with self.network[name].inside():
            done = programs.ask("muster", "servers", "--json", "--config",
                                self.folder / name / "musterd.toml")
        if done.returncode != 0:
            return None  # between two lives
        rows = cluster.members.by_id(json.loads(done.stdout))
        if not all(row["linked"] or row["itself"] for row in rows.values()):
            return None
        return {other: (row["role"], row["main"], row["incarnation"])
                for other, row in rows.items()}

    def agreed(self, *names):
        """What all of these say: that they run, and nobody else, and that one of them is main."""
        views = [self.listed_by(name) for name in names]
        if views[0] is None or any(view != views[0] for view in views) or set(views[0]) != {*names}:
            return None
        roles, mains, _ = zip(*views[0].values())
        return views[0] if set(roles) == {"running"} and sum(mains) == 1 else None

    def main(self):
        view = until(lambda: self.agreed(*NAMES), "they agree")
        return next(name for name, (_, main, _) in view.items() if main)

    def not_main(self):
        main = self.main()
        return next(name for name in NAMES if name != main)

    def links_of(self, name):
        return {other for other, row in self.seen_by(name).items() if row["linked"]}

    # --- what is kept ---

    def prepare(self):
        """The cut is about to come, in the midst of what all write. What they agreed on before."""
        before = until(lambda: self.agreed(*NAMES), "they agree")
        for person in self.desks():
            person.add_contacts(*(f"before{number}" for number in range(5)))
        for phone in self.all_phones():
            phone.show()
        return before

    def until_stored(self, *people):
        """A change of each is acknowledged again: what it was refused before it asks for anew."""
        for person in people:
            if person.kind == "phone":
                person.rests = False
                person.show()
        for person in people:
            if person.kind == "phone":
                until(person.is_done, f"a publication of {person}")
                continue

            def is_stored(person=person, name=f"stored{next(person.ids)}"):
                if f"{name}@x.org" in person.acknowledged:
                    return True
                if person.at and f"{name}@x.org" not in dict(person.asked).values():
                    person.add_contacts(name)
                return False
            until(is_stored, f"a change of {person} is stored")

    def until_watched(self, one, other):
        self.watch(one, other)
        until(lambda: other.user in one.watched, f"{one} may see {other}")

    def check_kept(self, ends_in_order=True):
        """What was told to be done is what its user is told now, and what the database has."""
        self.check_rosters()
        self.check_phones()
        if ends_in_order:
            self.end_in_order()
        for person in self.people.values():
            person.end()
            self.assertIsNone(person.broken, person)
        for log in (*self.folder.glob("log-*"), self.postgres.folder / "log"):
            self.assertNotIn(postgres.PASSWORD, log.read_text(errors="replace"), log)

    def end_in_order(self):
        """Phones answer what they are told last: servers wait for that, 10 s if a phone that left
        does not."""
        for server in self.by_id.values():
            server.send_signal(signal.SIGTERM)
        for name, server in self.by_id.items():
            self.assertEqual(0, server.process.wait(programs.PATIENCE_S), name)

    def check_rosters(self):
        for person in self.desks():
            person.ask_roster()
        for person in self.desks():
            until(lambda who=person: who.roster is not None, f"the roster of {person}")
            self.assertLessEqual(person.acknowledged, set(person.roster), person)
            self.assertLessEqual(person.acknowledged, self.contacts_of(person.user), person)
            self.assertFalse([name for name in person.roster if name.startswith("late")], person)
            for user in person.watched:
                self.assertIn(person.roster[user], ("to", "both"), (person, user))

    def check_phones(self):
        """All that they were told is there can be refreshed."""
        for phone in self.all_phones():
            phone.refresh()
        for phone in self.all_phones():
            until(lambda who=phone: who.broken or who.is_refreshed(), f"all of {phone}")
            self.assertIsNone(phone.broken, phone)
            self.assertEqual(dict.fromkeys([*phone.watches, "publication"], 200), phone.refreshed,
                             phone)
            self.assertIn(f"<note>{phone.number}</note>", self.published_by(phone.user))

    def published_by(self, user):
        return self.postgres.run(
            "SELECT convert_from(document, 'UTF8') FROM muster.publications"
            " JOIN muster.accounts a ON a.id = account"
            f" WHERE local = '{user.partition('@')[0]}'")

    def contacts_of(self, user):
        return set(self.postgres.run(
            "SELECT contact FROM muster.contacts JOIN muster.accounts ON id = account"
            f" WHERE local = '{user.partition('@')[0]}'").split())

    def tell(self, what, began, right, **moments):
        moments |= {f"right for {kind}": moment for kind, moment in right.items()}
        print(f"{what}: " + ", ".join(f"{name} after {moment - began:.1f} s"
                                      for name, moment in moments.items())
              + f"; seen meanwhile within {self.longest:.2f} s", flush=True)
