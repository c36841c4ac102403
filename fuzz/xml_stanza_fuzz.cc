// Framer and stanza parser, given a stream piece by piece, against a plain parser that is given the
// whole of it: every stanza that comes out is the one the plain parser sees there; none that it
// sees complete is called not well-formed; and what is written elsewhere means the same. Unless the
// input begins with '<', it stands for what follows an ordinary header.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/xml/stanza_parser.h"
#include "support/xml_oracle.h"
#include "support/xml_stream.h"

namespace {

using muster::test::XmlOracle;
using muster::test::XmlStreamReader;
using muster::xml::Error;

constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

constexpr muster::xml::Limits kNoLimits{.bytes_max = muster::xml::kParseBytesMax,
                                        .attributes_max = 1U << 20,
                                        .declarations_max = 1U << 20};

// What its inside says when it is written into another stanza of another stream.
void check_copy(std::string_view frame, std::string_view inherited) {
  static muster::xml::StanzaParser parser;
  static muster::xml::StanzaParser other;
  const auto element = parser.parse(frame, {}, inherited);
  MUSTER_CHECK(element.ok() && element->outer() == frame);
  std::string copy = "<copy>";
  const std::size_t before = copy.size();
  if (!element->write_inner(copy)) return;  // too long
  const bool verbatim = std::string_view(copy).substr(before) == element->inner();
  MUSTER_CHECK(verbatim || !element->self_contained());
  copy += "</copy>";
  const auto copied = other.parse(copy, kNoLimits);
  MUSTER_CHECK(copied.ok() && copied->self_contained());
  MUSTER_CHECK(copied->text() == element->text());
  auto twin = copied->children().begin();
  for (const auto child : element->children()) {
    MUSTER_CHECK(muster::test::describe(child) == muster::test::describe(*twin));
    ++twin;
  }
  MUSTER_CHECK(twin == copied->children().end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static muster::xml::StanzaParser parser;
  std::string stream(data, data + size);
  if (size == 0 || data[0] != '<') stream.insert(0, kHeader);

  XmlStreamReader reader(parser, {.bytes_max = 4096, .depth_max = 16});
  const std::size_t half = stream.size() / 2;
  reader.read(std::string_view(stream).substr(0, half));
  reader.read(std::string_view(stream).substr(half));

  const std::string_view seen_stream = std::string_view(stream).substr(reader.header_begin());
  const auto seen = XmlOracle::first_level_elements(seen_stream);
  const auto& stanzas = reader.stanzas();
  MUSTER_CHECK(stanzas.size() <= seen.size());
  for (std::size_t i = 0; i < stanzas.size(); ++i) {
    MUSTER_CHECK(stanzas[i].begin == seen[i].begin + reader.header_begin());
    MUSTER_CHECK(stanzas[i].end == seen[i].end + reader.header_begin());
    check_copy(std::string_view(stream).substr(stanzas[i].begin, stanzas[i].end - stanzas[i].begin),
               reader.inherited());
  }
  const bool blamed =
      reader.error() == Error::not_well_formed || reader.error() == Error::unsupported_encoding;
  if (blamed && reader.in_stream() && seen.size() > stanzas.size()) {
    MUSTER_CHECK(seen[stanzas.size()].begin + reader.header_begin() != reader.consumed());
  }
  return 0;
}
