// The part of Registrar that reads REGISTER: RFC 3261 sections 10.2 and 10.3, RFC 5626 section 6,
// RFC 3327 section 5.3.

#include <algorithm>
#include <iterator>
#include <utility>

#include "codec/sip/lexer.h"
#include "codec/sip/values.h"
#include "server/sip_presence/registrar.h"

namespace muster {
namespace {

// RFC 3261 section 10.3 step 7: only what is shorter than this may be too brief.
constexpr std::uint32_t kRegistrationNeverTooBriefSeconds = 3600;

// If there is one alone.
std::optional<std::string_view> only_value(const sip::Message& message, sip::HeaderName name) {
  std::optional<std::string_view> only;
  for (const std::string_view value : message.values(name)) {
    if (only) return std::nullopt;
    only = value;
  }
  return only;
}

bool is_first_hop(const sip::Message& message) {
  return only_value(message, sip::HeaderName::via).has_value();
}

// Whether the edge proxy keeps the flow to the phone (RFC 5626 section 5.1).
bool has_outbound_path(const sip::Message& message) {
  const auto first = message.first_value(sip::HeaderName::path);
  const auto hop = first ? sip::parse_name_addr(*first) : std::nullopt;
  return hop && hop->uri.has_param("ob");
}

// As RFC 5626 section 6 wants them kept. A fold inside is one space.
std::string params_of(const sip::NameAddr& contact) {
  std::string params;
  for (const sip::Param& param : contact.params) {
    if (param.is("expires")) continue;
    params.append(1, ';').append(param.name);
    if (param.has_value) sip::append_unfolded(params.append(1, '='), param.value);
  }
  return params;
}

}  // namespace

bool is_same_uri(const Binding& binding, const sip::Uri& uri) {
  const auto own = sip::parse_uri(binding.uri);
  return own && sip::same_uri(*own, uri);
}

bool Registrar::read(const Request& request, Asked& asked, Outbox& out) const {
  const auto cseq = sip::parse_cseq(request.message.header(sip::HeaderName::cseq).value_or(""));
  if (!cseq) {
    answer(request.id, sip::Status::bad_request, out);
    return false;
  }
  asked.cseq = cseq->number;
  asked.call_id = request.message.header(sip::HeaderName::call_id).value_or("");
  return read_path(request, asked, out) && read_contacts(request, asked, out) &&
         read_outbound(request, asked, out);
}

bool Registrar::read_path(const Request& request, Asked& asked, Outbox& out) const {
  const sip::Message& message = request.message;
  if (!message.has(sip::HeaderName::path)) return true;
  if (!sip::lists(message, sip::HeaderName::supported, "path")) {
    answer(request.id, sip::Status::bad_extension, out, "Unsupported: path\r\n");
    return false;
  }
  for (const std::string_view value : message.values(sip::HeaderName::path)) {
    const auto hop = sip::parse_name_addr(value);
    if (!hop || !hop->bracketed) {
      answer(request.id, sip::Status::bad_request, out, {}, "Malformed Path");
      return false;
    }
    sip::append_unfolded(asked.path_rows.append("Path: "), value);
    asked.path_rows.append("\r\n");
    sip::append_unfolded(asked.route_rows.append("Route: "), value);
    asked.route_rows.append("\r\n");
  }
  return true;
}

bool Registrar::read_contacts(const Request& request, Asked& asked, Outbox& out) const {
  const sip::Message& message = request.message;
  const auto refuse = [&](std::string_view why) {
    answer(request.id, sip::Status::bad_request, out, {}, why);
    return false;
  };
  std::size_t contacts = 0;
  for (const std::string_view value : message.values(sip::HeaderName::contact)) {
    ++contacts;
    if (sip::is_star(value)) {
      asked.star = true;
      continue;
    }
    const auto contact = sip::parse_name_addr(value);
    if (!contact || !contact->uri.is_sip()) return refuse("Contact Is No SIP URI");
    const auto seconds = seconds_for(request, *contact);
    if (!seconds) {
      answer_too_brief(request.id, shard_.settings.limits.expires_min, out);
      return false;
    }
    asked.contacts.push_back({contact->uri, params_of(*contact), contact->instance(),
                              contact->reg_id().value_or(0), contact->q().value_or(0), *seconds});
  }
  if (!asked.star) return true;
  if (contacts != 1) return refuse("Contact * Stands Alone");
  if (sip::seconds_of(message, sip::HeaderName::expires) != 0u) {
    return refuse("Contact * Needs Expires 0");
  }
  return true;
}

// What it gets (section 10.3 step 7); nothing if that is too brief. What cannot be read counts as
// the default (section 10.2.1.1).
std::optional<std::uint32_t> Registrar::seconds_for(const Request& request,
                                                    const sip::NameAddr& contact) const {
  const Limits& limits = shard_.settings.limits;
  const std::int64_t most = limits.registration_time_max.in_seconds();
  std::optional<std::uint32_t> asked = contact.expires();
  if (!contact.params.has("expires")) {
    asked = sip::seconds_of(request.message, sip::HeaderName::expires);
  }
  if (!asked) return static_cast<std::uint32_t>(most);
  if (*asked > 0 && *asked < kRegistrationNeverTooBriefSeconds &&
      Duration::seconds(*asked) < limits.expires_min) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(std::min<std::int64_t>(*asked, most));
}

bool Registrar::renews_all(Now now, const Address& account, const sip::Message& message) const {
  const Bindings* bindings = bindings_of(account);
  if (bindings == nullptr || bindings->size() != 1) return false;
  const auto value = only_value(message, sip::HeaderName::contact);
  const auto contact = value ? sip::parse_name_addr(*value) : std::nullopt;
  if (!contact || !contact->uri.is_sip()) return false;
  const auto seconds = contact->params.has("expires")
                           ? contact->expires()
                           : sip::seconds_of(message, sip::HeaderName::expires);
  const Binding& only = bindings->front();
  const bool is_only =
      only.reg_id != 0 ? only.reg_id == contact->reg_id() && only.instance == contact->instance()
                       : is_same_uri(only, contact->uri);
  return is_only && seconds != 0u && only.expires > now.instant;
}

// RFC 5626 section 6.
bool Registrar::read_outbound(const Request& request, Asked& asked, Outbox& out) const {
  const auto has_reg_id = [](const Wanted& wanted) { return wanted.reg_id != 0; };
  for (Wanted& wanted : asked.contacts) {
    if (wanted.instance.empty()) wanted.reg_id = 0;
  }
  if (std::none_of(asked.contacts.begin(), asked.contacts.end(), has_reg_id)) return true;
  const bool supported = sip::lists(request.message, sip::HeaderName::supported, "outbound");
  if (!is_first_hop(request.message) && !has_outbound_path(request.message)) {
    if (supported) {
      answer(request.id, sip::Status::first_hop_lacks_outbound, out);
      return false;
    }
    for (Wanted& wanted : asked.contacts)
      wanted.reg_id = 0;
    return true;
  }
  const auto added = std::count_if(asked.contacts.begin(), asked.contacts.end(),
                                   [](const Wanted& wanted) { return wanted.seconds != 0; });
  if (added > 1) {
    answer(request.id, sip::Status::bad_request, out, {}, "One Contact With Reg-Id");
    return false;
  }
  asked.outbound = supported;
  return true;
}

}  // namespace muster
