"""Stream management (XEP-0198) as slixmpp does it: a link is cut, and the session goes on."""

import unittest

from case import Case, within
from xmpp import Session, log_in

import server as servers


async def managed(case, jid):
    """A session that can be resumed, and is available."""
    session = Session(f"{jid}/desk", servers.PASSWORD, case.server.certificate)
    session.register_plugin("xep_0198")
    for state in ("sm_enabled", "session_resumed", "sm_failed"):
        session.add_event_handler(
            state, lambda data, state=state: session.states.put((state, data)))
    case.addAsyncCleanup(session.close)
    states = {await session.open(case.server.xmpp[0])}
    states.add((await session.states.take(lambda _: True, "stream management"))[0])
    case.assertEqual(states, {"session_start", "sm_enabled"})
    session.send_presence()
    await session.presence(session.boundjid.full, "available")
    return session


async def cut(session):
    session.transport.abort()
    await session.states.take(lambda entry: entry[0] == "disconnected", "the end of the link")
    # What the case hears from now on is of the next link.
    session.inbox = type(session.inbox)()


class ResumptionTest(Case):
    async def test_a_session_goes_on_over_a_new_link(self):
        alice = await managed(self, self.account("alice"))
        bob = await log_in(self, self.account("bob"))
        alice.send_presence(pto=bob.boundjid.full)
        await bob.presence(alice.boundjid.full, "available")
        bob.send_message(mto=alice.boundjid.full, mbody="before")
        await alice.message(bob.boundjid.full)
        await cut(alice)
        bob.send_message(mto=alice.boundjid.full, mbody="meanwhile")
        # Bob's next answer comes behind the message, and nobody told him that she went.
        await within(bob.get_roster(), "the roster")
        self.assertEqual(await alice.open(self.server.xmpp[0]), "session_resumed")
        message = await alice.message(bob.boundjid.full)
        self.assertEqual(message["body"], "meanwhile")
        alice.send_message(mto=bob.boundjid.full, mbody="back")
        found = await bob.inbox.take(
            lambda stanza: stanza.name in ("message", "presence")
            and stanza["from"] == alice.boundjid.full, "what alice sent")
        self.assertEqual((found.name, found["body"]), ("message", "back"))

    async def test_a_session_that_was_closed_is_not_resumed(self):
        alice = await managed(self, self.account("alice"))
        identity = alice.plugin["xep_0198"].sm_id
        await alice.close()
        again = Session(f"{alice.boundjid.bare}/desk", servers.PASSWORD, self.server.certificate)
        again.register_plugin("xep_0198", {"sm_id": identity})
        again.add_event_handler("sm_failed", lambda data: again.states.put(("sm_failed", data)))
        self.addAsyncCleanup(again.close)
        self.assertEqual(await again.open(self.server.xmpp[0]), "sm_failed")


if __name__ == "__main__":
    unittest.main()
