// Parses whole XML documents: bodies of SIP messages, presence documents. One root element of any
// name and namespace; comments and processing instructions are skipped; a DTD, and any entity but
// the five predefined ones, is restricted_xml; the bytes must be UTF-8. The tree is owned here and
// reused by the next parse.
//
// Limits: struct Limits (limits.h).
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "codec/xml/element.h"
#include "codec/xml/error.h"
#include "codec/xml/limits.h"

namespace muster::xml {

class ExpatBuilder;

class DocumentParser {
 public:
  explicit DocumentParser(const Limits& limits = {});
  ~DocumentParser();
  DocumentParser(DocumentParser&&) noexcept;
  DocumentParser& operator=(DocumentParser&&) noexcept;

  // The root element. `document` must outlive it.
  Result<Element, Error> parse(std::string_view document);

 private:
  Limits limits_;
  std::unique_ptr<ExpatBuilder> builder_;
};

}  // namespace muster::xml
