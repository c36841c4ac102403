// What the parts of Messenger say and look for alike.
#pragma once

#include <string>
#include <string_view>

#include "codec/xml/writer.h"

namespace muster::sim {

inline constexpr std::string_view kNsTls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view kNsSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view kNsBind = "urn:ietf:params:xml:ns:xmpp-bind";

// " name='value'", escaped.
inline std::string attribute(std::string_view name, std::string_view value) {
  std::string out;
  xml::append_attribute(out, name, value);
  return out;
}

}  // namespace muster::sim
