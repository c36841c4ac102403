"""A cluster of real servers: who is sent where, who sees whom, and who is missed."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess

import cluster
import programs
import xmpp
from programs import ask, until

ALICE, BOB = "alice@localhost", "bob@localhost"


class PlacingTest(cluster.ClusterCase):
    def assert_refused(self, name, at):
        stream = xmpp.Stream(at)
        self.addCleanup(stream.close)
        self.assertTrue(stream.authenticate(name))
        refused = stream.ask("set", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
        self.assertEqual("resource-constraint", xmpp.condition_of(refused, xmpp.STANZA_ERRORS))

    def test_users_are_spread_over_the_servers(self):
        self.together("s1", "s2")
        at = self.address_of("s1")
        streams = {}
        for user in ("a@localhost", "b@localhost", "c@localhost", "d@localhost"):
            streams[user] = self.log_in(user, at)
            users = len(streams)
            until(lambda n=users: sum(row["users"] for row in self.listed().values()) == n,
                  "the load is known")
        homes = [home for _, home in streams.values()]
        self.assertEqual({"s1", "s2"}, set(homes))
        for user, (_, home) in streams.items():
            self.assertEqual(home, self.where(user))
        # Who belongs to one is sent there by the other; from an address that was not sent before.
        for user, (_, home) in streams.items():
            other = "s2" if home == "s1" else "s1"
            stream = xmpp.Stream(self.address_of(other), source=("127.0.0.2", 0))
            self.addCleanup(stream.close)
            self.assertTrue(stream.authenticate(user.partition("@")[0]))
            host, port = self.address_of(home)
            self.assertEqual(f"{host}:{port}", stream.bind())

    def test_a_phone_is_sent_to_its_server(self):
        self.together("s1", "s2")
        homes = set()
        for user in ("a@localhost", "b@localhost", "c@localhost", "d@localhost"):
            phone = self.phone(user, self.address_of("s1", "sip"))
            answer = phone.ask("REGISTER", ["Expires: 600"])
            if answer.status == 302:
                phone.server, uri = cluster.moved_to(answer)
                answer = phone.ask("REGISTER", ["Expires: 600"], uri=uri)
            self.assertEqual(200, answer.status)
            home = next(name for name, server in self.by_id.items()
                        if phone.server in server.sip)
            self.assertEqual(home, self.where(user))
            homes.add(home)
        self.assertEqual({"s1", "s2"}, homes)

    def test_who_comes_when_all_are_full_is_refused(self):
        self.together("s1", options=["--max-loadlevel", "1"])
        self.log_in(ALICE, self.address_of("s1"))
        until(lambda: self.listed()["s1"]["level"] == 1, "it is full")
        self.assert_refused("bob", self.address_of("s1"))
        phone = self.phone(BOB, self.address_of("s1", "sip"))
        self.assertEqual(503, phone.ask("REGISTER", ["Expires: 600"]).status)

    def test_a_candidate_has_no_users(self):
        self.join("s1")
        self.join("s2", "--standby")
        self.settled("s1", "s2")
        _, home = self.log_in(ALICE, self.address_of("s2"))
        self.assertEqual("s1", home, "the main")
        for number in range(3):
            _, home = self.log_in(f"u{number}@localhost", self.address_of("s1"))
            self.assertEqual("s1", home)
        self.assertEqual("standby", self.listed()["s2"]["role"])


class ApartCase(cluster.ClusterCase):
    def apart(self):
        """Alice and Bob, each at a server of her and his own."""
        self.together("s1", "s2")
        alice, home = self.log_in(ALICE, self.address_of("s1"))
        until(lambda: self.listed()[home]["users"] == 1, "the load is known")
        self.settled("s1", "s2")
        bob, other = self.log_in(BOB, self.address_of("s1"))
        self.assertNotEqual(home, other)
        return alice, bob, other


class TogetherTest(ApartCase):
    """What users of two servers have of one another."""

    def test_they_see_each_other_and_write(self):
        alice, bob, _ = self.apart()
        # Everybody may watch here: nobody is asked.
        bob.send(f"<presence to='{ALICE}' type='subscribe'/>")
        bob.read_until(lambda s: s.tag == xmpp.PRESENCE and s.get("from", "").startswith(ALICE))
        alice.send("<presence><show>away</show></presence>")
        bob.read_until(lambda s: s.tag == xmpp.PRESENCE and s.get("from", "").startswith(ALICE)
                       and s.findtext("{jabber:client}show") == "away")
        bob.send(f"<message to='{ALICE}' type='chat'><body>hello</body></message>")
        said = alice.read_until(lambda s: s.tag == xmpp.MESSAGE)
        self.assertEqual("hello", said.findtext("{jabber:client}body"))
        alice.close()
        bob.read_until(lambda s: s.tag == xmpp.PRESENCE and s.get("type") == "unavailable"
                       and s.get("from", "").startswith(ALICE))

    def test_a_phone_watches_a_user_of_another_server(self):
        alice, _, other = self.apart()
        alice.send("<presence><status>at lunch</status></presence>")
        phone = self.phone(BOB, self.address_of(other, "sip"))
        self.assertEqual(200, phone.watch(ALICE).status)
        until(lambda: "at lunch" in phone.notified().body.decode(), "her presence")


class RelayTest(ApartCase):
    """Alice has a phone that goes nowhere, while her desk is where she is served.

    Each has an address of its own: her desk may have been told to go on where the phone lands.
    """

    def setUp(self):
        super().setUp()
        self.desk, self.bob, self.landing = self.apart()
        self.owner = next(name for name in self.by_id if name != self.landing)

    def arrive_at_landing(self):
        """The phone's stream, and where it is sent, if it is."""
        phone = xmpp.Stream(self.address_of(self.landing), source=("127.0.0.2", 0))
        self.addCleanup(phone.close)
        self.assertTrue(phone.authenticate("alice"))
        return phone, phone.bind("phone")

    def come_back(self):
        """It is sent to its server, and is here again; available."""
        owner_host, owner_port = self.address_of(self.owner)
        sent, elsewhere = self.arrive_at_landing()
        self.assertEqual(f"{owner_host}:{owner_port}", elsewhere)
        sent.close()
        phone, elsewhere = self.arrive_at_landing()
        self.assertIsNone(elsewhere)
        phone.send("<presence/>")
        self.desk.read_until(is_presence_of(f"{ALICE}/phone"))
        return phone

    def is_served(self):
        """A phone whose server is lost may be let in and lose its stream, or find no place."""
        try:
            phone, _ = self.arrive_at_landing()
            return phone.ask("get", "<ping xmlns='urn:xmpp:ping'/>").get("type") == "result"
        except (xmpp.Ended, xmpp.Refused):
            return False

    def assert_they_write(self, phone):
        self.bob.send(f"<message to='{ALICE}/phone' type='chat'><body>hello</body></message>")
        said = phone.read_until(lambda s: s.tag == xmpp.MESSAGE)
        self.assertEqual("hello", said.findtext("{jabber:client}body"))
        phone.send(f"<message to='{BOB}' type='chat'><body>hello yourself</body></message>")
        said = self.bob.read_until(lambda s: s.tag == xmpp.MESSAGE)
        self.assertEqual((f"{ALICE}/phone", "hello yourself"),
                         (said.get("from"), said.findtext("{jabber:client}body")))

    def test_who_comes_back_is_served_where_she_landed(self):
        phone = self.come_back()
        phone.read_until(is_presence_of(f"{ALICE}/r"))
        self.assert_they_write(phone)
        self.assertIn("xmpp-relayed", self.by_id[self.landing].log())
        self.assertEqual(self.owner, self.where(ALICE))
        phone.send("</stream:stream>")
        self.assertEqual([], phone.read_to_the_end())
        self.assertTrue(phone.closed_in_order)
        self.desk.read_until(is_presence_of(f"{ALICE}/phone", "unavailable"))

    def test_where_she_landed_ends(self):
        phone = self.come_back()
        self.assertEqual(0, self.by_id.pop(self.landing).stop())
        error = phone.read_to_the_end()[-1]
        self.assertEqual("system-shutdown", xmpp.condition_of(error, xmpp.STREAM_ERRORS))
        self.assertTrue(phone.closed_in_order)
        self.desk.read_until(is_presence_of(f"{ALICE}/phone", "unavailable"))
        self.assertEqual("result",
                         self.desk.ask("get", "<ping xmlns='urn:xmpp:ping'/>").get("type"))
        self.assertEqual(self.owner, self.where(ALICE))

    def test_her_server_is_killed(self):
        phone = self.come_back()
        self.by_id.pop(self.owner).kill()
        error = phone.read_to_the_end()[-1]
        self.assertEqual("remote-connection-failed",
                         xmpp.condition_of(error, xmpp.STREAM_ERRORS))
        self.assertTrue(phone.closed_in_order)
        until(self.is_served, "she is let in where she lands")
        self.assertEqual(self.landing, self.where(ALICE))
        phone, elsewhere = self.arrive_at_landing()
        self.assertIsNone(elsewhere)
        self.assert_they_write(phone)

class FollowTest(ApartCase):
    def test_who_follows_is_sent_on_each_time(self):
        _, _, landing = self.apart()
        owner = next(name for name in self.by_id if name != landing)
        host, port = self.address_of(owner)
        for number in range(3):
            lands = xmpp.Stream(self.address_of(landing))
            self.addCleanup(lands.close)
            self.assertTrue(lands.authenticate("alice"))
            self.assertEqual(f"{host}:{port}", lands.bind("phone"), number)
            follows = xmpp.Stream(self.address_of(owner))
            self.addCleanup(follows.close)
            self.assertTrue(follows.authenticate("alice"))
            self.assertIsNone(follows.bind("phone"))


class ProxyTest(ApartCase):
    """Alice has a SIP phone that goes nowhere, while her desk is where she is served."""

    def setUp(self):
        super().setUp()
        self.desk, self.bob, self.landing = self.apart()
        self.owner = next(name for name in self.by_id if name != self.landing)
        self.phone_of_hers = self.phone(ALICE, self.address_of(self.landing, "sip"))

    def register(self, expires=600):
        return self.phone_of_hers.ask("REGISTER", [f"Expires: {expires}"]).status

    def come_back(self):
        """It is sent to its server, and is here again."""
        self.assertEqual(302, self.register())
        until(lambda: self.register() == 200, "it is served where it landed")

    def test_who_comes_back_is_served_where_she_landed(self):
        self.come_back()
        self.assertEqual(self.owner, self.where(ALICE))
        self.assertIn("sip-proxied", self.by_id[self.landing].log())
        phone = self.phone_of_hers
        # What it shows is seen, and what it watches is shown.
        published = phone.publish("on the phone")
        self.assertEqual(200, published.status)
        self.bob.send(f"<presence to='{ALICE}' type='subscribe'/>")
        self.bob.read_until(lambda s: s.tag == xmpp.PRESENCE and
                            s.findtext("{jabber:client}status") == "on the phone")
        self.bob.send("<presence><status>at lunch</status></presence>")
        watch = phone.watch(BOB)
        self.assertEqual(200, watch.status)
        until(lambda: "at lunch" in phone.notified().body.decode(), "his presence")
        self.bob.send("<presence><status>back</status></presence>")
        until(lambda: "back" in phone.notified().body.decode(), "his presence")
        # Its dialog goes on where it landed, and ends there.
        self.assertEqual(200, phone.watch(BOB, dialog=watch).status)
        phone.requests.clear()
        self.assertEqual(200, phone.watch(BOB, expires=0, dialog=watch).status)
        until(lambda: phone.notified().headers["subscription-state"].startswith("terminated"),
              "the end")
        self.assertEqual(481, phone.watch(BOB, dialog=watch).status)
        # It is written to.
        self.bob.send(f"<message to='{ALICE}' type='chat'><body>hello</body></message>")
        until(lambda: phone.notified().body == b"hello", "his message")
        self.assertEqual(200, phone.publish(etag=published.headers["sip-etag"], expires=0).status)
        self.assertEqual(200, self.register(expires=0))

    def test_her_server_is_killed(self):
        self.come_back()
        self.by_id.pop(self.owner).kill()
        # Nobody can say where she is until it is known to be gone; then she is served where she is.
        until(lambda: self.register() == 200 and self.where(ALICE) == self.landing,
              "she is served by who is left")



def is_presence_of(address, kind=None):
    return lambda s: (s.tag, s.get("from"), s.get("type")) == (xmpp.PRESENCE, address, kind)


class LossTest(cluster.ClusterCase):
    def test_the_main_is_killed(self):
        self.together("s1", "s2", "s3", "s4")
        at = self.address_of("s1")
        streams = {}
        for number in range(8):
            user = f"u{number}@localhost"
            streams[user] = self.log_in(user, at)
        homes = {home for _, home in streams.values()}
        self.assertEqual({"s1", "s2", "s3", "s4"}, homes)
        main = next(name for name, row in self.listed().items() if row["main"])
        lost = self.by_id.pop(main)
        lost.kill()
        self.settled(*self.by_id)
        rows = self.listed()
        self.assertEqual(1, sum(row["main"] for row in rows.values()))
        self.assertNotIn(main, rows)
        for user, (stream, home) in streams.items():
            if home == main:
                self.assertIsNone(self.where(user))
                _, new_home = self.log_in(user, self.address_of(next(iter(self.by_id))))
                self.assertEqual(new_home, self.where(user))
            else:
                self.assertEqual("result", stream.ask("get", "<ping xmlns='urn:xmpp:ping'/>")
                                 .get("type"))
        # It comes again, as another life.
        self.join(main)
        self.settled(*self.by_id)

    def test_who_was_taken_for_dead_begins_another_life(self):
        main, other = self.together("s1", "s2")
        if not self.listed()["s1"]["main"]:
            main, other = other, main
        stream = xmpp.Stream(other.xmpp[0])
        before = self.listed()
        self.stop_between_writes(other)
        until(lambda: "server-gone" in main.log(), "it is missed")
        other.send_signal(signal.SIGCONT)
        until(lambda: "another-life" in other.log(), "it learns of it")
        self.settled("s1", "s2")
        after = self.listed()
        name = next(name for name, server in self.by_id.items() if server is other)
        self.assertGreater(after[name]["incarnation"], before[name]["incarnation"])
        self.assertEqual(before[name]["contacts"], after[name]["contacts"])
        self.assertRaises(xmpp.Ended, lambda: [stream.read() for _ in range(10)])
        self.log_in(ALICE, other.xmpp[0])
        self.assertEqual(0, other.stop())

    def test_it_ends_in_order(self):
        one, two = self.together("s1", "s2")
        stream, home = self.log_in(ALICE, one.xmpp[0])
        left = self.by_id.pop(home)
        self.assertEqual(0, left.stop())
        stream.close()
        self.settled(*self.by_id)
        self.assertFalse(pathlib.Path(left.where["control"]).exists())
        rest = two if left is one else one
        self.log_in(ALICE, rest.xmpp[0])


class DataTest(cluster.ClusterCase):
    def refused(self, *arguments):
        done = ask("musterd", "dev", "--data", self.data, "--xmpp", "127.0.0.1:0",
                   "--sip", "127.0.0.1:0", *arguments)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        return done.stderr.replace(str(self.data), "DATA")

    def test_two_of_one_id(self):
        server = self.join("s1")
        self.assertEqual(f"musterd: server s1 of DATA is in use by musterd (process "
                         f"{server.process.pid})\n", self.refused("--id", "s1"))
        self.assertTrue(self.listed()["s1"]["main"])

    def test_one_that_is_alone_is_not_among_them(self):
        self.join("s1")
        self.assertEqual("musterd: DATA is in use by servers of a cluster\n", self.refused())

    def test_the_key_is_its_owners_alone(self):
        self.join("s1")
        self.assertEqual(0o600, (self.data / "cluster.key").stat().st_mode & 0o777)
        (self.data / "cluster.key").chmod(0o644)
        self.assertIn("cluster.key is to be its owner's", self.refused("--id", "s2"))

    def test_accounts_are_those_of_all(self):
        self.together("s1", "s2")
        self.add("carol@localhost")
        self.log_in("carol@localhost", self.address_of("s2"))
        self.assertIn("carol@localhost",
                      ask("muster", "user", "list", "--data", self.data).stdout)
        for server in self.by_id.values():
            server.stop()
        self.assertIn("carol@localhost",
                      ask("muster", "user", "list", "--data", self.data).stdout)


    def test_who_is_logged_in_anywhere_is_logged_out(self):
        self.together("s1", "s2")
        at = self.address_of("s1")
        for user in ("u1@localhost", "u2@localhost", "u3@localhost"):
            self.add(user)
        streams = [self.log_in(f"u{n}@localhost", at) for n in (1, 2, 3)]
        self.assertEqual({"s1", "s2"}, {home for _, home in streams})
        for number, (stream, _) in enumerate(streams, 1):
            user = f"u{number}@localhost"
            done = ask("muster", "user", "passwd", user, "--generate", "--data", self.data)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertEqual(xmpp.STREAMS + "error", stream.read_to_the_end()[-1].tag)


class OperatorTest(cluster.ClusterCase):
    """muster servers, where, top and watch."""

    def test_servers(self):
        self.join("s1", "--max-loadlevel", "7")
        self.join("s2", "--standby")
        self.settled("s1", "s2")
        self.log_in(ALICE, self.address_of("s1"))
        until(lambda: self.listed()["s1"]["users"] == 1, "the load is known")
        row = self.listed()["s1"]
        self.assertEqual(("running", True, 1, 7, 1, 0, 0),
                         (row["role"], row["main"], row["level"], row["max_level"],
                          row["xmpp_users"], row["sip_users"], row["resources"]))
        host, port = self.address_of("s1")
        self.assertIn({"kind": "xmpp", "contact": f"xmpp:{host}:{port}"}, row["contacts"])
        lines = self.muster("servers").stdout.splitlines()
        self.assertRegex(lines[0], r"^SERVER +ROLE +LEVEL +LIMIT +USERS +XMPP +SIP +RESOURCES +"
                                   r"LAG +CPU +LIFE +LEASE +LINK$")
        measured = r"(-|\d+ ms) +(-|\d+ %)"
        self.assertRegex(lines[1], rf"^s1 +main +1 +7 +1 +1 +0 +0 +{measured} +1 +\d\.\d s +asked$")
        self.assertRegex(lines[2], rf"^s2 +standby +0 +- +0 +0 +0 +0 +{measured} +2 +\d\.\d s +up$")

    def test_where(self):
        self.together("s1")
        self.assertEqual(f"{ALICE} is nobody's: where she lands next, it is decided\n",
                         self.muster("where", ALICE).stdout)
        self.log_in(ALICE, self.address_of("s1"))
        self.assertRegex(self.muster("where", ALICE).stdout,
                         rf"^{ALICE} is served by s1 \(SIP 127.0.0.1:\d+, XMPP 127.0.0.1:\d+\)\n$")
        foreign = self.muster("where", "x@elsewhere.org")
        self.assertEqual((1, "muster: x@elsewhere.org is not of a domain of this service\n"),
                         (foreign.returncode, foreign.stderr))

    def test_top(self):
        self.together("s1", "s2")
        told = self.muster("top", "--times", "2").stdout
        self.assertEqual(2, told.count("SERVER  ROLE"))
        self.assertRegex(told, r"^\d\d:\d\d:\d\d  2 servers, 0 users\n\nSERVER ")

    def test_top_on_a_terminal_shows_what_changes_until_q(self):
        self.together("s1")
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        top = subprocess.Popen([programs.BIN / "muster", "top", "--data", self.data],
                               stdin=follower, stdout=follower, stderr=follower)
        self.addCleanup(top.kill)
        os.close(follower)

        shown = bytearray()  # since the last one that was waited for

        def until_shown(line):
            def is_shown():
                if select.select([leader], [], [], 0)[0]:
                    shown.extend(os.read(leader, 65536))
                return re.search(line, shown)
            del shown[:until(is_shown, line).end()]
        until_shown(rb"\x1b\[\?1049h")
        until_shown(rb"1 server, 0 users")
        self.log_in(ALICE, self.address_of("s1"))
        until_shown(rb"1 server, 1 user\b")
        until_shown(rb"s1 +main +1 +- +1 +1 +0 ")
        os.write(leader, b"q")
        self.assertEqual(0, top.wait(programs.PATIENCE_S))
        until_shown(rb"\x1b\[\?1049l")

    def test_watch(self):
        self.together("s1", "s2", options=["--max-loadlevel", "1"])
        told = self.folder / "told"
        with open(told, "wb") as out:
            watch = subprocess.Popen([programs.BIN / "muster", "watch", "--data", self.data],
                                     stdout=out, stderr=out)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)

        def says(line):
            until(lambda: line in told.read_text(encoding="utf-8"), line)
        says("is main\n")
        main = next(name for name, row in self.listed().items() if row["main"])
        other = "s2" if main == "s1" else "s1"
        self.join("s3")
        says(" s3 came\n")
        _, home = self.log_in(ALICE, self.address_of(other))
        says(f" {home} is full: level 1 of 1, 1 user\n")
        self.by_id.pop(main).kill()
        says(f" {main} is gone\n")
        says("is main now\n")
        watch.send_signal(signal.SIGINT)
        self.assertEqual(0, watch.wait(programs.PATIENCE_S))
        lines = [line[9:] for line in told.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(len(lines), len(set(lines)), lines)

    def test_where_there_is_none(self):
        for words in (["servers"], ["where", ALICE], ["top"], ["watch"]):
            done = self.muster(*words)
            self.assertEqual((1, ""), (done.returncode, done.stdout))
            self.assertEqual(f"muster: {self.data}: No such file or directory\n", done.stderr)
        self.develop()
        done = self.muster("servers")
        self.assertEqual((1, "muster: no server of a cluster runs there\n"),
                         (done.returncode, done.stderr))


class ConfiguredTest(cluster.ConfiguredCase):
    def test_servers_of_one_key_are_linked(self):
        key = self.key("cluster.key")
        self.run_as("s1", key)
        self.run_as("s2", key)
        self.settled("s1", "s2")
        self.assertEqual({"s1", "s2"}, set(self.listed()))
        config = self.folder / "s1.toml"
        self.assertIn("\ns2 ", ask("muster", "servers", "--config", config).stdout)

    def test_servers_of_different_keys_are_not(self):
        self.run_as("s1", self.key("one.key"))
        two = self.run_as("s2", self.key("other.key"))
        until(lambda: "server-unreachable" in two.log(), "they do not understand each other")
        for name in ("s1", "s2"):
            until(lambda n=name: set(self.seen_by(n)) == {"s1", "s2"}, "they know of each other")
            self.assertFalse(any(row["linked"] for row in self.seen_by(name).values()))

    def test_servers_with_certificates_of_one_authority_are_linked(self):
        for name in ("s1", "s2"):
            programs.certify(self.folder, f"{name}.localhost")
            self.run_as(name, f'certificate = "{name}.localhost.crt"\n'
                              f'key = "{name}.localhost.key"\nca = "ca.crt"\n')
        self.settled("s1", "s2")

    def test_two_of_one_id_in_one_database(self):
        """Each ends the other's lives, until one of them has had enough short ones."""
        key = self.key("cluster.key")
        one = self.run_as("s1", key)
        database = f'database = "{self.data}/cluster.db"\n'
        path = self.configured("s1", key, database)
        text = path.read_text(encoding="utf-8").replace('"data"', '"elsewhere"')
        path.write_text(text, encoding="utf-8")
        other = self.serve("run", "--config", path, log=self.folder / "log-other")
        until(lambda: not (one.is_alive() and other.is_alive()), "one ends")
        ended, left = (other, one) if one.is_alive() else (one, other)
        self.assertEqual(1, ended.process.returncode)
        self.assertIn("musterd: server s1 was taken for dead 10 times in a row: does another one of"
                      " this id run?\n", ended.log())
        self.by_id["s1"] = left
        until(lambda: self.seen_by("s1"), "the other one has its lease")

    def test_what_is_wrong_is_told(self):
        path = self.configured("s1", 'shared_key = "none.key"\n')
        done = ask("musterd", "run", "--config", path, "--check")
        self.assertEqual(1, done.returncode)
        self.assertIn("cluster.shared_key: ", done.stderr)
        self.key("open.key")
        (self.folder / "open.key").chmod(0o644)
        path = self.configured("s1", 'shared_key = "open.key"\n')
        done = ask("musterd", "run", "--config", path, "--check")
        self.assertIn("may be read by everybody", done.stderr)
