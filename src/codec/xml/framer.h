// Finds where the next piece of an XML stream ends, without understanding it: the stream header up
// to the '>' of its start tag, a complete first-level element, the end tag of the stream, or
// whitespace between them. A few bytes of state per stream, and while a stanza is unfinished the
// places of its open tags; resumable at any byte. A byte that was looked at is not looked at again,
// but for the names of tags, and for at most eight at a chunk's end.
//
// The framer only proposes. It pairs tags by name and minds quotes and CDATA; whether a frame is
// well-formed, and is one element, is the parser's word (stanza_parser.h), and unless the parser
// agrees the stream ends. So a frame that both see differently cannot smuggle a second stanza.
//
// Limits: Limits::bytes_max for a header or a stanza, Limits::depth_max for nesting; at one, the
// frame is an error, as it is for a comment, a processing instruction or a DTD (RFC 6120 section
// 11.1) at their first bytes, and for an end tag that does not match (4.9.3.13), behind which the
// stanza might never end. After an error each further call repeats it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "codec/xml/error.h"
#include "codec/xml/limits.h"

namespace muster::xml {

struct Frame {
  enum class Kind : std::uint8_t {
    incomplete,     // no end in sight: call again with the same bytes and more
    whitespace,     // between stanzas, or before the header: nothing to do
    stream_header,  // for StanzaParser::parse_stream_header
    stanza,         // for StanzaParser::parse
    stream_end,     // </stream:stream>
    error,          // end the stream with `error`
  };
  Kind kind = Kind::incomplete;
  std::size_t bytes = 0;  // how many of `unread` the frame takes; 0 if incomplete or an error
  Error error = Error::not_well_formed;  // of an error
};

class Framer {
 public:
  // `unread`: all bytes of the stream that no frame has taken yet. The caller drops those a frame
  // took, keeps the rest, and calls again when more have come.
  Frame next(std::string_view unread, const Limits& limits);

  // A new stream begins: at first, and after STARTTLS and SASL (RFC 6120 section 4.3.3).
  void reset() { *this = Framer(); }

  // True between the header and the stream's end, when no stanza is begun.
  bool between_stanzas() const { return state_ == State::between; }

 private:
  enum class State : std::uint8_t {
    before_header,      // nothing of the stream yet
    declaration,        // in <?xml ... ?>
    after_declaration,  // where only whitespace and the header's start tag may follow
    between,            // in the stream, outside any stanza
    content,            // in a stanza, outside any tag
    tag,                // in a start tag
    quoted,             // in an attribute value, up to `quote_`
    end_tag,
    cdata,
    failed,
  };
  // Nothing: the state moved, go on. A frame: return it.
  using Step = std::optional<Frame>;
  // Where in the stanza the names of its open tags begin, outermost first; behind them, where that
  // of the tag under way does.
  using TagNames = std::array<std::uint32_t, kDepthMax + 1>;

  Step advance(std::string_view window, const Limits& limits, TagNames& names);
  Step outside(std::string_view window, TagNames& names);
  Step markup(std::string_view window, TagNames& names);
  Step declaration(std::string_view window);
  Step exclamation(std::string_view markup);
  Step start_tag(std::string_view window, const Limits& limits);
  Step end_tag(std::string_view window, const TagNames& names);
  Step skip_past(std::string_view window, std::string_view terminator, State then);
  Frame complete(Frame::Kind kind);
  Frame fail(Error error);

  std::uint32_t scanned_ = 0;  // how much of the unfinished frame was looked at
  std::uint32_t depth_ = 0;    // open elements of the unfinished stanza
  State state_ = State::before_header;
  bool in_header_ = false;                // of `tag` and `quoted`: it is the stream header's
  char quote_ = 0;                        // of `quoted`
  Error error_ = Error::not_well_formed;  // of `failed`
  std::unique_ptr<TagNames> names_;       // of a stanza that is unfinished
};

static_assert(sizeof(Framer) <= 24);

}  // namespace muster::xml
