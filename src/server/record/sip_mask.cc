#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "server/record/mask_bytes.h"
#include "server/record/masks.h"

namespace muster::record {
namespace {

constexpr std::string_view kDigest = "digest";
// RFC 3261 section 25.1 and RFC 8760: of `credentials`, all but dresponse.
constexpr std::array<std::string_view, 10> kNoSecrets = {
    "username", "realm", "nonce", "uri", "algorithm", "opaque", "qop", "nc", "cnonce", "userhash"};

constexpr bool is_wsp(char byte) {
  return byte == ' ' || byte == '\t';
}

// A digest stays hexadecimal.
constexpr char masked(char byte) {
  return mask_byte(byte, '0');
}

}  // namespace

void SipMask::apply(std::span<char> bytes) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (state_ != State::body) {
      take(bytes[at]);
      continue;
    }
    if (datagram_) return;
    const std::size_t skipped = std::min<std::uint64_t>(body_left_, bytes.size() - at);
    body_left_ -= skipped;
    at += skipped - 1;  // one is skipped by the loop
    if (body_left_ == 0) state_ = State::before;
  }
}

void SipMask::take(char& byte) {
  switch (state_) {
    case State::before:
      if (byte != '\r' && byte != '\n') state_ = State::first_line;
      return;
    case State::first_line:
      if (byte == '\n') begin_row();
      return;
    case State::row_begin: return take_row_begin(byte);
    case State::last_break: return end_headers();
    case State::name: return take_name(byte);
    case State::value: return take_value(byte);
    case State::body: return;
  }
}

void SipMask::begin_row() {
  state_ = State::row_begin;
}

// A row that begins with white space goes on with the one before.
void SipMask::take_row_begin(char byte) {
  if (is_wsp(byte)) {
    state_ = State::value;
    take_value(byte);
  } else if (byte == '\r') {
    state_ = State::last_break;
  } else if (byte == '\n') {
    end_headers();
  } else {
    state_ = State::name;
    row_ = Row::other;
    word_bytes_ = 0;
    take_name(byte);
  }
}

void SipMask::take_name(char byte) {
  if (byte == '\n') return begin_row();
  if (byte != ':') {
    if (!is_wsp(byte)) add_to_word(byte);
    return;
  }
  const std::string_view name = word();
  if (name == "authorization" || name == "proxy-authorization") {
    row_ = Row::authorization;
    part_ = Part::scheme;
  } else if (name == "content-length" || name == "l") {
    row_ = Row::content_length;
  }
  word_bytes_ = 0;
  state_ = State::value;
}

void SipMask::take_value(char& byte) {
  if (byte == '\n') return begin_row();
  if (row_ == Row::authorization && byte != '\r') return take_credentials(byte);
  if (row_ == Row::content_length && is_digit(byte)) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
    length_ = std::min(kMost, length_ * 10 + static_cast<std::uint64_t>(byte - '0'));
  }
}

void SipMask::end_headers() {
  body_left_ = length_;
  length_ = 0;
  row_ = Row::other;
  state_ = datagram_ || body_left_ != 0 ? State::body : State::before;
}

void SipMask::add_to_word(char byte) {
  if (word_bytes_ < kWordBytes) word_[word_bytes_] = ascii_lower(byte);
  if (word_bytes_ <= kWordBytes) ++word_bytes_;
}

// --- credentials ---------------------------------------------------------------------------------

void SipMask::take_credentials(char& byte) {
  switch (part_) {
    case Part::scheme:
      if (is_wsp(byte)) {
        if (word_bytes_ != 0) part_ = word() == kDigest ? Part::name : Part::all;
        if (part_ == Part::name) word_bytes_ = 0;
        return;
      }
      add_to_word(byte);
      // As much of it as is the name of what we know.
      if (!kDigest.starts_with(word()) || word_bytes_ > kDigest.size()) {
        part_ = Part::all;
        byte = masked(byte);
      }
      return;
    case Part::name:
      if (byte == '=') {
        keep_ = std::find(kNoSecrets.begin(), kNoSecrets.end(), word()) != kNoSecrets.end();
        part_ = Part::before_value;
      } else if (byte == ',') {
        word_bytes_ = 0;
      } else if (!is_wsp(byte)) {
        add_to_word(byte);
      }
      return;
    case Part::before_value:
      if (is_wsp(byte)) return;
      escaped_ = false;
      part_ = byte == '"' ? Part::quoted : Part::token;
      if (part_ == Part::token) take_token(byte);
      return;
    case Part::token: return take_token(byte);
    case Part::quoted: return take_quoted(byte);
    case Part::all:
      if (!is_wsp(byte)) byte = masked(byte);
      return;
  }
}

void SipMask::take_token(char& byte) {
  if (byte == ',') {
    part_ = Part::name;
    word_bytes_ = 0;
  } else if (!keep_ && !is_wsp(byte)) {
    byte = masked(byte);
  }
}

void SipMask::take_quoted(char& byte) {
  if (byte == '"' && !escaped_) {
    part_ = Part::token;  // what stands between it and the comma is no value
    return;
  }
  escaped_ = byte == '\\' && !escaped_;
  if (!keep_ && byte != '\\') byte = byte == '"' ? byte : masked(byte);
}

// --- links ---------------------------------------------------------------------------------------

void LinkMasks::begin(LinkId link, LinkUse use) {
  if (link.slot >= places_.size()) places_.resize(link.slot + std::size_t{1});
  Place& place = places_[link.slot];
  place.generation = link.generation;
  if (use == LinkUse::xmpp || use == LinkUse::web_socket) {
    place.mask.emplace<XmppMask>();
  } else if (use == LinkUse::server) {
    place.mask.emplace<Unmasked>();
  } else {
    place.mask.emplace<SipMask>(false);
  }
}

void LinkMasks::end(LinkId link) {
  if (link.slot >= places_.size() || places_[link.slot].generation != link.generation) return;
  places_[link.slot].mask.emplace<std::monostate>();
}

void LinkMasks::apply(LinkId link, std::span<char> bytes) {
  if (link.slot < places_.size() && places_[link.slot].generation == link.generation) {
    Place& place = places_[link.slot];
    if (auto* xmpp = std::get_if<XmppMask>(&place.mask)) return xmpp->apply(bytes);
    if (auto* sip = std::get_if<SipMask>(&place.mask)) return sip->apply(bytes);
    if (std::holds_alternative<Unmasked>(place.mask)) return;
  }
  for (char& byte : bytes)
    byte = mask_byte(byte, 'x');
}

}  // namespace muster::record
