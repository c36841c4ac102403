// Presence as XMPP watchers get it: a shared text with a hole for whom it is for (FanOut).
#pragma once

#include <string>
#include <utility>

#include "codec/xml/writer.h"
#include "model/address.h"
#include "server/vocabulary.h"

namespace muster {

// Up to the recipient.
inline SharedText stanza_before_to(const Address& from) {
  std::string xml = "<presence";
  xml::append_attribute(xml, "from", from.text());
  xml.append(" to='");
  return share(std::move(xml));
}

}  // namespace muster
