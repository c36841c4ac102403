#include "server/load_control/membership.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"

namespace muster {
namespace {

using cluster::ClusterRefused;
using cluster::Incarnation;
using cluster::Member;
using cluster::Role;

}  // namespace

// --- asking --------------------------------------------------------------------------------------

void Membership::ask(Outbox& out, Subject subject, cluster::ClusterRequest request,
                     Incarnation of) {
  out.order(AskCluster{cluster_ticket(subject, of.number()), std::move(request)});
}

void Membership::on(Now now, const Started&, Outbox& out) {
  ask_lease(now, out);
}

void Membership::ask_lease(Now now, Outbox& out) {
  lease_asked_ = true;
  asked_at_ = now.instant;
  if (state_ == State::apart) {
    ask(out, Subject::lease,
        cluster::TakeLease{settings_.self, settings_.standby, settings_.lease_time});
  } else {
    ask(out, Subject::lease, cluster::RenewLease{self_, settings_.lease_time});
  }
}

void Membership::leave(Now now, Outbox& out) {
  if (state_ == State::over || state_ == State::leaving) return;
  // Without a lease there is nothing to end, unless one is just being taken.
  if (state_ == State::apart && !lease_asked_) {
    state_ = State::over;
    return;
  }
  const bool member = state_ == State::member;
  state_ = State::leaving;
  if (member && !lease_asked_) {
    lease_asked_ = true;
    asked_at_ = now.instant;
    ask(out, Subject::lease, cluster::EndLease{self_});
  }
}

void Membership::wake(Now now, Outbox& out) {
  if (state_ == State::member && !lapse_told_ && now.instant >= holds_until_) {
    lapse_told_ = true;
    out.order(Log{Log::Level::warning, "lease-lapsed", settings_.self.svr_id, {}});
  }
  if (state_ == State::over || lease_asked_ || now.instant < ask_at_) return;
  if (state_ == State::leaving) {
    lease_asked_ = true;
    ask(out, Subject::lease, cluster::EndLease{self_});
  } else {
    ask_lease(now, out);
  }
}

std::optional<Instant> Membership::next_deadline() const {
  std::optional<Instant> next;
  if (state_ != State::over && !lease_asked_) next = ask_at_;
  if (state_ == State::member && !lapse_told_)
    next = next ? std::min(*next, holds_until_) : holds_until_;
  return next;
}

// --- answers -------------------------------------------------------------------------------------

void Membership::on(Now now, const ClusterAnswered& answer, Outbox& out) {
  const Subject subject = subject_of(answer.ticket);
  const Incarnation of(number_of(answer.ticket));
  if (subject == Subject::lease) lease_asked_ = false;
  if (subject == Subject::main) main_asked_ = false;
  if (state_ == State::over) return;
  std::visit(Overloaded{
                 [&](const ClusterRefused& refused) {
                   if (refused.why == ClusterRefused::Why::fenced) {
                     fenced(out);
                   } else {
                     tell_refused(refused, out);
                     came_to_nothing(now, subject, of, out);
                   }
                 },
                 [&](const StoreFailed&) { came_to_nothing(now, subject, of, out); },
                 [&](const cluster::RoleSet&) { MUSTER_CHECK(false); },
                 [&](const cluster::Owners&) { MUSTER_CHECK(false); },
                 [&](const cluster::AssignmentsSwept&) { MUSTER_CHECK(false); },
                 [&](const auto& done) { answered(now, of, done, out); },
             },
             answer.reply);
}

// The table of members is full: an operator is to know why this server serves nobody.
void Membership::tell_refused(const ClusterRefused& refused, Outbox& out) {
  if (refused.why != ClusterRefused::Why::too_many || std::exchange(refusal_told_, true)) return;
  out.order(Log{Log::Level::error, "lease-refused", settings_.self.svr_id,
                "more than " + std::to_string(cluster::kMembersMax) + " servers"});
}

// What failed is tried again when the directory is read anew, but for the lease itself, whose
// refusal (the table of members is full) is one more reason to wait.
void Membership::came_to_nothing(Now now, Subject subject, Incarnation of, Outbox&) {
  if (subject == Subject::lease && state_ == State::leaving && self_ == Incarnation()) {
    state_ = State::over;
  } else if (subject == Subject::lease) {
    ask_at_ = now.instant + settings_.ask_again_after;
  } else {
    burying_.erase(of);
  }
}

void Membership::answered(Now now, Incarnation, const cluster::LeaseTaken& taken, Outbox& out) {
  self_ = taken.incarnation;
  directory_ = taken.directory;
  out.order(Log{Log::Level::info, "lease-taken", settings_.self.svr_id,
                "incarnation " + std::to_string(self_.number())});
  // It came too late to serve anybody by it.
  if (state_ == State::leaving) return look_again(now);
  out.order(LeaseHeld{self_});
  state_ = State::member;
  lease_holds();
  tend(now, out);
}

void Membership::answered(Now now, Incarnation, const cluster::LeaseRenewed& renewed, Outbox& out) {
  directory_ = renewed.directory;
  if (state_ == State::leaving) return look_again(now);
  lease_holds();
  tend(now, out);
}

void Membership::answered(Now, Incarnation, const cluster::LeaseEnded&, Outbox&) {
  state_ = State::over;
}

void Membership::answered(Now now, Incarnation, const cluster::MainTaken& taken, Outbox& out) {
  out.order(Log{Log::Level::info, "main-taken", settings_.self.svr_id,
                "epoch " + std::to_string(taken.epoch.number())});
  look_again(now);
}

// Who leaves has nobody left who could be told two things: it is over, as it was about to be.
void Membership::fenced(Outbox& out) {
  const bool leaving = std::exchange(state_, State::over) == State::leaving;
  burying_.clear();
  out.order(Log{leaving ? Log::Level::warning : Log::Level::error, "fenced", settings_.self.svr_id,
                "incarnation " + std::to_string(self_.number())});
  if (!leaving) out.order(Fenced{});
}

void Membership::lease_holds() {
  holds_until_ = asked_at_ + settings_.lease_time;
  lapse_told_ = false;
  ask_at_ = asked_at_ + settings_.renew_after;
}

void Membership::look_again(Now now) {
  ask_at_ = std::min(ask_at_, now.instant);
}

void Membership::role_set(Incarnation of, Role role) {
  for (Member& member : directory_.members) {
    if (member.incarnation == of) member.role = role;
  }
}

// --- the others ----------------------------------------------------------------------------------

void Membership::tend(Now, Outbox& out) {
  seek_main(out);
  if (!is_main()) return;
  for (const Member& member : directory_.members) {
    const bool gone = member.role == Role::gone;
    if (member.incarnation != self_ && (gone || member.time_left <= Duration())) bury(member, out);
  }
}

void Membership::seek_main(Outbox& out) {
  const Member* self = member_of(directory_, self_);
  if (main_asked_ || is_main() || self == nullptr || self->role != Role::running) return;
  const Member* main = member_of(directory_, directory_.main);
  if (main != nullptr && main->time_left > Duration()) return;
  main_asked_ = true;
  ask(out, Subject::main, cluster::TakeMain{self_});
}

void Membership::bury(const Member& member, Outbox& out) {
  if (!burying_.insert(member.incarnation).second) return;
  if (member.role == Role::gone) {
    out.order(FenceServer{member.incarnation});
    return;
  }
  ask(out, Subject::gone, cluster::DeclareGone{self_, member.incarnation}, member.incarnation);
}

void Membership::answered(Now, Incarnation of, const cluster::ServerIsGone&, Outbox& out) {
  out.order(FenceServer{of});
}

void Membership::on(Now, const ServerFenced& answer, Outbox& out) {
  if (state_ != State::member) return;
  if (answer.fenced) {
    ask(out, Subject::forget, cluster::ForgetServer{self_, answer.incarnation}, answer.incarnation);
  } else {
    burying_.erase(answer.incarnation);
  }
}

void Membership::answered(Now now, Incarnation of, const cluster::ServerForgotten&, Outbox& out) {
  burying_.erase(of);
  const Member* member = member_of(directory_, of);
  out.order(Log{Log::Level::warning, "server-gone", member != nullptr ? member->self.svr_id : "",
                "incarnation " + std::to_string(of.number())});
  look_again(now);
}

}  // namespace muster
