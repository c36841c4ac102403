// The part of XmppPresence that is about the life of sessions: RFC 6120 section 7, and the ways in
// which they end.

#include <algorithm>
#include <utility>

#include "codec/address/jid.h"
#include "server/planted.h"
#include "server/xmpp_presence/xmpp_presence.h"

namespace muster {
namespace {

// 60 bits: nobody guesses it, so that nobody learns of a session by asking for it (section 7.5).
constexpr std::size_t kMadeResourceBytes = 12;

}  // namespace

// A resource that can be brought into conformance is (section 7.7.2.1).
void XmppPresence::on(Now, const BindAsked& asked, Outbox& out) {
  BindAsked binding = asked;
  if (!asked.resource.empty()) {
    std::string scratch;
    const auto resource = canonical_resourcepart(asked.resource, scratch);
    if (!resource) return out.emit(BindRefused{asked.link, StanzaError::bad_request});
    binding.resource = *resource;
  }
  XmppUser& user = sessions_.user(asked.account);
  if (user.loaded) return grant(binding, user, out);
  if (user.waiting.size() >= shard_.settings.limits.sessions_per_user_max) {
    return out.emit(BindRefused{asked.link, StanzaError::resource_constraint});
  }
  user.waiting.push_back(std::move(binding));
  if (user.waiting.size() == 1) out.emit(UserWanted{asked.account});
}

void XmppPresence::on(Now, const UserReady& ready, Outbox& out) {
  XmppUser* user = sessions_.find_user(ready.account.text());
  if (user == nullptr || user->loaded) return;
  const std::vector<BindAsked> waiting = std::exchange(user->waiting, {});
  if (ready.outcome == UserReady::Outcome::loaded) {
    user->loaded = true;
    for (const BindAsked& asked : waiting)
      grant(asked, *user, out);
    return forget_if_idle(*user, out);
  }
  sessions_.forget(*user);
  const StanzaError why = ready.outcome == UserReady::Outcome::no_such_account
                              ? StanzaError::item_not_found
                              : StanzaError::internal_server_error;
  for (const BindAsked& asked : waiting)
    out.emit(BindRefused{asked.link, why});
}

// The policy for conflicts is the third of section 7.7.2.2: who comes back after a broken
// connection gets the name that she had, and the dead session ends at once; but that of a client
// which was told to go is seen until the new one is.
void XmppPresence::grant(const BindAsked& asked, XmppUser& user, Outbox& out) {
  XmppSession* old = user.find(asked.resource);
  const bool has_room = user.sessions.size() < shard_.settings.limits.sessions_per_user_max;
  if (old != nullptr && old->moves && old->available && has_room) {
    replace(*old);
  } else if (old != nullptr) {
    out.emit(EndStream{old->link, StreamError::conflict, {}});
    end(*old, out);
  }
  make_room(user, out);
  if (user.sessions.size() >= shard_.settings.limits.sessions_per_user_max) {
    return out.emit(BindRefused{asked.link, StanzaError::resource_constraint});
  }
  std::string resource = asked.resource;
  while (resource.empty() || user.find(resource) != nullptr) {
    resource = shard_.prng.token(kMadeResourceBytes);
  }
  const XmppSession& session = sessions_.open(user, std::move(resource), asked.link);
  out.emit(BindGranted{asked.link, session.id, session.full()});
}

// Of a session that was taken over by another stream the old one means nothing.
void XmppPresence::on(Now now, const StreamEnded& ended, Outbox& out) {
  if (shard_.planted == Planted::session_forgotten) return;
  XmppSession* session = sessions_.find(ended.session);
  if (session == nullptr || session->link != ended.link) return;
  if (ended.how == StreamEnd::lost && await_resumption(now, *session)) return;
  XmppUser& user = *session->user;
  end(*session, out);
  forget_if_idle(user, out);
}

// XEP-0077 section 3.2; after a change of password she is to authenticate anew (RFC 6120 section
// 4.9.3.16).
void XmppPresence::on(Now, const AccountGone& gone, Outbox& out) {
  XmppUser* user = sessions_.find_user(gone.account.text());
  if (user == nullptr) return;
  const StreamError why = gone.removed ? StreamError::not_authorized : StreamError::reset;
  while (!user->sessions.empty()) {
    XmppSession& session = *user->sessions.front();
    out.emit(EndStream{session.link, why, {}});
    end(session, out);
  }
  forget_if_idle(*user, out);
}

// Nothing more is said to it; for the others it becomes unavailable (RFC 6121 section 4.5.2).
void XmppPresence::end(XmppSession& session, Outbox& out) {
  session.link = {};
  if (session.managed != nullptr) let_go(session);
  roster_reads_.erase(session.id);
  leave(session, plain_unavailable_, out);
  sessions_.close(session);
}

void XmppPresence::forget_if_idle(XmppUser& user, Outbox& out) {
  if (!user.loaded || !user.sessions.empty()) return;
  out.emit(UserUnwanted{user.account});
  sessions_.forget(user);
}

}  // namespace muster
