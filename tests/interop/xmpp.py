"""slixmpp as a case sees it: sessions that keep what they got until the case takes it."""

import logging
import ssl

import slixmpp

import server as servers
from case import Inbox, within

PLUGINS = ("xep_0030", "xep_0077", "xep_0092", "xep_0199")


class Session(slixmpp.ClientXMPP):
    """A session of slixmpp that accepts, answers and reconnects only when the case says so."""

    def __init__(self, jid, password, certificate=None, **mechanism):
        super().__init__(jid, password, plugin_config={"feature_mechanisms": mechanism})
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        if certificate:
            self.ssl_context.check_hostname = True
            self.ca_certs = certificate
        else:  # musterd dev makes a certificate of its own
            self.ssl_context.check_hostname = False
            self.ssl_context.verify_mode = ssl.CERT_NONE
        self.roster.auto_authorize = None
        self.roster.auto_subscribe = None
        self.inbox = Inbox()
        self.states = Inbox()
        self.refusals = []  # the conditions with which SASL failed
        self.add_event_handler("failed_auth", lambda failure: self.refusals.append(
            failure["condition"]))
        self.add_filter("in", self._keep)
        for state in ("session_start", "failed_all_auth", "disconnected"):
            self.add_event_handler(state, lambda data, state=state: self._enter(state, data))

    def _keep(self, stanza):
        self.inbox.put(stanza)
        return stanza

    def _enter(self, state, data):
        self.states.put((state, data))
        if state == "disconnected":
            self.inbox.end("disconnected")

    async def get_dns_records(self, domain, port=None):
        """In place of slixmpp's: no name is looked up, the domain is served at `address`."""
        return [(domain, *self.address)]

    async def open(self, address, tls="starttls"):
        """Connects by "starttls", "direct" TLS or "plain", and returns how the login ended."""
        self.connect(address, use_ssl=tls == "direct", force_starttls=tls == "starttls",
                     disable_starttls=tls != "starttls")
        # slixmpp took the address for the domain if it is one of IPv6.
        self.default_domain = servers.DOMAIN
        state, _ = await self.states.take(lambda _: True, "the end of the login")
        return state

    def forget_channel_binding(self):
        """Logs in as those do who know nothing of it: slixmpp alone would say "y" to SCRAM."""
        mechanisms = self["feature_mechanisms"]
        usual = mechanisms.sasl_callback
        mechanisms.sasl_callback = lambda needed, optional: {
            **usual(needed, optional), "channel_binding": None}

    async def presence(self, sender, kind=None):
        """The next presence from an address, bare or full; of a kind if one is named."""
        def matches(stanza):
            return (isinstance(stanza, slixmpp.Presence)
                    and sender in (stanza["from"].bare, stanza["from"].full)
                    and kind in (None, stanza["type"]))
        return await self.inbox.take(matches, f"presence {kind or ''} from {sender}")

    async def message(self, sender):
        def matches(stanza):
            return (isinstance(stanza, slixmpp.Message)
                    and sender in (stanza["from"].bare, stanza["from"].full))
        return await self.inbox.take(matches, f"a message from {sender}")

    async def roster_push(self, jid, subscription):
        """The push that shows the item in this state of subscription."""
        def matches(stanza):
            items = stanza["roster"]["items"] if isinstance(stanza, slixmpp.Iq) else {}
            return stanza["type"] == "set" and jid in items and (
                items[jid]["subscription"] == subscription)
        return await self.inbox.take(matches, f"a roster push of {jid}: {subscription}")

    async def nothing_from(self, jid, after):
        """Fails if anything from the address came before what another session sends now.

        What one session sends to another arrives in order (RFC 6120 section 10.1); `after` is
        of the address that nothing must come from.
        """
        after.send_message(mto=self.boundjid.full, mbody="that was all")
        found = await self.inbox.take(
            lambda stanza: stanza.name in ("message", "presence") and stanza["from"].bare == jid,
            f"a message from {jid}")
        if found.name != "message":
            raise AssertionError(f"came: {found}")

    def ask_roster(self, version):
        """The answer to who has kept a version of the roster; "" asks for all of it."""
        query = self.make_iq_get()
        query["roster"]["ver"] = version
        return query.send()

    async def close(self):
        await within(self.disconnect(), "the end of the stream")


logging.getLogger("slixmpp").setLevel(logging.CRITICAL)


async def log_in(case, jid, resource="desk", *, tls="starttls", presence=True,
                 password=servers.PASSWORD, address=None, **mechanism):
    """A session that is bound and, if wanted, available; it ends with the case."""
    session = Session(f"{jid}/{resource}", password, case.server.certificate, **mechanism)
    case.addAsyncCleanup(session.close)
    state = await session.open(address or case.server.xmpp[0], tls)
    case.assertEqual(state, "session_start")
    await within(session.get_roster(), "the roster")
    if presence:
        session.send_presence()
        await session.presence(session.boundjid.full, "available")
    return session


async def befriend(case):
    """Two sessions of new accounts, each of which sees the other."""
    a = await log_in(case, case.account("alice"))
    b = await log_in(case, case.account("bob"))
    for asks, answers in ((a, b), (b, a)):
        asks.send_presence(pto=answers.boundjid.bare, ptype="subscribe")
        await answers.presence(asks.boundjid.bare, "subscribe")
        answers.send_presence(pto=asks.boundjid.bare, ptype="subscribed")
        await asks.presence(answers.boundjid.full, "available")
    await a.roster_push(b.boundjid.bare, "both")
    await b.roster_push(a.boundjid.bare, "both")
    return a, b
