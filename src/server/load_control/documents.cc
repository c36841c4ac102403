#include "server/load_control/documents.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "codec/sip/uri.h"
#include "model/cluster/sorted.h"
#include "server/load_control/subscription_rows.h"

namespace muster {
namespace {

using cluster::Document;
using cluster::Incarnation;
using cluster::Member;
using cluster::Role;

// host[:port] of a SIP URI: sent-by of Via (RFC 3261 section 18.1.1).
std::string host_and_port(std::string_view uri_text) {
  const auto uri = sip::parse_uri(uri_text);
  MUSTER_CHECK(uri && uri->is_sip() && !uri->has_user());
  std::string out(uri->host.text);
  if (uri->host.kind == sip::HostKind::ipv6) out = "[" + out + "]";
  if (uri->port) out.append(":").append(std::to_string(*uri->port));
  return out;
}

}  // namespace

Documents::Documents(Settings settings, std::string svr_id, Incarnation self, Prng& prng)
    : settings_(std::move(settings)),
      link_self_{svr_id, host_and_port(svr_id), settings_.transport},
      self_(self),
      prng_(prng),
      reader_(settings_.limits),
      own_(settings_.limits),
      service_(settings_.limits) {
  kept_.entity = settings_.entity;
  own_document_.entity = svr_id;
  own_document_.loads.push_back({svr_id, {}, {}});
  own_document_.active_number = 1;
  own_document_.endpoints = settings_.endpoints;
  own_document_.lists.push_back({std::move(svr_id), 0, {}});
  MUSTER_CHECK(contradiction_of(own_document_, cluster::Parts::none) ==
               cluster::Contradiction::none);
}

// --- links ---------------------------------------------------------------------------------------

void Documents::peer_up(Instant now, Incarnation peer) {
  MUSTER_CHECK(links_.try_emplace(peer, link_self_, prng_).second);
  const Member* const known = member(peer);
  peers_[peer].svr_id = known != nullptr ? known->self.svr_id : std::string();
  settle(now);
}

// Every subscription goes with its link, on both sides.
void Documents::peer_down(Instant now, Incarnation peer) {
  const auto found = peers_.find(peer);
  MUSTER_CHECK(found != peers_.end());
  Peer& gone = found->second;
  if (gone.service) keep(gone.service->release());
  if (gone.users) outcomes_.emplace_back(UsersFailed{peer});
  if (gone.invitation && !gone.invitation->is_accepted() && !gone.invitation->given_up) {
    outcomes_.emplace_back(InviteAnswered{peer, sip::Status::request_timeout});
  }
  own_.drop(peer);
  service_.drop(peer);
  users_.drop(peer);
  if (const auto heard = heard_.find(gone.svr_id); heard != heard_.end()) {
    if (!heard->second.unlinked_since) heard->second.unlinked_since = now;
  }
  peers_.erase(found);
  links_.erase(peer);
  settle(now);
}

void Documents::send(Incarnation to, std::string bytes) {
  if (!bytes.empty()) outcomes_.emplace_back(SendOnLane{to, std::move(bytes)});
}

void Documents::fault(Incarnation peer, DocumentFault why, std::string detail) {
  ++counters_.faults[static_cast<std::size_t>(why)];
  if (told_.emplace(peer, why).second) {
    outcomes_.emplace_back(DocumentRefused{peer, why, std::move(detail)});
  }
}

// --- this server ---------------------------------------------------------------------------------

void Documents::own(Instant now, const OwnLoad& load) {
  cluster::ServerLoad& known = own_document_.loads[0];
  if (known.current == load.level && known.max == load.max &&
      own_document_.lists[0].number == load.users) {
    return;
  }
  known.current = load.level;
  known.max = load.max;
  own_document_.lists[0].number = load.users;
  own_document_.total_users_number = load.users;
  own_changed();
  settle(now);
}

void Documents::own_changed() {
  own_document_.version = cluster::DocVersion(own_document_.version.number() + 1);
  own_.changed();
  if (!is_main()) return;
  ++heard_[link_self_.svr_id].reports;
  put(self_, own_document_);
}

void Documents::leave(Instant now) {
  leaving_ = true;
  own_.end_all(SubscriptionEnd::noresource);
  users_.end_all(SubscriptionEnd::noresource);
  service_.end_all(SubscriptionEnd::deactivated);
  settle(now);
}

void Documents::ask_users(Instant now, Incarnation peer) {
  Peer& asked = peers_.at(peer);
  if (asked.users) return;
  if (asked.svr_id.empty()) {
    outcomes_.emplace_back(UsersFailed{peer});
    return;
  }
  asked.users.emplace(DocumentWatch::Of::users, asked.svr_id);
  settle(now);
}

void Documents::give_users(Instant now, std::vector<cluster::User> users) {
  users_asked_ = false;
  users_.give(link_self_.svr_id, std::move(users));
  settle(now);
}

// --- the directory -------------------------------------------------------------------------------

const Member* Documents::member(Incarnation incarnation) const {
  for (const Member& known : directory_.members) {
    if (known.incarnation == incarnation && known.role != Role::gone) return &known;
  }
  return nullptr;
}

bool Documents::runs(const Member& member) {
  return serves(member.role);
}

bool Documents::is_running(std::string_view svr_id) const {
  return std::any_of(directory_.members.begin(), directory_.members.end(),
                     [&](const Member& one) { return runs(one) && one.self.svr_id == svr_id; });
}

bool Documents::follows_service() const {
  const Member* const self = member(self_);
  return joined_ || (self != nullptr && runs(*self));
}

void Documents::directory(Instant now, const cluster::Directory& directory) {
  // What was known was said by the main that the directory had before.
  if (directory.main == self_ && !is_main()) begin_to_be_main(now);
  directory_ = directory;
  for (auto& [incarnation, peer] : peers_) {
    const Member* const known = member(incarnation);
    peer.svr_id = known != nullptr ? known->self.svr_id : std::string();
  }
  std::erase_if(told_, [&](const auto& told) {
    return member(told.first) == nullptr && !peers_.contains(told.first);
  });
  std::erase_if(heard_, [&](const auto& heard) { return !is_running(heard.first); });
  if (directory_.main != self_ && is_main()) cease_to_be_main();
  const Member* const self = member(self_);
  if (self != nullptr && runs(*self)) joined_ = false;  // the directory says so
  bool changed = false;
  for (cluster::ServerEndpoint& endpoint : own_document_.endpoints) {
    const bool open = self == nullptr || !drains(self->role);
    changed |= std::exchange(endpoint.open, open) != open;
  }
  if (changed) own_changed();
  if (is_main()) bring_in_line();
  settle(now);
}

// What was known goes on, until each server has said what it is now.
void Documents::begin_to_be_main(Instant now) {
  picture_.emplace(picture(), settings_.limits);
  for (const cluster::ServerLoad& load : picture_->document().loads)
    heard_[load.svr_id].unlinked_since = now;
  heard_[link_self_.svr_id].unlinked_since.reset();
  service_.begin_anew();
}

void Documents::cease_to_be_main() {
  kept_ = picture_->document();
  picture_.reset();
  for (auto& [svr_id, heard] : heard_)
    heard.unlinked_since.reset();
  service_.end_all(SubscriptionEnd::deactivated);
}

void Documents::bring_in_line() {
  bool changed = picture_->set_epoch(directory_.epoch);
  std::vector<std::string> candidates;
  for (const Member& known : directory_.members) {
    if (known.role == Role::standby) candidates.push_back(known.self.svr_id);
    if (!runs(known)) continue;
    changed |= picture_->set_open(known.self.svr_id, known.role == Role::running);
  }
  changed |= picture_->set_candidates(std::move(candidates));
  const std::vector<cluster::ServerLoad> loads = picture_->document().loads;
  for (const cluster::ServerLoad& load : loads) {
    if (!is_running(load.svr_id)) changed |= picture_->take_out(load.svr_id);
  }
  if (changed) picture_changed();
  put(self_, own_document_);
  for (const auto& [incarnation, peer] : peers_) {
    if (peer.own && peer.own->follows()) put(incarnation, *peer.own->document());
  }
}

void Documents::picture_changed() {
  picture_->next_version();
  service_.changed();
}

void Documents::put(Incarnation of, const Document& own) {
  const Member* const known = member(of);
  if (known == nullptr || !runs(*known)) return;
  switch (picture_->put(own, known->role == Role::running)) {
    case ClusterPicture::Put::same: return;
    case ClusterPicture::Put::changed: return picture_changed();
    case ClusterPicture::Put::no_room: return fault(of, DocumentFault::too_many_servers);
  }
}

// --- what is known -------------------------------------------------------------------------------

void Documents::keep(std::optional<Document> document) {
  if (document && !is_main()) kept_ = std::move(*document);
}

const Document& Documents::picture() const {
  if (is_main()) return picture_->document();
  const auto main = peers_.find(directory_.main);
  const bool watched =
      main != peers_.end() && main->second.service && main->second.service->document() != nullptr;
  return watched ? *main->second.service->document() : kept_;
}

bool Documents::is_followed_by(Incarnation peer) const {
  const LinkSubscription* const subscription = service_.find(peer);
  return subscription != nullptr && subscription->live();
}

Documents::Report Documents::report(std::string_view svr_id) const {
  const auto heard = heard_.find(svr_id);
  if (heard == heard_.end() || cluster::find(picture().loads, svr_id) == nullptr) return {};
  if (is_main()) return {heard->second.reports, heard->second.unlinked_since.has_value()};
  const auto main = peers_.find(directory_.main);
  const bool follows =
      main != peers_.end() && main->second.service && main->second.service->follows();
  return {heard->second.reports, !follows};
}

// --- after each input ----------------------------------------------------------------------------

void Documents::wake(Instant now) {
  settle(now);
}

void Documents::settle(Instant now) {
  if (is_main()) take_out_unlinked(now);
  for (auto& [incarnation, link] : links_) {
    while (const auto lapsed = link.take_lapsed(now)) {
      read_ = LinkMessage();
      take_answer(now, incarnation, peers_.at(incarnation), *lapsed);
    }
  }
  for (auto& [incarnation, peer] : peers_)
    settle_watches(now, incarnation, peer);
  bool too_large = false;
  counters_.notifies_sent += own_.settle(now, own_document_, links_, outcomes_, too_large);
  counters_.notifies_sent += service_.settle(now, picture(), links_, outcomes_, too_large);
  counters_.notifies_sent += users_.settle(now, own_document_, links_, outcomes_);
  if (too_large) fault(self_, DocumentFault::document_too_large);
  if (users_.wants_users() && !std::exchange(users_asked_, true)) {
    outcomes_.emplace_back(UsersWanted{});
  }
}

void Documents::take_out_unlinked(Instant now) {
  bool changed = false;
  for (auto& [svr_id, heard] : heard_) {
    if (!heard.unlinked_since || now < *heard.unlinked_since + kUnlinkedTimeMax) continue;
    heard.unlinked_since.reset();
    changed |= picture_->take_out(svr_id);
  }
  if (changed) picture_changed();
}

void Documents::settle_watches(Instant now, Incarnation incarnation, Peer& peer) {
  const Member* const known = leaving_ ? nullptr : member(incarnation);
  const bool wants_own = is_main() && known != nullptr && runs(*known);
  const bool wants_service =
      !is_main() && known != nullptr && follows_service() && directory_.main == incarnation;
  LinkSip& sip = links_.at(incarnation);
  std::string bytes;
  const auto settle = [&](std::optional<DocumentWatch>& watch, bool wanted) {
    if (watch && !wanted) watch->end(now, sip, bytes);
    send(incarnation, std::exchange(bytes, {}));
    if (watch) watch->settle(now, sip, bytes);
    send(incarnation, std::exchange(bytes, {}));
  };
  // One that is ending is over before the next begins.
  const auto keep_up = [&](std::optional<DocumentWatch>& watch, bool wanted, DocumentWatch::Of of,
                           const std::string& resource) {
    settle(watch, wanted);
    if (watch && watch->over()) watch.reset();
    if (watch || !wanted) return;
    watch.emplace(of, resource);
    settle(watch, true);
  };
  if (peer.service && !wants_service && peer.service->wanted()) keep(peer.service->release());
  keep_up(peer.own, wants_own, DocumentWatch::Of::own, peer.svr_id);
  keep_up(peer.service, wants_service, DocumentWatch::Of::service, settings_.entity);
  settle(peer.users, !leaving_);
  if (!peer.users || !peer.users->over()) return;
  hand_over_users(incarnation, *peer.users);
  peer.users.reset();
}

void Documents::hand_over_users(Incarnation incarnation, DocumentWatch& watch) {
  auto document = watch.release();
  if (document && document->lists[0].complete()) {
    outcomes_.emplace_back(UsersCame{incarnation, std::move(document->lists[0])});
  } else {
    outcomes_.emplace_back(UsersFailed{incarnation});
  }
}

std::optional<Instant> Documents::next_deadline() const {
  std::optional<Instant> next;
  const auto by = [&](const std::optional<Instant>& when) {
    if (when) next = next ? std::min(*next, *when) : *when;
  };
  for (const auto& [incarnation, link] : links_)
    by(link.next_deadline());
  for (const auto& [incarnation, peer] : peers_) {
    for (const std::optional<DocumentWatch>* const watch :
         {&peer.own, &peer.service, &peer.users}) {
      if (*watch) by((*watch)->next_deadline());
    }
  }
  by(own_.next_deadline());
  by(service_.next_deadline());
  by(users_.next_deadline());
  if (is_main()) {
    for (const auto& [svr_id, heard] : heard_) {
      if (heard.unlinked_since) by(*heard.unlinked_since + kUnlinkedTimeMax);
    }
  }
  return next;
}

}  // namespace muster
