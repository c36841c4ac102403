"""The rungs for an XMPP desk that follows no see-other-host: it is served all the same."""

from cluster_case import HOME, LANDING


class Ladder:
    """Cases for one `kind` of desk (desk.py), mixed into a ClusterCase."""

    async def test_it_comes_back_and_is_served_where_it_landed(self):
        alice = self.account("alice")
        desk = await self.desk(self.kind, alice, LANDING)
        await self.logged(LANDING, "xmpp-redirected", alice, to=HOME)
        await self.assert_served_by(LANDING, alice)
        await self.assert_they_meet(desk)
        self.assert_not_logged(LANDING, "xmpp-relayed")

    async def test_it_is_relayed_to_where_she_has_another_desk(self):
        alice = self.account("alice")
        at_home = await self.slixmpp(alice, HOME)
        desk = await self.desk(self.kind, alice, LANDING, "laptop")
        await self.logged(LANDING, "xmpp-redirected", alice, to=HOME)
        await self.logged(LANDING, "xmpp-relayed", alice, to=HOME)
        await self.assert_served_by(HOME, alice)
        await desk.see(at_home.jid)
        await at_home.see(desk.jid)
        await self.assert_they_meet(desk)
        await desk.leave()
        await self.bob.see(desk.jid, kind="unavailable")

    async def test_it_is_relayed_where_its_server_drains(self):
        alice = self.account("alice")
        desk = await self.desk(self.kind, alice, HOME)
        await self.assert_served_by(HOME, alice)
        await self.assert_they_meet(desk)
        self.assert_not_logged(HOME, "xmpp-redirected")
        await self.drain(HOME)
        await desk.is_back()
        await self.logged(HOME, "xmpp-redirected", alice, to=LANDING)
        await self.logged(HOME, "xmpp-relayed", alice, to=LANDING)
        await self.assert_served_by(LANDING, alice)
        await self.assert_empty(HOME)
        await self.assert_they_meet_still(desk)
