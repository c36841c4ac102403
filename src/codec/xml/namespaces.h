// The namespaces that the XML codec itself must know (RFC 6120 sections 4.8 and 11.2), and those of
// first-level elements that more than one module of the server reads or writes.
#pragma once

#include <string_view>

namespace muster::xml {

inline constexpr std::string_view kNsClient = "jabber:client";
inline constexpr std::string_view kNsServer = "jabber:server";
inline constexpr std::string_view kNsStream = "http://etherx.jabber.org/streams";
inline constexpr std::string_view kNsManagement = "urn:xmpp:sm:3";  // XEP-0198
inline constexpr std::string_view kNsXml = "http://www.w3.org/XML/1998/namespace";

}  // namespace muster::xml
