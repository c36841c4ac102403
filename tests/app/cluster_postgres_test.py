"""A cluster whose servers have nothing in common but a database: each has a folder of its own, as
on a machine of its own."""

import json
import os
import signal

import cluster
import programs
import xmpp
from postgres import Postgres
from programs import ask, until

ALICE, BOB, CAROL = "alice@localhost", "bob@localhost", "carol@localhost"
USERS = (ALICE, BOB, CAROL)
NAMES = ("s1", "s2", "s3")
GONE = 3  # Role::gone
PING = "<ping xmlns='urn:xmpp:ping'/>"


class ClusterPostgresCase(cluster.ClusterCase):
    def setUp(self):
        super().setUp()
        self.postgres = Postgres()
        self.addCleanup(self.postgres.end)
        self.key = os.urandom(32)

    def configured(self, name, more=""):
        """The configuration of that server, in its folder."""
        folder = self.folder / name
        (folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        programs.make_certificate(folder)
        key = folder / "cluster.key"
        key.write_bytes(self.key)
        key.chmod(0o600)
        path = folder / "musterd.toml"
        path.write_text(programs.CONFIGURATION +
                        f'[store]\npostgres = "{self.postgres.connection()}"\n'
                        '[policy]\nwatchers = "allow"\n' + more, encoding="utf-8")
        return path

    def configured_of_many(self, name, more=""):
        return self.configured(name, f'[cluster]\nid = "{name}"\nshared_key = "cluster.key"\n'
                               + more)

    def join(self, name, *options):
        server = self.serve("run", "--config", self.configured_of_many(name), *options,
                            log=self.folder / f"log-{name}")
        until(lambda: "lease-taken" in server.log(), f"the lease of {name}")
        self.by_id[name] = server
        self.data = server.data  # of whichever is asked
        return server

    def log_in(self, user, at, **more):
        return super().log_in(user, at, wrap=xmpp.with_tls, **more)

    def apart(self):
        """A server for each user: {user: (her stream, its id)}."""
        self.together(*NAMES)
        for user in USERS:
            self.add(user)
        users = {}
        for user in USERS:
            users[user] = self.log_in(user, self.address_of("s1"))
            until(lambda: sum(row.get("users", 0) for row in self.listed().values()) ==
                  len(users), "the load is known")
        self.assertEqual(set(NAMES), {home for _, home in users.values()})
        return users

    def befriend(self, stream, user):
        """Whose presence it sees from now on."""
        stream.send(f"<presence to='{user}' type='subscribe'/>")
        stream.read_until(lambda s: is_shown(s, user))

    def main(self):
        return next(name for name, row in self.listed().items() if row["main"])

    def contacts_of(self, user):
        """What the database has."""
        told = self.postgres.run("SELECT contact FROM muster.contacts JOIN muster.accounts"
                                 f" ON id = account WHERE local = '{user.partition('@')[0]}'")
        return set(told.split())

    def send_roster_sets(self, stream, prefix, count=40):
        """Without waiting for their answers."""
        for number in range(count):
            contact = f"{prefix}{number}@x.org"
            stream.send(f"<iq type='set' id='{contact}'>{xmpp.roster_set(contact, 'x')}</iq>")

    def read_acknowledged(self, stream, prefix, count=40):
        """Of those, who is there as she was told."""
        acknowledged = set()
        for _ in range(count):
            answer = stream.read_until(lambda s: s.tag == xmpp.IQ and
                                       s.get("id", "").startswith(prefix) and
                                       s.get("type") in ("result", "error"))
            if answer.get("type") == "result":
                acknowledged.add(answer.get("id"))
        return acknowledged


def is_shown(stanza, user, status=None):
    return (stanza.tag == xmpp.PRESENCE and stanza.get("from", "").startswith(user) and
            stanza.get("type") is None and
            (status is None or stanza.findtext("{jabber:client}status") == status))


class ApartTest(ClusterPostgresCase):
    def test_users_of_different_servers_see_each_other_and_write(self):
        users = self.apart()
        for user, (stream, home) in users.items():
            self.assertEqual(home, self.where(user))
            for other in USERS:
                if other != user:
                    self.befriend(stream, other)
        for user, (stream, _) in users.items():
            stream.send(f"<presence><status>{user} is here</status></presence>")
            for other, (watching, _) in users.items():
                if other != user:
                    watching.read_until(lambda s, u=user: is_shown(s, u, f"{u} is here"))
        users[ALICE][0].send(f"<message to='{CAROL}' type='chat'><body>hello</body></message>")
        said = users[CAROL][0].read_until(lambda s: s.tag == xmpp.MESSAGE)
        self.assertEqual("hello", said.findtext("{jabber:client}body"))
        for server in self.by_id.values():
            self.assertEqual([], sorted(path.name for path in server.data.glob("*.db*")))

    def test_the_database_is_killed_and_comes_again(self):
        """After more than a lease: nobody loses one, nor what was acknowledged."""
        users = self.apart()
        self.befriend(users[ALICE][0], BOB)
        before = {name: row["incarnation"] for name, row in self.listed().items()}
        for user, (stream, _) in users.items():
            self.send_roster_sets(stream, user[0])
        # In the midst of them.
        acknowledged = {user: set() for user in USERS}
        first = users[ALICE][0].read_until(lambda s: s.tag == xmpp.IQ and s.get("id"))
        acknowledged[ALICE] = {first.get("id")} if first.get("type") == "result" else set()
        self.postgres.kill()
        for user, (stream, _) in users.items():
            acknowledged[user] |= self.read_acknowledged(stream, user[0], 39 if user == ALICE
                                                         else 40)
        users[BOB][0].send("<presence><status>without a database</status></presence>")
        users[ALICE][0].read_until(lambda s: is_shown(s, BOB, "without a database"))
        for server in self.by_id.values():
            until(lambda s=server: "lease-lapsed" in s.log(), "it is away for longer than a lease")
        self.postgres.start()
        for user, (stream, _) in users.items():
            until(lambda u=user, s=stream: s.ask("set", xmpp.roster_set(f"last-{u[0]}@x.org", "x"))
                  .get("type") == "result", "it is used again")
        self.settled(*NAMES)
        self.assertEqual(before, {name: row["incarnation"] for name, row in self.listed().items()})
        for user, (stream, _) in users.items():
            self.assertEqual("result", stream.ask("get", PING).get("type"))
            self.assertLessEqual(acknowledged[user], set(stream.roster()))
            self.assertLessEqual(acknowledged[user], self.contacts_of(user))
        for server in self.by_id.values():
            self.assertNotIn("another-life", server.log())
            self.assertNotIn("server-gone", server.log())

    def test_who_is_stopped_is_fenced(self):
        """Nothing that it had under way lands once the others have it for dead."""
        users = self.apart()
        main = self.main()
        user, (stream, home) = next((u, s) for u, s in users.items() if s[1] != main)
        stopped = self.by_id[home]
        life = self.listed()[home]["incarnation"]
        self.send_roster_sets(stream, "w", 200)
        stream.read_until(lambda s: s.tag == xmpp.IQ and s.get("id", "").startswith("w"))
        stopped.send_signal(signal.SIGSTOP)
        try:
            until(lambda: "server-gone" in self.by_id[main].log(), "it is missed")
            then = self.contacts_of(user)
            self.data = self.by_id[main].data
            again, elsewhere = self.log_in(user, self.address_of(main))
            self.assertNotEqual(home, elsewhere)
            self.assertEqual(then, set(again.roster()))
        finally:
            stopped.send_signal(signal.SIGCONT)
        until(lambda: "another-life" in stopped.log(), "it learns of it")
        stream.read_to_the_end()
        self.settled(*NAMES)
        self.assertEqual(then, self.contacts_of(user))
        self.assertEqual("result", again.ask("get", PING).get("type"))
        self.assertGreater(self.listed()[home]["incarnation"], life)
        self.assertEqual(0, stopped.stop())


    def test_another_life_waits_for_a_database_that_is_away(self):
        """A server that was declared gone comes back as soon as it can, or ends when it is told."""
        self.together(*NAMES)
        # Those who are connected learn of it, and nobody connects anew.
        self.postgres.run("UPDATE pg_database SET datallowconn = false"
                          " WHERE datname = 'muster';"
                          f" UPDATE muster.servers SET role = {GONE}"
                          " WHERE svr_id LIKE 'sip:s1.%' OR svr_id LIKE 'sip:s2.%'")
        for name in ("s1", "s2"):
            until(lambda n=name: "not currently accepting connections" in
                  self.by_id[n].log().rpartition("another-life")[2], f"{name} asks for its stores")
        self.assertEqual(0, self.by_id["s2"].stop())
        self.assertTrue(self.by_id["s1"].is_alive())
        self.postgres.run("ALTER DATABASE muster ALLOW_CONNECTIONS true", "postgres")
        until(lambda: "lease-taken" in self.by_id["s1"].log().rpartition("another-life")[2],
              "it is back")
        self.data = self.by_id["s3"].data
        self.settled("s1", "s3")


class OperatorTest(ClusterPostgresCase):
    """muster on a machine where no server runs, or not that of the user."""

    def test_who_asks_where_none_runs_is_told_so(self):
        self.together("s1")
        elsewhere = self.configured_of_many("s2")
        done = ask("muster", "user", "list", "--config", elsewhere)
        self.assertEqual((1, "muster: servers of a cluster work on this database, sip:s1.localhost"
                          " among them: ask where one of them runs\n"),
                         (done.returncode, done.stderr))
        done = ask("muster", "servers", "--config", elsewhere)
        self.assertEqual((1, f"muster: no server of a cluster runs in {self.folder}/s2/data\n"),
                         (done.returncode, done.stderr))
        self.assertEqual(0, self.by_id["s1"].stop())
        done = ask("muster", "user", "list", "--config", elsewhere)
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_the_user_of_another_server(self):
        self.together("s1", "s2")
        self.add(ALICE)
        _, home = self.log_in(ALICE, self.address_of("s1"))
        other = "s2" if home == "s1" else "s1"
        told = {name: ask("muster", "user", "policy", ALICE, "deny", "--data", server.data)
                for name, server in self.by_id.items()}
        self.assertEqual((0, ""), (told[home].returncode, told[home].stderr))
        self.assertEqual(
            (1, f"muster: {ALICE} is served by sip:{home}.localhost: ask where that runs\n"),
            (told[other].returncode, told[other].stderr))

    def test_each_is_told_what_only_another_knows(self):
        users = self.apart()
        for server in self.by_id.values():
            self.data = server.data
            rows = self.listed()
            for _, home in users.values():
                self.assertEqual((1, 0), (rows[home]["xmpp_users"], rows[home]["sip_users"]))
                self.assertIn("resources", rows[home])
        until(lambda: all("loop_lag" in row and "cpu" in row for row in self.listed().values()),
              "it is measured")

    def test_each_lists_the_users_of_any(self):
        users = self.apart()
        for server in self.by_id.values():
            self.data = server.data
            for user, (_, home) in users.items():
                self.assertEqual(f"BY    RESOURCES  USER\nxmpp          0  {user}\n",
                                 self.muster("users", home).stdout)
                row = json.loads(self.muster("users", home, "--json").stdout)
                self.assertEqual({"account": user, "by": "xmpp", "resources": 0}, row)
        none = self.muster("users", "s9")
        self.assertEqual((1, 'muster: no server of the cluster is named "s9"\n'),
                         (none.returncode, none.stderr))

    def test_an_order_finds_the_main_on_another_machine(self):
        self.together(*NAMES)
        main = self.main()
        one, other = (name for name in NAMES if name != main)
        self.data = self.by_id[one].data
        done = self.muster("drain", other)
        self.assertEqual((0, f"{other} is drained: its users move, and it takes no more\n"),
                         (done.returncode, done.stdout))
        until(lambda: self.listed()[other]["role"] == "draining", "it drains")
        refused = self.muster("drain", other)
        self.assertEqual(1, refused.returncode)
        self.assertIn("the server is not in a state for that", refused.stderr)

    def test_a_main_that_stands_still_does_not_answer(self):
        self.together(*NAMES)
        main = self.main()
        one = next(name for name in NAMES if name != main)
        self.data = self.by_id[one].data
        self.by_id[main].send_signal(signal.SIGSTOP)
        try:
            refused = self.muster("drain", main)
        finally:
            self.by_id[main].send_signal(signal.SIGCONT)
        # Or its link is missed already.
        self.assertEqual(1, refused.returncode)
        self.assertRegex(refused.stderr, "did not answer in time|cannot be reached from here")

    def test_one_that_is_alone_is_not_among_them(self):
        self.together("s1")
        done = ask("musterd", "run", "--config", self.configured("alone"))
        self.assertEqual((1, "musterd: servers of a cluster work on this database, sip:s1.localhost"
                          " among them\n"), (done.returncode, done.stderr))
        self.by_id["s1"].kill()
        # Once nobody renews a lease any more, though nobody ended it.
        self.serve("run", "--config", self.folder / "alone" / "musterd.toml",
                   log=self.folder / "log-alone")

    def test_a_file_is_no_place_for_what_they_agree_on(self):
        path = self.configured_of_many("s1", 'database = "cluster.db"\n')
        done = ask("musterd", "run", "--config", path, "--check")
        self.assertEqual(1, done.returncode)
        self.assertIn("cluster.database is a file of one machine", done.stderr)
