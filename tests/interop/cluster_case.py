"""A cluster of two servers: bob is served by s1, and whoever comes next finds a place at s2."""

import asyncio
import pathlib
import re
import sys
import unittest

import server as servers
from desk import Slixmpp

# Behind this folder: each has a module `sip` and one `xmpp`.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "app"))
import members
import programs

LANDING, HOME = "s1", "s2"


class ClusterCase(members.MembersCase, unittest.IsolatedAsyncioTestCase):
    """`server` is s1, where all land, and `bob` one whom it serves."""

    async def asyncSetUp(self):
        self.server = self.join(LANDING)
        self.bob = await self.slixmpp(self.account("bob"), LANDING)
        self.join(HOME)
        await self.until(self.home_is_next, "they know one another's load")

    def home_is_next(self):
        self.settled(LANDING, HOME)
        rows = self.seen_by(LANDING)
        return (rows[LANDING]["level"], rows[HOME]["level"]) == (1, 0)

    async def until(self, true, what):
        """Asks again and again, while the desks and phones go on."""
        return await asyncio.to_thread(programs.until, true, what)

    def account(self, name):
        """A new account, and its address."""
        return self.add(f"{name}@{servers.DOMAIN}", password=servers.PASSWORD)

    async def slixmpp(self, user, at, resource="desk"):
        """A slixmpp that landed at that server, and was let in in the end."""
        return await self.desk(Slixmpp, user, at, resource)

    async def desk(self, kind, user, at, resource="desk"):
        desk = kind(f"{user}/{resource}", self.address_of(at))
        self.addAsyncCleanup(desk.leave)
        await desk.arrive()
        return desk

    async def assert_served_by(self, server, user):
        self.assertEqual(server, await asyncio.to_thread(self.where, user))

    async def logged(self, server, event, user, to=None):
        """Once the log of a server tells that of a user, and of the server `to`."""
        line = re.compile(rf" {event} {user}(/\S+)?: {f'sip:{to}[.]' if to else ''}")
        await self.until(lambda: line.search(self.by_id[server].log()),
                         f"{event} of {user} at {server}")

    def assert_not_logged(self, server, event):
        self.assertNotIn(f" {event} ", self.by_id[server].log())

    async def assert_they_meet(self, desk):
        """The desk and bob see each other, and write to each other."""
        bob = self.bob
        desk.watch(bob.user)
        await desk.see(bob.jid)
        bob.watch(desk.jid.partition("/")[0])
        await bob.see(desk.jid)
        bob.show("at lunch")
        await desk.see(bob.jid, "at lunch")
        desk.show("in a meeting")
        await bob.see(desk.jid, "in a meeting")
        await self.assert_they_write(desk)

    async def assert_they_meet_still(self, desk):
        """It was moved, and bob did not see it go."""
        self.bob.show("back")
        await desk.see(self.bob.jid, "back")
        desk.show("moved")
        await self.bob.see(desk.jid, "moved")
        await self.assert_they_write(desk)
        self.assertIsNone(self.bob.has_seen_go(desk.jid.partition("/")[0]))

    async def assert_they_write(self, desk):
        self.bob.write(desk.jid, "hello")
        self.assertEqual("hello", await desk.read(self.bob.jid))
        desk.write(self.bob.jid, "hello yourself")
        self.assertEqual("hello yourself", await self.bob.read(desk.jid))

    async def drain(self, server):
        done = await asyncio.to_thread(self.muster, "drain", server)
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    async def assert_empty(self, server):
        await self.until(lambda: self.seen_by(server)[server]["users"] == 0, f"{server} has nobody")

    async def ended(self, server):
        """Its exit code, once it has ended in order."""
        return await asyncio.to_thread(self.by_id.pop(server).stop)
