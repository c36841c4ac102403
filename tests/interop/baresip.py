"""baresip as a case sees it: a phone that registers, publishes, watches and sends messages."""

import asyncio
import functools
import json
import pathlib
import re
import tempfile

import server as servers
from case import Inbox, within
from sip import Message, free_port

CONFIGURATION = """\
module_path /usr/lib/baresip/modules
sip_listen 127.0.0.1:{port}
{trust}
ctrl_tcp_listen 127.0.0.1:{control}
net_interface 127.0.0.1
module account.so
module contact.so
module menu.so
module presence.so
module ctrl_tcp.so
"""
ACCOUNT = ('<sip:{address};transport={transport}>;auth_user={user};auth_pass={password}'
           ';outbound="sip:{host}:{remote_port};transport={transport}";regint=300'
           ';pubint={publishes}')

# What baresip -s prints: the transport, the two ends, the message.
TRACED = re.compile(r"\x1b\[36;1m#\n\w+ (\S+) -> (\S+)\n(.*?)\x1b\[;m", re.DOTALL)


class Baresip:
    """One run of baresip. `inbox` has the SIP messages that it received."""

    def __init__(self, case, address, transport="udp", password=servers.PASSWORD, contacts=(),
                 publishes=0):
        self.address = address
        self.inbox = Inbox()
        self.folder = tempfile.TemporaryDirectory(prefix="muster-baresip-")
        case.addCleanup(self.folder.cleanup)
        host, remote_port = (case.server.sips if transport == "tls" else case.server.sip)[0]
        self.remote = f"{host}:{remote_port}"
        self.control_port = free_port(host)
        certificate = case.server.certificate
        self._write("config", CONFIGURATION.format(
            port=free_port(host), control=self.control_port,
            trust=f"sip_cafile {certificate}" if certificate else ""))
        self.account = functools.partial(
            ACCOUNT.format, address=address, transport=transport, user=address.partition("@")[0],
            password=password, host=host, remote_port=remote_port)
        self._write("accounts", self.account(publishes=publishes))
        self._write("contacts", "".join(
            f'"{contact}" <sip:{contact}>;presence=p2p\n' for contact in contacts))
        self.printed = ""
        self.ready = asyncio.Event()
        case.addAsyncCleanup(self.stop)

    def _write(self, name, text):
        (pathlib.Path(self.folder.name) / name).write_text(text, encoding="utf-8")

    async def start(self):
        # Without a terminal it would print by the block.
        self.process = await asyncio.create_subprocess_exec(
            "stdbuf", "-oL", "baresip", "-4", "-s", "-f", self.folder.name,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT)
        self.reading = asyncio.create_task(self._read())
        await within(self.ready.wait(), "a baresip that is ready")
        if self.inbox.ended:
            raise AssertionError(self.inbox.ended)
        return self

    async def _read(self):
        while data := await self.process.stdout.read(65536):
            self.printed += data.decode(errors="replace")
            if "baresip is ready." in self.printed:
                self.ready.set()
            taken = 0
            for found in TRACED.finditer(self.printed):
                taken = found.end()
                if found[1] == self.remote:
                    self.inbox.put(Message(found[3].encode()))
            self.printed = self.printed[taken:]
        self.inbox.end(f"baresip ended: {self.printed}")
        self.ready.set()

    async def command(self, name, parameters=""):
        """Carries out a command of baresip's menu, over its control connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.control_port)
        text = json.dumps({"command": name, "params": parameters})
        writer.write(f"{len(text)}:{text},".encode())
        while True:
            length = await within(reader.readuntil(b":"), f"the answer to {name}")
            answer = json.loads(await reader.readexactly(int(length[:-1])))
            await reader.readexactly(1)
            if "response" in answer:
                break
        writer.close()
        if not answer["ok"]:
            raise AssertionError(f"baresip: {name} {parameters}: {answer}")
        return answer["data"]

    async def register(self):
        """Registers anew, as another of its user agents: the status of the answer."""
        await self.command("uanew", self.account(publishes=0))
        answer = await self.inbox.take(
            lambda message: message.status and message.header("CSeq").endswith(" REGISTER"),
            "the answer to REGISTER")
        return answer.status

    async def answered(self, method, status):
        """The next response to a method, with the status."""
        return await self.inbox.take(
            lambda message: message.status == status
            and message.header("CSeq").endswith(" " + method), f"{status} to {method}")

    async def notified(self, state="active", text=""):
        """The next NOTIFY whose Subscription-State begins so and whose body has the text."""
        return await self.inbox.take(
            lambda message: message.method == "NOTIFY" and text in message.body
            and message.header("Subscription-State").startswith(state),
            f"NOTIFY {state} with {text!r}")

    async def stop(self):
        if hasattr(self, "process"):
            if self.process.returncode is None:
                self.process.kill()
            await self.process.wait()
            await self.reading
