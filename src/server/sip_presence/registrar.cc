#include "server/sip_presence/registrar.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "codec/address/sip_address.h"
#include "codec/sip/uri.h"
#include "codec/sip/values.h"
#include "server/planted.h"
#include "server/server_contacts.h"
#include "server/sip_contact.h"

namespace muster {
namespace {

std::string phone_name(std::string_view what) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::uint64_t hash = hash_bytes(what);
  std::string name = "sip-";
  for (int shift = 60; shift >= 0; shift -= 4)
    name.push_back(kDigits[(hash >> shift) & 15]);
  return name;
}

// The first binding of each phone, so that two flows to one do not take turns.
std::vector<Registration> registrations_of(const std::vector<Binding>& bindings) {
  std::vector<Registration> registrations;
  for (const Binding& binding : bindings) {
    const bool known = std::any_of(registrations.begin(), registrations.end(),
                                   [&](const Registration& r) { return r.name == binding.phone; });
    if (!known) registrations.push_back({binding.phone, binding.uri, binding.thousandths});
  }
  return registrations;
}

std::optional<LinkKey> link_of(const Binding& binding) {
  return binding.lost ? std::nullopt : link_of(binding.flow);
}

}  // namespace

// --- REGISTER ------------------------------------------------------------------------------------

void Registrar::register_(Now now, const Request& request, Outbox& out) {
  const auto record = request.to.uri.is_sip()
                          ? address_of(request.to.uri, request.flow, shard_.settings)
                          : std::nullopt;
  // Section 10.3 steps 4 and 5. Whoever calls us by our IP address may be of any domain.
  if (record && *record != request.identity) {
    answer(request.id, sip::Status::forbidden, out);
    return;
  }
  const bool by_ip = request.target.host.kind != sip::HostKind::name;
  if (!record || (!by_ip && record->domain() != request.addressee.domain())) {
    answer(request.id, sip::Status::not_found, out);
    return;
  }
  Asked asked;
  if (!read(request, asked, out)) return;
  if (asked.star || !asked.contacts.empty()) {
    const Bindings* known = bindings_of(*record);
    Bindings bindings = known == nullptr ? Bindings{} : *known;
    std::erase_if(bindings, [&](const Binding& b) { return b.expires <= now.instant; });
    if (!apply(now, request, asked, bindings, out)) return;
    commit(*record, std::move(bindings), out);
  }
  confirm(now, request, asked, out);
}

// All or nothing (section 10.3): on a copy. False if the request is answered.
bool Registrar::apply(Now now, const Request& request, const Asked& asked, Bindings& bindings,
                      Outbox& out) {
  bool in_order = true;
  if (asked.star) {
    // Step 6.
    for (const Binding& binding : bindings) {
      in_order = in_order && (binding.call_id != asked.call_id || binding.cseq < asked.cseq);
    }
    bindings.clear();
  }
  const std::uint64_t first_age = next_number_;
  for (const Wanted& wanted : asked.contacts) {
    in_order = in_order && apply_one(now, request, asked, wanted, first_age, bindings);
  }
  if (!in_order) {
    answer(request.id, sip::Status::server_internal_error, out, {}, "CSeq Out Of Order");
    return false;
  }
  const Limits& limits = shard_.settings.limits;
  for (const Binding& binding : bindings) {
    if (binding.age < first_age) continue;
    if (binding.uri.size() + binding.params.size() + binding.path.size() + binding.call_id.size() >
        limits.registration_bytes_max) {
      answer(request.id, sip::Status::message_too_large, out);
      return false;
    }
  }
  if (bindings.size() > limits.registrations_per_user_max) {
    answer(request.id, sip::Status::forbidden, out, {}, "Too Many Registrations");
    return false;
  }
  return true;
}

// Step 7; false if it comes too late. What this request itself has just bound is no earlier one.
bool Registrar::apply_one(Now now, const Request& request, const Asked& asked, const Wanted& wanted,
                          std::uint64_t first_age, Bindings& bindings) {
  auto known = std::find_if(bindings.begin(), bindings.end(), [&](const Binding& binding) {
    return wanted.reg_id != 0
               ? binding.reg_id == wanted.reg_id && binding.instance == wanted.instance
               : is_same_uri(binding, wanted.uri);
  });
  if (known != bindings.end() && known->age < first_age && known->call_id == asked.call_id &&
      asked.cseq <= known->cseq) {
    return false;
  }
  if (wanted.seconds == 0) {
    if (known != bindings.end()) bindings.erase(known);
    return true;
  }
  if (known == bindings.end()) {
    bindings.emplace_back();
    known = std::prev(bindings.end());
    known->number = next_number_++;
    known->phone = phone_name(wanted.uri.text);
  }
  if (!wanted.instance.empty()) known->phone = phone_name(wanted.instance);
  known->age = next_number_++;
  known->uri = wanted.uri.text;
  known->params = wanted.params;
  known->instance = wanted.instance;
  known->reg_id = wanted.reg_id;
  known->path = asked.route_rows;
  known->call_id = asked.call_id;
  known->cseq = asked.cseq;
  known->thousandths = wanted.thousandths;
  known->flow = request.flow;
  known->lost = false;
  known->expires = now.instant + Duration::seconds(wanted.seconds);
  return true;
}

// Step 8.
void Registrar::confirm(Now now, const Request& request, const Asked& asked, Outbox& out) const {
  std::string rows;
  if (const Bindings* bindings = bindings_of(request.identity)) {
    for (const Binding& binding : *bindings) {
      if (binding.expires <= now.instant) continue;
      const Duration left = binding.expires - now.instant;
      rows.append("Contact: <").append(binding.uri).append(1, '>').append(binding.params);
      append_number(rows.append(";expires="), static_cast<std::uint64_t>(left.in_seconds()));
      rows.append("\r\n");
    }
  }
  rows.append(asked.path_rows);
  append_service_route(rows, request);
  if (asked.outbound) rows.append("Require: outbound\r\n");
  rows.append(supported_row()).append("Date: ");
  rows.append(sip::format_date(now.unix_time)).append("\r\n");
  answer(request.id, sip::Status::ok, out, std::move(rows));
}

// RFC 3608. Whom another server proxies here is told where she is served: what asks by that route
// spares both the way.
void Registrar::append_service_route(std::string& rows, const Request& request) const {
  if (request.flow.through == 0 || !shard_.settings.cluster) return;
  const ServerContacts own = contacts_of(shard_.settings.cluster->self);
  if (own.sip.empty()) return;
  const std::string uri = sip_contact_for(own.sip, request.flow.transport, request.target.scheme);
  rows.append("Service-Route: <").append(uri).append(";lr>\r\n");
}

// --- bindings ------------------------------------------------------------------------------------

const Registrar::Bindings* Registrar::bindings_of(const Address& account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : &found->second.bindings;
}

void Registrar::commit(const Address& account, Bindings bindings, Outbox& out) {
  Account& held = accounts_[account];
  for (const Binding& old : held.bindings) {
    if (const auto link = link_of(old)) by_link_.erase({*link, account});
  }
  for (const Binding& binding : bindings) {
    if (const auto link = link_of(binding)) by_link_.emplace(*link, account);
    if (binding.expires < held.look) {
      held.look = binding.expires;
      deadlines_.add(binding.expires, account);
    }
  }
  std::vector<Registration> registrations = registrations_of(bindings);
  const bool changed = registrations != registrations_of(held.bindings);
  held.bindings = std::move(bindings);
  if (held.bindings.empty()) accounts_.erase(account);
  if (changed) out.emit(RegistrationsChanged{account, std::move(registrations)});
}

void Registrar::on(Now now, const PhoneRegisters& registers, Outbox& out) {
  const bool all = renews_all(now, registers.account, registers.read->message);
  out.emit(PhoneWeighed{registers.request, registers.account, all});
}

void Registrar::on(Now now, const FlowLost& lost, Outbox& out) {
  const LinkKey link{lost.through, lost.shard, lost.link};
  while (true) {
    const auto first = by_link_.lower_bound({link, Address{}});
    if (first == by_link_.end() || first->first != link) return;
    const Address account = first->second;
    const Account& held = accounts_.find(account)->second;
    Bindings bindings = held.bindings;
    const auto is_lost = [&](const Binding& binding) { return link_of(binding) == link; };
    if (held.leaves) {
      for (Binding& binding : bindings) {
        if (!is_lost(binding)) continue;
        binding.lost = true;
        binding.expires = std::min(binding.expires, now.instant + kOnTheWayMax);
      }
    } else {
      std::erase_if(bindings, is_lost);
    }
    commit(account, std::move(bindings), out);
  }
}

void Registrar::on(Now now, const ServerGone& gone, Outbox& out) {
  while (true) {
    const auto first = by_link_.lower_bound({LinkKey{gone.server, {}, {}}, Address{}});
    if (first == by_link_.end() || first->first.through != gone.server) return;
    on(now, flow_lost(first->first), out);
  }
}

void Registrar::on(Now, const AccountGone& gone, Outbox& out) {
  drop(gone.account, out);
}

void Registrar::leaves(const Address& account) {
  const auto held = accounts_.find(account);
  if (held != accounts_.end()) held->second.leaves = true;
}

void Registrar::stays(const Address& account, Outbox& out) {
  const auto held = accounts_.find(account);
  if (held == accounts_.end() || !std::exchange(held->second.leaves, false)) return;
  Bindings bindings = held->second.bindings;
  std::erase_if(bindings, [](const Binding& binding) { return binding.lost; });
  commit(account, std::move(bindings), out);
}

void Registrar::drop(const Address& account, Outbox& out) {
  if (bindings_of(account) != nullptr) commit(account, {}, out);
}

void Registrar::wake(Now now, Outbox& out) {
  while (const auto account = deadlines_.take_due(now.instant)) {
    const auto held = accounts_.find(*account);
    if (held == accounts_.end()) continue;
    held->second.look = kNever;
    if (shard_.planted == Planted::registration_kept) continue;
    Bindings bindings = held->second.bindings;
    std::erase_if(bindings, [&](const Binding& b) { return b.expires <= now.instant; });
    commit(*account, std::move(bindings), out);
  }
}

// --- reaching phones -----------------------------------------------------------------------------

std::vector<const Binding*> Registrar::phones_of(const Address& account) const {
  std::vector<const Binding*> phones;
  const Bindings* bindings = bindings_of(account);
  if (bindings == nullptr) return phones;
  for (const Binding& binding : *bindings) {
    if (binding.lost) continue;
    const auto known = std::find_if(phones.begin(), phones.end(), [&](const Binding* phone) {
      return phone->phone == binding.phone;
    });
    if (known == phones.end()) {
      phones.push_back(&binding);
    } else if ((*known)->age < binding.age) {
      *known = &binding;
    }
  }
  return phones;
}

const Binding* Registrar::older_binding(const Address& account, std::string_view phone,
                                        std::uint64_t age) const {
  const Binding* latest = nullptr;
  const Bindings* bindings = bindings_of(account);
  if (bindings == nullptr) return nullptr;
  for (const Binding& binding : *bindings) {
    if (binding.lost || binding.phone != phone || binding.age >= age) continue;
    if (latest == nullptr || latest->age < binding.age) latest = &binding;
  }
  return latest;
}

const Binding* Registrar::find(const Address& account, std::uint64_t number) const {
  const Bindings* bindings = bindings_of(account);
  if (bindings == nullptr) return nullptr;
  for (const Binding& binding : *bindings) {
    if (binding.number == number && !binding.lost) return &binding;
  }
  return nullptr;
}

}  // namespace muster
