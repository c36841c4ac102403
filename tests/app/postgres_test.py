"""A service whose data are in PostgreSQL: it works, bears that the database is killed, and tells
nobody the password."""

import programs
import xmpp
from postgres import PASSWORD, Postgres
from programs import ask


class PostgresTest(programs.Case):
    WRONG_PASSWORD = "falsch"

    def setUp(self):
        super().setUp()
        self.postgres = Postgres()
        self.addCleanup(self.postgres.end)
        self.configuration = self.configure(
            f'[store]\npostgres = "{self.postgres.connection()}"\n')

    def run_server(self):
        return self.serve("run", "--config", self.configuration)

    def log_in(self, server, name="alice"):
        stream = xmpp.Stream(server.xmpp[0], wrap=xmpp.with_tls)
        self.addCleanup(stream.close)
        return stream if stream.log_in(name) else None

    def test_what_was_told_survives_the_database_and_the_server(self):
        server = self.run_server()
        self.add("alice@localhost")
        stream = self.log_in(server)
        self.assertEqual("result", stream.ask("set", xmpp.roster_set("a@x.org", "a")).get("type"))
        self.postgres.kill()
        refused = stream.ask("set", xmpp.roster_set("b@x.org", "b"))
        self.assertEqual("internal-server-error",
                         xmpp.condition_of(refused, xmpp.STANZA_ERRORS))
        self.assertIn("store-fails", server.log())
        self.assertIsNone(self.log_in(server))
        self.postgres.start()
        programs.until(
            lambda: stream.ask("set", xmpp.roster_set("c@x.org", "c")).get("type") == "result",
            "a database that is there again is used again")
        self.assertIn("store-works-again", server.log())
        server.kill()
        self.assertEqual({"a@x.org", "c@x.org"}, set(self.log_in(self.run_server()).roster()))
        self.assertNotIn(PASSWORD, server.log())
        self.assertFalse((self.data / "muster.db").exists())

    def test_an_operator_works_on_it_where_no_server_runs(self):
        self.run_server().stop()
        self.add("alice@localhost")
        for where in (["--data", self.data], ["--config", self.configuration]):
            listed = ask("muster", "user", "list", *where)
            self.assertEqual("ACCOUNT          POLICY\nalice@localhost  ask\n", listed.stdout)
        self.assertEqual("1", self.postgres.run("SELECT count(*) FROM muster.accounts"))

    def refused(self):
        """What a server says that does not begin."""
        done = ask("musterd", "run", "--config", self.configuration)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        for secret in (PASSWORD, self.WRONG_PASSWORD):
            self.assertNotIn(secret, done.stderr)
        self.assertRegex(done.stderr, r"^musterd: PostgreSQL: [^\n]+\n$")
        return done.stderr

    def test_a_server_that_cannot_begin_says_why(self):
        self.postgres.passfile.write_text(f"*:*:*:*:{self.WRONG_PASSWORD}\n", encoding="utf-8")
        self.assertIn('password authentication failed for user "muster"', self.refused())
        self.postgres.kill()
        self.assertIn("Connection refused", self.refused())
        self.postgres.start()
