"""sipp as a case sees it: a run of a scenario whose messages the case reads as they come.

The scenarios are in sipp/; what begins with "$" in them a case fills in.
"""

import asyncio
import itertools
import os
import pathlib
import re
import socket
import string
import tempfile

import server as servers
from case import Inbox, within

SCENARIOS = pathlib.Path(__file__).parent / "sipp"

# sipp's own file of messages: a line, when; how the message came or went; the message.
TRACED = re.compile(rb"-{20,} [^\n]*\n\w+ message (sent|received) [\[(](\d+)[^\n]*\n\n")


class Message:
    """A SIP message, cut up without regard to what the server thinks of it."""

    def __init__(self, data):
        head, _, body = data.partition(b"\r\n\r\n")
        self.start, *self.lines = head.decode().split("\r\n")
        self.body = body.decode()
        words = self.start.split(" ")
        self.status = int(words[1]) if words[0] == "SIP/2.0" else None
        self.method = None if self.status else words[0]

    def headers(self, name):
        fields = (line.partition(":") for line in self.lines)
        return [value.strip() for key, _, value in fields if key.lower() == name.lower()]

    def header(self, name):
        values = self.headers(name)
        return values[0] if values else None

    def __repr__(self):
        return "\n".join([self.start, *self.lines, "", self.body])


# Below those that the kernel gives to connections on their way out, and not the same for all runs.
PORTS = itertools.count(10000 + os.getpid() % 10000)


def free_port(host):
    """A port that nobody has for UDP or TCP: sipp wants to be told one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in PORTS:
        with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
            try:
                udp.bind((host, port))
                tcp.bind((host, port))
                return port
            except OSError:
                continue


class Sipp:
    """One run of a scenario. `inbox` has the messages that it received."""

    def __init__(self, case, scenario, transport="u1", address=None, port=None, **filled):
        self.inbox = Inbox()
        self.transport = transport
        self.host, self.remote_port = address or case.server.sip[0]
        self.port = port or free_port(self.host)
        self.folder = tempfile.TemporaryDirectory(prefix="muster-sipp-")
        case.addCleanup(self.folder.cleanup)
        text = (SCENARIOS / f"{scenario}.xml").read_text(encoding="utf-8")
        self._file("scenario").write_text(string.Template(text).substitute(filled),
                                          encoding="utf-8")
        case.addAsyncCleanup(self.stop)

    def _file(self, name):
        return pathlib.Path(self.folder.name) / name

    async def start(self):
        """Starts the run. Nothing says that sipp listens, but what it sends."""
        os.mkfifo(self._file("messages"))
        bracketed = f"[{self.host}]" if ":" in self.host else self.host
        arguments = [
            "sipp", f"{bracketed}:{self.remote_port}", "-sf", self._file("scenario"), "-m", "1",
            "-i", self.host, "-p", str(self.port), "-t", self.transport, "-nostdin",
            "-timeout", f"{servers.PATIENCE_S}s", "-timeout_error", "-max_socket", "100",
            "-trace_msg", "-message_file", self._file("messages"),
            "-trace_err", "-error_file", self._file("errors")]
        reader = asyncio.StreamReader()
        trace = os.open(self._file("messages"), os.O_RDONLY | os.O_NONBLOCK)
        # Kept until sipp has ended, for it may end before it opens the file.
        self.writing_end = os.open(self._file("messages"), os.O_WRONLY)
        self.pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(trace, "rb"))
        self.process = await asyncio.create_subprocess_exec(
            *map(str, arguments), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        self.reading = asyncio.create_task(self._read(reader))
        self.waiting = asyncio.create_task(self._wait())
        return self

    async def _wait(self):
        code = await self.process.wait()
        os.close(self.writing_end)
        return code

    async def _read(self, trace):
        try:
            while True:
                found = TRACED.search(await trace.readuntil(b"\n\n"))
                if found is None:  # what sipp says of its own end
                    continue
                data = await trace.readexactly(int(found[2]))
                if found[1] == b"received":
                    self.inbox.put(Message(data))
        except asyncio.IncompleteReadError:
            self.inbox.end(f"sipp ended: {self.errors()}")

    def errors(self):
        path = self._file("errors")
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    async def response(self):
        return await self.inbox.take(lambda message: message.status, "a response")

    async def request(self, method):
        return await self.inbox.take(lambda message: message.method == method, method)

    async def notified(self, state="active", text=""):
        """The next NOTIFY whose Subscription-State begins so and whose body has the text."""
        return await self.inbox.take(
            lambda message: message.method == "NOTIFY" and text in message.body
            and message.header("Subscription-State").startswith(state),
            f"NOTIFY {state} with {text!r}")

    async def done(self):
        """Waits for the end of the scenario, which must have gone as written."""
        code = await within(asyncio.shield(self.waiting), "the end of sipp")
        await self.reading
        if code != 0:
            raise AssertionError(f"sipp ended with {code}: {self.errors()}")
        return self

    async def stop(self):
        if hasattr(self, "process"):
            if self.process.returncode is None:
                self.process.kill()
            await self.waiting
            await self.reading
            self.pipe.close()


async def watch(case, watcher, presentity, expires=300, **options):
    """A watcher whose SUBSCRIBE was accepted."""
    sipp = Sipp(case, "watch", sender=watcher, presentity=presentity, expires=expires, **options)
    await sipp.start()
    response = await sipp.response()
    case.assertEqual(response.status, 200, response)
    return sipp


async def request(case, method, sender, receiver, *headers, status=200, target=None, body="",
                  **options):
    """Sends one request and gives its response."""
    filled = {
        "method": method, "sender": sender, "receiver": receiver, "target": target or receiver,
        "status": status, "body": body,
        "headers": "\n".join(headers or ("User-Agent: sipp",))}
    sipp = Sipp(case, "request", **filled, **options)
    await (await sipp.start()).done()
    return sipp.inbox.items[-1]
