"""What the cases of a cluster ask of a desk, and slixmpp as one.

A desk arrives, shows itself whenever it is let in, as most do, and is back after it was sent away.
It watches, shows, sees, writes and reads; and it leaves.
"""

import server as servers
from case import within
from xmpp import Session


class Slixmpp(Session):
    """Comes back to where it first went when its stream has ended, as a program that lasts does.

    slixmpp means to follow, but takes the domain's own address all the same, and none where the
    stream has ended before it comes to it (1.8.3). No name is looked up here: the domain's address
    is where it first went.
    """

    def __init__(self, jid, address):
        super().__init__(jid, servers.PASSWORD, unencrypted_plain=True, unencrypted_scram=True)
        self.lands_at = address
        self.is_leaving = False
        self.add_event_handler("session_start", self._be_let_in)

    async def _be_let_in(self, _):
        await self.get_roster()
        self.send_presence()

    def _enter(self, state, data):
        self.states.put((state, data))
        if state == "disconnected" and not self.is_leaving:
            self.loop.call_soon(self.land)

    def reconnect(self, *_, **__):
        """Its stream ends anyhow."""

    def land(self):
        self.default_domain = servers.DOMAIN
        self.connect(self.lands_at, disable_starttls=True, force_starttls=False)

    async def get_dns_records(self, domain, port=None):
        return [(domain, *self.lands_at)]

    @property
    def user(self):
        return self.boundjid.bare

    @property
    def jid(self):
        return self.boundjid.full

    async def arrive(self):
        """Until it is let in: it may have been sent away."""
        self.land()
        await self.is_back()

    async def is_back(self):
        await self.states.take(lambda entered: entered[0] == "session_start", "its session")

    def watch(self, jid):
        self.send_presence(pto=jid, ptype="subscribe")

    def show(self, status):
        self.send_presence(pstatus=status)

    async def see(self, jid, status=None, kind="available"):
        """The next presence of a full or bare address that is so."""
        while True:
            seen = await self.presence(jid, kind)
            if status in (None, seen["status"]):
                return

    def write(self, jid, text):
        self.send_message(mto=jid, mbody=text, mtype="chat")

    async def read(self, jid):
        return (await self.message(jid))["body"]

    def has_seen_go(self, jid):
        """What came of somebody who became unavailable, and was not asked for."""
        return self.inbox.take_now(
            lambda stanza: stanza.name == "presence" and stanza["type"] == "unavailable"
            and stanza["from"].bare == jid)

    async def leave(self):
        self.is_leaving = True
        await within(self.disconnect(), "the end of the stream")
