"""A watcher on a bare UDP socket, whose port takes connections too, or does not."""

import asyncio

from case import Inbox
from digest import request_text, response_text
from sip import Message, free_port
from wire import Stream


class Watcher(asyncio.DatagramProtocol):
    """`inbox` has what came: by which transport, and the message. It says 200 to each request."""

    def __init__(self, case):
        self.case = case
        self.inbox = Inbox()
        self.port = free_port("127.0.0.1")

    async def open(self, takes_connections):
        loop = asyncio.get_running_loop()
        self.socket, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", self.port))
        self.case.addCleanup(self.socket.close)
        if takes_connections:
            listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.case.addCleanup(listener.close)
        return self

    def datagram_received(self, data, address):
        self._take("UDP", Message(data), lambda answer: self.socket.sendto(answer, address))

    async def _serve(self, reader, writer):
        self.case.addCleanup(writer.close)
        stream = Stream(reader)
        while True:
            self._take("TCP", await stream.message(), writer.write)

    def _take(self, transport, message, answer):
        if message.method:
            answer(response_text(message, "200 OK").encode())
        self.inbox.put((transport, message))

    def subscribe(self, watcher, presentity):
        text = request_text("SUBSCRIBE", watcher, presentity, "Event: presence", "Expires: 300",
                            f"Contact: <sip:phone@127.0.0.1:{self.port}>")
        self.socket.sendto(text.replace("SIP/2.0/TCP", "SIP/2.0/UDP").encode(),
                           self.case.server.sip[0])

    async def notified(self, text):
        """By which transport the next NOTIFY with this text came."""
        transport, _ = await self.inbox.take(
            lambda came: came[1].method == "NOTIFY" and text in came[1].body, f"NOTIFY of {text!r}")
        return transport
