#include "codec/xml/error.h"

#include "base/check.h"

namespace muster::xml {

std::string_view stream_error_condition(Error error) {
  switch (error) {
    case Error::not_well_formed: return "not-well-formed";
    case Error::restricted_xml: return "restricted-xml";
    case Error::unsupported_encoding: return "unsupported-encoding";
    case Error::bad_format: return "bad-format";
    case Error::bad_namespace_prefix: return "bad-namespace-prefix";
    case Error::invalid_namespace: return "invalid-namespace";
    case Error::too_big:
    case Error::too_deep:
    case Error::too_many_elements:
    case Error::too_many_attributes:
    case Error::too_many_declarations: return "policy-violation";
  }
  MUSTER_UNREACHABLE("an error is one of its enumerators");
}

bool is_limit(Error error) {
  switch (error) {
    case Error::not_well_formed:
    case Error::restricted_xml:
    case Error::unsupported_encoding:
    case Error::bad_format:
    case Error::bad_namespace_prefix:
    case Error::invalid_namespace: return false;
    case Error::too_big:
    case Error::too_deep:
    case Error::too_many_elements:
    case Error::too_many_attributes:
    case Error::too_many_declarations: return true;
  }
  MUSTER_UNREACHABLE("an error is one of its enumerators");
}

std::string_view to_string(Error error) {
  switch (error) {
    case Error::not_well_formed: return "not_well_formed";
    case Error::restricted_xml: return "restricted_xml";
    case Error::unsupported_encoding: return "unsupported_encoding";
    case Error::bad_format: return "bad_format";
    case Error::bad_namespace_prefix: return "bad_namespace_prefix";
    case Error::invalid_namespace: return "invalid_namespace";
    case Error::too_big: return "too_big";
    case Error::too_deep: return "too_deep";
    case Error::too_many_elements: return "too_many_elements";
    case Error::too_many_attributes: return "too_many_attributes";
    case Error::too_many_declarations: return "too_many_declarations";
  }
  MUSTER_UNREACHABLE("an error is one of its enumerators");
}

}  // namespace muster::xml
