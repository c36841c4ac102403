#include "server/load_control/cluster_server.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "codec/address/jid.h"
#include "model/cluster/sorted.h"
#include "server/load_control/level.h"
#include "server/load_control/relay_words.h"
#include "server/planted.h"
#include "server/proxy_words.h"

namespace muster {
namespace {

using cluster::Incarnation;

// As an operator knows it. One that is forgotten has no other name than its number.
std::string name_of(Incarnation incarnation, const cluster::Directory& directory) {
  const cluster::Member* member = member_of(directory, incarnation);
  return member != nullptr ? member->self.svr_id
                           : "incarnation " + std::to_string(incarnation.number());
}

bool is_fenced(const cluster::ClusterReply& reply) {
  const auto* refused = std::get_if<cluster::ClusterRefused>(&reply);
  return refused != nullptr && refused->why == cluster::ClusterRefused::Why::fenced;
}

}  // namespace

ClusterServer::ClusterServer(Shard& shard)
    : shard_(shard),
      settings_(*shard.settings.cluster),
      membership_(settings_),
      links_(settings_.links, shard.prng),
      document_watchers_(shard),
      assignments_(picture_, settings_.load, shard.planted),
      main_(settings_.load, shard.planted),
      late_moves_(settings_.load),
      counted_(shard.shards),
      listed_(shard.shards),
      shards_serving_(static_cast<std::uint8_t>(shard.shards - 1)) {}

// --- the lease -----------------------------------------------------------------------------------

void ClusterServer::on(Now now, const Started& started, Outbox& out) {
  membership_.on(now, started, out);
}

void ClusterServer::on(Now now, const ClusterAnswered& answered, Outbox& out) {
  const bool refused_as_fenced = is_fenced(answered.reply);
  if (role_answered(now, answered, out) && !refused_as_fenced) return;
  const ClusterSubject subject = subject_of(answered.ticket);
  if (subject == ClusterSubject::where) return user_found(answered, out);
  const bool is_of_users = subject >= ClusterSubject::assign && subject < ClusterSubject::where;
  if (is_of_users) {
    const Assignments::Outcome outcome = assignments_.on(now, answered, out);
    for (const Assignments::Wanted& one : outcome.wanted)
      tell(one.from, cluster::YieldUser{one.user.text()});
    for (const Assignments::Yielded& one : outcome.yielded) {
      if (one.yielded) awaited_users_.came(one.user);
      tell(one.to, cluster::UserYielded{one.yielded, one.user.text()});
    }
    for (const Assignments::Given& one : outcome.given) {
      if (one.to == membership_.self()) {
        awaited_users_.given(now, one.to, one.number, one.user);
      } else {
        tell(one.to, cluster::UserGiven{one.number, one.user.text()});
      }
    }
    report_settled(now, out);
    if (assignments_.wants_directory()) membership_.look_again(now);
    if (!refused_as_fenced) return;
  }
  membership_.on(now, answered, out);
  if (membership_.state() == Membership::State::member) {
    directory_read(now, out);
  } else if (membership_.state() == Membership::State::over) {
    over(now, out);
  }
  hear(now, out);
  tell_who_is_gone(out);
}

// Behind what it did not take.
void ClusterServer::tell_who_is_gone(Outbox& out) {
  const cluster::Directory& directory = membership_.directory();
  std::erase_if(living_, [&](Incarnation server) {
    const cluster::Member* member = member_of(directory, server);
    const bool lives = member != nullptr && member->role != cluster::Role::gone;
    if (!lives) tell_shards(ServerGone{server.number()}, out);
    return !lives;
  });
}

void ClusterServer::on(Now now, const ServerFenced& fenced, Outbox& out) {
  const bool done = fenced.fenced || shard_.planted == Planted::forgotten_unfenced;
  membership_.on(now, ServerFenced{fenced.incarnation, done}, out);
}

void ClusterServer::directory_read(Now now, Outbox& out) {
  const cluster::Directory& directory = membership_.directory();
  if (!documents_) begin_documents(now);
  assignments_.know(directory, membership_.self());
  main_.know(now.instant, directory, membership_.self());
  for (const cluster::Member& member : directory.members) {
    const bool is_self = member.incarnation == membership_.self();
    picture_.reach(member.incarnation, is_self || links_.is_up(member.incarnation));
  }
  assignments_.go_on(out);
  move_on_from_here(now, out);
  to_steer_ = true;
  awaited_users_.know(directory);
  const auto is_gone = [&](cluster::Incarnation incarnation) {
    return member_of(directory, incarnation) == nullptr;
  };
  std::erase_if(others_, [&](const auto& other) { return is_gone(other.first); });
  std::erase_if(not_understood_, is_gone);
  for (const cluster::Member& member : directory.members) {
    const bool is_other = member.incarnation != membership_.self();
    if (is_other && member.role != cluster::Role::gone) living_.insert(member.incarnation);
  }
  std::erase_if(looked_for_, is_gone);
  documents_->directory(now.instant, directory);
  carry_out(now, out);
  links_.know(now, directory, membership_.self(), out);
}

void ClusterServer::begin_documents(Now now) {
  Documents::Settings settings;
  settings.entity = "sip:" + shard_.settings.domains.front();
  settings.endpoints = settings_.self.endpoints;
  documents_.emplace(std::move(settings), settings_.self.svr_id, membership_.self(), shard_.prng);
  documents_->own(now.instant, own_);
}

void ClusterServer::on(Now, const ShardStopped&, Outbox&) {
  MUSTER_CHECK(shards_serving_ > 0);
  --shards_serving_;
}

void ClusterServer::leave(Now now, Outbox& out) {
  if (shards_serving_ > 0 || membership_.state() >= Membership::State::leaving) return;
  if (documents_) {
    documents_->leave(now.instant);
    carry_out(now, out);
  }
  over(now, out);
  hear(now, out);
  membership_.leave(now, out);
}

void ClusterServer::over(Now now, Outbox& out) {
  assignments_.end(out);
  links_.close_all(now, out);
}

void ClusterServer::wake(Now now, Outbox& out) {
  membership_.wake(now, out);
  links_.wake(now, out);
  hear(now, out);
  awaited_users_.wake(now);
  assignments_.wake(now, out);
  report_settled(now, out);
  operator_desk_.wake(now);
  users_desk_.wake(now);
  answer_operators(out);
  const auto main = main_.next_deadline();
  if (main && *main <= now.instant) to_steer_ = true;
  if (!documents_) return;
  documents_->wake(now.instant);
  carry_out(now, out);
  document_watchers_.wake(now, seen(), out);
}

std::optional<Instant> ClusterServer::next_deadline() const {
  const bool is_member = membership_.state() == Membership::State::member;
  std::optional<Instant> earliest;
  for (const std::optional<Instant>& next :
       {membership_.next_deadline(), links_.next_deadline(), awaited_users_.next_deadline(),
        assignments_.next_deadline(), is_member ? main_.next_deadline() : std::nullopt,
        documents_ ? documents_->next_deadline() : std::nullopt, document_watchers_.next_deadline(),
        operator_desk_.next_deadline(), users_desk_.next_deadline()}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

// --- the links to the other servers --------------------------------------------------------------

void ClusterServer::on(Now now, const LinkOpened& opened, Outbox& out) {
  links_.on(now, opened, out);
  hear(now, out);
}

void ClusterServer::on(Now now, const LinkFailed& failed, Outbox& out) {
  links_.on(now, failed, out);
}

void ClusterServer::on(Now now, const BytesReceived& received, Outbox& out) {
  links_.on(now, received, out);
  hear(now, out);
}

void ClusterServer::on(Now now, const LinkClosed& closed, Outbox& out) {
  links_.on(now, closed, out);
  hear(now, out);
}

void ClusterServer::hear(Now now, Outbox& out) {
  while (const auto what = links_.next(now, out))
    happened(now, *what, out);
}

void ClusterServer::happened(Now now, const ServerLinks::Happened& what, Outbox& out) {
  std::visit(Overloaded{
                 [&](const ServerLinks::PeerUp& up) {
                   const bool is_back = picture_.reach(up.peer, true);
                   documents_->peer_up(now.instant, up.peer);
                   carry_out(now, out);
                   const auto servers = picture_.servers();
                   const cluster::ServerPicture* peer = cluster::find(servers, up.peer);
                   const bool serves = peer != nullptr && peer->role != cluster::Role::standby;
                   if (is_back && serves) main_.came_back(now.instant);
                   assignments_.look_for_room(out);
                   to_steer_ = true;
                   others_[up.peer].shards_said_all = 0;
                   tell_shards(ServerUp{up.peer.number()}, out);
                 },
                 [&](const ServerLinks::PeerDown& down) {
                   picture_.reach(down.peer, false);
                   operator_desk_.lost(down.peer);
                   answer_operators(out);
                   documents_->peer_down(now.instant, down.peer);
                   carry_out(now, out);
                   to_steer_ = true;
                   tell_shards(ServerDown{down.peer.number()}, out);
                 },
                 [&](const ServerLinks::Came& payload) { came(now, payload, out); },
                 [&](const ServerLinks::NotDelivered& lost) { not_delivered(lost, out); },
             },
             what);
}

void ClusterServer::came(Now now, const ServerLinks::Came& payload, Outbox& out) {
  if (payload.lane == cluster::Lane::documents) {
    documents_->came(now.instant, payload.peer, payload.payload);
    carry_out(now, out);
    return;
  }
  if (payload.lane == cluster::Lane::relay) return came_relayed(payload, out);
  const auto what =
      payload.lane == cluster::Lane::directed ? cluster::read_told(payload.payload) : std::nullopt;
  if (!what) return came_for_users(payload, out);
  std::visit([&](const auto& one) { told(now, payload.peer, one, out); }, *what);
}

// --- what the shards of two servers tell one another ---------------------------------------------

template <class E>
void ClusterServer::tell_shards(const E& event, Outbox& out) {
  for (std::uint8_t shard = 0; shard < shard_.shards; ++shard)
    out.emit(ShardId(shard), event);
}

void ClusterServer::on(Now, const ToServers& said, Outbox& out) {
  const cluster::Lane lane = said.once ? cluster::Lane::directed : cluster::Lane::presence;
  const auto tell_one = [&](Incarnation to) {
    const auto sent = links_.send(to, lane, said.said);
    const bool is_lost = said.once || sent == ServerLinks::Sent::full;
    if (sent == ServerLinks::Sent::sent || !is_lost) return;
    out.emit(said.shard, FromServer{to.number(), said.said, true});
  };
  for (const std::uint64_t to : said.to)
    tell_one(Incarnation(to));
  if (!said.to.empty()) return;
  for (const cluster::Member& member : membership_.directory().members) {
    if (member.incarnation == membership_.self() || member.role == cluster::Role::gone) continue;
    tell_one(member.incarnation);
  }
}

void ClusterServer::on(Now, const ToRelay& said, Outbox& out) {
  using Why = FromRelay::Why;
  const auto sent = links_.send(Incarnation(said.to), cluster::Lane::relay, said.said);
  if (sent == ServerLinks::Sent::sent) return;
  const Why why = sent == ServerLinks::Sent::full ? Why::full : Why::no_link;
  out.emit(said.shard, FromRelay{why, said.to, said.said});
}

void ClusterServer::came_relayed(const ServerLinks::Came& payload, Outbox& out) {
  auto shard = relay_shard_of(payload.payload, shard_.shards);
  if (!shard) shard = proxy_shard_of(payload.payload, shard_.shards);
  if (!shard) return tell_not_understood(payload.peer, out);
  out.emit(*shard,
           FromRelay{FromRelay::Why::came, payload.peer.number(), std::string(payload.payload)});
}

void ClusterServer::came_for_users(const ServerLinks::Came& payload, Outbox& out) {
  const std::optional<Reader> reader = reader_of(payload.payload);
  const auto lane = reader && reader->once ? cluster::Lane::directed : cluster::Lane::presence;
  if (!reader || payload.lane != lane) return tell_not_understood(payload.peer, out);
  const FromServer from{payload.peer.number(), std::string(payload.payload), false};
  std::visit(Overloaded{
                 [&](const ConcernsSaid&) {
                   const std::optional<Said> said = read_said(payload.payload);
                   if (!said) return tell_not_understood(payload.peer, out);
                   concerns_came(payload.peer, std::get<Concerns>(*said), out);
                 },
                 [&](std::string_view user) { out.emit(shard_.home_of(user), from); },
                 [&](ShardId shard) {
                   if (shard.number() < shard_.shards) return out.emit(shard, from);
                   tell_not_understood(payload.peer, out);
                 },
             },
             reader->who);
}

// To the home shard of each user.
void ClusterServer::concerns_came(Incarnation by, const Concerns& concerns, Outbox& out) {
  std::vector<Concerns> of(shard_.shards);
  for (const auto list : {&Concerns::watched, &Concerns::unwatched, &Concerns::present,
                          &Concerns::served, &Concerns::not_served}) {
    for (const Address& user : concerns.*list)
      (of[shard_.home_of(user).number()].*list).push_back(user);
  }
  for (std::uint8_t shard = 0; shard < shard_.shards; ++shard) {
    if (of[shard].empty()) continue;
    out.emit(ShardId(shard), ConcernsCame{by.number(), std::move(of[shard])});
  }
  if (concerns.last_of == 0 || ++others_[by].shards_said_all != concerns.last_of) return;
  tell_shards(ServerSaidAll{by.number()}, out);
}

// It is gone, or we are.
void ClusterServer::not_delivered(const ServerLinks::NotDelivered& lost, Outbox& out) {
  for (const std::string& payload : lost.payloads) {
    const std::optional<Reader> reader = reader_of(payload);
    const auto* user = reader ? std::get_if<std::string_view>(&reader->who) : nullptr;
    if (user == nullptr) continue;
    out.emit(shard_.home_of(*user), FromServer{lost.peer.number(), payload, true});
  }
  out.order(Log{Log::Level::warning, "not-delivered", name_of(lost.peer, membership_.directory()),
                std::to_string(lost.payloads.size())});
}

bool ClusterServer::tell(Incarnation to, const cluster::Told& told) {
  std::string said;
  cluster::append_told(said, told);
  // Where there is no room, or no such server any more, it is not said: the next number makes a
  // lost one good, and who waits for an answer waits for a stated time.
  return links_.send(to, cluster::Lane::directed, said) == ServerLinks::Sent::sent;
}

// --- the cluster document ------------------------------------------------------------------------

void ClusterServer::carry_out(Now now, Outbox& out) {
  for (LinkOutcome& outcome : std::exchange(documents_->outcomes(), {})) {
    std::visit(
        Overloaded{
            // What cannot leave is not answered, and so asked for anew in time.
            [&](const SendOnLane& send) {
              links_.send(send.to, cluster::Lane::documents, send.bytes);
            },
            [&](const DocumentRefused& refused) {
              std::string detail(to_string(refused.why));
              if (!refused.detail.empty()) detail.append(": ").append(refused.detail);
              out.order(Log{Log::Level::warning, "document-refused",
                            name_of(refused.from, membership_.directory()), std::move(detail)});
            },
            [&](const UsersWanted&) { want_users(out); },
            [&](UsersCame& came) {
              users_desk_.came(now, came.of, std::move(came.list.users));
              answer_operators(out);
            },
            [&](const UsersFailed& failed) {
              users_desk_.failed(failed.of);
              answer_operators(out);
            },
            [&](const InviteAnswered& answered) { invite_answered(now, answered); },
            // What the store says counts.
            [&](const TakenIn&) { membership_.look_again(now); },
            [&](const LetGoBy&) { membership_.look_again(now); },
        },
        outcome);
  }
  read_loads(now, out);
}

void ClusterServer::on(Now now, const ClusterWatched& watched, Outbox& out) {
  document_watchers_.on(now, watched, seen(), out);
}

DocumentWatchers::Seen ClusterServer::seen() const {
  if (!documents_ || membership_.state() != Membership::State::member) return {};
  return {&documents_->own_document(), &documents_->picture()};
}

void ClusterServer::want_users(Outbox& out) {
  if (shards_listing_ > 0) return;
  shards_listing_ = shard_.shards;
  for (std::uint8_t shard = 0; shard < shard_.shards; ++shard)
    out.emit(ShardId(shard), UsersListWanted{});
}

void ClusterServer::on(Now now, const UsersListed& listed, Outbox& out) {
  listed_[listed.shard.number()] = listed.users;
  if (--shards_listing_ > 0) return;
  std::vector<cluster::User> all;
  for (std::vector<cluster::User>& users : listed_) {
    const auto middle = static_cast<std::ptrdiff_t>(all.size());
    std::move(users.begin(), users.end(), std::back_inserter(all));
    users.clear();
    std::inplace_merge(all.begin(), all.begin() + middle, all.end(),
                       [](const auto& a, const auto& b) { return a.user_id < b.user_id; });
  }
  if (membership_.state() != Membership::State::member) return;
  if (users_desk_.waits_for(membership_.self())) {
    users_desk_.came(now, membership_.self(), all);
    answer_operators(out);
  }
  documents_->give_users(now.instant, std::move(all));
  carry_out(now, out);
}

// --- the load ------------------------------------------------------------------------------------

void ClusterServer::on(Now now, const ShardLoad& load, Outbox& out) {
  counted_[load.shard.number()] = {load.users,   load.resources, load.xmpp,    load.sip,
                                   load.dialogs, load.relaying,  load.measures};
  for (const Address& user : load.came)
    awaited_users_.came(user);
  load_changed(now, out);
  report_settled(now, out);
}

void ClusterServer::load_changed(Now now, Outbox& out) {
  cluster::Load load;
  for (const Counted& counted : counted_) {
    load.users += counted.users;
    load.resources += counted.resources;
    load.relayed_links.used += static_cast<std::uint32_t>(counted.relaying);
    load.measures = fullest_of(load.measures, counted.measures);
  }
  load.relayed_links.of = static_cast<std::uint32_t>(shard_.settings.limits.streams_per_shard_max *
                                                     std::size_t{shard_.shards});
  cluster::LoadSettings by = settings_.load;
  by.max_level = settings_.self.max_level;
  const OwnLoad before = own_;
  own_ = {cluster::level_of(load, by), by.max_level, static_cast<std::uint32_t>(load.users)};
  for (auto& [giver, settling] : settling_)
    settling.changed = settling.changed || own_ != before;
  if (membership_.state() != Membership::State::member) return;
  documents_->own(now.instant, own_);
  carry_out(now, out);
}

std::uint32_t ClusterServer::own_dialogs() const {
  std::uint64_t dialogs = 0;
  for (const Counted& counted : counted_)
    dialogs += counted.dialogs;
  return static_cast<std::uint32_t>(dialogs);
}

// Each who gave users is told of those who came together with the load that they are in.
void ClusterServer::report_settled(Now now, Outbox& out) {
  const std::vector<Incarnation> changed = awaited_users_.take_changed();
  for (const Incarnation by : changed) {
    if (by != membership_.self()) tell_settled(by);
  }
  if (!changed.empty() && documents_) read_loads(now, out);
}

bool ClusterServer::tell_settled(Incarnation by) {
  const cluster::UsersSettled settled{awaited_users_.settled(by), own_.level.value, own_.users,
                                      own_dialogs()};
  if (!tell(by, settled)) return false;
  settling_[by] = {links_.directed(by)->told, false};
  return true;
}

// What was told may wait for a link while documents tell of a later load by another way, and would
// then be taken for what came last. So who has acknowledged it is told of a later load once more.
void ClusterServer::tell_settled_anew() {
  std::vector<Incarnation> outdated;
  std::erase_if(settling_, [&](const auto& one) {
    const auto lane = links_.directed(one.first);
    const bool is_over = !lane || lane->acknowledged >= one.second.told;
    if (lane && is_over && one.second.changed) outdated.push_back(one.first);
    return is_over;
  });
  for (const Incarnation by : outdated)
    tell_settled(by);
}

void ClusterServer::flush(Now now, Outbox& out) {
  tell_settled_anew();
  links_.flush(now, out);
}

// Of this server by what it counts, of the others by what they told.
void ClusterServer::read_loads(Now now, Outbox& out) {
  const cluster::Document& document = documents_->picture();
  for (const cluster::Member& member : membership_.directory().members) {
    if (member.incarnation == membership_.self()) continue;
    // When it runs again its reports are counted from the first.
    if (member.role == cluster::Role::standby) others_[member.incarnation].report.reset();
    const cluster::ServerLoad* load = cluster::find(document.loads, member.self.svr_id);
    const cluster::UsersList* list = cluster::find(document.lists, member.self.svr_id);
    if (load == nullptr) continue;
    if (member.role == cluster::Role::standby) {
      // It was taken in: its users are not to wait until the directory is read by itself.
      if (looked_for_.insert(member.incarnation).second) membership_.look_again(now);
      continue;
    }
    looked_for_.erase(member.incarnation);
    // One that was counted already may be older than what the server said to us alone.
    Other& other = others_[member.incarnation];
    const std::uint64_t report = documents_->report(member.self.svr_id).number;
    if (other.report == report) continue;
    const bool known = picture_.take_report(
        member.incarnation,
        {load->current, list == nullptr ? 0 : list->number, other.dialogs, other.settled});
    if (known) other.report = report;
    to_steer_ = to_steer_ || known;
  }
  picture_.take_report(membership_.self(), {own_.level, own_.users, own_dialogs(),
                                            awaited_users_.settled(membership_.self())});
  assignments_.look_for_room(out);
}

void ClusterServer::told(Now now, Incarnation by, const cluster::UserGiven& given, Outbox& out) {
  const auto user = read_user(by, given.user, out);
  if (!user) return;
  awaited_users_.given(now, by, given.number, *user);
  out.emit(shard_.home_of(*user), UserComes{*user});
}

std::optional<Address> ClusterServer::read_user(Incarnation by, std::string_view text,
                                                Outbox& out) {
  auto user = parse_jid(text);
  const bool ours =
      user && user->has_local() && !user->has_resource() && shard_.settings.serves(user->domain());
  if (ours) return std::move(*user);
  tell_not_understood(by, out);
  return std::nullopt;
}

void ClusterServer::tell_not_understood(Incarnation by, Outbox& out) {
  if (!not_understood_.insert(by).second) return;
  out.order(Log{Log::Level::warning, "not-understood", name_of(by, membership_.directory()), {}});
}

void ClusterServer::told(Now, Incarnation by, const cluster::YieldUser& yield, Outbox& out) {
  const auto user = read_user(by, yield.user, out);
  if (user) out.emit(shard_.home_of(*user), YieldAsked{*user, by.number()});
}

void ClusterServer::on(Now, const YieldAnswered& answered, Outbox& out) {
  const Incarnation to(answered.by);
  if (answered.yielded) return assignments_.give_back(answered.account, to, out);
  tell(to, cluster::UserYielded{false, answered.account.text()});
}

void ClusterServer::told(Now now, Incarnation by, const cluster::UserYielded& yielded,
                         Outbox& out) {
  const auto user = read_user(by, yielded.user, out);
  if (user) assignments_.yielded(now, by, *user, yielded.yielded, out);
}

void ClusterServer::told(Now, Incarnation by, const cluster::UsersSettled& settled, Outbox& out) {
  others_[by].settled = settled.settled;
  others_[by].dialogs = settled.dialogs;
  picture_.take_report(by, {{settled.level}, settled.users, settled.dialogs, settled.settled});
  to_steer_ = true;
  assignments_.look_for_room(out);
}

// --- placing -------------------------------------------------------------------------------------

void ClusterServer::on(Now, const OwnerWanted& wanted, Outbox& out) {
  assignments_.on(wanted, out);
}

void ClusterServer::on(Now, const UsersLeft& left, Outbox& out) {
  assignments_.on(left, out);
}

}  // namespace muster
