// Reads presence documents. RFC 4479 section 5: what is not valid is read as far as it makes sense.
// So an id, a status or an entity may be missing; the parts may come in any order; of elements that
// may be there once, the first counts; a priority, timestamp or language that is none is as if
// absent, and an unknown <basic> too. Elements of PIDF's or the data model's namespace that they do
// not define, and elements without a namespace, have no place in a document and are left out; all
// others are kept.
//
// Limits: limits.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/pidf/document.h"
#include "codec/pidf/limits.h"
#include "codec/xml/document_parser.h"

namespace muster::pidf {

enum class Error : std::uint8_t {
  // Not well-formed XML, or not UTF-8, or with a DTD or entities, which are not read. A body that
  // is not what its type says (SIP: 400).
  bad_xml,

  // XML, but its root is not <presence> of PIDF (SIP: 400).
  not_presence,

  // More than Limits::bytes_max, or nested deeper, with more elements, attributes or namespace
  // declarations than xml::Limits grants (SIP: 413).
  too_big,

  // More tuples, persons and devices than Limits::parts_max (SIP: 413).
  too_many_parts,

  // More notes than Limits::notes_max, those inside extensions not counted (SIP: 413).
  too_many_notes,

  // More extensions than Limits::extensions_max, or more bytes of them, with the declarations they
  // need, than Limits::extension_bytes_max (SIP: 413).
  too_many_extensions,
};

// The enumerator's own name, for logs and tests.
std::string_view to_string(Error error);

class Reader {
 public:
  explicit Reader(const Limits& limits = {});

  Result<Document, Error> read(std::string_view body);

  // The document in `body`, of whose texts no more is known than what is around it says: their
  // language, as of Content-Language (RFC 3863 section 4.1.6). It is said by the root, unless that
  // says something of it. What is no XML stays as it is.
  std::string with_language(std::string_view body, std::string_view language);

 private:
  Limits limits_;
  xml::DocumentParser parser_;
};

}  // namespace muster::pidf
