// Names and small texts of XMPP stream processing, and what it asks of an iq.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/xml/element.h"
#include "codec/xmpp/stanza.h"
#include "model/address.h"

namespace muster {

inline constexpr std::string_view kNsTls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view kNsSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view kNsBind = "urn:ietf:params:xml:ns:xmpp-bind";
inline constexpr std::string_view kNsSession = "urn:ietf:params:xml:ns:xmpp-session";
inline constexpr std::string_view kNsRegister = "jabber:iq:register";

inline constexpr std::string_view kStreamEnd = "</stream:stream>";

// Of a stream id: 100 bits, so that none comes twice or is guessed (RFC 6120 section 4.7.3).
inline constexpr std::size_t kStreamIdCharacters = 20;

// The id of a ping, and the ping (XEP-0199 section 4.1) of the server to a session.
std::string ping_id(std::uint64_t number);
std::string ping_xml(const Address& to, std::uint64_t number);

// True for an iq of type get or set that is to the server: to `domain`, or to nobody.
bool is_request_to(std::string_view domain, const xml::Element& stanza);
// A request's one child (RFC 6120 section 8.2.3), if it asks in `ns`.
std::optional<xml::Element> request_in(std::string_view ns, const xml::Element& iq);
// The server's answer comes from where the request went.
ReplyAddresses reply_to(const xml::Element& iq);

}  // namespace muster
