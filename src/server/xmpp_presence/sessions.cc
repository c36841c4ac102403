#include "server/xmpp_presence/sessions.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace muster {

Address XmppSession::full() const {
  return user->account.with_resource(resource);
}

bool XmppSession::is_shown_to(const Address& who) const {
  if (directed == nullptr) return false;
  return std::any_of(directed->begin(), directed->end(), [&](const Address& shown) {
    return shown == who || shown.text() == who.bare();
  });
}

XmppSession* XmppUser::find(std::string_view wanted) const {
  for (XmppSession* session : sessions) {
    if (!session->replaced && session->resource == wanted) return session;
  }
  return nullptr;
}

XmppUser& XmppSessions::user(const Address& account) {
  MUSTER_CHECK(!account.has_resource());
  if (XmppUser* known = find_user(account.text())) return *known;
  auto made = std::make_unique<XmppUser>();
  made->account = account;
  const std::string_view key = made->account.text();
  return *users_.emplace(key, std::move(made)).first->second;
}

void XmppSessions::forget(XmppUser& user) {
  MUSTER_CHECK(user.sessions.empty() && user.waiting.empty());
  // The user is destroyed behind her key.
  const auto found = users_.find(user.account.text());
  const std::unique_ptr<XmppUser> kept = std::move(found->second);
  users_.erase(found);
}

XmppSession* XmppSessions::find(const Address& full) const {
  const XmppUser* user = find_user(full.bare());
  return user == nullptr ? nullptr : user->find(full.resource());
}

XmppSession& XmppSessions::open(XmppUser& user, std::string resource, LinkId link) {
  const auto [id, session] = sessions_.emplace();
  session->id = id;
  session->user = &user;
  session->resource = std::move(resource);
  session->link = link;
  user.sessions.push_back(session);
  return *session;
}

void XmppSessions::close(XmppSession& session) {
  std::erase(session.user->sessions, &session);
  sessions_.erase(session.id);
}

}  // namespace muster
