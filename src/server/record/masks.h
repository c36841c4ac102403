// Masks what peers say to prove who they are, before it is written down: byte for byte, so that a
// masked stream has the same frames, and the machines take the same way through it.
//
//   XMPP  the text of <auth/> and <response/> (RFC 6120 section 6), which stays base64; in an iq
//         that is not to a full JID, and so goes to nobody but this server, the text of <password/>
//         (XEP-0077), <digest/> (XEP-0078) and <value/> (forms of XEP-0004, as XEP-0077 section 4
//         has them).
//   SIP   of Authorization and Proxy-Authorization (RFC 3261 section 22): of Digest the values of
//         all parameters but those that are no secret by themselves (`response` is masked, so
//         nothing is left to prove a guess with); of other schemes all.
//
// What users say to each other is not masked: the body of a message may hold anything.
//
// They are machines of a few bytes, resumable at any byte. They do not judge: what they take for
// markup is what the framers (codec/xml/framer.h, codec/sip/framer.h) take for it, and in doubt
// they mask, as they do behind what ends a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/ports.h"

namespace muster::record {

// Base64 that says nothing, of the same length, with the same padding.
void mask_base64(std::string& text);

// Of one XMPP link.
class XmppMask {
 public:
  void apply(std::span<char> bytes);

 private:
  enum class State : std::uint8_t {
    text,
    markup,       // behind '<'
    exclamation,  // behind "<!", up to "[CDATA["
    cdata,
    instruction,  // up to "?>"
    name,         // of a start tag
    tag,          // behind its name
    quoted,       // an attribute's value
    end_tag,
    lost,  // behind what no stream may have: the server reads no further
  };
  enum class Element : std::uint8_t { other, stream, sasl, iq, field };

  void take(char& byte);
  void take_markup(char byte);
  void take_exclamation(char byte);
  void take_cdata(char& byte);
  void take_name(char byte);
  void take_tag(char byte);
  void take_quoted(char byte);
  void add_to_word(char byte);
  std::string_view word() const { return {word_, word_bytes_ <= kWordBytes ? word_bytes_ : 0u}; }
  Element element_of_word() const;
  void begin_element();
  void end_element();
  bool masking() const { return masked_depth_ != 0; }

  static constexpr std::uint8_t kWordBytes = 8;  // as "response" has

  std::uint32_t depth_ = 0;         // open elements
  std::uint32_t masked_depth_ = 0;  // of the element whose text is masked; 0: none is
  State state_ = State::text;
  Element element_ = Element::other;  // whose start tag this is
  char word_[kWordBytes] = {};        // the name of an element or an attribute
  std::uint8_t word_bytes_ = 0;       // more than kWordBytes: it is longer than any we look for
  std::uint8_t matched_ = 0;          // of the opening or end of CDATA
  char quote_ = 0;
  bool base64_ = false;      // what is masked is base64
  bool slash_ = false;       // the tag's latest byte is '/'
  bool in_to_ = false;       // the attribute is `to`
  bool at_seen_ = false;     // its value has a '@'
  bool to_full_ = false;     // its value is a full JID
  bool for_server_ = false;  // in an iq that only this server reads
};

// Of one SIP stream, or of one datagram.
class SipMask {
 public:
  // A datagram has one message: what is behind its header section is its body.
  explicit SipMask(bool datagram) : datagram_(datagram) {}
  void apply(std::span<char> bytes);

 private:
  enum class State : std::uint8_t { before, first_line, row_begin, last_break, name, value, body };
  enum class Row : std::uint8_t { other, authorization, content_length };
  enum class Part : std::uint8_t { scheme, name, before_value, token, quoted, all };

  void take(char& byte);
  void take_row_begin(char byte);
  void take_name(char byte);
  void take_value(char& byte);
  void take_credentials(char& byte);
  void take_token(char& byte);
  void take_quoted(char& byte);
  void begin_row();
  void end_headers();
  void add_to_word(char byte);
  std::string_view word() const { return {word_, word_bytes_ <= kWordBytes ? word_bytes_ : 0u}; }

  static constexpr std::uint8_t kWordBytes = 19;  // as "Proxy-Authorization" has

  std::uint64_t length_ = 0;     // Content-Length
  std::uint64_t body_left_ = 0;  // of a stream
  State state_ = State::before;
  Row row_ = Row::other;
  Part part_ = Part::scheme;
  char word_[kWordBytes] = {};
  std::uint8_t word_bytes_ = 0;
  bool datagram_;
  bool keep_ = false;     // the value of this parameter is no secret
  bool escaped_ = false;  // the latest byte of a quoted string is '\'
};

// Of links to other servers, who tell one another no credentials; and where each byte counts: what
// is masked has no frames.
struct Unmasked {};

// Of all links of a shard.
class LinkMasks {
 public:
  void begin(LinkId link, LinkUse use);
  void end(LinkId link);
  // Of a link that is not open all is masked: nobody reads it.
  void apply(LinkId link, std::span<char> bytes);

 private:
  struct Place {
    std::uint32_t generation = 0;
    std::variant<std::monostate, XmppMask, SipMask, Unmasked> mask;
  };
  std::vector<Place> places_;  // by slot
};

}  // namespace muster::record
