#include "codec/xml/framer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace muster::xml {
namespace {

constexpr std::string_view kStreamEndName = "stream:stream";

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::size_t count_spaces(std::string_view text) {
  const auto* end = std::find_if_not(text.begin(), text.end(), is_space);
  return static_cast<std::size_t>(end - text.begin());
}

// True if more bytes could make `begun` begin with `whole`, or it does already.
bool may_begin(std::string_view begun, std::string_view whole) {
  const std::size_t shared = std::min(begun.size(), whole.size());
  return begun.substr(0, shared) == whole.substr(0, shared);
}

// Where a start tag, or one of its attribute values, may end.
constexpr auto kTagStops = [] {
  std::array<bool, 256> stops{};
  stops['>'] = stops['"'] = stops['\''] = true;
  return stops;
}();

constexpr bool ends_name(char c) {
  return c == '>' || c == '/' || is_space(c);
}

// Of two tags, from their names on: `closed`, which has its '>', ends what `opened` begins.
bool is_end_of(const char* opened, const char* closed) {
  while (*opened == *closed && !ends_name(*closed)) {
    ++opened;
    ++closed;
  }
  while (is_space(*closed))
    ++closed;
  return *closed == '>' && ends_name(*opened);
}

}  // namespace

Frame Framer::next(std::string_view unread, const Limits& limits) {
  MUSTER_CHECK(scanned_ <= unread.size());
  MUSTER_CHECK(limits.depth_max <= kDepthMax);
  const bool at_rest = state_ == State::between || state_ == State::before_header;
  if (at_rest && scanned_ == 0) {
    const std::size_t spaces = count_spaces(unread);
    if (spaces != 0) return {Frame::Kind::whitespace, spaces};
  }
  const std::string_view window = unread.substr(0, limits.bytes_max);
  TagNames fresh;  // enough for a stanza that comes whole, as most do
  TagNames& names = names_ == nullptr ? fresh : *names_;
  while (state_ != State::failed && scanned_ < window.size()) {
    const Step step = advance(window, limits, names);
    if (!step) continue;
    if (step->kind != Frame::Kind::incomplete) return *step;
    break;
  }
  if (state_ == State::failed) return fail(error_);
  if (unread.size() > limits.bytes_max) return fail(Error::too_big);
  const bool in_stanza = state_ >= State::content && !in_header_;
  if (in_stanza && names_ == nullptr) names_ = std::make_unique<TagNames>(fresh);
  return {};
}

Framer::Step Framer::advance(std::string_view window, const Limits& limits, TagNames& names) {
  switch (state_) {
    case State::before_header:
    case State::after_declaration:
    case State::between: return outside(window, names);
    case State::declaration: return skip_past(window, "?>", State::after_declaration);
    case State::content: {
      const void* open = std::memchr(window.data() + scanned_, '<', window.size() - scanned_);
      if (open == nullptr) {
        scanned_ = static_cast<std::uint32_t>(window.size());
        return Frame{};
      }
      scanned_ = static_cast<std::uint32_t>(static_cast<const char*>(open) - window.data());
      return markup(window, names);
    }
    case State::tag: return start_tag(window, limits);
    case State::quoted: return skip_past(window, {&quote_, 1}, State::tag);
    case State::end_tag: return end_tag(window, names);
    case State::cdata: return skip_past(window, "]]>", State::content);
    case State::failed: return fail(error_);
  }
  MUSTER_UNREACHABLE("a state is one of its enumerators");
}

// Before a stanza or the header, where nothing but whitespace and a '<' may be.
Framer::Step Framer::outside(std::string_view window, TagNames& names) {
  if (state_ == State::after_declaration) {
    scanned_ += static_cast<std::uint32_t>(count_spaces(window.substr(scanned_)));
    if (scanned_ == window.size()) return Frame{};
  }
  const char c = window[scanned_];
  if (c == '<') return markup(window, names);
  if (state_ == State::between) return fail(Error::bad_format);
  // The first byte of a byte order mark of UTF-16, which UTF-8 never has.
  const bool utf16 = c == '\xfe' || c == '\xff';
  return fail(utf16 ? Error::unsupported_encoding : Error::not_well_formed);
}

// At a '<'. Until enough is there to tell what it opens, it stays unscanned.
Framer::Step Framer::markup(std::string_view window, TagNames& names) {
  const std::string_view markup = window.substr(scanned_);
  if (markup.size() < 2) return Frame{};
  switch (markup[1]) {
    case '?': return declaration(markup);
    case '!': return exclamation(markup);
    case '/':
      if (state_ != State::content && state_ != State::between) {
        return fail(Error::not_well_formed);
      }
      state_ = State::end_tag;
      names[depth_] = scanned_ + 2;
      break;
    default:
      in_header_ = state_ == State::before_header || state_ == State::after_declaration;
      state_ = State::tag;
      names[depth_] = scanned_ + 1;
  }
  scanned_ += 2;
  // "<>" is no tag, but a tag's end is looked for behind its first byte.
  if (markup[1] == '>') return fail(Error::not_well_formed);
  return std::nullopt;
}

// The XML declaration may open the stream (RFC 6120 section 11.5); no other instruction may be.
Framer::Step Framer::declaration(std::string_view markup) {
  constexpr std::string_view kOpening = "<?xml";
  if (state_ != State::before_header || !may_begin(markup, kOpening)) {
    return fail(Error::restricted_xml);
  }
  if (markup.size() <= kOpening.size()) return Frame{};
  if (!is_space(markup[kOpening.size()])) return fail(Error::restricted_xml);
  scanned_ += static_cast<std::uint32_t>(kOpening.size());
  state_ = State::declaration;
  return std::nullopt;
}

// Of all that "<!" may open, a CDATA section inside a stanza is allowed.
Framer::Step Framer::exclamation(std::string_view markup) {
  constexpr std::string_view kOpening = "<![CDATA[";
  if (!may_begin(markup, kOpening)) return fail(Error::restricted_xml);
  if (markup.size() < kOpening.size()) return Frame{};
  if (state_ == State::between) return fail(Error::bad_format);
  if (state_ != State::content) return fail(Error::not_well_formed);
  scanned_ += static_cast<std::uint32_t>(kOpening.size());
  state_ = State::cdata;
  return std::nullopt;
}

Framer::Step Framer::start_tag(std::string_view window, const Limits& limits) {
  const char* const begin = window.data();
  const char* const end = begin + window.size();
  const char* stop = begin + scanned_;
  while (stop != end && !kTagStops[static_cast<unsigned char>(*stop)])
    ++stop;
  scanned_ = static_cast<std::uint32_t>(stop - begin);
  if (stop == end) return Frame{};
  ++scanned_;
  if (*stop != '>') {
    quote_ = *stop;
    state_ = State::quoted;
    return std::nullopt;
  }
  if (in_header_) return complete(Frame::Kind::stream_header);
  const bool empty = stop[-1] == '/';
  if (depth_ + 1 > limits.depth_max) return fail(Error::too_deep);
  if (empty && depth_ == 0) return complete(Frame::Kind::stanza);
  if (!empty) ++depth_;
  state_ = State::content;
  return std::nullopt;
}

Framer::Step Framer::end_tag(std::string_view window, const TagNames& names) {
  const void* found = std::memchr(window.data() + scanned_, '>', window.size() - scanned_);
  if (found == nullptr) {
    scanned_ = static_cast<std::uint32_t>(window.size());
    return Frame{};
  }
  scanned_ = static_cast<std::uint32_t>(static_cast<const char*>(found) - window.data()) + 1;
  if (depth_ == 0) {
    const std::string_view tag = window.substr(0, scanned_ - 1).substr(2);
    const bool named = may_begin(tag, kStreamEndName) && tag.size() >= kStreamEndName.size();
    if (!named ||
        count_spaces(tag.substr(kStreamEndName.size())) + kStreamEndName.size() != tag.size()) {
      return fail(Error::not_well_formed);
    }
    return complete(Frame::Kind::stream_end);
  }
  const char* const closed = window.data() + names[depth_];
  --depth_;
  if (!is_end_of(window.data() + names[depth_], closed)) return fail(Error::not_well_formed);
  if (depth_ == 0) return complete(Frame::Kind::stanza);
  state_ = State::content;
  return std::nullopt;
}

// Up to and past `terminator`. What might be its beginning stays unscanned; so may the last of the
// state's opening, which never looks like it.
Framer::Step Framer::skip_past(std::string_view window, std::string_view terminator, State then) {
  const std::size_t found = window.find(terminator, scanned_);
  if (found == std::string_view::npos) {
    scanned_ = static_cast<std::uint32_t>(window.size() - (terminator.size() - 1));
    return Frame{};
  }
  scanned_ = static_cast<std::uint32_t>(found + terminator.size());
  state_ = then;
  return std::nullopt;
}

Frame Framer::complete(Frame::Kind kind) {
  const std::size_t bytes = scanned_;
  scanned_ = 0;
  depth_ = 0;
  state_ = State::between;
  in_header_ = false;
  names_.reset();
  return {kind, bytes};
}

Frame Framer::fail(Error error) {
  state_ = State::failed;
  error_ = error;
  return {Frame::Kind::error, 0, error};
}

}  // namespace muster::xml
