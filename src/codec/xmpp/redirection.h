// Where a user goes from here: the child of the <iq/> that the paper sends to an XMPP user (section
// 3.1). It calls it <redirection> there and <redirect> in 3.2: the first is written, both are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/xml/element.h"

namespace muster {

// Longer is none.
inline constexpr std::size_t kRedirectionBytesMax = 512;

struct Redirection {
  // HOST:PORT, as in <see-other-host/> (RFC 6120 section 4.9.3.19): a name or an address, an IPv6
  // address without its brackets.
  std::string host;
  std::uint16_t port = 0;
  // Or, for a stream over WebSocket, a wss: URI; then there is no host.
  std::string websocket_uri;

  friend bool operator==(const Redirection&, const Redirection&) = default;
};

// `<redirection xmlns='urn:muster:presence-cluster:1'>HOST:PORT</redirection>`.
std::string redirection_xml(const Redirection& to);

// HOST:PORT or the URI, as the element and <see-other-host/> have it.
std::string to_text(const Redirection& to);

// Nothing if the element is none, or says neither; of the text alone the same.
std::optional<Redirection> read_redirection(const xml::Element& element);
std::optional<Redirection> read_redirection(std::string_view text);

}  // namespace muster
