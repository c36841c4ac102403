"""A cluster of real servers that grows and shrinks: candidates are taken in and let go, launched,
and users moved, of either protocol."""

import contextlib
import os
import signal
import subprocess

import cluster
import hosts
import people
import programs
import xmpp
from programs import ask, until

# A level is 21 users who watch nobody.
USERS_OF_A_LEVEL = 21


def redirection(stream):
    """Where a stream is sent, once it is."""
    error = stream.read_until(lambda s: s.tag == xmpp.STREAMS + "error")
    return programs.musterd.split_address(
        error.findtext(xmpp.STREAM_ERRORS + "see-other-host"))


class GrowthCase(cluster.ClusterCase):
    def fill(self, name, count):
        """So many users of that server, on XMPP; their streams, by user."""
        streams = {}
        for number in range(count):
            user = f"u{number}@localhost"
            streams[user], home = self.log_in(user, self.address_of(name))
            self.assertEqual(name, home)
            until(lambda n=number: self.seen_by(name)[name]["users"] == n + 1, "it counts her")
        return streams

    def role(self, name):
        return self.listed()[name]["role"]

    def order(self, *words):
        return self.muster(*words)

    def follow(self, user, stream):
        """As a program that follows: logged in where she was sent, and where that is."""
        at = redirection(stream)
        stream.close()
        return self.log_in(user, at)


class RecruitingTest(GrowthCase):
    def test_who_comes_when_all_are_full_is_served_by_a_candidate(self):
        limit = ["--max-loadlevel", "1"]
        self.join("s1", *limit)
        self.join("s2", "--standby", *limit)
        self.join("s3", "--standby", *limit)
        self.settled("s1", "s2", "s3")
        self.fill("s1", 1)
        _, home = self.log_in("late@localhost", self.address_of("s1"))
        self.assertIn(home, ("s2", "s3"))
        until(lambda: self.role(home) == "running", f"{home} runs")
        other = "s3" if home == "s2" else "s2"
        self.assertEqual("standby", self.role(other), "one is enough")

    def test_a_phone_waits_for_a_candidate_too(self):
        limit = ["--max-loadlevel", "1"]
        self.join("s1", *limit)
        self.join("s2", "--standby", *limit)
        self.settled("s1", "s2")
        self.fill("s1", 1)
        phone = self.phone("late@localhost", self.address_of("s1", "sip"))
        answer = phone.ask("REGISTER", ["Expires: 600"])
        self.assertEqual(302, answer.status)
        phone.server, uri = cluster.moved_to(answer)
        self.assertIn(phone.server, self.by_id["s2"].sip)
        self.assertEqual(200, phone.ask("REGISTER", ["Expires: 600"], uri=uri).status)

    def test_where_there_is_no_candidate_one_is_launched(self):
        command = (f"{programs.BIN}/musterd dev --data {self.data} --id s2 --standby"
                   f" --auto-accounts --allow-all-watchers & echo $! > {self.folder}/launched")
        self.join("s1", "--max-loadlevel", "1", "--launch", command)
        self.fill("s1", 1)
        self.addCleanup(end_process_of, self.folder / "launched")
        arrived = xmpp.Stream(self.address_of("s1"))
        self.addCleanup(arrived.close)
        self.assertTrue(arrived.authenticate("late"))
        at = programs.musterd.split_address(arrived.bind("r"))
        self.assertNotIn(at, self.by_id["s1"].xmpp)
        self.assertEqual("running", self.role("s2"))

    def test_a_command_that_fails_is_told_of(self):
        for command, ended in (("exit 3", 3), ("no-such-musterd", 127)):
            self.join("s1", "--max-loadlevel", "1", "--launch", command)
            self.fill("s1", 1)
            arrived = xmpp.Stream(self.address_of("s1"))
            self.addCleanup(arrived.close)
            self.assertTrue(arrived.authenticate("late"))
            arrived.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
                         "</iq>")
            until(lambda e=ended: f"the command of load.launch ended with {e}\n" in
                  self.by_id["s1"].log(), "it is told")
            self.by_id["s1"].kill()


class LaunchTest(cluster.ConfiguredCase):
    SETTINGS = """\
[load]
max_level = 1
resources_per_user = 0
recruit_time_max = "1 s"
"""

    def test_a_command_that_fails_is_carried_out_again(self):
        key, pid = self.key("cluster.key"), self.folder / "launched"
        candidate = self.configured("s2", key, "standby = true\n" + self.SETTINGS)
        command = (f"mkdir {self.folder}/tried && echo no machine is free >&2 && exit 1;"
                   f" echo $$ > {pid}; exec {programs.BIN}/musterd run --config {candidate}")
        main = self.run_as("s1", key, f"{self.SETTINGS}launch = '{command}'\n")
        self.addCleanup(end_process_of, pid)
        for name in ("first", "late"):
            self.add(f"{name}@localhost")
        first = self.enter("first")
        until(lambda: first.at and self.listed()["s1"].get("level") == 1, "it is full")
        late = self.enter("late")
        until(lambda: late.at, "who comes is let in")
        self.assertEqual("s2", self.where(late.user))
        until(lambda: self.listed()["s2"]["role"] == "running", "s2 runs")
        # What the command said stands in the log of who carried it out, between the two times.
        self.assertRegex(main.log(), r"(?s)launching .*\nno machine is free\n.*launching .*"
                                     r"recruited sip:s2\.localhost")
        self.assertEqual(2, main.log().count(" launching "))
        self.assertEqual(0, first.losses)

    def enter(self, name):
        person = people.Person(name, hosts.Here(), [self.address_of("s1")])
        self.addCleanup(person.end)
        return person


def end_process_of(path):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(path.read_text()), signal.SIGKILL)


class MovingTest(GrowthCase):
    def test_all_users_of_a_server_that_drains_move(self):
        self.join("s1")
        streams = self.fill("s1", USERS_OF_A_LEVEL)
        watcher, _ = self.log_in("watcher@localhost", self.address_of("s1"))
        shown = "u3@localhost"
        watcher.send(f"<presence to='{shown}' type='subscribe'/>")
        watcher.read_until(lambda s: s.tag == xmpp.PRESENCE
                           and s.get("from", "").startswith(shown + "/"))
        self.join("s2")
        self.settled("s1", "s2")
        self.order("drain", "s1")
        homes = set()
        for user, stream in streams.items():
            streams[user], home = self.follow(user, stream)
            homes.add(home)
        self.assertEqual({"s2"}, homes)
        _, home = self.follow("watcher@localhost", watcher)
        self.assertEqual("s2", home)
        until(lambda: self.seen_by("s1")["s1"]["users"] == 0, "s1 has nobody")

    def test_a_contact_of_another_server_does_not_see_a_user_go(self):
        self.together("s1", "s2", options=["--max-loadlevel", "100"])
        alice, home = self.log_in("alice@localhost", self.address_of("s1"))
        until(lambda: self.listed()[home]["users"] == 1, "the load is known")
        self.settled("s1", "s2")
        bob, other = self.log_in("bob@localhost", self.address_of("s1"))
        self.assertNotEqual(home, other)
        bob.send("<presence to='alice@localhost' type='subscribe'/>")
        bob.read_until(lambda s: s.tag == xmpp.PRESENCE
                       and s.get("from", "").startswith("alice@localhost/"))
        self.join("s3")
        self.settled("s1", "s2", "s3")
        self.order("drain", home)
        at = redirection(alice)
        alice.close()
        bob.send("<message to='alice@localhost' type='chat'><body>on the way</body></message>")
        alice, there = self.log_in("alice@localhost", at)
        self.assertNotEqual(home, there)
        said = alice.read_until(lambda s: s.tag == xmpp.MESSAGE)
        self.assertEqual("on the way", said.findtext("{jabber:client}body"))
        until(lambda: self.seen_by(home)[home]["users"] == 0, "her old session has ended")
        alice.send("<presence><show>away</show></presence>")
        gone = []
        bob.read_until(lambda s: s.tag == xmpp.PRESENCE
                       and (s.get("type") != "unavailable" or gone.append(s))
                       and s.findtext("{jabber:client}show") == "away")
        self.assertEqual([], gone)

    def test_a_phone_is_told_to_go_when_it_registers_next(self):
        self.together("s1", "s2")
        phone = self.phone("alice@localhost", self.address_of("s1", "sip"))
        home = self.register(phone)
        self.settled("s1", "s2")
        self.order("drain", home)
        until(lambda: self.where("alice@localhost") != home, "she is the other's")
        self.assertNotEqual(home, self.register(phone))
        until(lambda: self.seen_by(home)[home]["users"] == 0, "nothing of hers is left")


    def test_phones_go_to_who_joined_when_they_register(self):
        self.join("s1")
        phones = {}
        for number in range(3 * USERS_OF_A_LEVEL):
            user = f"u{number}@localhost"
            phones[user] = self.phone(user, self.address_of("s1", "sip"))
            self.assertEqual("s1", self.register(phones[user]))
        until(lambda: self.listed()["s1"].get("users") == len(phones), "all count")
        self.join("s2")
        self.settled("s1", "s2")
        homes = {}

        def are_even():
            for user, phone in phones.items():
                homes[user] = self.register(phone)
            levels = [row["level"] for row in self.listed().values()]
            return max(levels) - min(levels) <= 1
        until(are_even, "levels are even")
        self.settled("s1", "s2")
        self.assertEqual({"s1", "s2"}, set(homes.values()))
        for user, home in homes.items():
            self.assertEqual(home, self.where(user))
        # Nobody else goes.
        self.assertEqual(homes, {user: self.register(phone) for user, phone in phones.items()})
        sender, _ = self.log_in("sender@localhost", self.address_of("s1"))
        for home in ("s1", "s2"):
            user = next(user for user, at in homes.items() if at == home)
            sender.send(f"<message to='{user}' type='chat'><body>to {home}</body></message>")
            self.assertEqual(f"to {home}", phones[user].notified().body.decode())


class OrdersTest(GrowthCase):
    def test_drain_undrain_recruit_release(self):
        self.join("s1")
        self.join("s2", "--standby")
        self.settled("s1", "s2")
        self.assertEqual("s2 is asked in\n", self.order("recruit", "s2").stdout)
        until(lambda: self.role("s2") == "running", "s2 runs")
        self.order("drain", "s2")
        until(lambda: self.role("s2") == "draining", "s2 drains")
        self.order("undrain", "s2")
        until(lambda: self.role("s2") == "running", "s2 runs again")
        self.order("release", "s2")
        until(lambda: self.role("s2") == "standby", "s2 is a candidate again")

    def test_a_release_outlives_the_main(self):
        """Who is main then lets the server go, once it has nobody: here, a phone until it registers
        anew."""
        main, *_ = self.together("s1", "s2", "s3")
        phones = {}
        for number in range(3):
            phone = self.phone(f"p{number}@localhost", self.address_of("s1", "sip"))
            phones[self.register(phone)] = phone
            until(lambda n=number: sum(row["users"] for row in self.listed().values()) == n + 1,
                  "the load is known")
        self.order("release", "s2")
        until(lambda: self.role("s2") == "releasing", "s2 is to be released")
        main.kill()
        until(lambda: self.listed()["s3"]["main"], "s3 is main")
        self.assertEqual("releasing", self.role("s2"))
        until(lambda: self.register(phones["s2"]) == "s3", "she is told where to go")
        until(lambda: self.role("s2") == "standby", "s2 is a candidate")

    def test_who_waits_for_a_drain_is_told_when_it_is_done(self):
        self.wait_for_a_phone("drain", "draining")

    def test_who_waits_for_a_release_is_told_when_it_is_done(self):
        self.wait_for_a_phone("release", "standby")

    def wait_for_a_phone(self, what, role):
        """It keeps the server until it registers anew."""
        self.together("s1", "s2")
        phone = self.phone_at("s2")
        waits = self.order_and_wait(what, "s2")
        until(lambda: self.role("s2") in ("draining", "releasing"), "s2 drains")
        self.assertIsNone(waits.poll())
        until(lambda: self.register(phone) == "s1", "she is told where to go")
        told, _ = waits.communicate(timeout=programs.PATIENCE_S)
        self.assertEqual((0, "s2 has nobody any more"), (waits.returncode, told.splitlines()[-1]))
        self.assertEqual(role, self.role("s2"))

    def test_who_waits_for_a_drain_is_told_if_it_is_not_to_be(self):
        self.together("s1", "s2")
        self.phone_at("s2")
        waits = self.order_and_wait("drain", "s2")
        until(lambda: self.role("s2") == "draining", "s2 drains")
        self.order("undrain", "s2")
        # It may not have looked between the two.
        self.assertRegex(waits.communicate(timeout=programs.PATIENCE_S)[1],
                         r"^muster: s2 (takes users again|does not drain; .*)\n$")
        waits = self.order_and_wait("drain", "s2")
        until(lambda: self.role("s2") == "draining", "s2 drains")
        self.by_id["s2"].kill()
        self.assertEqual("muster: s2 is gone\n",
                         waits.communicate(timeout=programs.PATIENCE_S)[1])

    def phone_at(self, name):
        """One that is registered there."""
        for number in range(4):
            phone = self.phone(f"p{number}@localhost", self.address_of("s1", "sip"))
            if self.register(phone) == name:
                return phone
            until(lambda n=number: sum(row["users"] for row in self.listed().values()) > n,
                  "the load is known")
        return self.fail(f"nobody is sent to {name}")

    def order_and_wait(self, what, name):
        waits = subprocess.Popen([programs.BIN / "muster", what, name, "--wait", "--data",
                                  self.data], text=True, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        self.addCleanup(waits.kill)
        return waits

    def test_what_cannot_be_is_refused_and_says_why(self):
        self.join("s1")
        self.join("s2", "--standby")
        self.settled("s1", "s2")
        for words, why in [
            (("drain", "s2"), "the server is not in a state for that"),
            (("undrain", "s1"), "the server is not in a state for that"),
            (("recruit", "s1"), "the server is not in a state for that"),
            (("release", "s1"), "the main cannot be let go"),
            (("drain", "s9"), 'no server of the cluster is named "s9"'),
        ]:
            refused = ask("muster", words[0], "--data", self.data, words[1])
            self.assertEqual(1, refused.returncode)
            self.assertIn(why, refused.stderr)
        self.assertEqual("running", self.role("s1"))
        self.assertEqual("standby", self.role("s2"))

    def test_an_order_finds_the_main(self):
        self.join("s2")
        self.join("s1")  # asked first, by its name
        self.settled("s1", "s2")
        self.order("drain", "s1")
        until(lambda: self.role("s1") == "draining", "s1 drains")
