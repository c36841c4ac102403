// The part of ClusterServer that carries out what the main decides (main_server.h), here and at the
// servers that it tells.

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/overloaded.h"
#include "server/load_control/cluster_server.h"
#include "server/load_control/cluster_ticket.h"

namespace muster {

using cluster::Incarnation;
using cluster::MainServer;
using cluster::Role;

namespace {

constexpr std::uint32_t kNoDialogLimit = std::numeric_limits<std::uint32_t>::max();

std::string_view name_of(MainServer::Say::What what) {
  switch (what) {
    case MainServer::Say::What::recruiting: return "recruiting";
    case MainServer::Say::What::recruited: return "recruited";
    case MainServer::Say::What::not_recruited: return "not-recruited";
    case MainServer::Say::What::launching: return "launching";
    case MainServer::Say::What::draining: return "draining";
    case MainServer::Say::What::let_go: return "let-go";
  }
  MUSTER_UNREACHABLE("what is said is one of its enumerators");
}

}  // namespace

// --- what the main does --------------------------------------------------------------------------

void ClusterServer::steer(Now now, Outbox& out) {
  if (membership_.state() != Membership::State::member) return;
  tell_main();
  while (std::exchange(to_steer_, false)) {
    for (const MainServer::Order& order : main_.step(now.instant, picture_.servers()))
      std::visit([&](const auto& what) { carry_out(now, what, out); }, order);
  }
}

void ClusterServer::carry_out(Now now, const MainServer::Invite& invite, Outbox& out) {
  documents_->invite(now.instant, invite.candidate);
  carry_out(now, out);
}

void ClusterServer::carry_out(Now now, const MainServer::Confirm& confirm, Outbox& out) {
  documents_->confirm(now.instant, confirm.candidate);
  carry_out(now, out);
}

void ClusterServer::carry_out(Now now, const MainServer::Dismiss& dismiss, Outbox& out) {
  documents_->dismiss(now.instant, dismiss.server);
  carry_out(now, out);
}

void ClusterServer::carry_out(Now, const MainServer::ChangeRole& role, Outbox& out) {
  const std::uint64_t number = next_role_asked_++;
  roles_asked_.emplace(number, role.change);
  out.order(AskCluster{cluster_ticket(ClusterSubject::role, number), role.change});
}

void ClusterServer::carry_out(Now, const MainServer::Launch&, Outbox& out) {
  out.order(LaunchServer{});
}

void ClusterServer::carry_out(Now now, const MainServer::MoveFrom& move, Outbox& out) {
  const cluster::MoveUsers order{.epoch = membership_.directory().epoch.number(),
                                 .to = move.move.to.number(),
                                 .users = move.move.users,
                                 .dialogs = move.move.dialogs,
                                 .all = move.all};
  if (move.move.from == membership_.self()) return begin_move(now, order, out);
  if (tell(move.move.from, order)) return;
  main_.moved(now.instant, move.move.from, move.move.to, move.move.users);
}

void ClusterServer::carry_out(Now, const MainServer::Say& say, Outbox& out) {
  out.order(Log{Log::Level::info, name_of(say.what), say.svr_id,
                "incarnation " + std::to_string(say.server.number())});
}

// True: it was about a role.
bool ClusterServer::role_answered(Now now, const ClusterAnswered& answered, Outbox& out) {
  if (subject_of(answered.ticket) != ClusterSubject::role) return false;
  const auto asked = roles_asked_.find(number_of(answered.ticket));
  MUSTER_CHECK(asked != roles_asked_.end());
  const cluster::SetRole change = asked->second;
  roles_asked_.erase(asked);
  const bool done = std::holds_alternative<cluster::RoleSet>(answered.reply);
  main_.role_changed(now.instant, change, done);
  to_steer_ = true;
  if (membership_.state() != Membership::State::member) return true;
  if (done) {
    membership_.role_set(change.of, change.to);
    directory_read(now, out);
  } else {
    membership_.look_again(now);
  }
  return true;
}

// --- what it is told -----------------------------------------------------------------------------

void ClusterServer::invite_answered(Now now, const InviteAnswered& answered) {
  main_.invite_answered(now.instant, answered.candidate, answered.status);
  to_steer_ = true;
}

void ClusterServer::told(Now, Incarnation by, const cluster::RoomWanted& wanted, Outbox&) {
  main_.wanting(by, wanted.users);
  to_steer_ = true;
}

void ClusterServer::told(Now now, Incarnation by, const cluster::UsersMoved& moved, Outbox&) {
  main_.moved(now.instant, by, Incarnation(moved.to), moved.users);
  to_steer_ = true;
}

// And each new one; what it could not be told it is told later.
void ClusterServer::tell_main() {
  const Incarnation main = membership_.directory().main;
  if (main != told_main_.main) told_main_ = {main};
  if (main == Incarnation()) return;
  const std::uint32_t wanting = assignments_.wanting();
  if (wanting != told_main_.wanting && tell_wanting(main, wanting)) told_main_.wanting = wanting;
  const std::uint32_t dialogs = own_dialogs();
  const bool is_told = main == membership_.self() || dialogs == told_main_.dialogs;
  if (!is_told && tell_settled(main)) told_main_.dialogs = dialogs;
}

bool ClusterServer::tell_wanting(Incarnation main, std::uint32_t wanting) {
  if (main != membership_.self()) return tell(main, cluster::RoomWanted{wanting});
  main_.wanting(main, wanting);
  to_steer_ = true;
  return true;
}

// --- users who move from here --------------------------------------------------------------------

// Only the main may say so, in its epoch, by all we know.
void ClusterServer::told(Now now, Incarnation by, const cluster::MoveUsers& move, Outbox& out) {
  const cluster::Directory& known = membership_.directory();
  const bool is_by_main = by == known.main && cluster::Epoch(move.epoch) == known.epoch;
  const bool is_ours = Incarnation(move.to) == membership_.self();
  if (is_by_main && !is_ours) return begin_move(now, move, out);
  tell(by, cluster::UsersMoved{move.to, move.users});
}

// Each shard gives its share, by what it has.
void ClusterServer::begin_move(Now now, const cluster::MoveUsers& move, Outbox& out) {
  const auto at = assignments_.contacts(Incarnation(move.to));
  std::uint64_t all = 0;
  for (const Counted& counted : counted_)
    all += counted.users;
  std::uint32_t left = move.users;
  if (left == 0) return;
  for (std::uint8_t shard = 0; shard < shard_.shards && at != nullptr && all > 0; ++shard) {
    const std::uint64_t share = (move.users * counted_[shard].users + all - 1) / all;
    const auto users = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, share));
    const auto dialogs = static_cast<std::uint32_t>(
        (std::uint64_t{move.dialogs} * users + move.users - 1) / move.users);
    left -= users;
    if (users == 0) continue;
    out.emit(ShardId(shard), UsersToMove{move.to, at, users, dialogs, move.all});
  }
  if (left > 0) moves_ended(now, move.to, left);
}

// Who came while this server was let go is served by another, the main if that takes users.
void ClusterServer::move_on_from_here(Now now, Outbox& out) {
  const cluster::Directory& directory = membership_.directory();
  const auto waits = [&](const cluster::Member& member) {
    return member.incarnation == membership_.self() && member.role == Role::standby;
  };
  if (own_.users == 0) return;
  if (std::none_of(directory.members.begin(), directory.members.end(), waits)) return;
  Incarnation to = directory.main;
  for (const cluster::Member& member : directory.members) {
    if (assignments_.contacts(to) == nullptr) to = member.incarnation;
  }
  const cluster::MoveUsers move{.epoch = directory.epoch.number(),
                                .to = to.number(),
                                .users = own_.users,
                                .dialogs = kNoDialogLimit,
                                .all = true};
  begin_move(now, move, out);
}

void ClusterServer::moves_ended(Now now, std::uint64_t to, std::uint32_t users) {
  const Incarnation main = membership_.directory().main;
  if (main == membership_.self()) {
    main_.moved(now.instant, main, Incarnation(to), users);
    to_steer_ = true;
  } else if (main != Incarnation()) {
    tell(main, cluster::UsersMoved{to, users});
  }
}

void ClusterServer::on(Now now, const MovesChosen& chosen, Outbox& out) {
  const auto found = static_cast<std::uint32_t>(chosen.accounts.size());
  if (chosen.asked > found) moves_ended(now, chosen.to, chosen.asked - found);
  if (chosen.lacks) {
    const Instant until = now.instant + shard_.settings.limits.registration_time_max;
    late_moves_.wait(until, chosen.asked - found);
    for (std::uint8_t shard = 0; shard < shard_.shards; ++shard)
      out.emit(ShardId(shard), PhonesMayMove{until});
  }
  if (found > 0) assignments_.move(chosen, out);
}

void ClusterServer::on(Now now, const MovesEnded& ended, Outbox&) {
  if (ended.by_phone) return late_moves_.ended(ended.users);
  moves_ended(now, ended.to, ended.users);
}

void ClusterServer::on(Now now, const PhoneMoves& phone, Outbox& out) {
  const auto serves = [&](Incarnation server) {
    const auto at = assignments_.contacts(server);
    return at != nullptr && !at->sip.empty() && (!phone.xmpp || at->xmpp);
  };
  const auto to = late_moves_.allows(now.instant, phone.dialogs)
                      ? cluster::lower_server(picture_.servers(), membership_.self(),
                                              shard_.settings.cluster->load, serves)
                      : std::nullopt;
  if (!to) return out.emit(phone.shard, MoveDecided{phone.account, 0, nullptr});
  late_moves_.take(phone.dialogs);
  assignments_.move({phone.shard, to->number(), 1, {phone.account}}, out);
}

}  // namespace muster
