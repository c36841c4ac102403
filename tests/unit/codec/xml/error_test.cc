#include "codec/xml/error.h"

#include <gtest/gtest.h>

#include <string_view>

namespace muster::xml {
namespace xml_error_test {

// RFC 6120 sections 4.9.3.1, 2, 10, 13, 14, 18 and 22.
TEST(Error, is_answered_by_the_stream_error_of_its_kind) {
  struct Row {
    Error error;
    std::string_view name;
    std::string_view condition;
  };
  for (const Row& row : {
           Row{Error::not_well_formed, "not_well_formed", "not-well-formed"},
           Row{Error::restricted_xml, "restricted_xml", "restricted-xml"},
           Row{Error::unsupported_encoding, "unsupported_encoding", "unsupported-encoding"},
           Row{Error::bad_format, "bad_format", "bad-format"},
           Row{Error::bad_namespace_prefix, "bad_namespace_prefix", "bad-namespace-prefix"},
           Row{Error::invalid_namespace, "invalid_namespace", "invalid-namespace"},
           Row{Error::too_big, "too_big", "policy-violation"},
           Row{Error::too_deep, "too_deep", "policy-violation"},
           Row{Error::too_many_elements, "too_many_elements", "policy-violation"},
           Row{Error::too_many_attributes, "too_many_attributes", "policy-violation"},
           Row{Error::too_many_declarations, "too_many_declarations", "policy-violation"},
       }) {
    EXPECT_EQ(to_string(row.error), row.name);
    EXPECT_EQ(stream_error_condition(row.error), row.condition) << row.name;
    EXPECT_EQ(is_limit(row.error), row.name.starts_with("too_")) << row.name;
  }
}

}  // namespace xml_error_test
}  // namespace muster::xml
