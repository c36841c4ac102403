// The part of ClusterServer that answers an operator (muster servers, muster where, muster drain
// and the like). It says what this server knows: of the others what the store and they said last,
// of itself what it counts.

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "model/cluster/sorted.h"
#include "server/load_control/cluster_server.h"

namespace muster {

using Outcome = AdminReply::Outcome;

void ClusterServer::on(Now, const AdminAsked& asked, Outbox& out) {
  if (membership_.state() != Membership::State::member) {
    return out.order(AnswerAdmin{asked.ticket, {Outcome::no_lease, {}}});
  }
  std::visit(Overloaded{
                 [&](const ListServers&) {
                   AdminReply reply;
                   for (const cluster::Member& member : membership_.directory().members)
                     reply.servers.push_back(seen(member));
                   out.order(AnswerAdmin{asked.ticket, std::move(reply)});
                 },
                 [&](const FindUser& find) { find_user(asked.ticket, find.account, out); },
                 [&](const OrderServer& order) { answer(asked.ticket, order, out); },
                 [](const auto&) { MUSTER_UNREACHABLE("it is of an account, not of the cluster"); },
             },
             asked.request);
}

void ClusterServer::answer(Ticket ticket, const OrderServer& order, Outbox& out) {
  AdminReply reply;
  reply.outcome = main_.ordered(order);
  to_steer_ = true;
  if (reply.outcome == Outcome::not_main) {
    for (const cluster::Member& member : membership_.directory().members) {
      if (member.incarnation == membership_.directory().main) reply.servers.push_back(seen(member));
    }
  }
  out.order(AnswerAdmin{ticket, std::move(reply)});
}

ServerSeen ClusterServer::seen(const cluster::Member& member) const {
  ServerSeen seen;
  seen.member = member;
  seen.main = membership_.directory().main == member.incarnation;
  seen.itself = member.incarnation == membership_.self();
  seen.linked = links_.is_up(member.incarnation);
  if (seen.itself) {
    seen.load = {own_.level, own_.users};
    ServerSeen::Own own;
    for (const Counted& counted : counted_) {
      own.xmpp += counted.xmpp;
      own.sip += counted.sip;
      own.resources += counted.resources;
    }
    seen.own = own;
    return seen;
  }
  const auto servers = picture_.servers();
  const cluster::ServerPicture* self = cluster::find(servers, membership_.self());
  const cluster::ServerPicture* known = cluster::find(servers, member.incarnation);
  // A candidate is told nobody's load: what it has is of when it ran.
  const bool is_told = self != nullptr && self->role != cluster::Role::standby;
  if (is_told && known != nullptr && known->report) {
    seen.load = {known->report->level, known->report->users};
  }
  return seen;
}

void ClusterServer::find_user(Ticket ticket, const Address& user, Outbox& out) {
  const std::uint64_t number = next_finding_++;
  finding_.emplace(number, ticket);
  out.order(AskCluster{cluster_ticket(ClusterSubject::where, number),
                       cluster::FindOwners{membership_.self(), {user}}});
}

// Who is gone and not forgotten has its users still.
void ClusterServer::user_found(const ClusterAnswered& answered, Outbox& out) {
  const auto known = finding_.find(number_of(answered.ticket));
  MUSTER_CHECK(known != finding_.end());
  AdminReply reply;
  if (const auto* owners = std::get_if<cluster::Owners>(&answered.reply)) {
    const cluster::Incarnation owner = owners->owners.front();
    const auto& members = membership_.directory().members;
    const auto member = std::find_if(members.begin(), members.end(),
                                     [&](const auto& one) { return one.incarnation == owner; });
    // One that came after the directory was read has no name here yet.
    if (member != members.end()) {
      reply.servers.push_back(seen(*member));
    } else if (owner != cluster::Incarnation()) {
      reply.servers.emplace_back().member.incarnation = owner;
    }
  } else {
    const bool refused = std::holds_alternative<cluster::ClusterRefused>(answered.reply);
    reply.outcome = refused ? Outcome::no_lease : Outcome::store_failed;
  }
  out.order(AnswerAdmin{known->second, std::move(reply)});
  finding_.erase(known);
}

}  // namespace muster
