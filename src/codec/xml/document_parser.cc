#include "codec/xml/document_parser.h"

#include "base/check.h"
#include "codec/xml/characters.h"
#include "codec/xml/expat_builder.h"

namespace muster::xml {

DocumentParser::DocumentParser(const Limits& limits)
    : limits_(limits), builder_(std::make_unique<ExpatBuilder>(ExpatBuilder::Rules{})) {}

DocumentParser::~DocumentParser() = default;
DocumentParser::DocumentParser(DocumentParser&&) noexcept = default;
DocumentParser& DocumentParser::operator=(DocumentParser&&) noexcept = default;

Result<Element, Error> DocumentParser::parse(std::string_view document) {
  builder_->reset();
  // libexpat would take it for what it is, and give names that the bytes do not hold.
  if (looks_like_utf16(document)) return Failure{Error::unsupported_encoding};
  const Result<void, Error> fed = builder_->feed(document, limits_, true);
  if (!fed) return Failure{fed.error()};
  const std::optional<std::uint32_t> root = builder_->first_element();
  MUSTER_CHECK(root.has_value());
  return Element(builder_->tree(), *root);
}

}  // namespace muster::xml
