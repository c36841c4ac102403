// The part of ClusterServer that answers an operator (muster servers, muster where, muster drain
// and the like). It says what this server knows: of itself what it counts, of the others what the
// store said last, and what they say now.

#include <algorithm>
#include <utility>

#include "base/overloaded.h"
#include "model/cluster/sorted.h"
#include "server/load_control/cluster_server.h"

namespace muster {

using Outcome = AdminReply::Outcome;

namespace {

// What MainServer::ordered may say.
bool is_of_order(Outcome outcome) {
  return outcome == Outcome::done || outcome == Outcome::not_main ||
         outcome == Outcome::no_such_server || outcome == Outcome::wrong_role ||
         outcome == Outcome::is_main;
}

}  // namespace

void ClusterServer::on(Now now, const AdminAsked& asked, Outbox& out) {
  if (membership_.state() != Membership::State::member) {
    return out.order(AnswerAdmin{asked.ticket, {Outcome::no_lease, {}}});
  }
  std::visit(Overloaded{
                 [&](const ListServers&) { list_servers(now, asked.ticket, out); },
                 [&](const FindUser& find) { find_user(asked.ticket, find.account, out); },
                 [&](const ListUsers& list) { list_users(now, asked.ticket, list, out); },
                 [&](const OrderServer& order) { answer(now, asked.ticket, order, out); },
                 [](const auto&) { MUSTER_UNREACHABLE("it is of an account, not of the cluster"); },
             },
             asked.request);
}

// --- what this server knows ----------------------------------------------------------------------

cluster::Figures ClusterServer::figures() const {
  cluster::Figures figures;
  for (const Counted& counted : counted_) {
    figures.xmpp += counted.xmpp;
    figures.sip += counted.sip;
    figures.resources += counted.resources;
    figures.relayed += counted.relaying;
    figures.measures = fullest_of(figures.measures, counted.measures);
  }
  figures.level = own_.level.value;
  figures.users = own_.users;
  return figures;
}

ServerSeen ClusterServer::seen(const cluster::Member& member) const {
  ServerSeen seen;
  seen.member = member;
  seen.main = membership_.directory().main == member.incarnation;
  seen.itself = member.incarnation == membership_.self();
  seen.linked = links_.is_up(member.incarnation);
  if (seen.itself) {
    const cluster::Figures own = figures();
    seen.load = {own_.level, own_.users};
    seen.own = {*seen.load, own.xmpp, own.sip, own.resources, own.relayed, own.measures};
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

// --- what others are asked -----------------------------------------------------------------------

void ClusterServer::list_servers(Now now, Ticket ticket, Outbox& out) {
  AdminReply reply;
  std::set<cluster::Incarnation> others;
  for (const cluster::Member& member : membership_.directory().members) {
    reply.servers.push_back(seen(member));
    if (reply.servers.back().linked) others.insert(member.incarnation);
  }
  if (!operator_desk_.has_room()) return out.order(AnswerAdmin{ticket, std::move(reply)});
  const std::uint64_t number =
      operator_desk_.open(now, OperatorDesk::Of::figures, ticket, std::move(reply), others);
  for (const cluster::Incarnation other : others) {
    if (!tell(other, cluster::FiguresAsked{number})) operator_desk_.lost(other, number);
  }
  answer_operators(out);
}

// By the main, wherever it is.
void ClusterServer::answer(Now now, Ticket ticket, const OrderServer& order, Outbox& out) {
  AdminReply reply;
  reply.outcome = main_.ordered(order);
  to_steer_ = true;
  if (reply.outcome != Outcome::not_main) return out.order(AnswerAdmin{ticket, std::move(reply)});
  const cluster::Incarnation main = membership_.directory().main;
  const cluster::Member* member = member_of(membership_.directory(), main);
  if (member != nullptr) reply.servers.push_back(seen(*member));
  if (!links_.is_up(main) || !operator_desk_.has_room()) {
    return out.order(AnswerAdmin{ticket, std::move(reply)});
  }
  reply.outcome = Outcome::no_answer;
  const std::uint64_t number =
      operator_desk_.open(now, OperatorDesk::Of::order, ticket, std::move(reply), {main});
  const auto what = static_cast<std::uint8_t>(order.what);
  const cluster::OrderAsked asked{number, links_.link_number(main), what, order.svr_id};
  if (!tell(main, asked)) operator_desk_.lost(main, number);
  answer_operators(out);
}

void ClusterServer::answer_operators(Outbox& out) {
  for (AnswerAdmin& answer : operator_desk_.take_answered())
    out.order(std::move(answer));
  for (AnswerAdmin& answer : users_desk_.take_answered())
    out.order(std::move(answer));
}

void ClusterServer::list_users(Now now, Ticket ticket, const ListUsers& list, Outbox& out) {
  const auto& members = membership_.directory().members;
  const auto member = std::find_if(members.begin(), members.end(), [&](const auto& one) {
    return one.self.svr_id == list.svr_id && one.role != cluster::Role::gone;
  });
  if (member == members.end()) {
    AdminReply reply;
    reply.outcome = Outcome::no_such_server;
    return out.order(AnswerAdmin{ticket, std::move(reply)});
  }
  const cluster::Incarnation of = member->incarnation;
  if (users_desk_.ask(now, ticket, of, list.after)) {
    if (of == membership_.self()) {
      want_users(out);
    } else if (links_.is_up(of)) {
      documents_->ask_users(now.instant, of);
      carry_out(now, out);
    } else {
      users_desk_.failed(of);
    }
  }
  answer_operators(out);
}

void ClusterServer::told(Now, cluster::Incarnation by, const cluster::FiguresTold& told,
                         Outbox& out) {
  operator_desk_.told(by, told);
  answer_operators(out);
}

void ClusterServer::told(Now, cluster::Incarnation by, const cluster::OrderAnswered& answered,
                         Outbox& out) {
  const auto outcome = static_cast<Outcome>(answered.outcome);
  if (!is_of_order(outcome)) return tell_not_understood(by, out);
  operator_desk_.told(by, answered.number, outcome);
  answer_operators(out);
}

// --- what others ask -----------------------------------------------------------------------------

void ClusterServer::told(Now, cluster::Incarnation by, const cluster::FiguresAsked& asked,
                         Outbox&) {
  tell(by, cluster::FiguresTold{asked.number, figures()});
}

void ClusterServer::told(Now, cluster::Incarnation by, const cluster::OrderAsked& asked,
                         Outbox& out) {
  if (asked.what > static_cast<std::uint8_t>(OrderServer::What::release)) {
    return tell_not_understood(by, out);
  }
  // It was told again on a newer link, and its operator not to wait any more.
  if (asked.link != links_.link_number(by)) return;
  const auto what = static_cast<OrderServer::What>(asked.what);
  const Outcome outcome = main_.ordered({what, std::string(asked.svr_id)});
  to_steer_ = true;
  tell(by, cluster::OrderAnswered{asked.number, static_cast<std::uint8_t>(outcome)});
}

// --- where a user is -----------------------------------------------------------------------------

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
