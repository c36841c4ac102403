// What can be wrong with XML that came from outside, and which stream error of RFC 6120 section
// 4.9.3 answers it. Each value has one answer; an answer may serve several values.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster::xml {

enum class Error : std::uint8_t {
  // The bytes break a rule of XML 1.0 or of Namespaces in XML: tags that do not match, an unbound
  // prefix, a character that XML does not know. Also what the framer took for one stanza and the
  // parser did not (more, less or other than one first-level element). RFC 6120 section 11.3.
  not_well_formed,

  // A comment, a processing instruction, a DTD, or a reference to an entity other than the five
  // predefined ones. RFC 6120 section 11.1.
  restricted_xml,

  // The bytes are not UTF-8, or the XML declaration names another encoding. RFC 6120 section 11.6.
  unsupported_encoding,

  // An XML declaration of a version other than 1.0 (RFC 6120 section 11.8), a stream header that
  // is an empty element, or text other than whitespace between stanzas (section 11.7).
  bad_format,

  // The stream namespace is bound to a prefix other than `stream`, or an element of the content
  // namespace carries a prefix. RFC 6120 section 4.8.5.
  bad_namespace_prefix,

  // The root is not of the stream namespace (RFC 6120 section 4.8.1), or the default namespace of
  // its content is not the one this stream is for (section 4.8.2).
  invalid_namespace,

  // More bytes than Limits::bytes_max: in one stanza, one stream header or one document.
  too_big,

  // Elements nested deeper than Limits::depth_max.
  too_deep,

  // More elements in one stanza or document than Limits::elements_max.
  too_many_elements,

  // More attributes on one element, namespace declarations counted, than
  // Limits::attributes_max.
  too_many_attributes,

  // More namespace declarations in scope than Limits::declarations_max; or more bytes of them on a
  // stream header than kInheritedBytesMax (stanza_parser.h).
  too_many_declarations,
};

// The condition of RFC 6120 section 4.9.3 that answers the error: "not-well-formed", ... Limits
// are answered by policy-violation (4.9.3.14).
std::string_view stream_error_condition(Error error);

// Whether one of the Limits was passed, and nothing else is wrong.
bool is_limit(Error error);

// The enumerator's own name, for logs and tests.
std::string_view to_string(Error error);

}  // namespace muster::xml
