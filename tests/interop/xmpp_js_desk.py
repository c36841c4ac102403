"""@xmpp/client as a desk (desk.py). It follows see-other-host by itself."""

import asyncio
import json
import os
import pathlib
import shutil
import subprocess

import server as servers
from case import Inbox, within

SOURCE = pathlib.Path(__file__).parent / "xmpp_js"
FOLDER = servers.ROOT / "build" / "interop-xmpp-js"
INSTALL_TIME_MAX_S = 300
LINE_BYTES_MAX = 1 << 20


def install():
    """npm's packages, as the lock file has them, beside a copy of the program."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = FOLDER / "package-lock.json"
    # npm writes its own record of them last.
    is_there = (FOLDER / "node_modules" / ".package-lock.json").exists() and (
        lock.read_bytes() == (SOURCE / lock.name).read_bytes())
    shutil.copytree(SOURCE, FOLDER, dirs_exist_ok=True)
    if is_there:
        return
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, text=True,
        capture_output=True, check=False, timeout=INSTALL_TIME_MAX_S)
    if done.returncode != 0:
        raise AssertionError(f"npm ci:\n{done.stderr}")


class XmppJs:
    """One run of desk.mjs. `inbox` has what it said. `service` has a place for HOST:PORT."""

    def __init__(self, jid, address, certificate, service="xmpp://{}", password=servers.PASSWORD):
        self.jid = jid
        self.address = address
        self.certificate = certificate
        self.service = service
        self.password = password
        self.inbox = Inbox()
        self.connected = []  # where it connected to, in order

    async def arrive(self):
        await self.start()
        await self.is_back()

    async def start(self):
        user, _, resource = self.jid.partition("/")
        name, _, domain = user.partition("@")
        host, port = self.address
        self.process = await asyncio.create_subprocess_exec(
            "node", "desk.mjs", self.service.format(f"{host}:{port}"), domain, name, self.password,
            resource, cwd=FOLDER, limit=LINE_BYTES_MAX, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(self.certificate)})
        self.reading = asyncio.create_task(self._read())

    async def is_back(self):
        """Once it has bound a resource, or resumed its session: which of them."""
        found = await self.inbox.take(lambda said: said["event"] in ("online", "resumed"),
                                      "its session")
        return found["event"]

    async def _read(self):
        async for line in self.process.stdout:
            said = json.loads(line)
            if said["event"] == "connecting":
                self.connected.append(said["value"].partition("://")[2])
            self.inbox.put(said)
        self.inbox.end("it ended")

    def _send(self, **stanza):
        self.process.stdin.write(json.dumps(stanza).encode() + b"\n")

    def watch(self, jid):
        self._send(to=jid, type="subscribe")

    def allow(self, jid):
        self._send(to=jid, type="subscribed")

    def show(self, status):
        self._send(status=status)

    async def see(self, jid, status=None):
        await self.inbox.take(
            lambda said: said["event"] == "presence" and said["from"] == jid
            and not said["type"] and status in (None, said["status"]), f"presence from {jid}")

    def write(self, jid, text):
        self._send(to=jid, type="chat", body=text)

    async def read(self, jid):
        said = await self.inbox.take(
            lambda said: said["event"] == "message" and said["from"] == jid,
            f"a message from {jid}")
        return said["body"]

    async def leave(self):
        if hasattr(self, "process"):
            self.process.stdin.close()
            await within(self.process.wait(), "its end")
            await self.reading
