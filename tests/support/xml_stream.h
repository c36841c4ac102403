// Reads a client's XML stream as the server does: framer first, then the parser that streams
// share; and what came of it as one text, a line for each frame.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/xml/framer.h"
#include "codec/xml/stanza_parser.h"

namespace muster::test {

// Bytes in memory of exactly their size, so that AddressSanitizer sees one read too many.
class ExactBytes {
 public:
  explicit ExactBytes(std::string_view bytes)
      : size_(bytes.size()), bytes_(std::make_unique<char[]>(size_)) {
    if (size_ != 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

// "{ns}name [{ns}attribute=value] "text" (child child)"
inline std::string describe(const xml::Element& element) {
  const auto name = [](std::string_view ns, std::string_view local) {
    return (ns.empty() ? std::string() : "{" + std::string(ns) + "}") + std::string(local);
  };
  std::string out = name(element.ns(), element.name());
  for (const xml::Attribute attribute : element.attributes()) {
    out += " [" + name(attribute.ns, attribute.name) + "=" + std::string(attribute.value) + "]";
  }
  if (!element.text().empty()) out += " \"" + std::string(element.text()) + "\"";
  std::string children;
  for (const xml::Element child : element.children()) {
    children += (children.empty() ? "" : ", ") + describe(child);
  }
  return children.empty() ? out : out + " (" + children + ")";
}

class XmlStreamReader {
 public:
  struct Stanza {
    std::size_t begin = 0;  // in the stream
    std::size_t end = 0;
  };

  explicit XmlStreamReader(xml::StanzaParser& parser, const xml::Limits& limits = {})
      : parser_(parser), limits_(limits) {}

  // Bytes after the stream's end, or after an error, are not read.
  void read(std::string_view piece) {
    unread_ += piece;
    while (!over_) {
      const ExactBytes bytes(unread_);
      const xml::Frame frame = framer_.next(bytes.view(), limits_);
      if (frame.kind == xml::Frame::Kind::incomplete) return;
      take(frame, bytes.view().substr(0, frame.bytes));
      unread_.erase(0, frame.bytes);
      consumed_ += frame.bytes;
    }
  }

  const std::string& transcript() const { return transcript_; }
  const std::vector<Stanza>& stanzas() const { return stanzas_; }
  std::size_t consumed() const { return consumed_; }
  const std::optional<xml::Error>& error() const { return error_; }
  // True once a header was accepted.
  bool in_stream() const { return in_stream_; }
  std::size_t header_begin() const { return header_begin_; }
  const std::string& inherited() const { return inherited_; }

 private:
  void take(const xml::Frame& frame, std::string_view bytes) {
    switch (frame.kind) {
      case xml::Frame::Kind::incomplete:
      case xml::Frame::Kind::whitespace: return;
      case xml::Frame::Kind::error: return fail(frame.error);
      case xml::Frame::Kind::stream_header: return take_header(bytes);
      case xml::Frame::Kind::stanza: return take_stanza(bytes);
      case xml::Frame::Kind::stream_end:
        transcript_ += "end\n";
        over_ = true;
        return;
    }
  }
  void take_header(std::string_view bytes) {
    header_begin_ = consumed_;
    const auto header = parser_.parse_stream_header(bytes, limits_);
    if (!header) return fail(header.error());
    transcript_ += "header " + describe(header->element) + "\n";
    inherited_ = header->inherited_declarations;
    in_stream_ = true;
  }
  void take_stanza(std::string_view bytes) {
    const auto stanza = parser_.parse(bytes, limits_, inherited_);
    if (!stanza) return fail(stanza.error());
    transcript_ += "stanza " + describe(*stanza) + "\n";
    stanzas_.push_back({consumed_, consumed_ + bytes.size()});
  }
  void fail(xml::Error error) {
    transcript_ += "error " + std::string(to_string(error)) + "\n";
    error_ = error;
    over_ = true;
  }

  xml::StanzaParser& parser_;
  xml::Limits limits_;
  xml::Framer framer_;
  std::string unread_;
  std::string inherited_;
  std::string transcript_;
  std::vector<Stanza> stanzas_;
  std::optional<xml::Error> error_;
  std::size_t consumed_ = 0;
  std::size_t header_begin_ = 0;
  bool in_stream_ = false;
  bool over_ = false;
};

}  // namespace muster::test
