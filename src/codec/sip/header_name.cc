#include "codec/sip/header_name.h"

#include <array>
#include <cstring>

#include "base/ascii.h"

namespace muster::sip {
namespace {

// The longest name, Content-Transfer-Encoding, and room for ": ".
constexpr std::size_t kNameRoom = 30;

struct Entry {
  // NOLINTNEXTLINE: implicit conversions keep the table below readable
  constexpr Entry(HeaderName name_given, std::string_view text, bool is_list = false,
                  char compact_form = '\0')
      : name(name_given), list(is_list), compact(compact_form), bytes(text.size()) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      prefix[i] = text[i];
      lower[i] = ascii_lower(text[i]);
    }
    prefix[text.size()] = ':';
    prefix[text.size() + 1] = ' ';
  }
  constexpr std::string_view text() const { return {prefix.data(), bytes}; }

  HeaderName name;
  bool list;
  char compact;
  std::size_t bytes;
  std::array<char, kNameRoom> prefix{};  // "Call-ID: "
  std::array<char, kNameRoom> lower{};   // "call-id"
};

using enum HeaderName;
// In the order of the enumerators.
constexpr std::array<Entry, kHeaderNames> kEntries = {{
    {accept, "Accept", true},
    {accept_encoding, "Accept-Encoding", true},
    {accept_language, "Accept-Language", true},
    {alert_info, "Alert-Info", true},
    {allow, "Allow", true},
    {allow_events, "Allow-Events", true, 'u'},
    {authentication_info, "Authentication-Info"},
    {authorization, "Authorization"},
    {call_id, "Call-ID", false, 'i'},
    {call_info, "Call-Info", true},
    {contact, "Contact", true, 'm'},
    {content_disposition, "Content-Disposition"},
    {content_encoding, "Content-Encoding", true, 'e'},
    {content_id, "Content-ID"},
    {content_language, "Content-Language", true},
    {content_length, "Content-Length", false, 'l'},
    {content_transfer_encoding, "Content-Transfer-Encoding"},
    {content_type, "Content-Type", false, 'c'},
    {cseq, "CSeq"},
    {date, "Date"},
    {error_info, "Error-Info", true},
    {event, "Event", false, 'o'},
    {expires, "Expires"},
    {flow_timer, "Flow-Timer"},
    {from, "From", false, 'f'},
    {in_reply_to, "In-Reply-To", true},
    {max_forwards, "Max-Forwards"},
    {mime_version, "MIME-Version"},
    {min_expires, "Min-Expires"},
    {organization, "Organization"},
    {p_asserted_identity, "P-Asserted-Identity", true},
    {path, "Path", true},
    {priority, "Priority"},
    {proxy_authenticate, "Proxy-Authenticate"},
    {proxy_authorization, "Proxy-Authorization"},
    {proxy_require, "Proxy-Require", true},
    {record_route, "Record-Route", true},
    {reply_to, "Reply-To"},
    {require, "Require", true},
    {retry_after, "Retry-After"},
    {route, "Route", true},
    {server, "Server"},
    {service_route, "Service-Route", true},
    {sip_etag, "SIP-ETag"},
    {sip_if_match, "SIP-If-Match"},
    {subject, "Subject", false, 's'},
    {subscription_state, "Subscription-State"},
    {supported, "Supported", true, 'k'},
    {suppress_if_match, "Suppress-If-Match"},
    {timestamp, "Timestamp"},
    {to, "To", false, 't'},
    {unsupported, "Unsupported", true},
    {user_agent, "User-Agent"},
    {via, "Via", true, 'v'},
    {warning, "Warning", true},
    {www_authenticate, "WWW-Authenticate"},
    {other, ""},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kEntries.size(); ++i) {
    if (kEntries[i].name != static_cast<HeaderName>(i)) return false;
  }
  return true;
}
static_assert(in_order());

// Names sit in a table by their length, first, middle and last letter. The factors were found by
// trying; a new name for which two share a place does not compile, and wants new ones.
constexpr std::size_t kPlaces = 256;

constexpr std::size_t place_of(std::string_view text) {
  const auto letter = [text](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[at]) | 0x20);
  };
  return (text.size() * 23 + letter(0) * 25 + letter(text.size() - 1) * 113 +
          letter(text.size() / 2) * 104) %
         kPlaces;
}

struct Places {
  std::array<HeaderName, kPlaces> names{};
  bool distinct = true;

  constexpr void put(std::string_view text, HeaderName name) {
    HeaderName& place = names[place_of(text)];
    distinct = distinct && place == other;
    place = name;
  }
};

constexpr Places make_places() {
  Places places;
  for (HeaderName& name : places.names)
    name = other;
  for (const Entry& entry : kEntries) {
    if (entry.name == other) continue;
    places.put(entry.text(), entry.name);
    if (entry.compact != '\0') places.put(std::string_view(&entry.compact, 1), entry.name);
  }
  return places;
}
constexpr Places kPlacesByText = make_places();
static_assert(kPlacesByText.distinct);

// Whether bytes of `text` are those of `lower`, letters in either case: eight at a time, since
// every row of every message is looked up.
template <class Word>
bool same_word(const char* text, const char* lower) {
  Word given = 0;
  Word wanted = 0;
  std::memcpy(&given, text, sizeof(Word));
  std::memcpy(&wanted, lower, sizeof(Word));
  // Names are letters and hyphens; only letters have 0x40, and 0x20 is what their cases differ in.
  constexpr Word kLetterBits = static_cast<Word>(0x4040'4040'4040'4040);
  return (given | ((wanted & kLetterBits) >> 1)) == wanted;
}

bool same_name(const char* text, const char* lower, std::size_t bytes) {
  if (bytes >= 8) {
    for (std::size_t at = 0; at + 8 < bytes; at += 8) {
      if (!same_word<std::uint64_t>(text + at, lower + at)) return false;
    }
    return same_word<std::uint64_t>(text + bytes - 8, lower + bytes - 8);
  }
  if (bytes >= 4) {
    return same_word<std::uint32_t>(text, lower) &&
           same_word<std::uint32_t>(text + bytes - 4, lower + bytes - 4);
  }
  for (std::size_t at = 0; at < bytes; ++at) {
    if (ascii_lower(text[at]) != lower[at]) return false;
  }
  return true;
}

const Entry& entry_of(HeaderName name) {
  return kEntries[static_cast<std::size_t>(name)];
}

}  // namespace

HeaderName find_header_name(std::string_view text) {
  if (text.empty()) return other;
  const HeaderName name = kPlacesByText.names[place_of(text)];
  const Entry& entry = entry_of(name);
  if (text.size() == 1) {
    return entry.compact != '\0' && entry.compact == ascii_lower(text.front()) ? name : other;
  }
  if (text.size() != entry.bytes) return other;
  return same_name(text.data(), entry.lower.data(), entry.bytes) ? name : other;
}

std::string_view text_of(HeaderName name) {
  return entry_of(name).text();
}

std::string_view prefix_of(HeaderName name) {
  const Entry& entry = entry_of(name);
  return {entry.prefix.data(), entry.bytes + 2};
}

bool is_list(HeaderName name) {
  return entry_of(name).list;
}

}  // namespace muster::sip
