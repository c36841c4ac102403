// The namespaces that the XML codec itself must know (RFC 6120 sections 4.8 and 11.2).
#pragma once

#include <string_view>

namespace muster::xml {

inline constexpr std::string_view kNsClient = "jabber:client";
inline constexpr std::string_view kNsServer = "jabber:server";
inline constexpr std::string_view kNsStream = "http://etherx.jabber.org/streams";
inline constexpr std::string_view kNsXml = "http://www.w3.org/XML/1998/namespace";

}  // namespace muster::xml
