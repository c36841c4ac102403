// Which sessions of a user an address means, to presence (RFC 6121 sections 4.4.3, 8.5.2.1.2 and
// 8.5.3.1): a full address the one of that name, available or not; a bare one all that are
// available.
#pragma once

#include <string>

#include "codec/xml/writer.h"
#include "server/xmpp_presence/sessions.h"

namespace muster {

// As it stands in the stanza; only resourceparts can need escapes (RFC 7622 section 3.3.1).
inline void append_recipient(std::string& out, const Address& to) {
  if (to.has_resource()) {
    xml::append_attribute_escaped(out, to.text());
  } else {
    out.append(to.text());
  }
}

template <class Visitor>
void for_each_recipient(const XmppUser& user, const Address& to, Visitor&& visit) {
  if (to.has_resource()) {
    if (XmppSession* session = user.find(to.resource())) visit(*session);
    return;
  }
  for (XmppSession* session : user.sessions) {
    if (session->available) visit(*session);
  }
}

}  // namespace muster
