"""What the cases share: a server for each class, and waiting for something without sleeping."""

import asyncio
import subprocess
import unittest

import server as servers


async def within(awaitable, what):
    """What the awaitable gives, or a failure that says what did not come."""
    try:
        return await asyncio.wait_for(awaitable, servers.PATIENCE_S)
    except asyncio.TimeoutError:
        raise AssertionError(f"did not come: {what}") from None


class Inbox:
    """What came, in order. A case takes the first of it that it waits for; the rest stays."""

    def __init__(self):
        self.items = []
        self.changed = asyncio.Event()
        self.ended = None

    def put(self, item):
        self.items.append(item)
        self.changed.set()

    def end(self, why):
        """Nothing more will come: who waits fails at once."""
        self.ended = why
        self.changed.set()

    def take_now(self, matches):
        for place, item in enumerate(self.items):
            if matches(item):
                return self.items.pop(place)
        return None

    async def take(self, matches, what):
        async def wait():
            while (item := self.take_now(matches)) is None:
                if self.ended is not None:
                    raise AssertionError(f"did not come: {what}; {self.ended}; {self.items[-3:]}")
                self.changed.clear()
                await self.changed.wait()
            return item
        try:
            return await asyncio.wait_for(wait(), servers.PATIENCE_S)
        except asyncio.TimeoutError:
            raise AssertionError(f"did not come: {what}; there is: {self.items[-3:]}") from None


class Case(unittest.IsolatedAsyncioTestCase):
    """Cases that share a musterd. It must still live when each of them ends."""

    make_server = staticmethod(servers.development_server)

    @classmethod
    def setUpClass(cls):
        cls.server = cls.make_server()
        cls.addClassCleanup(cls.server.kill)
        cls.accounts = 0

    def setUp(self):
        self.addCleanup(self.check_server)

    def check_server(self):
        self.assertTrue(self.server.is_alive(), "musterd ended:\n" + self.server.log()[-4000:])

    def account(self, name, *options):
        """A new account whose address begins with the name: no two cases share one."""
        cls = type(self)
        cls.accounts += 1
        return self.server.add(f"{name}{cls.accounts}", *options)

    def allow(self, watcher, presentity):
        """What an operator does: lets the watcher see the presentity."""
        subprocess.run([servers.BIN / "muster", "user", "watchers", presentity, "--allow", watcher,
                        "--data", self.server.data], check=True, timeout=servers.PATIENCE_S,
                       capture_output=True)
