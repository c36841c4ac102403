"""aioxmpp as a desk (desk.py). It knows nothing of see-other-host: its stream has failed."""

import asyncio
import contextlib
import logging

import aioxmpp
import aioxmpp.ping
from aioxmpp.connector import STARTTLSConnector

import server as servers
from case import Inbox, within

logging.getLogger("aioxmpp").setLevel(logging.CRITICAL)


class Aioxmpp:
    """Comes back to where it first went when its stream has failed, as a program that lasts does.

    aioxmpp would do so by itself, but ends with an error of its own where that stream had stream
    management, and where the end of one stream is taken for that of the next (0.13.3).
    """

    def __init__(self, jid, address):
        self.jid = jid
        self.address = address
        self.inbox = Inbox()
        self.sessions = Inbox()
        self.client = None

    def start(self, _=None):
        client = aioxmpp.PresenceManagedClient(
            aioxmpp.JID.fromstr(self.jid),
            aioxmpp.make_security_layer(servers.PASSWORD, no_verify=True),
            override_peer=[(*self.address, STARTTLSConnector())])
        client.on_failure.connect(self.start)
        client.on_stream_established.connect(lambda: self._be_let_in(client))
        client.stream.app_inbound_presence_filter.register(self._keep, 1)
        client.stream.app_inbound_message_filter.register(self._keep, 1)
        client.presence = aioxmpp.PresenceState(True)
        self.client = client

    def _keep(self, stanza):
        self.inbox.put(stanza)
        return stanza

    def _be_let_in(self, client):
        """Who was let in may have ended at once; if it is answered it lasts."""
        async def ask():
            with contextlib.suppress(ConnectionError):
                await aioxmpp.ping.ping(client, aioxmpp.JID.fromstr(servers.DOMAIN))
                self.sessions.put(client)
        self.asking = asyncio.ensure_future(ask())

    async def arrive(self):
        self.start()
        await self.is_back()

    async def is_back(self):
        await self.sessions.take(lambda _: True, "its session")

    def watch(self, jid):
        self.client.enqueue(aioxmpp.Presence(type_=aioxmpp.PresenceType.SUBSCRIBE,
                                             to=aioxmpp.JID.fromstr(jid)))

    def show(self, status):
        self.client.set_presence(aioxmpp.PresenceState(True), status)

    async def see(self, jid, status=None):
        def matches(stanza):
            return (isinstance(stanza, aioxmpp.Presence) and str(stanza.from_) == jid
                    and stanza.type_ == aioxmpp.PresenceType.AVAILABLE
                    and status in (None, stanza.status.any() if stanza.status else ""))
        await self.inbox.take(matches, f"presence from {jid}")

    def write(self, jid, text):
        message = aioxmpp.Message(type_=aioxmpp.MessageType.CHAT, to=aioxmpp.JID.fromstr(jid))
        message.body[None] = text
        self.client.enqueue(message)

    async def read(self, jid):
        message = await self.inbox.take(
            lambda stanza: isinstance(stanza, aioxmpp.Message) and str(stanza.from_) == jid,
            f"a message from {jid}")
        return message.body.any()

    async def leave(self):
        if self.client.running:
            stopped = asyncio.Event()
            self.client.on_stopped.connect(stopped.set)
            self.client.stop()
            await within(stopped.wait(), "the end of the stream")
