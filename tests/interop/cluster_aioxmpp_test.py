"""aioxmpp, which does not go where it is sent."""

import unittest

from aioxmpp_desk import Aioxmpp
from cluster_case import ClusterCase
from ladder import Ladder


class AioxmppTest(Ladder, ClusterCase):
    kind = Aioxmpp


if __name__ == "__main__":
    unittest.main()
