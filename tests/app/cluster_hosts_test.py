"""Three servers on three hosts, their PostgreSQL on a fourth, users beside them and on a fifth, and
links between the hosts that are cut and healed.

At each server are two users, one whose program runs on the host of the server and one from outside.
All watch one another, write to their rosters as the cut comes, and go on meanwhile: those of
servers that are not cut see one another all the time. Once it is healed, servers agree about who
they are, each watcher's picture is right, and what was told to be done is there.

How long what took is printed; nothing is asserted of it but that it comes (programs.PATIENCE_S).
"""

import json
import os
import time
import unittest

import cluster
import hosts
import people
import postgres
import programs
from programs import until

NAMES = ("s1", "s2", "s3")
LONGER_S = 3  # than a lease, at its default of 2 s
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
[cluster]
id = "{name}"
listen = "{address}:5270"
certificate = "../{name}.localhost.crt"
key = "../{name}.localhost.key"
ca = "../ca.crt"
[load]
policy = "limit"
"""


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
        """near1 and far1 are at s1, and so on; all see all others but that near ones wait."""
        self.data = self.by_id["s1"].data
        for number, name in enumerate(NAMES, 1):
            self.add(f"near{number}@localhost")
            self.add(f"far{number}@localhost")
            self.enter(f"near{number}", name, name)
            self.enter(f"far{number}", "outside", name)
        until(lambda: all(person.at for person in self.people.values()), "all are logged in")
        self.watches = set()
        for one in self.people.values():
            for other in self.people.values():
                if one is not other and not (self.is_near(one) and self.is_near(other)):
                    self.watch(one, other)
        self.until_right("all see one another")

    @staticmethod
    def is_near(person):
        return person.user.startswith("near")

    def enter(self, name, host, server, resource="r"):
        """A user with a program at that host, whose servers are that one and those behind it."""
        first = NAMES.index(server)
        places = [self.by_id[place].xmpp[0] for place in NAMES[first:] + NAMES[:first]]
        person = people.Person(name, self.network[host], places, resource)
        self.addCleanup(person.end)
        self.people[person.full] = person
        return person

    def near(self, server):
        return self.people[f"near{NAMES.index(server) + 1}@localhost/r"]

    def far(self, server):
        return self.people[f"far{NAMES.index(server) + 1}@localhost/r"]

    def watch(self, one, other):
        one.watch(other.user)
        self.watches.add((one.user, other.user))

    def of(self, *servers):
        """Their users."""
        return [person(server) for server in servers for person in (self.near, self.far)]

    # --- what is waited for ---

    def is_right(self, *among):
        """Each of these sees of the others whom she watches what they show now, in all programs."""
        return not any(self.wrong(among or self.people.values()))

    def wrong(self, among):
        shown = {person.user: {} for person in among}
        for person in self.people.values():
            if person.user in shown and person.at is not None and person not in self.unseen:
                shown[person.user][person.full] = person.number
        for person in among:
            for user, picture in shown.items():
                seen = dict(person.pictures.get(user, {}))
                if (person.user, user) in self.watches and seen != picture:
                    yield f"{person} sees {user} as {seen}, not {picture}"

    def until_right(self, what, *among):
        try:
            until(lambda: self.is_right(*among), what)
        except AssertionError as late:
            raise AssertionError("\n".join(
                [str(late), *self.wrong(among or self.people.values())])) from None

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

    def begin(self):
        """The cut is about to come, in the midst of what all write. What they agreed on before."""
        before = until(lambda: self.agreed(*NAMES), "they agree")
        for person in self.people.values():
            person.add_contacts(*(f"before{number}" for number in range(5)))
        return before

    def until_stored(self, *people):
        """A change of each is acknowledged again: what it was refused before it asks for anew."""
        for person in people:
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

    def check_kept(self):
        """What was told to be done is what its user is told now, and what the database has."""
        for person in self.people.values():
            person.ask_roster()
        for person in self.people.values():
            until(lambda who=person: who.roster is not None, f"the roster of {person}")
            self.assertLessEqual(person.acknowledged, set(person.roster), person)
            self.assertLessEqual(person.acknowledged, self.contacts_of(person.user), person)
            self.assertFalse([name for name in person.roster if name.startswith("late")], person)
            for user in person.watched:
                self.assertIn(person.roster[user], ("to", "both"), (person, user))
        for person in self.people.values():
            person.end()
            self.assertIsNone(person.broken, person)
        for name, server in self.by_id.items():
            self.assertEqual(0, server.stop(), name)
        for log in (*self.folder.glob("log-*"), self.postgres.folder / "log"):
            self.assertNotIn(postgres.PASSWORD, log.read_text(errors="replace"), log)

    def contacts_of(self, user):
        return set(self.postgres.run(
            "SELECT contact FROM muster.contacts JOIN muster.accounts ON id = account"
            f" WHERE local = '{user.partition('@')[0]}'").split())

    def tell(self, what, began, **moments):
        print(f"{what}: " + ", ".join(f"{name.replace('_', ' ')} after {moment - began:.1f} s"
                                      for name, moment in moments.items())
              + f"; seen meanwhile within {self.longest:.2f} s", flush=True)


class ServersApartTest(HostsCase):
    """Links between servers are cut; all reach the database, so nobody is gone."""

    def are_apart(self, what, name, others, cut, *groups):
        """`name` from `others`; those of each group still see one another."""
        before = self.begin()
        one, other = self.near(name), self.near(others[0])
        began = time.monotonic()
        cut()
        lost = self.meanwhile(lambda: not self.links_of(name) & {*others} and
                              not any(name in self.links_of(far) for far in others),
                              "the links are lost", *groups)
        one.write(other.user, "across")
        self.until_watched(one, other)
        second = self.enter(f"far{name[1:]}", "outside", others[0], "second")
        until(lambda: second.at in self.by_id[name].xmpp, "she is sent to where she is served")
        self.until_stored(*self.people.values())
        self.meanwhile(lambda: time.monotonic() > began + LONGER_S, "leases go by", *groups)
        self.assertEqual([], other.messages)
        self.assertNotIn(second.full, self.far(others[0]).pictures[second.user])
        for watcher, user in self.watches - {(one.user, other.user)}:
            # Whoever is not heard of is still as she was.
            self.assertIn(f"{user}/r", self.people[f"{watcher}/r"].pictures[user], watcher)
        self.network.heal()
        healed = time.monotonic()
        self.assertEqual(before, until(lambda: self.agreed(*NAMES), "they agree again"))
        linked = time.monotonic()
        self.until_right("all see all again")
        self.tell(what, began, links_lost=lost, healed=healed, agreed=linked,
                  right=time.monotonic())
        until(lambda: other.messages == ["across"], "what was written across it comes")
        self.assertEqual([], [str(person) for person in self.people.values() if person.losses])
        self.check_kept()

    def is_cut_from_the_others(self, name):
        others = [other for other in NAMES if other != name]
        self.are_apart(f"{name} cut from the others", name, others,
                       lambda: self.network.cut(name, *others), self.of(*others), self.of(name))

    def test_one_is_cut_from_the_others(self):
        self.is_cut_from_the_others(self.not_main())

    def test_the_main_is_cut_from_the_others(self):
        self.is_cut_from_the_others(self.main())

    def test_one_way_between_two(self):
        """What the main says does not reach another one, which it hears all the same."""
        main, deaf = self.main(), self.not_main()
        third = next(name for name in NAMES if name not in (main, deaf))
        self.are_apart(f"one way from {main}, the main, to {deaf}", main, [deaf],
                       lambda: self.network.cut_one_way((main, deaf)),
                       self.of(main, third), self.of(deaf, third))


class LostTest(HostsCase):
    """A server does not reach the database for longer than its lease: the others bury it, and once
    it is healed it begins another life."""

    def is_lost(self, what, name, cut, *captives):
        """`captives` are still logged in there."""
        others = [other for other in NAMES if other != name]
        before = self.begin()
        began = time.monotonic()
        cut()
        view = {}
        gone = self.meanwhile(lambda: view.update(self.agreed(*others) or {}) or view,
                              "it is gone", self.of(*others))
        self.assertEqual({other: before[other][2] for other in others},
                         {other: life for other, (_, _, life) in view.items()})
        self.unseen = {*captives}
        for person in captives:
            person.add_contacts("late")
        if self.far(name) in captives:
            self.enter(f"far{name[1:]}", "outside", others[0], "elsewhere")
        refugee = next(person for person in self.people.values() if person not in captives and
                       person.user == self.far(name).user)
        self.meanwhile(lambda: refugee.at not in (None, *self.by_id[name].xmpp),
                       "she is let in elsewhere", self.of(*others))
        refuge = time.monotonic()
        self.until_stored(refugee, *self.of(*others))
        self.until_watched(self.near(others[0]), self.near(others[1]))
        self.meanwhile(lambda: self.is_right(*set(self.people.values()) - {*captives}),
                       "all but they see what is", self.of(*others))
        self.assertEqual([0] * len(captives), [person.losses for person in captives])
        self.network.heal()
        healed = time.monotonic()
        until(lambda: self.lives_of(name) == 2, "it begins another life")
        after = until(lambda: self.agreed(*NAMES), "they agree again")
        agreed = time.monotonic()
        self.unseen = set()
        until(lambda: all(person.losses and person.at for person in captives), "they are back")
        back = time.monotonic()
        self.until_right("all see all again")
        self.tell(what, began, gone=gone, refuge=refuge, healed=healed, agreed=agreed, back=back,
                  right=time.monotonic())
        self.assertEqual(view, {other: after[other] for other in others})
        self.assertGreater(after[name][2], before[name][2])
        self.assertEqual([], [str(person) for person in self.of(*others) if person.losses])
        self.until_stored(*self.people.values())
        self.check_kept()

    def is_cut_from_the_database(self, name):
        self.is_lost(f"{name} cut from the database", name, lambda: self.network.cut(name, "db"),
                     *self.of(name))

    def test_one_is_cut_from_the_database(self):
        self.is_cut_from_the_database(self.not_main())

    def test_the_main_is_cut_from_the_database(self):
        self.is_cut_from_the_database(self.main())

    def test_one_way_from_the_database(self):
        """What it asks is done, and it never hears of it."""
        name = self.not_main()
        self.is_lost(f"one way from the database to {name}", name,
                     lambda: self.network.cut_one_way(("db", name)), *self.of(name))

    def is_cut_from_everything(self, name):
        everything = [other for other in self.network.hosts if other != name]
        self.is_lost(f"{name} cut from everything", name,
                     lambda: self.network.cut(name, *everything), self.near(name))

    def test_one_is_cut_from_everything(self):
        self.is_cut_from_everything(self.not_main())

    def test_the_main_is_cut_from_everything(self):
        self.is_cut_from_everything(self.main())


class DatabaseLostTest(HostsCase):
    def test_the_database_is_cut_from_all(self):
        """Nobody is gone for it, though all leases run out."""
        before = self.begin()
        began = time.monotonic()
        self.network.cut("db", *NAMES)
        lapsed = self.meanwhile(
            lambda: all("lease-lapsed" in server.log() for server in self.by_id.values()),
            "leases lapse", self.people.values())
        self.meanwhile(lambda: time.monotonic() > began + LONGER_S, "leases go by",
                       self.people.values())
        self.network.heal()
        healed = time.monotonic()
        self.until_stored(*self.people.values())
        stored = time.monotonic()
        self.assertEqual(before, until(lambda: self.agreed(*NAMES), "they agree"))
        self.until_right("all see all")
        self.tell("the database cut from all", began, lapsed=lapsed, healed=healed, stored=stored,
                  right=time.monotonic())
        self.assertEqual([], [str(person) for person in self.people.values() if person.losses])
        self.check_kept()
