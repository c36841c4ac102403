#include "server/load_control/assignments.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "codec/sip/uri.h"
#include "codec/xmpp/redirection.h"
#include "server/load_control/cluster_ticket.h"

namespace muster {
namespace {

using cluster::Incarnation;
using cluster::Placement;

constexpr std::string_view kXmppScheme = "xmpp:";

}  // namespace

ServerContacts contacts_of(const cluster::Self& server) {
  using Kind = cluster::ServerEndpoint::Kind;
  ServerContacts contacts;
  contacts.svr_id = server.svr_id;
  for (const cluster::ServerEndpoint& endpoint : server.endpoints) {
    if (endpoint.kind == Kind::sip) {
      const auto uri = sip::parse_uri(endpoint.contact);
      if (uri && uri->is_sip() && !uri->has_user()) contacts.sip = endpoint.contact;
    }
    if (endpoint.kind != Kind::xmpp || !endpoint.contact.starts_with(kXmppScheme)) continue;
    contacts.xmpp = read_redirection(std::string_view(endpoint.contact).substr(kXmppScheme.size()));
  }
  return contacts;
}

// --- who is there --------------------------------------------------------------------------------

void Assignments::know(const cluster::Directory& directory, Incarnation self) {
  self_ = self;
  picture_.follow(directory);
  std::map<Incarnation, std::shared_ptr<const ServerContacts>> contacts;
  for (const cluster::Member& member : directory.members) {
    if (member.role == cluster::Role::gone || member.role == cluster::Role::standby) continue;
    const auto known = contacts_.find(member.incarnation);
    contacts[member.incarnation] =
        known != contacts_.end() ? known->second
                                 : std::make_shared<const ServerContacts>(contacts_of(member.self));
  }
  contacts_ = std::move(contacts);
}

void Assignments::end(Outbox& out) {
  self_ = Incarnation();
  for (const Asked& asked : std::exchange(waiting_, {}))
    answer(asked, {}, out);
}

UserPlace Assignments::place_of(Incarnation owner) const {
  if (owner == self_) return {UserPlace::Outcome::here, nullptr};
  const auto known = contacts_.find(owner);
  if (known == contacts_.end()) return {};
  return {UserPlace::Outcome::elsewhere, known->second};
}

// --- asking --------------------------------------------------------------------------------------

void Assignments::on(OwnerWanted wanted, Outbox& out) {
  Asked asked{wanted.shard, std::move(wanted.account), wanted.again};
  if (self_ == Incarnation()) return answer(asked, {}, out);
  waiting_.push_back(std::move(asked));
  ask_next(out);
}

// They are asked about behind this, if they come again.
void Assignments::on(const UsersLeft& left, Outbox& out) {
  if (self_ == Incarnation()) return;
  for (std::size_t i = 0; i < left.accounts.size(); i += cluster::kUsersPerRequestMax) {
    const auto begin = left.accounts.begin() + static_cast<std::ptrdiff_t>(i);
    const std::size_t n = std::min(cluster::kUsersPerRequestMax, left.accounts.size() - i);
    out.order(
        AskCluster{cluster_ticket(ClusterSubject::release),
                   cluster::ReleaseUsers{self_, {begin, begin + static_cast<std::ptrdiff_t>(n)}}});
  }
}

void Assignments::ask_next(Outbox& out) {
  if (!assigning_.empty() || !finding_.empty()) return;
  cluster::AssignUsers assign{self_, {}};
  cluster::FindOwners find{self_, {}};
  for (std::size_t n = 0; n < cluster::kUsersPerRequestMax && !waiting_.empty(); ++n) {
    Asked asked = std::move(waiting_.front());
    waiting_.pop_front();
    const Placement placement =
        cluster::place(picture_, self_, asked.user,
                       asked.again ? cluster::PlacingPolicy::limit : settings_.policy);
    if (placement.outcome == Placement::Outcome::placed) {
      asked.to = placement.server;
      assign.users.push_back({asked.user, Incarnation(), asked.to});
      assigning_.push_back(std::move(asked));
    } else {
      asked.why = placement.outcome;
      find.users.push_back(asked.user);
      finding_.push_back(std::move(asked));
    }
  }
  if (!assign.users.empty()) {
    out.order(AskCluster{cluster_ticket(ClusterSubject::assign), std::move(assign)});
  }
  if (!find.users.empty()) {
    out.order(AskCluster{cluster_ticket(ClusterSubject::find), std::move(find)});
  }
}

// --- answers -------------------------------------------------------------------------------------

Assignments::Outcome Assignments::on(Now now, const ClusterAnswered& answer, Outbox& out) {
  const ClusterSubject subject = subject_of(answer.ticket);
  Outcome outcome;
  // What could not be released is ours still, and found to be when she comes again.
  if (subject == ClusterSubject::release) return outcome;
  if (subject == ClusterSubject::yield) {
    given_back(answer, outcome);
    return outcome;
  }
  MUSTER_CHECK(subject == ClusterSubject::assign || subject == ClusterSubject::find);
  std::vector<Asked> asked =
      std::exchange(subject == ClusterSubject::assign ? assigning_ : finding_, {});
  const auto* owners = std::get_if<cluster::Owners>(&answer.reply);
  MUSTER_CHECK(owners == nullptr || owners->owners.size() == asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (owners != nullptr) {
      answered(now, std::move(asked[i]), owners->owners[i], outcome, out);
    } else {
      if (asked[i].to != Incarnation()) picture_.release(asked[i].to, 1);
      Assignments::answer(asked[i], {}, out);
    }
  }
  if (self_ != Incarnation()) ask_next(out);
  return outcome;
}

void Assignments::answered(Now now, Asked asked, Incarnation owner, Outcome& outcome, Outbox& out) {
  if (asked.to != Incarnation() && owner == asked.to) {
    outcome.given.push_back({owner, picture_.commit(owner, 1), asked.user});
  } else if (asked.to != Incarnation()) {
    picture_.release(asked.to, 1);
  }
  UserPlace place = owner == Incarnation() ? UserPlace() : place_of(owner);
  if (owner == Incarnation() && asked.why == Placement::Outcome::all_full) {
    place.outcome = UserPlace::Outcome::full;
  }
  if (asked.again && !asked.yielded && place.outcome == UserPlace::Outcome::elsewhere) {
    const Instant until = now.instant + kYieldTimeMax;
    outcome.wanted.push_back({owner, asked.user});
    yields_due_.add(until, asked.user);
    yields_[asked.user] = {asked.shard, owner, until};
  } else {
    answer(asked, std::move(place), out);
  }
}

// --- who came back -------------------------------------------------------------------------------

void Assignments::yielded(Incarnation from, const Address& user, bool yielded, Outbox& out) {
  const auto known = yields_.find(user);
  if (known == yields_.end() || known->second.from != from) return;
  Asked asked{known->second.shard, user, true, true};
  yields_.erase(known);
  if (!yielded || self_ == Incarnation()) return answer(asked, place_of(from), out);
  waiting_.push_back(std::move(asked));
  ask_next(out);
}

void Assignments::give_back(const Address& user, Incarnation to, Outbox& out) {
  if (self_ == Incarnation()) return;
  const std::uint64_t number = next_giving_back_++;
  giving_back_.emplace(number, Yielded{to, user});
  out.order(AskCluster{cluster_ticket(ClusterSubject::yield, number),
                       cluster::ReleaseUsers{self_, {user}}});
}

// She may have been another's all the time.
void Assignments::given_back(const ClusterAnswered& answer, Outcome& outcome) {
  const auto known = giving_back_.find(number_of(answer.ticket));
  MUSTER_CHECK(known != giving_back_.end());
  Yielded yielded = std::move(known->second);
  giving_back_.erase(known);
  const auto* owners = std::get_if<cluster::Owners>(&answer.reply);
  yielded.yielded = owners != nullptr && owners->owners.front() != self_;
  outcome.yielded.push_back(std::move(yielded));
}

// She is sent there again.
void Assignments::wake(Now now, Outbox& out) {
  while (const auto user = yields_due_.take_due(now.instant)) {
    const auto known = yields_.find(*user);
    if (known == yields_.end() || known->second.until > now.instant) continue;
    yielded(known->second.from, *user, false, out);
  }
}

void Assignments::answer(const Asked& asked, UserPlace place, Outbox& out) {
  out.emit(asked.shard, OwnerFound{asked.user, std::move(place)});
}

}  // namespace muster
