"""What a phone has published, while the server that it did so at is drained, ended or killed. Its
user has nothing but this phone; she is watched from there and from another server, on XMPP and on
SIP, by users who go where they are sent."""

import itertools
import re
import signal
import time

import cluster
import hosts
import people
import phones
import xmpp
from programs import until

ALICE, BOB = "alice@localhost", "bob@localhost"


class PublicationCase(cluster.ClusterCase):
    def setUp(self):
        super().setUp()
        self.together("s1", "s2")
        self.home = self.publish_first()
        self.other = next(name for name in self.by_id if name != self.home)
        self.watchers = []
        for kind in (self.desk, self.watching_phone):
            self.watchers += self.one_at_each(kind)
        for watcher in self.watchers:
            watcher.watch(ALICE)
        self.until_seen(1)

    def publish_first(self):
        """Alice's phone, registered and published; the server where it is."""
        self.alice = self.phone(ALICE, self.address_of("s1", "sip"))
        self.register(self.alice)
        answer = self.alice.publish(1)
        self.assertEqual(200, answer.status, answer.first)
        self.etag = answer.headers["sip-etag"]
        return self.where(ALICE)

    def change(self, note, expires=3600):
        """What it published, be that a refresh (no note); it is done, and has a tag."""
        answer = self.alice.publish(note, self.etag, expires)
        self.assertEqual(200, answer.status, answer.first)
        self.etag = answer.headers.get("sip-etag")

    # --- those who watch ---

    def one_at_each(self, kind):
        """New users, of whom servers take the one or the other; one for each server."""
        found = {}
        for number in itertools.count():
            user = kind(f"{kind.__name__}{number}".replace("_", ""))
            until(lambda who=user: who.at, f"{user} is let in")
            home = self.where(user.user)
            found.setdefault(home, user)
            if len(found) == len(self.by_id):
                return list(found.values())
            until(lambda at=home: self.listed()[at].get("users", 0) > 0, "its load is known")

    def places(self, protocol):
        return [self.address_of(name, protocol) for name in sorted(self.by_id)]

    def desk(self, name):
        person = people.Person(name, hosts.Here(), self.places("xmpp"))
        self.addCleanup(person.end)
        return person

    def watching_phone(self, name):
        phone = phones.Phone(name, hosts.Here(), self.places("sip"), "UDP")
        self.addCleanup(phone.end)
        return phone

    def until_seen(self, *numbers):
        def wrong():
            return [f"{who} sees {who.sees(ALICE)}" for who in self.watchers
                    if who.sees(ALICE) != [*numbers]]
        try:
            until(lambda: not wrong(), f"they see {numbers}")
        except AssertionError as late:
            raise AssertionError(f"{late}: {wrong()}") from None

    def assert_not_seen_to_go(self):
        self.assertEqual([], [(str(who), who.seen_go) for who in self.watchers if who.seen_go])

    # --- what becomes of its server ---

    def drain(self):
        """Once all have moved but her whose phone has not."""
        done = self.muster("drain", self.home)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        until(lambda: all(self.where(who.user) == self.other for who in self.watchers),
              "all are moved")
        self.until_seen(1)
        self.assert_not_seen_to_go()

    def stop(self):
        self.assertEqual(0, self.by_id.pop(self.home).stop())
        self.settled(self.other)

    def until_out_of_sight(self):
        """Whom no server has is not shown, though what she published is in the store."""
        self.until_seen()
        for who in self.watchers:
            who.seen_go.clear()

    def come_to_the_other(self):
        self.alice.server = self.address_of(self.other, "sip")
        self.register(self.alice)
        self.assertEqual(self.other, self.where(ALICE))

    def go_on_there(self):
        """A refresh, a change, the end."""
        self.change(None)
        self.until_seen(1)
        self.assert_not_seen_to_go()
        self.change(2)
        self.until_seen(2)
        self.assert_not_seen_to_go()
        self.alice.ask("REGISTER", ["Expires: 0"])
        self.change(None, expires=0)
        self.until_seen()


class PublicationTest(PublicationCase):
    def test_its_server_is_drained_and_the_phone_comes_before_it_ends(self):
        self.drain()
        self.assertEqual(self.other, self.register(self.alice))
        self.stop()
        self.go_on_there()

    def test_its_server_is_drained_and_ends_before_the_phone_comes(self):
        self.drain()
        self.stop()
        self.until_out_of_sight()
        self.come_to_the_other()
        self.go_on_there()

    def test_its_server_is_drained_and_the_phone_only_publishes(self):
        """It is sent on as it refreshes, and never registers there."""
        self.drain()
        answer = self.alice.publish(None, self.etag)
        self.assertEqual(302, answer.status)
        self.alice.server, _ = cluster.moved_to(answer)
        self.go_on_there()
        self.assertEqual(self.other, self.where(ALICE))

    def test_its_server_is_killed(self):
        self.by_id.pop(self.home).kill()
        self.settled(self.other)
        until(lambda: all(who.at and self.where(who.user) == self.other for who in self.watchers),
              "all are at the other")
        self.until_out_of_sight()
        self.come_to_the_other()
        self.go_on_there()


class AnotherLifeTest(cluster.ClusterCase):
    def test_who_watches_by_datagrams_is_told(self):
        """No link of hers ends when her server, which was taken for dead, begins another life."""
        self.together("s1", "s2")
        phone = self.phone(ALICE, self.address_of("s1", "sip"))
        home = self.register(phone)
        self.assertEqual(200, phone.watch(BOB).status)
        first = phone.notified()
        stopped = self.by_id[home]
        other = next(name for name in self.by_id if name != home)
        self.stop_between_writes(stopped)
        try:
            self.settled(other)
        finally:
            stopped.send_signal(signal.SIGCONT)
        told = phone.notified()
        while told.headers["cseq"] == first.headers["cseq"]:
            told = phone.notified()  # the server stood still before it had read her answer
        self.assertEqual("terminated;reason=deactivated", told.headers["subscription-state"])
        self.settled("s1", "s2")
        self.register(phone)
        self.assertEqual(200, phone.watch(BOB).status)


class ServiceRouteTest(cluster.ClusterCase):
    """Alice has a desk at one server, and a phone that goes nowhere: from where it lands it is
    served through that one, and keeps to its Service-Route."""

    def setUp(self):
        super().setUp()
        self.together("s1", "s2")
        _, self.owner = self.log_in(ALICE, self.address_of("s1"))
        until(lambda: self.listed()[self.owner]["users"] == 1, "the load is known")
        self.settled("s1", "s2")
        self.bob, self.landing = self.log_in(BOB, self.address_of("s1"))
        self.assertNotEqual(self.owner, self.landing)
        self.alice = self.phone(ALICE, self.address_of(self.landing, "sip"))
        # At first it is taken for one that goes where it is told.
        until(lambda: self.renew() == 200, "it is served where it landed")
        self.assertIn(self.alice.route, map("%s:%s".__mod__, self.by_id[self.owner].sip))

    def renew(self):
        """The status; if it is 200, what it says of the way."""
        answer = self.alice.ask("REGISTER", ["Expires: 600"])
        if answer.status == 200:
            route = re.search(r"<sip:([^;>]+)", answer.headers.get("service-route", ""))
            self.alice.route = route and route.group(1)
        return answer.status

    def show(self, text):
        """Bob does, and the phone is told."""
        self.bob.send(f"<presence><status>{text}</status></presence>")
        until(lambda: text in self.alice.notified().body.decode(), f"it sees {text!r}")

    def test_its_server_is_killed(self):
        etag = self.alice.publish("at one").headers["sip-etag"]
        dialog = self.alice.watch(BOB)
        self.assertEqual(200, dialog.status)
        self.show("before")
        self.bob.send(f"<presence to='{ALICE}' type='subscribe'/>")
        self.bob.read_until(lambda s: s.findtext("{jabber:client}status") == "at one")
        self.by_id.pop(self.owner).kill()
        began = time.monotonic()
        # It knows no other way.
        self.assertIsNone(self.alice.publish(None, etag, give_up=lambda: True))
        until(lambda: self.renew() == 200 and self.alice.route is None, "it is served again")
        print(f"a phone whose Service-Route led to a server that was killed: registered after"
              f" {time.monotonic() - began:.1f} s", flush=True)
        self.assertEqual(self.landing, self.where(ALICE))
        self.assertEqual(481, self.alice.watch(BOB, dialog=dialog).status)
        self.assertEqual(200, self.alice.watch(BOB).status)
        self.show("behind it")
        answer = self.alice.publish("at the other", etag)
        self.assertEqual(200, answer.status, answer.first)
        self.bob.read_until(lambda s: s.findtext("{jabber:client}status") == "at the other")
        self.bob.send(f"<message to='{ALICE}' type='chat'><body>hello</body></message>")
        until(lambda: self.alice.notified().body == b"hello", "it is written to")
