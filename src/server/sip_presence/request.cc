#include "server/sip_presence/request.h"

#include <array>
#include <charconv>
#include <utility>

#include "codec/address/domain.h"
#include "codec/address/ip.h"
#include "codec/address/sip_address.h"
#include "codec/sip/media.h"
#include "server/own_name.h"
#include "server/sip_capabilities.h"

namespace muster {
namespace {

bool names_accounts(sip::Scheme scheme) {
  return scheme == sip::Scheme::sip || scheme == sip::Scheme::sips || scheme == sip::Scheme::pres ||
         scheme == sip::Scheme::im;
}

}  // namespace

std::optional<Address> address_of(const sip::Uri& uri, const Flow& flow, const Settings& settings) {
  if (!names_accounts(uri.scheme)) return std::nullopt;
  const bool ours = uri.host.ip() == flow.local.ip || is_own_name(uri.host, settings);
  auto address = address_of_sip_uri(
      uri.user, ours ? std::string_view(settings.domains.front()) : uri.host.text);
  if (!address || !settings.serves(address->domain())) return std::nullopt;
  return std::move(*address);
}

void answer(SipRequestId request, sip::Status status, Outbox& out, std::string rows,
            std::string_view reason) {
  SipResponseReady ready;
  ready.request = request;
  ready.status = status;
  ready.reason = reason;
  ready.rows = std::move(rows);
  out.emit(std::move(ready));
}

void answer_later(SipRequestId request, sip::Status status, Outbox& out) {
  std::string rows = "Retry-After: ";
  append_number(rows, static_cast<std::uint64_t>(kRetryAfter.in_seconds()));
  rows.append("\r\n");
  answer(request, status, out, std::move(rows));
}

void answer_too_brief(SipRequestId request, Duration least, Outbox& out) {
  std::string rows = "Min-Expires: ";
  append_number(rows, static_cast<std::uint64_t>(least.in_seconds()));
  rows.append("\r\n");
  answer(request, sip::Status::interval_too_brief, out, std::move(rows));
}

std::string supported_row() {
  std::string row;
  for (const std::string_view option : kSipOptions)
    row.append(row.empty() ? "Supported: " : ", ").append(option);
  return row.append("\r\n");
}

bool has_required_body(const sip::Message& message) {
  if (message.body().empty()) return false;
  const auto value = message.header(sip::HeaderName::content_disposition);
  const auto disposition = value ? sip::parse_disposition(*value) : std::nullopt;
  return !disposition || !disposition->handling_optional;
}

bool has_encoded_body(const sip::Message& message) {
  if (message.body().empty()) return false;
  for (const std::string_view encoding : message.values(sip::HeaderName::content_encoding)) {
    if (!equals_ignoring_case(encoding, "identity")) return true;
  }
  return false;
}

std::string contact_row(const Flow& flow, bool secure, const Settings& settings) {
  std::string row = secure ? "Contact: <sips:" : "Contact: <sip:";
  if (flow.local.ip.is_unspecified()) {
    append_ascii_domain(row, settings.domains.front());
    row.push_back(':');
    append_number(row, flow.local.port);
  } else {
    row.append(to_text(flow.local));
  }
  if (flow.transport == Transport::tcp) row.append(";transport=tcp");
  // Deprecated by RFC 3261 section 26.2.2, and what user agents understand for sip: over TLS.
  if (flow.transport == Transport::tls && !secure) row.append(";transport=tls");
  row.append(">\r\n");
  return row;
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;  // NOLINT: to_chars sets what is read
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

}  // namespace muster
