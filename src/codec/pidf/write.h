// Writes presence documents that the schemas of RFC 3863 and RFC 4479 accept, if the extensions in
// them are accepted by theirs and the URIs are URIs. An id that is none, or that an earlier part of
// the document has, is replaced by a new one.
#pragma once

#include <string>

#include "codec/pidf/document.h"

namespace muster::pidf {

// Appends the document to `out`.
void write(const Document& document, std::string& out);

}  // namespace muster::pidf
