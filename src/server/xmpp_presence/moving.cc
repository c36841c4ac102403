// The part of XmppPresence that is about users who move to another server (design, "Moving users"):
// their streams are told where, and their sessions wait until they are seen there. What comes
// meanwhile is kept, and sent another way when the session ends: to her new server.

#include <memory>
#include <utility>
#include <vector>

#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {

// Who got directed presence from a session is told anew by the next one (RFC 6121 section 4.6.3).
void XmppPresence::on(Now now, const UserLeaves& leaves, Outbox& out) {
  XmppUser* user = sessions_.find_user(leaves.account.text());
  if (user == nullptr || leaves.at->xmpp == std::nullopt) return;
  user->leaves = true;
  for (XmppSession* session : std::vector<XmppSession*>(user->sessions)) {
    if (!session->link.valid()) continue;
    if (const auto directed = std::exchange(session->directed, nullptr)) {
      out.emit(DirectedEnds{session->full(), *directed});
    }
    out.emit(RedirectStream{session->link, leaves.at});
    if (session->managed == nullptr) session->managed = std::make_unique<ManagedStream>();
    if (!may_wait(*session)) {
      end(*session, out);
      continue;
    }
    session->link = {};
    session->moves = true;
    wait_until(*session, now.instant + kMovingTimeMax);
  }
  forget_if_idle(*user, out);
}

void XmppPresence::on(Now, const UserHasLeft& left, Outbox& out) {
  XmppUser* user = sessions_.find_user(left.account.text());
  if (user == nullptr) return;
  for (XmppSession* session : std::vector<XmppSession*>(user->sessions)) {
    remember_end(*session);
    if (session->link.valid()) out.emit(EndStream{session->link, StreamError::conflict, {}});
    end(*session, out);
  }
  forget_if_idle(*user, out);
}

void XmppPresence::on(Now, const UserServed& served, Outbox&) {
  XmppUser* user = sessions_.find_user(served.account.text());
  if (user != nullptr && served.here) user->leaves = false;
}

// Her client did not follow, and binds its resource anew. The session cannot be resumed any more.
void XmppPresence::replace(XmppSession& session) {
  session.replaced = true;
  remember_end(session);
  session.managed->id.clear();
}

// A session is seen where one was that it replaced.
void XmppPresence::take_place(const XmppSession& session) {
  for (XmppSession* other : session.user->sessions) {
    if (!other->replaced || other->resource != session.resource) continue;
    other->available = false;
    other->priority = 0;
  }
}

// She is this server's again, and present: what waits until she is seen elsewhere, and cannot be
// resumed, waits in vain. It is seen to go behind what has come; one that is replaced not before
// its resource is seen again. As long as she is another's, who is present here was about to bind
// when she was told to go.
void XmppPresence::end_what_moves(const XmppUser& user, Outbox& out) {
  if (user.leaves || user.sessions.size() == 1) return;
  for (XmppSession* session : std::vector<XmppSession*>(user.sessions)) {
    const bool waits = !session->link.valid() && session->managed != nullptr;
    const bool is_awaited = session->replaced && session->available;
    if (waits && session->managed->id.empty() && !is_awaited) end(*session, out);
  }
}

}  // namespace muster
