// The stream header of a peer, judged, and the one we answer with. RFC 6120 sections 4.7 and 4.9.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/xml/element.h"
#include "codec/xmpp/errors.h"
#include "model/address.h"
#include "server/settings.h"

namespace muster {

// RFC 5646 section 4.4.1 has room for every tag in 35 bytes; a longer one is not remembered.
inline constexpr std::size_t kLanguageBytesMax = 35;

struct StreamOpening {
  std::string domain;    // the one of ours that it is to; the first where it names none of ours
  Address from;          // bare; empty if it does not say
  std::string language;  // xml:lang, if that is a language tag
  std::string version = "1.0";  // that our header has to show; empty for none
  std::optional<StreamError> wrong;
};

// What our header says before the peer's could be read.
StreamOpening unread_opening(const Settings& settings);

// Wrong are, in this order: a version other than 1.x (unsupported-version); a `to` that is missing
// where several domains are served, or is no domain, and a `from` that is no address
// (improper-addressing); a domain that we do not serve (host-unknown).
StreamOpening judge_header(const xml::Element& header, const Settings& settings);

// Our own, with its XML declaration. `to` echoes the peer's `from` (section 4.7.2), the language is
// the one that our texts are in (section 4.7.4).
std::string stream_header_xml(const StreamOpening& opening, std::string_view id);

}  // namespace muster
