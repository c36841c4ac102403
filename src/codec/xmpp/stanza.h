// Writing stanzas: those of others, passed on as they came under the addresses that the server
// vouches for, and the two kinds of answer that a server itself gives. RFC 6120 sections 8.1
// to 8.3.
//
// Limit: content that was written with prefixes of the stream header grows when it is made to stand
// alone; what would take more than xml::Element::kRewrittenBytesMax is not written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/xml/element.h"
#include "codec/xmpp/errors.h"

namespace muster {

// Appends `stanza` without its start: its attributes but `from` and `to`, its content, its end tag,
// as in " id='1'><body>hi</body></message>". If it has no xml:lang of its own it gets `language`,
// the stream's (section 8.1.5), unless that is empty. False, and nothing appended, at the limit.
[[nodiscard]] bool append_stanza_rest(std::string& out, const xml::Element& stanza,
                                      std::string_view language);

// The whole of it, under these addresses. Nothing at the limit.
std::optional<std::string> readdressed(const xml::Element& stanza, std::string_view from,
                                       std::string_view to, std::string_view language);

// Where an answer comes from and goes to. An empty address is left out: to a peer that is the
// server's way to say "your account" and "you" (section 8.1). The id is the request's; absent if
// that had none.
struct ReplyAddresses {
  std::string_view from;
  std::string_view to;
  std::optional<std::string_view> id;
};

// `payload` is XML; it may be empty.
std::string iq_result_xml(const ReplyAddresses& addresses, std::string_view payload = {});

// `kind` is message, presence or iq (section 8.3.2). `text` is for people, and may be empty.
std::string error_stanza_xml(std::string_view kind, const ReplyAddresses& addresses,
                             StanzaError why, std::string_view text = {});

}  // namespace muster
