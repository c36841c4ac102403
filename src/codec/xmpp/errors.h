// The conditions that XMPP names, the way they look on the wire, and what goes with them.
// RFC 6120 sections 4.9.3 (stream), 6.5 (SASL) and 8.3.3 (stanza).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/xml/error.h"

namespace muster {

// RFC 6120 section 4.9.3.
enum class StreamError : std::uint8_t {
  bad_format,
  bad_namespace_prefix,
  conflict,
  connection_timeout,
  host_gone,
  host_unknown,
  improper_addressing,
  internal_server_error,
  invalid_from,
  invalid_namespace,
  invalid_xml,
  not_authorized,
  not_well_formed,
  policy_violation,
  remote_connection_failed,
  reset,
  resource_constraint,
  restricted_xml,
  see_other_host,
  system_shutdown,
  undefined_condition,
  unsupported_encoding,
  unsupported_feature,
  unsupported_stanza_type,
  unsupported_version,
};
std::string_view name_of(StreamError error);
// What answers bytes that the XML codec refused.
StreamError stream_error_of(xml::Error error);
// <stream:error>...</stream:error>; `text`, and `detail`, an application-specific condition in XML
// (section 4.9.4), may be empty.
std::string stream_error_xml(StreamError error, std::string_view text = {},
                             std::string_view detail = {});
// The same for see-other-host, which says where: HOST:PORT (section 4.9.3.19).
std::string see_other_host_xml(std::string_view where);

// RFC 6120 section 6.5.
enum class SaslError : std::uint8_t {
  aborted,
  account_disabled,
  credentials_expired,
  encryption_required,
  incorrect_encoding,
  invalid_authzid,
  invalid_mechanism,
  malformed_request,
  mechanism_too_weak,
  not_authorized,
  temporary_auth_failure,
};
std::string_view name_of(SaslError error);
// <failure>...</failure>.
std::string sasl_failure_xml(SaslError error);

// RFC 6120 section 8.3.3.
enum class StanzaError : std::uint8_t {
  bad_request,
  conflict,
  feature_not_implemented,
  forbidden,
  gone,
  internal_server_error,
  item_not_found,
  jid_malformed,
  not_acceptable,
  not_allowed,
  not_authorized,
  policy_violation,
  recipient_unavailable,
  redirect,
  registration_required,
  remote_server_not_found,
  remote_server_timeout,
  resource_constraint,
  service_unavailable,
  subscription_required,
  undefined_condition,
  unexpected_request,
};
std::string_view name_of(StanzaError error);
// The error type that section 8.3.3 recommends for the condition: auth, cancel, modify or wait.
std::string_view type_of(StanzaError error);
// <error type='cancel'><item-not-found xmlns='...'/></error>; `text` may be empty.
std::string stanza_error_xml(StanzaError error, std::string_view text = {});

}  // namespace muster
