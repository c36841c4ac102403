"""Two servers as they are run in earnest, and a phone: what it is told of them, who believes it."""

import os
import unittest

import digest
import pidf
import server as servers
import wire
from cluster_case import HOME, LANDING, members, programs

CLUSTER = "{urn:muster:presence-cluster:1}"
SUBSCRIBE = ("Event: presence", "Accept: application/pidf+xml", "Expires: 300",
             "Contact: <sip:phone@127.0.0.1:5060;transport=tcp>")


class ProductionTest(members.MembersCase, unittest.IsolatedAsyncioTestCase):
    """Each has a [cluster] in its file, and asks everybody for a proof."""

    def setUp(self):
        super().setUp()
        key = self.folder / "cluster.key"
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        for name in (LANDING, HOME):
            path = self.configure(
                f'[cluster]\nid = "{name}"\nshared_key = "cluster.key"\n'
                'document_watchers = ["noc@localhost"]\n[load]\nindex = "measured"\n')
            self.run_as(name, path.rename(path.with_name(f"{name}.toml")))
        self.settled(LANDING, HOME)
        self.server = self.by_id[LANDING]
        self.noc = self.account("noc")

    def run_as(self, name, path):
        server = self.serve("run", "--config", path, log=self.folder / f"log-{name}")
        programs.until(lambda: self.lives_of(name), f"the lease of {name}")
        self.by_id[name] = server

    def account(self, name):
        return self.add(f"{name}@{servers.DOMAIN}", password=servers.PASSWORD)

    async def phone(self, at):
        return await wire.Wire(self, self.address_of(at, "sip")).open()

    async def subscribe(self, phone, watcher, to):
        """The status that it comes to."""
        answer = await digest.prove(phone, "SHA-256", "SUBSCRIBE", watcher, to, *SUBSCRIBE,
                                    password=servers.PASSWORD)
        return answer.status

    async def notified(self, phone):
        """The document of the next NOTIFY, which must be valid."""
        notify = await phone.message()
        self.assertEqual("NOTIFY", notify.method)
        phone.send(digest.response_text(notify, "200 OK"))
        return pidf.parse(notify.body)

    @staticmethod
    def levels(document):
        return {load.get("svr-id"): int(load.findtext(f"{CLUSTER}current-loadlevel"))
                for load in document.iter(f"{CLUSTER}svr-load")}

    async def test_who_may_is_shown_the_cluster(self):
        phone = await self.phone(LANDING)
        self.assertEqual(200, await self.subscribe(phone, self.noc, servers.DOMAIN))
        document = await self.notified(phone)
        names = {f"sip:{name}.localhost" for name in (LANDING, HOME)}
        self.assertEqual(names, set(self.levels(document)))
        self.assertEqual("2", document.findtext(f"{CLUSTER}active-svr-number"))
        own = await self.phone(LANDING)
        self.assertEqual(200, await self.subscribe(own, self.noc, f"{LANDING}.localhost"))
        self.assertEqual({f"sip:{LANDING}.localhost"}, set(self.levels(await self.notified(own))))
        # One of them ends: that is told, without being asked for.
        self.by_id.pop(HOME).stop()
        while len(self.levels(document)) == 2:
            document = await self.notified(phone)
        self.assertEqual({f"sip:{LANDING}.localhost"}, set(self.levels(document)))

    async def test_nobody_else_is(self):
        phone = await self.phone(LANDING)
        self.assertEqual(403, await self.subscribe(phone, self.account("eve"), servers.DOMAIN))

    async def test_a_level_is_of_what_the_machine_has(self):
        """Nobody is here; but the server itself takes some of the memory."""
        phone = await self.phone(HOME)
        await self.until_measured()
        self.assertEqual(200, await self.subscribe(phone, self.noc, servers.DOMAIN))
        levels = self.levels(await self.notified(phone))
        self.assertGreater(min(levels.values()), 0, levels)

    async def until_measured(self):
        programs.until(lambda: all(row["level"] > 0 for row in self.seen_by(HOME).values()),
                       "both have measured their memory")

    async def test_a_challenge_of_one_holds_at_the_other(self):
        """As for a phone that is sent on by a 302, and has its nonce still."""
        def register(sequence, *proof):
            return digest.request_text(
                "REGISTER", self.noc, servers.DOMAIN, "Expires: 300",
                "Contact: <sip:noc@127.0.0.1:5060;transport=tcp>", *proof, sequence=sequence,
                call="call")
        first, second = await self.phone(LANDING), await self.phone(HOME)
        first.send(register(1))
        challenge = digest.challenges(await first.message())["SHA-256"]
        for sequence, password, statuses in ((2, "wrong", (401,)),
                                             (3, servers.PASSWORD, (200, 302))):
            proof = digest.authorization(challenge, "REGISTER", f"sip:{servers.DOMAIN}", "noc",
                                         password)
            second.send(register(sequence, proof))
            self.assertIn((await second.message()).status, statuses)


if __name__ == "__main__":
    unittest.main()
