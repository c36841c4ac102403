"""A server that has little to do is let go (docs/operating.md): nobody orders it. Its users, on
XMPP and with a phone, go to those who have room for them, and their contacts notice nothing."""

import time

import cluster
import hosts
import people
import phones
from programs import until

# A level is a user, or a subscription of hers. A server at 3 is low, one at 4 is not. Users stay
# where they land, for as long as both have about as much to do.
LOW_S = 2
SETTINGS = f"""\
[policy]
watchers = "allow"
[limits]
notify_interval_min = "0 s"
[load]
policy = "limit"
spread = 100
resources_per_user = 0
max_level = 12
low_mark = 25
low_time = "{LOW_S} s"
"""
NEARBY, FAR, PHONE = "nearby@localhost", "far@localhost", "phone@localhost"


class LettingGoTest(cluster.ConfiguredCase):
    def setUp(self):
        super().setUp()
        key = self.key("cluster.key")
        for name in ("s1", "s2"):
            self.run_as(name, key, SETTINGS)
        self.settled("s1", "s2")
        self.assertTrue(self.listed()["s1"]["main"])
        self.people = {}
        for name, server in (("nearby", "s1"), ("beside", "s1"),
                             ("far", "s2"), ("first", "s2"), ("second", "s2")):
            self.enter(people.Person, name, server, "xmpp")
        self.enter(phones.Phone, "phone", "s2", "sip", "TCP")
        for one, other in ((NEARBY, FAR), (NEARBY, PHONE), (PHONE, NEARBY)):
            self.people[one].watch(other)
        self.until_seen()
        self.until_levels(s1=4, s2=5)

    def enter(self, kind, name, server, protocol, *more):
        """A user with a program, and the address of that server in it; once it is logged in."""
        self.add(f"{name}@localhost")
        person = kind(name, hosts.Here(), [self.address_of(server, protocol)], *more)
        self.addCleanup(person.end)
        self.people[person.user] = person
        until(lambda: person.at, f"{person} is logged in")
        return person

    def leave(self, name):
        self.people.pop(f"{name}@localhost").end()

    def role(self, name):
        return self.listed()[name]["role"]

    def until_levels(self, **levels):
        until(lambda: levels == {name: row.get("level") for name, row in self.listed().items()},
              f"levels are {levels}")

    def until_seen(self):
        """What all show now, by those who watch them."""
        nearby, far, phone = (self.people[user] for user in (NEARBY, FAR, PHONE))
        for person in (nearby, far, phone):
            person.show()
        until(lambda: nearby.sees(FAR) == [far.number] and phone.is_done()
              and nearby.sees(PHONE) == [phone.number] and phone.sees(NEARBY) == [nearby.number],
              "they see what is shown")

    def test_who_has_little_to_do_is_let_go_and_is_a_candidate_again(self):
        self.leave("first")
        self.until_levels(s1=4, s2=4)
        self.assertEqual("running", self.role("s2"))
        began = time.monotonic()
        self.leave("second")
        until(lambda: self.role("s2") != "running", "it is drained")
        self.assertGreaterEqual(time.monotonic() - began, LOW_S)
        until(lambda: self.role("s2") == "standby", "it has nobody, and is let go")
        print(f"s2 is let go {time.monotonic() - began:.1f} s after it had little to do, of which"
              f" {LOW_S} s are low_time", flush=True)
        self.until_seen()
        for user in (FAR, PHONE):
            self.assertEqual("s1", self.where(user))
        self.assertEqual([], self.people[NEARBY].seen_go)
        self.assertEqual(0, self.people[FAR].losses)
        self.until_levels(s1=7, s2=0)
        self.come_until_all_are_full()

    def come_until_all_are_full(self):
        """Then who was let go is taken in again."""
        for number in range(12 - 7):
            self.assertIn(self.enter(people.Person, f"later{number}", "s1", "xmpp").at,
                          self.by_id["s1"].xmpp)
            self.until_levels(s1=8 + number, s2=0)
        last = self.enter(people.Person, "last", "s1", "xmpp")
        self.assertIn(last.at, self.by_id["s2"].xmpp)
        until(lambda: self.role("s2") == "running", "it runs again")
        self.until_seen()
        self.assertEqual([], self.people[NEARBY].seen_go)
