"""A peer that has what proves a server of the cluster, and stands in its directory, says what is
not so. It is refused as docs/wire.md has it, told of once each, and changes nothing; the servers
and their users go on."""

import itertools
import re

import cluster
import cluster_peer
import programs
import xmpp
from programs import until

NAMES = ("s1", "s2")
SETTINGS = '[policy]\nwatchers = "allow"\n'
LEVEL, USERS = 77, 5
BYTES_MAX = 512 * 1024  # model/cluster/limits.h
FRAME_BYTES_MAX = BYTES_MAX + 16 * 1024  # codec/cluster/frame.h


def document(entity="sip:s3.localhost", of="sip:s3.localhost", level=3, version=2, epoch=0,
             active=1, more=""):
    """What a server has to say; `of` is who it says that it is about."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<p:pidf-full xmlns='urn:ietf:params:xml:ns:pidf' version='{version}'"
        " xmlns:c='urn:muster:presence-cluster:1' xmlns:p='urn:ietf:params:xml:ns:pidf-diff'"
        f" entity='{entity}'><c:doc-version>1</c:doc-version><c:epoch>{epoch}</c:epoch>"
        f"<c:svr-loadlevel-list><c:svr-load svr-id='{of}'>"
        f"<c:current-loadlevel>{level}</c:current-loadlevel></c:svr-load></c:svr-loadlevel-list>"
        f"<c:candidate-svr-list/><c:active-svr-number>{active}</c:active-svr-number>"
        f"<c:current-users-list server-id='{of}'>"
        f"<c:current-users-number>{USERS}</c:current-users-number></c:current-users-list>"
        f"<c:total-users-number>{USERS}</c:total-users-number>{more}</p:pidf-full>")


class ImpostorCase(cluster.ConfiguredCase):
    def setUp(self):
        super().setUp()
        self.numbers = itertools.count(1)
        for name in (*NAMES, "s3"):
            programs.certify(self.folder, f"{name}.localhost")
        for name in NAMES:
            self.run_as(name, f'certificate = "{name}.localhost.crt"\n'
                              f'key = "{name}.localhost.key"\nca = "ca.crt"\n', SETTINGS)
        self.settled(*NAMES)
        self.assertTrue(self.listed()["s1"]["main"])
        self.alice, self.bob = (self.enter(user) for user in ("alice@localhost", "bob@localhost"))
        self.own, self.others = cluster_peer.enter_directory(self.data / "cluster.db", "s3")

    def enter(self, user):
        self.add(user)
        stream, home = self.log_in(user, self.address_of("s1"), wrap=xmpp.with_tls)
        until(lambda: self.listed()[home]["users"] == 1, "the load is known")
        return stream

    def link(self, name, resource):
        """A peer that this server has subscribed to what it says."""
        peer = cluster_peer.Peer("s3", self.own, self.others[f"sip:{name}.localhost"], self.folder)
        self.addCleanup(peer.close)
        peer.take_subscription(resource)
        return peer

    def pictures(self):
        """What each server knows of all."""
        words = ("role", "main", "level", "users", "contacts", "incarnation")
        return [{other: {word: row.get(word) for word in words}
                 for other, row in self.seen_by(name).items()} for name in NAMES]

    def refused_of(self, name):
        """What its log says of what was refused of s3, sorted."""
        return sorted(re.findall(r"document-refused sip:s3.localhost: (\w+)",
                                 self.by_id[name].log()))

    def check_users(self):
        """They write to each other, and newcomers are let in."""
        number = next(self.numbers)
        said = f"hello {number}"
        self.bob.send(f"<message to='alice@localhost' type='chat'><body>{said}</body></message>")
        self.alice.read_until(lambda s: s.findtext("{jabber:client}body") == said)
        for name in NAMES:
            self.add(f"late{number}-{name}@localhost")
            _, home = self.log_in(f"late{number}-{name}@localhost", self.address_of(name),
                                  wrap=xmpp.with_tls)
            self.assertIn(home, NAMES)


class ImpostorTest(ImpostorCase):
    def test_what_a_server_says_that_is_not_so_is_refused_and_changes_nothing(self):
        own = "sip:s3.localhost"
        peer = self.link("s1", own)
        self.assertEqual(200, peer.notify(document(level=LEVEL, version=1)))
        until(lambda: all(picture["s3"]["level"] == LEVEL for picture in self.pictures()
                          if "s3" in picture) and len(self.pictures()[1]) == 3, "it is believed")
        before = self.pictures()
        cases = [
            ("it is cut off", {"document": document()[:-20]}, 400),
            ("it is no XML", {"document": "level 3"}, 400),
            ("one server runs, and two do", {"document": document(active=2)}, 400),
            ("a level that is none", {"document": document(level=-1)}, 400),
            ("another one's", {"document": document(of="sip:s2.localhost")}, 403),
            ("the service's", {"document": document(entity="sip:localhost")}, 403),
            ("from another one", {"document": "", "sender": "<sip:s2.localhost>",
                                  "method": "SUBSCRIBE"}, 403),
            ("in no dialog", {"document": document(), "call": "none"}, 481),
            ("no document", {"document": document(), "kind": "text/plain"}, 415),
            ("too large", {"document": document(more=f"<x>{'x' * BYTES_MAX}</x>")}, 413),
            ("another method", {"document": document(), "method": "PUBLISH"}, 405),
        ]
        for what, said, status in 2 * cases:
            with self.subTest(what):
                self.assertEqual(status, peer.notify(**said))
        self.assertEqual(["bad_document", "bad_method", "foreign_document", "no_subscription",
                          "stranger", "too_large", "unwanted_type"], self.refused_of("s1"))
        self.check_users()
        self.is_cut_off(peer)
        self.assertEqual(before[1]["s3"], self.pictures()[1]["s3"])
        self.assertEqual(LEVEL, self.pictures()[0]["s3"]["level"])
        peer = self.link("s1", own)
        self.assertEqual(200, peer.notify(document(level=LEVEL + 1)))
        until(lambda: self.pictures()[1]["s3"]["level"] == LEVEL + 1, "what is so is believed")

    def is_cut_off(self, peer):
        """A frame larger than any may be ends the link."""
        peer.send(cluster_peer.DOCUMENTS, bytes(FRAME_BYTES_MAX + 1))
        with self.assertRaises(ConnectionError):
            until(peer.turn, "it is closed")
        self.assertEqual(1, self.by_id["s1"].log().count("server-link-refused"))


class LyingMainTest(ImpostorCase):
    def test_a_main_of_an_older_epoch_is_not_believed(self):
        """It is in the directory as the main, and goes when its lease is over."""
        with cluster_peer.writing(self.data / "cluster.db") as file:
            file.execute("UPDATE cluster SET main = ?, epoch = epoch + 1", [self.own])
        peers = [self.link(name, "sip:localhost") for name in NAMES]
        before = self.pictures()
        for peer in peers:
            for epoch in (0, 1):
                said = document(entity="sip:localhost", version=1, epoch=epoch)
                self.assertEqual(403, peer.notify(said))
        for name in NAMES:
            self.assertEqual(["old_epoch"], self.refused_of(name))
        self.assertEqual(before, self.pictures())
        self.check_users()
        with cluster_peer.writing(self.data / "cluster.db") as file:
            file.execute("UPDATE servers SET lease_end = 0 WHERE incarnation = ?", [self.own])
        self.settled(*NAMES)
        self.assertEqual(1, sum(row["main"] for row in self.listed().values()))
        self.check_users()
