#include "server/load_control/assignments.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "model/cluster/sorted.h"
#include "server/load_control/cluster_ticket.h"
#include "server/planted.h"

namespace muster {
namespace {

using cluster::Incarnation;
using cluster::Placement;

}  // namespace

// --- who is there --------------------------------------------------------------------------------

void Assignments::know(const cluster::Directory& directory, Incarnation self) {
  self_ = self;
  picture_.follow(directory);
  std::map<Incarnation, std::shared_ptr<const ServerContacts>> contacts;
  for (const cluster::Member& member : directory.members) {
    if (member.role == cluster::Role::gone || member.role == cluster::Role::standby) continue;
    const auto known = contacts_.find(member.incarnation);
    if (known != contacts_.end()) {
      contacts.insert(*known);
      continue;
    }
    ServerContacts of_it = contacts_of(member.self);
    of_it.server = member.incarnation.number();
    contacts[member.incarnation] = std::make_shared<const ServerContacts>(std::move(of_it));
  }
  contacts_ = std::move(contacts);
  for (Asked& asked : std::exchange(unforgotten_, {})) {
    const cluster::Member* hers = member_of(directory, asked.gone);
    const bool waits = hers != nullptr && hers->role == cluster::Role::gone;
    (waits ? unforgotten_ : waiting_).push_back(std::move(asked));
  }
  candidates_.clear();
  for (const cluster::Member& member : directory.members) {
    if (member.role == cluster::Role::standby) candidates_.insert(member.incarnation);
  }
  // Who is of a server that is forgotten is nobody's, and need not be yielded.
  std::erase_if(yields_, [&](const auto& yield) {
    const Incarnation from = yield.second.from;
    const bool is_known = member_of(directory, from) != nullptr;
    if (!is_known) waiting_.push_back({yield.second.shard, yield.first, true, true});
    return !is_known;
  });
  hope_ = (!candidates_.empty() || settings_.launches) && directory.main != Incarnation();
  sends_to_ = candidates_.contains(self) ? directory.main : Incarnation();
}

std::shared_ptr<const ServerContacts> Assignments::contacts(Incarnation server) const {
  const auto known = contacts_.find(server);
  const auto servers = picture_.servers();
  const cluster::ServerPicture* picture = cluster::find(servers, server);
  const bool takes = picture != nullptr && picture->runs();
  return known != contacts_.end() && takes ? known->second : nullptr;
}

void Assignments::end(Outbox& out) {
  self_ = Incarnation();
  for (std::deque<Asked>* const waiting : {&waiting_, &roomless_, &unforgotten_, &doubted_}) {
    for (const Asked& asked : std::exchange(*waiting, {}))
      answer(asked, {}, out);
  }
}

UserPlace Assignments::place_of(Incarnation owner) const {
  if (owner == self_) return {UserPlace::Outcome::here, nullptr};
  auto known = contacts_.find(owner);
  if (planted_ == Planted::sent_astray) {
    const auto astray = std::find_if(contacts_.begin(), contacts_.end(), [&](const auto& other) {
      return other.first != owner && other.first != self_;
    });
    if (astray != contacts_.end()) known = astray;
  }
  if (known == contacts_.end()) return {};
  return {UserPlace::Outcome::elsewhere, known->second};
}

void Assignments::go_on(Outbox& out) {
  for (Asked& asked : std::exchange(doubted_, {})) {
    if (!candidates_.contains(asked.from)) asked.from = Incarnation();
    waiting_.push_back(std::move(asked));
  }
  if (self_ != Incarnation()) ask_next(out);
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
    const Placement placement = place(asked);
    if (placement.outcome == Placement::Outcome::placed) {
      asked.to = placement.server;
      assign.users.push_back({asked.user, asked.from, asked.to});
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

bool Assignments::takes_users() const {
  const auto servers = picture_.servers();
  const cluster::ServerPicture* self = cluster::find(servers, self_);
  return self != nullptr && self->runs();
}

// Who was yielded to us stays, though we may be full: she was here, and goes nowhere else.
Placement Assignments::place(const Asked& asked) const {
  const bool stays = asked.yielded || planted_ == Planted::limit_passed;
  if (stays && takes_users()) {
    picture_.reserve(self_, 1);
    return {Placement::Outcome::placed, self_};
  }
  return cluster::place(picture_, self_, asked.user,
                        asked.again ? cluster::PlacingPolicy::limit : settings_.policy);
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
  if (subject == ClusterSubject::move) {
    moved(answer, outcome, out);
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
    const bool is_refused = owner == asked.from && self_ != Incarnation();
    if (is_refused && !std::exchange(asked.refused, true)) {
      asked.to = Incarnation();
      return doubted_.push_back(std::move(asked));
    }
  }
  if (owner != self_ && candidates_.contains(owner)) {
    asked.to = Incarnation();
    const bool is_news = std::exchange(asked.from, owner) != owner && self_ != Incarnation();
    if (is_news) return doubted_.push_back(std::move(asked));
    owner = Incarnation();
  }
  const bool is_placed_by_main = owner == Incarnation() && sends_to_ != Incarnation();
  UserPlace place = is_placed_by_main ? place_of(sends_to_) : UserPlace();
  if (owner != Incarnation()) place = place_of(owner);
  if (owner == Incarnation() && !is_placed_by_main && asked.why == Placement::Outcome::all_full) {
    if (hope_ && may_wait(now, asked)) return wait_in(roomless_, std::move(asked));
    place.outcome = UserPlace::Outcome::full;
  }
  const bool is_hers = owner != Incarnation() && place.outcome == UserPlace::Outcome::elsewhere;
  if (asked.again && !asked.yielded && is_hers && takes_users()) {
    const Instant until = now.instant + kYieldTimeMax;
    outcome.wanted.push_back({owner, asked.user});
    yields_due_.add(until, asked.user);
    yields_[asked.user] = {asked.shard, owner, until};
  } else if (!waits_for_burial(now, asked, owner, place)) {
    answer(asked, std::move(place), out);
  }
}

// --- who came back -------------------------------------------------------------------------------

void Assignments::yielded(Now now, Incarnation from, const Address& user, bool yielded,
                          Outbox& out) {
  const auto known = yields_.find(user);
  if (known == yields_.end() || known->second.from != from) return;
  Asked asked{known->second.shard, user, true, true};
  yields_.erase(known);
  if (!yielded || self_ == Incarnation()) {
    UserPlace place = place_of(from);
    if (!waits_for_burial(now, asked, from, place)) answer(asked, std::move(place), out);
    return;
  }
  waiting_.push_back(std::move(asked));
  ask_next(out);
}

void Assignments::give_back(const Address& user, Incarnation to, Outbox& out) {
  if (self_ == Incarnation()) return;
  const std::uint64_t number = next_number_++;
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

// --- waiting -------------------------------------------------------------------------------------

bool Assignments::may_wait(Now now, Asked& asked) const {
  if (self_ == Incarnation()) return false;
  if (!asked.waits_until) asked.waits_until = now.instant + kWaitTimeMax;
  asked.to = Incarnation();
  return now.instant < *asked.waits_until;
}

// Her server is gone, or joined since the directory was read. If so she is no longer in `asked`.
bool Assignments::waits_for_burial(Now now, Asked& asked, Incarnation owner,
                                   const UserPlace& place) {
  const bool is_gone = owner != Incarnation() && place.outcome == UserPlace::Outcome::unknown;
  if (!is_gone || !may_wait(now, asked)) return false;
  asked.gone = owner;
  wait_in(unforgotten_, std::move(asked));
  return true;
}

void Assignments::wait_in(std::deque<Asked>& queue, Asked asked) {
  const auto behind = std::upper_bound(
      queue.begin(), queue.end(), *asked.waits_until,
      [](Instant until, const Asked& other) { return until < *other.waits_until; });
  queue.insert(behind, std::move(asked));
}

void Assignments::give_up(Now now, std::deque<Asked>& queue, UserPlace::Outcome outcome,
                          Outbox& out) {
  while (!queue.empty() && *queue.front().waits_until <= now.instant) {
    answer(queue.front(), {outcome, nullptr}, out);
    queue.pop_front();
  }
}

void Assignments::look_for_room(Outbox& out) {
  if (roomless_.empty() || self_ == Incarnation()) return;
  const auto servers = picture_.servers();
  const bool room = std::any_of(servers.begin(), servers.end(),
                                [](const auto& server) { return server.has_room(); });
  if (!room) return;
  for (Asked& asked : std::exchange(roomless_, {}))
    waiting_.push_back(std::move(asked));
  ask_next(out);
}

// --- who moves -----------------------------------------------------------------------------------

void Assignments::move(const MovesChosen& chosen, Outbox& out) {
  const Incarnation to(chosen.to);
  if (self_ == Incarnation() || contacts(to) == nullptr) {
    for (const Address& account : chosen.accounts)
      out.emit(chosen.shard, MoveDecided{account, chosen.to, nullptr});
    return;
  }
  picture_.reserve(to, static_cast<std::uint32_t>(chosen.accounts.size()));
  for (std::size_t i = 0; i < chosen.accounts.size(); i += cluster::kUsersPerRequestMax) {
    const std::size_t n = std::min(cluster::kUsersPerRequestMax, chosen.accounts.size() - i);
    const auto begin = chosen.accounts.begin() + static_cast<std::ptrdiff_t>(i);
    const auto asked = static_cast<std::uint32_t>(n);
    move_some({chosen.shard, chosen.to, asked, {begin, begin + static_cast<std::ptrdiff_t>(n)}},
              out);
  }
}

void Assignments::move_some(MovesChosen some, Outbox& out) {
  const std::uint64_t number = next_number_++;
  cluster::AssignUsers assign{self_, {}};
  for (const Address& account : some.accounts)
    assign.users.push_back({account, self_, Incarnation(some.to)});
  moving_.emplace(number, std::move(some));
  out.order(AskCluster{cluster_ticket(ClusterSubject::move, number), std::move(assign)});
}

void Assignments::moved(const ClusterAnswered& answer, Outcome& outcome, Outbox& out) {
  const auto known = moving_.find(number_of(answer.ticket));
  MUSTER_CHECK(known != moving_.end());
  const MovesChosen chosen = std::move(known->second);
  moving_.erase(known);
  const Incarnation to(chosen.to);
  const auto* owners = std::get_if<cluster::Owners>(&answer.reply);
  for (std::size_t i = 0; i < chosen.accounts.size(); ++i) {
    const Address& account = chosen.accounts[i];
    const Incarnation owner = owners != nullptr ? owners->owners[i] : self_;
    if (owner == to) {
      outcome.given.push_back({to, picture_.commit(to, 1), account});
    } else {
      picture_.release(to, 1);
    }
    // Whose she is now, she goes there; who is nobody's is placed anew there.
    const auto at = contacts_.find(owner == Incarnation() ? to : owner);
    const bool goes = owner != self_ && at != contacts_.end();
    out.emit(chosen.shard, MoveDecided{account, chosen.to, goes ? at->second : nullptr});
  }
}

// --- time ----------------------------------------------------------------------------------------

std::optional<Instant> Assignments::next_deadline() const {
  std::optional<Instant> next = yields_due_.next();
  for (const std::deque<Asked>* const queue : {&roomless_, &unforgotten_}) {
    if (queue->empty()) continue;
    const Instant until = *queue->front().waits_until;
    next = next ? std::min(*next, until) : until;
  }
  return next;
}

// Who was to be yielded is sent there again.
void Assignments::wake(Now now, Outbox& out) {
  give_up(now, roomless_, UserPlace::Outcome::full, out);
  give_up(now, unforgotten_, UserPlace::Outcome::unknown, out);
  while (const auto user = yields_due_.take_due(now.instant)) {
    const auto known = yields_.find(*user);
    if (known == yields_.end() || known->second.until > now.instant) continue;
    yielded(now, known->second.from, *user, false, out);
  }
}

void Assignments::answer(const Asked& asked, UserPlace place, Outbox& out) {
  out.emit(asked.shard, OwnerFound{asked.user, std::move(place)});
}

}  // namespace muster
