"""Links between the hosts of a cluster are cut and healed (hosts_case.py).

At each server are users whose programs run on its host, and users from outside. All watch one
another, write to their rosters and publish as the cut comes, and go on meanwhile: those of
servers that are not cut see one another all the time. Once it is healed, servers agree about who
they are, each watcher's picture is right, and what was told to be done is there.
"""

import time

from hosts_case import NAMES, HostsCase
from programs import until

LONGER_S = 3  # than a lease, at its default of 2 s
# Longer than servers wait for the store, and than it takes it to give a request up.
STORE_GIVES_UP_S = 16


class ServersApartTest(HostsCase):
    """Links between servers are cut; all reach the database, so nobody is gone."""

    def are_apart(self, what, name, others, cut, *groups):
        """`name` from `others`; those of each group still see one another."""
        before = self.prepare()
        one, other = self.near(name), self.near(others[0])
        old_watches = set(self.watches)
        began = time.monotonic()
        cut()
        lost = self.meanwhile(lambda: not self.links_of(name) & {*others} and
                              not any(name in self.links_of(far) for far in others),
                              "the links are lost", *groups)
        one.write(other.user, "across")
        self.until_watched(one, other)
        for phone in self.phones(name):
            self.watch(phone, other)
            until(lambda who=phone: who.has_watch(other.user), f"{phone} is told that she may")
        second = self.enter(f"far{name[1:]}", "outside", others[0], "second")
        until(lambda: second.at in self.by_id[name].xmpp, "she is sent to where she is served")
        self.until_stored(*self.people.values())
        self.meanwhile(lambda: time.monotonic() > began + LONGER_S, "leases go by", *groups)
        self.assertEqual([], other.messages)
        self.assertNotIn(second.full, self.far(others[0]).pictures[second.user])
        for watcher, user in old_watches:
            # Whoever is not heard of is still as she was.
            for person in self.programs_of(watcher):
                self.assertTrue(person.sees(user), (str(person), user, person.seen_go))
        self.network.heal()
        healed = time.monotonic()
        self.assertEqual(before, until(lambda: self.agreed(*NAMES), "they agree again"))
        linked = time.monotonic()
        right = self.until_right("all see all again")
        self.tell(what, began, right, lost=lost, healed=healed, agreed=linked)
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
    """Servers do not reach the database for longer than their lease: the others bury them, and once
    it is healed they begin another life."""

    def is_lost(self, what, names, cut, captives, cut_s=0):
        """`captives` are still logged in at those. The cut is as long at least."""
        others = [other for other in NAMES if other not in names]
        before = self.prepare()
        began = time.monotonic()
        cut()
        view = {}
        gone = self.meanwhile(lambda: view.update(self.agreed(*others) or {}) or view,
                              "it is gone", self.of(*others))
        self.assertEqual({other: before[other][2] for other in others},
                         {other: life for other, (_, _, life) in view.items()})
        self.unseen = {*captives}
        for person in captives:
            person.try_late()
        refuge = self.are_let_in_elsewhere(names, others, captives)
        self.meanwhile(lambda: time.monotonic() > began + cut_s, "the cut lasts", self.of(*others))
        self.meanwhile(lambda: self.is_right(*set(self.people.values()) - {*captives}),
                       "all but they see what is", self.of(*others))
        self.assertEqual([], [str(person) for person in captives if person.losses])
        self.network.heal()
        healed = time.monotonic()
        until(lambda: all(self.lives_of(name) == 2 for name in names), "they begin another life")
        after = until(lambda: self.agreed(*NAMES), "they agree again")
        agreed = time.monotonic()
        back = self.come_back(captives)
        right = self.until_right("all see all again")
        self.tell(what, began, right, gone=gone, refuge=refuge, healed=healed, agreed=agreed,
                  back=back)
        self.assertEqual({other: view[other][2] for other in others},
                         {other: after[other][2] for other in others})
        self.assertTrue(all(after[name][2] > before[name][2] for name in names), (before, after))
        self.assertEqual([], [str(person) for person in self.of(*others) if person.losses])
        self.until_stored(*self.people.values())
        self.check_kept(ends_in_order=False)

    def are_let_in_elsewhere(self, names, others, captives):
        """A user of each, at other servers; returns when they all were."""
        refugees = []
        for name in names:
            if self.far(name) in captives:
                self.enter(f"far{name[1:]}", "outside", others[0], "elsewhere")
            refugees += [person for person in self.programs_of(self.far(name).user)
                         if person not in captives]
        lost = {place for name in names for place in self.by_id[name].xmpp}
        self.meanwhile(lambda: all(person.at not in (None, *lost) for person in refugees),
                       "they are let in elsewhere", self.of(*others))
        when = time.monotonic()
        self.until_stored(*refugees, *self.of(*others))
        if len(others) > 1:
            self.until_watched(self.near(others[0]), self.near(others[1]))
        return when

    def come_back(self, captives):
        self.unseen = set()
        for person in captives:
            if person.kind == "phone":
                person.rests = False
        def lost():
            return [str(person) for person in captives if not person.losses or not person.at]
        try:
            until(lambda: not lost(), "they are back")
        except AssertionError as late:
            raise AssertionError("\n".join([str(late), *lost()])) from None
        return time.monotonic()

    def is_cut_from_the_database(self, what, *names, **more):
        self.is_lost(f"{what} cut from the database", names,
                     lambda: self.network.cut("db", *names), self.of(*names), **more)

    def test_one_is_cut_from_the_database(self):
        name = self.not_main()
        self.is_cut_from_the_database(name, name)

    def test_the_main_is_cut_from_the_database(self):
        """For longer than any request to the store waits (docs/operating.md)."""
        main = self.main()
        self.is_cut_from_the_database(f"{main}, the main,", main, cut_s=STORE_GIVES_UP_S)

    def test_all_but_one_are_cut_from_the_database(self):
        """That one has been no main."""
        only = self.not_main()
        self.is_cut_from_the_database(f"all but {only}",
                                      *(name for name in NAMES if name != only))

    def test_one_way_from_the_database(self):
        """What it asks is done, and it never hears of it."""
        name = self.not_main()
        self.is_lost(f"one way from the database to {name}", [name],
                     lambda: self.network.cut_one_way(("db", name)), self.of(name))

    def is_cut_from_everything(self, name):
        everything = [other for other in self.network.hosts if other != name]
        self.is_lost(f"{name} cut from everything", [name],
                     lambda: self.network.cut(name, *everything),
                     [self.near(name), *self.phones(name, "near")])

    def test_one_is_cut_from_everything(self):
        self.is_cut_from_everything(self.not_main())

    def test_the_main_is_cut_from_everything(self):
        self.is_cut_from_everything(self.main())

    def are_cut_together(self, what, *names):
        """They see each other, and their users."""
        rest = [host for host in NAMES if host not in names] + ["db"]

        def cut():
            for name in names:
                self.network.cut(name, *rest)
        self.is_lost(f"{what} cut together", names, cut, self.of(*names))

    def test_the_main_is_cut_with_another(self):
        main, other = self.main(), self.not_main()
        self.are_cut_together(f"{main}, the main, and {other}", main, other)

    def test_all_but_the_main_are_cut(self):
        main = self.main()
        self.are_cut_together(f"all but {main}, the main,",
                              *(name for name in NAMES if name != main))


class DatabaseLostTest(HostsCase):
    def test_the_database_is_cut_from_all(self):
        """Nobody is gone for it, though all leases run out."""
        before = self.prepare()
        began = time.monotonic()
        self.network.cut("db", *NAMES)
        for phone in self.all_phones():
            phone.show()
            phone.rests = True
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
        right = self.until_right("all see all")
        self.tell("the database cut from all", began, right, lapsed=lapsed, healed=healed,
                  stored=stored)
        self.assertEqual([], [str(person) for person in self.people.values() if person.losses])
        self.check_kept()
