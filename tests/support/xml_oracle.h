// What a plain libexpat, given a whole stream at once, takes for its first-level elements: the
// judge of framer and stanza parser, which see it in pieces. It accepts more than XMPP does.
#pragma once

#include <expat.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace muster::test {

class XmlOracle {
 public:
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    friend bool operator==(const Span&, const Span&) = default;
  };

  // The first-level elements that are complete before the stream ends or goes wrong.
  static std::vector<Span> first_level_elements(std::string_view stream) {
    XmlOracle oracle;
    oracle.parser_ = XML_ParserCreateNS("UTF-8", '\1');
    XML_SetUserData(oracle.parser_, &oracle);
    XML_SetElementHandler(oracle.parser_, start, end);
    XML_Parse(oracle.parser_, stream.data(), static_cast<int>(stream.size()), 0);
    XML_ParserFree(oracle.parser_);
    return oracle.spans_;
  }

 private:
  static void start(void* data, const XML_Char*, const XML_Char**) {
    auto& self = *static_cast<XmlOracle*>(data);
    if (++self.depth_ == 2) self.begin_ = self.at();
  }
  static void end(void* data, const XML_Char*) {
    auto& self = *static_cast<XmlOracle*>(data);
    if (--self.depth_ != 1) return;
    const auto bytes = static_cast<std::size_t>(XML_GetCurrentByteCount(self.parser_));
    self.spans_.push_back({self.begin_, self.at() + bytes});
  }
  std::size_t at() const { return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_)); }

  XML_Parser parser_ = nullptr;
  std::size_t depth_ = 0;
  std::size_t begin_ = 0;
  std::vector<Span> spans_;
};

}  // namespace muster::test
