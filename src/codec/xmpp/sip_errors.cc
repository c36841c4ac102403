#include "codec/xmpp/sip_errors.h"

#include <algorithm>
#include <iterator>

namespace muster {
namespace {

struct StatusRow {
  StanzaError error;
  int device;
  int account;
};
constexpr StatusRow kStatuses[] = {
    {StanzaError::bad_request, 400, 400},
    {StanzaError::conflict, 400, 400},
    {StanzaError::feature_not_implemented, 405, 501},
    {StanzaError::forbidden, 403, 603},
    {StanzaError::gone, 410, 410},
    {StanzaError::internal_server_error, 500, 500},
    {StanzaError::item_not_found, 404, 604},
    {StanzaError::jid_malformed, 400, 400},
    {StanzaError::not_acceptable, 406, 606},
    {StanzaError::not_allowed, 403, 403},
    {StanzaError::not_authorized, 401, 401},
    {StanzaError::policy_violation, 403, 403},
    {StanzaError::recipient_unavailable, 480, 600},
    {StanzaError::redirect, 302, 302},
    {StanzaError::registration_required, 407, 407},
    {StanzaError::remote_server_not_found, 404, 404},
    {StanzaError::remote_server_timeout, 408, 408},
    {StanzaError::resource_constraint, 500, 500},
    {StanzaError::service_unavailable, 403, 403},
    {StanzaError::subscription_required, 400, 400},
    {StanzaError::undefined_condition, 400, 400},
    {StanzaError::unexpected_request, 491, 491},
};

struct ErrorRow {
  int status;
  StanzaError error;
};
// Those that are not what their series is.
constexpr ErrorRow kErrors[] = {
    {301, StanzaError::gone},
    {380, StanzaError::not_acceptable},
    {401, StanzaError::not_authorized},
    {403, StanzaError::forbidden},
    {404, StanzaError::item_not_found},
    {405, StanzaError::feature_not_implemented},
    {406, StanzaError::not_acceptable},
    {407, StanzaError::registration_required},
    {408, StanzaError::remote_server_timeout},
    {410, StanzaError::gone},
    {413, StanzaError::policy_violation},
    {414, StanzaError::policy_violation},
    {415, StanzaError::not_acceptable},
    {416, StanzaError::not_acceptable},
    {420, StanzaError::feature_not_implemented},
    {421, StanzaError::not_acceptable},
    {423, StanzaError::resource_constraint},
    {430, StanzaError::recipient_unavailable},
    {439, StanzaError::feature_not_implemented},
    {440, StanzaError::policy_violation},
    {480, StanzaError::recipient_unavailable},
    {481, StanzaError::item_not_found},
    {482, StanzaError::not_acceptable},
    {483, StanzaError::not_acceptable},
    {484, StanzaError::item_not_found},
    {485, StanzaError::item_not_found},
    {486, StanzaError::recipient_unavailable},
    {487, StanzaError::recipient_unavailable},
    {488, StanzaError::not_acceptable},
    {489, StanzaError::policy_violation},
    {491, StanzaError::unexpected_request},
    {501, StanzaError::feature_not_implemented},
    {502, StanzaError::remote_server_not_found},
    {504, StanzaError::remote_server_timeout},
    {505, StanzaError::not_acceptable},
    {513, StanzaError::policy_violation},
    {604, StanzaError::item_not_found},
    {606, StanzaError::not_acceptable},
};

StanzaError error_of_series(int status) {
  switch (status / 100) {
    case 3: return StanzaError::redirect;
    case 4: return StanzaError::bad_request;
    case 5: return StanzaError::internal_server_error;
    case 6: return StanzaError::recipient_unavailable;
    default: return StanzaError::undefined_condition;
  }
}

}  // namespace

sip::Status sip_status_of(StanzaError error, Blamed blamed, bool new_address) {
  if (error == StanzaError::gone && new_address) return sip::Status::moved_permanently;
  const StatusRow& row = kStatuses[static_cast<std::size_t>(error)];
  return sip::status_of(blamed == Blamed::device ? row.device : row.account);
}

StanzaError stanza_error_of(sip::Status status, bool new_address) {
  const int number = sip::number_of(status);
  const ErrorRow* const row = std::find_if(std::begin(kErrors), std::end(kErrors),
                                           [&](const ErrorRow& r) { return r.status == number; });
  const bool known =
      row != std::end(kErrors) && (status != sip::Status::moved_permanently || new_address);
  return known ? row->error : error_of_series(number);
}

}  // namespace muster
