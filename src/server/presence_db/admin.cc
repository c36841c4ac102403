// The part of PresenceDb that carries out what an operator asks (muster user ...), and the end of
// an account.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "server/presence_db/presence_db.h"

namespace muster {
namespace {

// Of those that come here all have one.
const Address& account_of(const AdminRequest& request) {
  const Address* account = home_account_of(request);
  MUSTER_CHECK(account != nullptr);
  return *account;
}

}  // namespace

void PresenceDb::on(Now now, const AdminAsked& asked, Outbox& out) {
  User& user = wanted(now, account_of(asked.request), out);
  if (user.loaded) {
    administer(now, asked, user, out);
    forget_if_idle(account_of(asked.request), out);
  } else {
    user.waiting.push_back(asked);
  }
}

void PresenceDb::administer(Now, const AdminAsked& asked, User& user, Outbox& out) {
  const auto answer = [&](AdminReply reply) {
    out.order(AnswerAdmin{asked.ticket, std::move(reply)});
  };
  std::visit(Overloaded{
                 [&](const ListWatchers&) {
                   AdminReply reply;
                   for (const Contact& contact : user.contacts) {
                     if (is_watcher(contact.relation)) reply.watchers.push_back(contact);
                   }
                   answer(std::move(reply));
                 },
                 [&](const DecideWatcher& decide) { decide_watcher(asked, decide, user, out); },
                 [&](const ChangePolicy& change) {
                   ask_store(change.account, AdminAsk{asked},
                             SetWatcherPolicy{change.account, change.policy}, out);
                 },
                 [&](const DropAccount& gone) { drop(gone.account, asked.ticket, out); },
                 [&](const EndSessions& end) {
                   out.emit(AccountGone{end.account, false});
                   answer({});
                 },
                 [](const auto&) { MUSTER_UNREACHABLE("it is of the cluster, not of an account"); },
             },
             asked.request);
}

// Who watches by the policy alone has no record, but can be turned down.
void PresenceDb::decide_watcher(const AdminAsked& asked, const DecideWatcher& decide, User& user,
                                Outbox& out) {
  if (!decide.allow && relation_to(user, decide.watcher).blank()) {
    const bool watched = reject_watches(user, decide.watcher, out);
    const auto outcome = watched ? AdminReply::Outcome::done : AdminReply::Outcome::no_such_watcher;
    out.order(AnswerAdmin{asked.ticket, {outcome, {}}});
    return;
  }
  const SubscriptionVerb verb =
      decide.allow ? SubscriptionVerb::subscribed : SubscriptionVerb::unsubscribed;
  ask_store(decide.account, AdminAsk{asked},
            ChangeSubscription{
                decide.account, decide.watcher, verb, {}, shard_.settings.limits.roster_items_max},
            out);
}

void PresenceDb::answered(Now, const AdminAsk& ask, const StoreReply& reply, Outbox& out) {
  AdminReply answer;
  if (const auto* changed = std::get_if<SubscriptionChanged>(&reply)) {
    const auto& decide = std::get<DecideWatcher>(ask.asked.request);
    pair_changed(decide.account, decide.watcher, *changed,
                 decide.allow ? SubscriptionVerb::subscribed : SubscriptionVerb::unsubscribed, {},
                 out);
    User* user = held(decide.account);
    if (!decide.allow && user != nullptr) reject_watches(*user, decide.watcher, out);
  } else if (std::holds_alternative<PolicySet>(reply)) {
    const auto& change = std::get<ChangePolicy>(ask.asked.request);
    if (User* user = held(change.account)) {
      user->policy = change.policy;
      review_watches(change.account, *user, nullptr, out);
    }
  } else {
    answer.outcome = !std::holds_alternative<StoreRefused>(reply)
                         ? AdminReply::Outcome::store_failed
                     : std::holds_alternative<DecideWatcher>(ask.asked.request)
                         ? AdminReply::Outcome::no_such_watcher
                         : AdminReply::Outcome::no_such_account;
  }
  out.order(AnswerAdmin{ask.asked.ticket, std::move(answer)});
}

// --- the end of an account -----------------------------------------------------------------------

void PresenceDb::on(Now now, const DropAccount& gone, Outbox& out) {
  User& user = wanted(now, gone.account, out);
  if (user.loaded) {
    drop(gone.account, std::nullopt, out);
  } else {
    user.waiting.push_back(gone);
  }
}

// Each pair parts as if she had removed the contact, so that every contact hears of it; then the
// account goes. The store carries these out in the order in which they are asked.
void PresenceDb::drop(const Address& account, std::optional<Ticket> ticket, Outbox& out) {
  const std::uint32_t records_max = shard_.settings.limits.roster_items_max;
  for (const Contact& contact : held(account)->contacts) {
    if (contact.relation.listed) {
      ask_store(account, RosterItemAsked{{}, account, {}, contact.address, true, {}, {}},
                RemoveRosterItem{account, contact.address}, out);
    } else if (!contact.relation.blank()) {
      constexpr SubscriptionVerb kVerb = SubscriptionVerb::unsubscribed;
      ask_store(account, SubscriptionAsked{{}, account, contact.address, kVerb, {}, {}},
                ChangeSubscription{account, contact.address, kVerb, {}, records_max}, out);
    }
  }
  ask_store(account, DropAsk{account, ticket}, RemoveAccount{account}, out);
}

void PresenceDb::answered(Now now, const DropAsk& ask, const StoreReply& reply, Outbox& out) {
  AdminReply answer;
  if (const auto* removed = std::get_if<AccountRemoved>(&reply)) {
    for (const AccountRemoved::Contact& contact : removed->contacts) {
      const RelationChanged hint{contact.account, ask.account, contact.change, {}, {}};
      tell_relation(ask.account, hint, out);
      out.emit(shard_.home_of(contact.account), hint);
    }
    out.emit(AccountGone{ask.account, true});
    if (User* user = held(ask.account)) {
      user->here = false;
      for (const LiveWatch& watch : std::exchange(user->watches, {})) {
        out.emit(watch.id.shard, WatchDecided{watch.id, WatchState::no_such_user, nullptr});
      }
      for (const LivePublication& publication : std::exchange(user->publications, {})) {
        replace_resources(now, ask.account, *user, publication.number, {}, out);
      }
      tell_residence(ask.account, *user, out);
      tell_presence_here(ask.account, *user, nullptr, out);
    }
  } else {
    answer.outcome = std::holds_alternative<StoreRefused>(reply)
                         ? AdminReply::Outcome::no_such_account
                         : AdminReply::Outcome::store_failed;
    if (!ask.ticket) out.emit(AccountKept{ask.account});
  }
  if (ask.ticket) out.order(AnswerAdmin{*ask.ticket, std::move(answer)});
}

}  // namespace muster
