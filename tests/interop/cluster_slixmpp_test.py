"""slixmpp, which does not go where it is sent."""

import unittest

from cluster_case import ClusterCase
from desk import Slixmpp
from ladder import Ladder


class SlixmppTest(Ladder, ClusterCase):
    kind = Slixmpp


if __name__ == "__main__":
    unittest.main()
