#include "codec/xmpp/sip_errors.h"

#include <gtest/gtest.h>

#include <string>

namespace muster {
namespace xmpp_sip_errors_test {

// RFC 7247 table 2, row by row; of two codes the first is of a full JID where note 1 or 2 says so.
struct ToSip {
  StanzaError error;
  int device;
  int account;
};
class Table2 : public testing::TestWithParam<ToSip> {};

TEST_P(Table2, maps) {
  const ToSip& row = GetParam();
  EXPECT_EQ(number_of(sip_status_of(row.error, Blamed::device)), row.device) << name_of(row.error);
  EXPECT_EQ(number_of(sip_status_of(row.error, Blamed::account)), row.account)
      << name_of(row.error);
}

INSTANTIATE_TEST_SUITE_P(
    rows, Table2,
    testing::Values(
        ToSip{StanzaError::bad_request, 400, 400}, ToSip{StanzaError::conflict, 400, 400},
        ToSip{StanzaError::feature_not_implemented, 405, 501},  // note 1
        ToSip{StanzaError::forbidden, 403, 603},                // note 2
        ToSip{StanzaError::gone, 410, 410},                     // note 3
        ToSip{StanzaError::internal_server_error, 500, 500},
        ToSip{StanzaError::item_not_found, 404, 604},  // note 2
        ToSip{StanzaError::jid_malformed, 400, 400},
        ToSip{StanzaError::not_acceptable, 406, 606},  // note 2
        ToSip{StanzaError::not_allowed, 403, 403}, ToSip{StanzaError::not_authorized, 401, 401},
        ToSip{StanzaError::policy_violation, 403, 403},
        ToSip{StanzaError::recipient_unavailable, 480, 600},  // note 2
        ToSip{StanzaError::redirect, 302, 302}, ToSip{StanzaError::registration_required, 407, 407},
        ToSip{StanzaError::remote_server_not_found, 404, 404},  // note 4
        ToSip{StanzaError::remote_server_timeout, 408, 408},
        ToSip{StanzaError::resource_constraint, 500, 500},
        ToSip{StanzaError::service_unavailable, 403, 403},  // note 5
        ToSip{StanzaError::subscription_required, 400, 400},
        ToSip{StanzaError::undefined_condition, 400, 400},
        ToSip{StanzaError::unexpected_request, 491, 491}),
    [](const auto& row) {
      std::string name(name_of(row.param.error));
      for (char& c : name)
        if (c == '-') c = '_';
      return name;
    });

TEST(SipErrors, gone_with_a_new_address_is_301_by_table_2_note_3) {
  EXPECT_EQ(number_of(sip_status_of(StanzaError::gone, Blamed::account, true)), 301);
  EXPECT_EQ(number_of(sip_status_of(StanzaError::gone, Blamed::device, true)), 301);
  EXPECT_EQ(number_of(sip_status_of(StanzaError::redirect, Blamed::device, true)), 302);
}

// RFC 7247 table 3, row by row.
struct ToXmpp {
  int status;
  StanzaError error;
};
class Table3 : public testing::TestWithParam<ToXmpp> {};

TEST_P(Table3, maps) {
  EXPECT_EQ(name_of(stanza_error_of(sip::status_of(GetParam().status), true)),
            name_of(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    rows, Table3,
    testing::Values(
        ToXmpp{300, StanzaError::redirect}, ToXmpp{301, StanzaError::gone},
        ToXmpp{302, StanzaError::redirect}, ToXmpp{305, StanzaError::redirect},
        ToXmpp{380, StanzaError::not_acceptable}, ToXmpp{400, StanzaError::bad_request},
        ToXmpp{401, StanzaError::not_authorized}, ToXmpp{402, StanzaError::bad_request},
        ToXmpp{403, StanzaError::forbidden}, ToXmpp{404, StanzaError::item_not_found},
        ToXmpp{405, StanzaError::feature_not_implemented}, ToXmpp{406, StanzaError::not_acceptable},
        ToXmpp{407, StanzaError::registration_required},
        ToXmpp{408, StanzaError::remote_server_timeout}, ToXmpp{410, StanzaError::gone},
        ToXmpp{413, StanzaError::policy_violation}, ToXmpp{414, StanzaError::policy_violation},
        ToXmpp{415, StanzaError::not_acceptable}, ToXmpp{416, StanzaError::not_acceptable},
        ToXmpp{420, StanzaError::feature_not_implemented}, ToXmpp{421, StanzaError::not_acceptable},
        ToXmpp{423, StanzaError::resource_constraint},
        ToXmpp{430, StanzaError::recipient_unavailable},
        ToXmpp{439, StanzaError::feature_not_implemented},
        ToXmpp{440, StanzaError::policy_violation}, ToXmpp{480, StanzaError::recipient_unavailable},
        ToXmpp{481, StanzaError::item_not_found}, ToXmpp{482, StanzaError::not_acceptable},
        ToXmpp{483, StanzaError::not_acceptable}, ToXmpp{484, StanzaError::item_not_found},
        ToXmpp{485, StanzaError::item_not_found}, ToXmpp{486, StanzaError::recipient_unavailable},
        ToXmpp{487, StanzaError::recipient_unavailable}, ToXmpp{488, StanzaError::not_acceptable},
        ToXmpp{489, StanzaError::policy_violation}, ToXmpp{491, StanzaError::unexpected_request},
        ToXmpp{493, StanzaError::bad_request}, ToXmpp{500, StanzaError::internal_server_error},
        ToXmpp{501, StanzaError::feature_not_implemented},
        ToXmpp{502, StanzaError::remote_server_not_found},
        ToXmpp{503, StanzaError::internal_server_error},
        ToXmpp{504, StanzaError::remote_server_timeout}, ToXmpp{505, StanzaError::not_acceptable},
        ToXmpp{513, StanzaError::policy_violation}, ToXmpp{600, StanzaError::recipient_unavailable},
        ToXmpp{603, StanzaError::recipient_unavailable}, ToXmpp{604, StanzaError::item_not_found},
        ToXmpp{606, StanzaError::not_acceptable}),
    [](const auto& row) { return std::to_string(row.param.status); });

// The rows 3xx, 4xx, 5xx, 6xx, and section 7.2: a code that is not listed is as its series.
TEST(SipErrors, a_code_that_table_3_does_not_list_is_as_its_series) {
  EXPECT_EQ(stanza_error_of(sip::status_of(399)), StanzaError::redirect);
  EXPECT_EQ(stanza_error_of(sip::status_of(412)), StanzaError::bad_request);
  EXPECT_EQ(stanza_error_of(sip::status_of(499)), StanzaError::bad_request);
  EXPECT_EQ(stanza_error_of(sip::status_of(580)), StanzaError::internal_server_error);
  EXPECT_EQ(stanza_error_of(sip::status_of(699)), StanzaError::recipient_unavailable);
}

// Table 3 note 1: <gone/> for 301 must say the new address.
TEST(SipErrors, a_301_whose_new_address_cannot_be_told_is_a_redirect) {
  EXPECT_EQ(stanza_error_of(sip::Status::moved_permanently), StanzaError::redirect);
  EXPECT_EQ(stanza_error_of(sip::Status::gone), StanzaError::gone);
}

TEST(SipErrors, a_code_that_is_no_failure_is_no_condition_of_the_table) {
  for (const int number : {0, 100, 200, 299, 700, 65'535}) {
    EXPECT_EQ(stanza_error_of(sip::status_of(number)), StanzaError::undefined_condition) << number;
  }
}

// Table 2 note 5: to SIP it would mean that the whole server is gone.
TEST(SipErrors, nothing_becomes_503) {
  for (int i = 0; i <= static_cast<int>(StanzaError::unexpected_request); ++i) {
    const auto error = static_cast<StanzaError>(i);
    EXPECT_NE(number_of(sip_status_of(error, Blamed::account)), 503) << name_of(error);
    EXPECT_NE(number_of(sip_status_of(error, Blamed::device)), 503) << name_of(error);
  }
}

}  // namespace xmpp_sip_errors_test
}  // namespace muster
