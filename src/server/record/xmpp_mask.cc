#include <algorithm>
#include <cstring>

#include "server/record/mask_bytes.h"
#include "server/record/masks.h"

namespace muster::record {
namespace {

constexpr std::string_view kCdata = "[CDATA[";

constexpr bool is_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

}  // namespace

void mask_base64(std::string& text) {
  std::transform(text.begin(), text.end(), text.begin(), mask_base64_byte);
}

void XmppMask::apply(std::span<char> bytes) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    // Most of a stream is text that nobody masks.
    if (state_ == State::text && !masking()) {
      const void* open = std::memchr(bytes.data() + at, '<', bytes.size() - at);
      if (open == nullptr) return;
      at = static_cast<std::size_t>(static_cast<const char*>(open) - bytes.data());
    }
    take(bytes[at]);
  }
}

void XmppMask::take(char& byte) {
  switch (state_) {
    case State::text:
      if (byte == '<') {
        state_ = State::markup;
      } else if (masking()) {
        byte = base64_ ? mask_base64_byte(byte) : mask_byte(byte, 'x');
      }
      return;
    case State::markup: return take_markup(byte);
    case State::exclamation: return take_exclamation(byte);
    case State::cdata: return take_cdata(byte);
    case State::instruction:
      if (byte == '>' && matched_ != 0) state_ = State::text;
      matched_ = byte == '?' ? 1 : 0;
      return;
    case State::name: return take_name(byte);
    case State::tag: return take_tag(byte);
    case State::quoted: return take_quoted(byte);
    case State::end_tag:
      if (byte == '>') end_element();
      return;
    case State::lost: byte = mask_byte(byte, 'x'); return;
  }
}

void XmppMask::take_markup(char byte) {
  matched_ = 0;
  if (byte == '/') {
    state_ = State::end_tag;
  } else if (byte == '!') {
    state_ = State::exclamation;
  } else if (byte == '?') {
    state_ = State::instruction;
  } else {
    state_ = State::name;
    word_bytes_ = 0;
    take_name(byte);
  }
}

void XmppMask::take_exclamation(char byte) {
  if (byte != kCdata[matched_]) {
    state_ = State::lost;
  } else if (++matched_ == kCdata.size()) {
    state_ = State::cdata;
    matched_ = 0;
  }
}

// What may be its end stays: "]" and ">" are not masked here.
void XmppMask::take_cdata(char& byte) {
  if (byte == '>' && matched_ >= 2) {
    state_ = State::text;
    return;
  }
  matched_ = byte == ']' ? static_cast<std::uint8_t>(std::min(matched_ + 1, 2)) : std::uint8_t{0};
  if (!masking() || byte == ']' || byte == '>') return;
  byte = base64_ ? mask_base64_byte(byte) : mask_byte(byte, 'x');
}

void XmppMask::take_name(char byte) {
  if (byte != '>' && byte != '/' && !is_space(byte)) {
    // The local name alone.
    if (byte == ':') {
      word_bytes_ = 0;
    } else {
      add_to_word(byte);
    }
    return;
  }
  element_ = element_of_word();
  state_ = State::tag;
  word_bytes_ = 0;
  slash_ = false;
  to_full_ = false;
  take_tag(byte);
}

void XmppMask::take_tag(char byte) {
  if (byte == '>') return begin_element();
  slash_ = byte == '/';
  if (byte == '\'' || byte == '"') {
    state_ = State::quoted;
    quote_ = byte;
    in_to_ = word() == "to";
    at_seen_ = false;
    word_bytes_ = 0;
  } else if (!is_space(byte) && byte != '=') {
    add_to_word(byte);
  }
}

void XmppMask::take_quoted(char byte) {
  if (byte == quote_) {
    state_ = State::tag;
  } else if (in_to_) {
    if (byte == '@') at_seen_ = true;
    if (byte == '/' && at_seen_) to_full_ = true;
  }
}

void XmppMask::add_to_word(char byte) {
  if (word_bytes_ < kWordBytes) word_[word_bytes_] = byte;
  if (word_bytes_ <= kWordBytes) ++word_bytes_;
}

XmppMask::Element XmppMask::element_of_word() const {
  const std::string_view name = word();
  if (name == "iq") return Element::iq;
  if (name == "stream") return Element::stream;
  if (name == "auth" || name == "response") return Element::sasl;
  const bool field = name == "password" || name == "digest" || name == "value";
  return field ? Element::field : Element::other;
}

void XmppMask::begin_element() {
  state_ = State::text;
  // After STARTTLS and SASL a new stream begins within the old one, which has no end.
  if (element_ == Element::stream && depth_ <= 1) {
    depth_ = slash_ ? 0 : 1;
    return;
  }
  const std::uint32_t depth = depth_ + 1;
  if (depth <= 2) for_server_ = element_ == Element::iq && !to_full_;
  if (slash_) return;
  depth_ = depth;
  if (masking()) return;
  const bool sasl = element_ == Element::sasl && depth <= 2;
  if (!sasl && !(element_ == Element::field && depth > 2 && for_server_)) return;
  masked_depth_ = depth;
  base64_ = sasl;
}

void XmppMask::end_element() {
  state_ = State::text;
  if (masked_depth_ == depth_) masked_depth_ = 0;
  if (depth_ > 0) --depth_;
}

}  // namespace muster::record
