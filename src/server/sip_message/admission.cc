#include "server/sip_message/admission.h"

#include <algorithm>
#include <utility>

#include "codec/address/domain.h"
#include "codec/address/sip_address.h"
#include "codec/sip/lexer.h"
#include "server/own_name.h"
#include "server/sip_capabilities.h"

namespace muster {
namespace {

std::optional<SipRefusal> refuse_size(const sip::Message& request, const Limits& limits) {
  const std::size_t body = request.body().size();
  if (request.bytes().size() - body > limits.sip_header_bytes_max) {
    return SipRefusal{sip::Status::message_too_large};
  }
  if (body > limits.sip_body_bytes_max) return SipRefusal{sip::Status::request_entity_too_large};
  return std::nullopt;
}

// RFC 3261 section 8.2.1, and section 21.5.2 for methods that nobody knows.
std::optional<SipRefusal> refuse_method(sip::Method method) {
  if (method == sip::Method::invite) {
    return SipRefusal{sip::Status::method_not_allowed, {}, std::string(kSipAllowRow)};
  }
  if (method == sip::Method::other) {
    return SipRefusal{sip::Status::not_implemented, {}, std::string(kSipAllowRow)};
  }
  return std::nullopt;
}

// One of our domains, this server's own name, or the very address that the request came to.
bool is_ours(const sip::Uri& target, const Flow& flow, const Settings& settings) {
  if (target.host.kind != sip::HostKind::name) return target.host.ip() == flow.local.ip;
  std::string scratch;
  const auto domain = canonical_domain(target.host.text, scratch);
  return (domain && settings.serves(*domain)) || is_own_name(target.host, settings);
}

// Section 8.2.2.1. A tel URI names nobody here; a pres URI does (RFC 3856 section 5).
std::optional<SipRefusal> refuse_target(const sip::Message& request, const sip::Uri& target,
                                        const Flow& flow, const Settings& settings) {
  if (target.scheme == sip::Scheme::tel || target.scheme == sip::Scheme::other) {
    return SipRefusal{sip::Status::unsupported_uri_scheme};
  }
  if (is_ours(target, flow, settings)) return std::nullopt;
  const bool spent = sip::max_forwards_of(request) == 0;
  return SipRefusal{spent ? sip::Status::too_many_hops : sip::Status::not_found};
}

bool is_known_option(std::string_view tag) {
  return std::any_of(kSipOptions.begin(), kSipOptions.end(),
                     [tag](std::string_view known) { return equals_ignoring_case(tag, known); });
}

// Section 8.2.2.3.
std::optional<SipRefusal> refuse_extensions(const sip::Message& request) {
  if (!request.has(sip::HeaderName::require)) return std::nullopt;
  std::string unsupported;
  for (const std::string_view tag : request.values(sip::HeaderName::require)) {
    if (!sip::is_token(tag)) return SipRefusal{sip::Status::bad_request, "Malformed Require"};
    if (is_known_option(tag)) continue;
    unsupported.append(unsupported.empty() ? "Unsupported: " : ", ").append(tag);
  }
  if (unsupported.empty()) return std::nullopt;
  return SipRefusal{sip::Status::bad_extension, {}, unsupported.append("\r\n")};
}

}  // namespace

SipRefusal refusal_of(const sip::Rejection& rejection) {
  SipRefusal refusal{rejection.status, rejection.reason};
  // As RFC 4475 section 3.1.1.2 has it.
  if (rejection.status == sip::Status::not_implemented) refusal.rows = kSipAllowRow;
  return refusal;
}

std::optional<SipRefusal> refuse_request(const sip::Message& request,
                                         const sip::Essentials& essentials, const Flow& flow,
                                         const Settings& settings) {
  if (auto refusal = refuse_size(request, settings.limits)) return refusal;
  if (auto refusal = refuse_method(request.method())) return refusal;
  if (auto refusal = refuse_target(request, essentials.target, flow, settings)) return refusal;
  return refuse_extensions(request);
}

std::optional<SipRefusal> refuse_sender(const sip::Uri& from, const std::optional<Address>& sender,
                                        const Settings& settings) {
  if (!from.is_sip()) return SipRefusal{sip::Status::bad_request, "From Is No SIP URI"};
  // A user part that no account can have, as one with a NUL.
  if (!sender) return SipRefusal{sip::Status::forbidden, "No Such Sender"};
  if (!settings.serves(sender->domain())) {
    return SipRefusal{sip::Status::forbidden, "Sender Of Another Domain"};
  }
  return std::nullopt;
}

std::optional<Address> address_of_sender(const sip::Uri& from) {
  if (!from.is_sip()) return std::nullopt;
  auto address = address_of_sip_uri(from.user, from.host.text);
  if (!address) return std::nullopt;
  return std::move(*address);
}

}  // namespace muster
