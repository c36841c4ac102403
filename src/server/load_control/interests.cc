#include "server/load_control/interests.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "codec/xml/writer.h"
#include "server/planted.h"

namespace muster {
namespace {

// What says only how somebody left is the presence of nobody.
bool is_present(const std::vector<PresenceSource>& sources) {
  return std::any_of(sources.begin(), sources.end(), [](const PresenceSource& source) {
    const auto* xmpp = std::get_if<XmppSource>(&source);
    return xmpp == nullptr || xmpp->available;
  });
}

void append(std::vector<Address>& to, const std::vector<Address>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

template <class E>
Address sender_of_said(const E& said) {
  return (said.from.empty() ? said.to : said.from).to_bare();
}

StanzaForUser farewell_of(const Address& session, const Address& to) {
  std::string xml = "<presence";
  xml::append_attribute(xml, "from", session.text());
  xml::append_attribute(xml, "to", to.text());
  xml.append(" type='unavailable'/>");
  return {StanzaKind::presence, "unavailable", {}, session, to, std::move(xml)};
}

}  // namespace

// --- what this server has to do with a user ------------------------------------------------------

void Interests::on(Now, const ContactsWanted& wanted, Outbox& out) {
  for (const Address& account : wanted.wanted)
    change(
        account, [](Concern& concern) { ++concern.watchers; }, out);
  for (const Address& account : wanted.unwanted) {
    change(
        account,
        [](Concern& concern) {
          MUSTER_CHECK(concern.watchers > 0);
          --concern.watchers;
        },
        out);
  }
  tell_changes(out);
}

void Interests::on(Now now, const PresenceWanted& wanted, Outbox& out) {
  const Address& account = wanted.account;
  if (wanted.again) {
    const Concerned known = concerns_.find(account);
    if (known != concerns_.end()) ask_again(account, known->second, out);
    return;
  }
  change(
      account, [](Concern& concern) { concern.asked = true; }, out);
  tell_changes(out);
  Concern& concern = concerns_.find(account)->second;
  ask_again(account, concern, out);
  if (!concern.present_at && !server_of(account)) return out.emit(PresenceElsewhere{account, {}});
  concern.answer_by = now.instant + kAnswerTimeMax;
  answers_due_.add(*concern.answer_by, account);
}

// Where she is present, who tells it is asked to do so once more.
void Interests::ask_again(const Address& account, const Concern& concern, Outbox& out) const {
  if (concern.present_at) ask(*concern.present_at, account, out);
}

void Interests::ask(std::uint64_t server, const Address& account, Outbox& out) const {
  Concerns again;
  again.watched.push_back(account);
  tell({server}, write_concerns(again), out);
}

void Interests::on(Now, const PresenceUnwanted& unwanted, Outbox& out) {
  change(
      unwanted.account, [](Concern& concern) { concern.asked = false; }, out);
  tell_changes(out);
}

void Interests::on(Now, const ResidentChanged& changed, Outbox& out) {
  const bool served = changed.xmpp || changed.sip;
  change(
      changed.account, [&](Concern& concern) { concern.served = served; }, out);
  tell_changes(out);
}

template <class Change>
void Interests::change(const Address& account, Change change, Outbox& out) {
  const Concerned concerned = concerns_.try_emplace(account).first;
  Concern& concern = concerned->second;
  const bool watched = concern.watched();
  const bool served = concern.served;
  change(concern);
  if (concern.watched() != watched) {
    (watched ? changes_.unwatched : changes_.watched).push_back(account);
  }
  if (concern.served != served) {
    (served ? changes_.not_served : changes_.served).push_back(account);
  }
  if (!concern.watched()) {
    concern.answer_by.reset();
    if (std::exchange(concern.present_at, std::nullopt)) {
      out.emit(PresenceElsewhere{account, {}});
    }
  }
  if (!concern.matters()) concerns_.erase(concerned);
}

void Interests::tell_changes(Outbox& out) {
  if (changes_.empty()) return;
  const Concerns changes = std::exchange(changes_, {});
  if (!peers_.empty()) tell({}, write_concerns(changes), out);
}

void Interests::tell(std::vector<std::uint64_t> to, std::string said, Outbox& out) const {
  out.emit(ShardId(), ToServers{shard_.self, std::move(to), false, std::move(said)});
}

void Interests::tell_once(std::vector<std::uint64_t> to, std::string said, Outbox& out) const {
  out.emit(ShardId(), ToServers{shard_.self, std::move(to), true, std::move(said)});
}

// By the home shard of whom it comes from, as there (told_between.h), and in its order.
void Interests::leave(const Address& sender, ToServers said, Outbox& out) {
  const ShardId home = shard_.home_of(sender);
  if (home != shard_.self) return out.emit(home, std::move(said));
  auto leaving = sayings_.say(sender, std::move(said));
  if (leaving) out.emit(ShardId(), *std::move(leaving));
}

// --- what users are present through --------------------------------------------------------------

void Interests::on(Now, const PresenceHere& here, Outbox& out) {
  const auto say = [&](std::vector<std::uint64_t> to) {
    auto leaving = sayings_.say(here.account, {shard_.self, std::move(to), false,
                                               write_presence(here.account, here.sources)});
    if (leaving) out.emit(ShardId(), *std::move(leaving));
  };
  if (here.to != 0) return say({here.to});
  const Concerned concerned = concerns_.find(here.account);
  if (concerned == concerns_.end()) return;
  std::vector<std::uint64_t> to;
  for (const Stake& stake : concerned->second.stakes) {
    if (stake.watches) to.push_back(stake.server);
  }
  if (shard_.planted == Planted::other_server_untold) return;
  if (!to.empty()) say(std::move(to));
}

void Interests::take_presence(std::uint64_t by, const PresenceElsewhere& presence, Outbox& out) {
  const Concerned concerned = concerns_.find(presence.account);
  if (concerned == concerns_.end() || !concerned->second.watched()) return;
  Concern& concern = concerned->second;
  const bool present = is_present(presence.sources);
  const bool is_news = concern.present_at == by || (present && !concern.is_outdated(by));
  if (!is_news) {
    // Of where she is present more is to come.
    if (!concern.present_at) answer(concern, presence.account, out);
    return;
  }
  concern.present_at = present ? std::optional(by) : std::nullopt;
  concern.gone_by.reset();
  concern.answer_by.reset();
  out.emit(presence);
  // What another that serves her still had said may have been passed over.
  const Stake* other = present ? nullptr : concern.serving(by);
  if (other != nullptr) ask(other->server, presence.account, out);
}

// There is nothing to be told of her, and presence_db waits.
void Interests::answer(Concern& concern, const Address& account, Outbox& out) {
  if (!std::exchange(concern.answer_by, std::nullopt)) return;
  out.emit(PresenceElsewhere{account, {}});
}

// --- the other servers ---------------------------------------------------------------------------

void Interests::on(Now now, const ServerUp& up, Outbox& out) {
  Peer& peer = peers_[up.server];
  // What was told to all before one of us knew of the other.
  if (++peer.link == 1) {
    for (const auto& [when, said] : recent_) {
      if (when + kRecentTime >= now.instant) tell_once({up.server}, said, out);
    }
  }
  if (shard_.planted == Planted::link_not_synced && peer.link > 1) return;
  peer.syncing = true;
  peer.synced = Address();
  sync(up.server, peer, out);
  if (peer.syncing) go_on_later(now);
}

void Interests::sync(std::uint64_t server, Peer& peer, Outbox& out) {
  Concerns some;
  Concerned next = concerns_.upper_bound(peer.synced);
  for (std::size_t i = 0; i < kSyncAtOnce && next != concerns_.end(); ++i, ++next) {
    const auto& [account, concern] = *next;
    if (concern.watched()) some.watched.push_back(account);
    if (concern.present_at == server) some.present.push_back(account);
    if (concern.served) some.served.push_back(account);
    peer.synced = account;
  }
  for (Address& account : std::exchange(peer.unwatched, {})) {
    const Concerned concerned = concerns_.find(account);
    const bool again = concerned != concerns_.end() && concerned->second.watched();
    if (!again) some.unwatched.push_back(std::move(account));
  }
  for (Address& account : std::exchange(peer.not_served, {})) {
    const Concerned concerned = concerns_.find(account);
    const bool again = concerned != concerns_.end() && concerned->second.served;
    if (!again) some.not_served.push_back(std::move(account));
  }
  peer.syncing = next != concerns_.end();
  if (!peer.syncing) some.last_of = shard_.shards;
  if (!some.empty()) tell({server}, write_concerns(some), out);
}

Interests::Stake& Interests::stake(const Address& account, std::uint64_t server) {
  std::vector<Stake>& stakes = concerns_[account].stakes;
  auto at = std::find_if(stakes.begin(), stakes.end(),
                         [&](const Stake& stake) { return stake.server == server; });
  if (at == stakes.end()) at = stakes.insert(at, {server});
  const std::uint32_t link = peers_[server].link;
  // What it said on an earlier link it says anew, or it is over.
  if (std::exchange(at->link, link) != link) at->watches = at->serves = false;
  return *at;
}

void Interests::on(Now now, const ConcernsCame& came, Outbox& out) {
  if (!peers_.contains(came.by)) return;
  const auto note = [&](const std::vector<Address>& accounts, bool Stake::*what, bool is) {
    for (const Address& account : accounts)
      stake(account, came.by).*what = is;
  };
  note(came.concerns.watched, &Stake::watches, true);
  for (const Address& account : came.concerns.served)
    note_served(account, came.by, out);
  for (const Address& account : came.concerns.watched) {
    if (concerns_[account].served) out.emit(PresenceAsked{account, came.by});
  }
  for (const Address& account : came.concerns.present) {
    const Concerned concerned = concerns_.find(account);
    const bool served = concerned != concerns_.end() && concerned->second.served;
    if (!served) tell({came.by}, write_presence(account, {}), out);
  }
  note(came.concerns.unwatched, &Stake::watches, false);
  note(came.concerns.not_served, &Stake::serves, false);
  for (const Address& account : came.concerns.not_served) {
    stake(account, came.by).serves_since = 0;
    look_where_she_went(now, account, came.by, out);
  }
  for (const auto* accounts : {&came.concerns.unwatched, &came.concerns.not_served}) {
    for (const Address& account : *accounts) {
      const Concerned concerned = concerns_.find(account);
      if (concerned == concerns_.end()) continue;
      std::erase_if(concerned->second.stakes,
                    [](const Stake& stake) { return !stake.watches && !stake.serves; });
      if (!concerned->second.matters()) concerns_.erase(concerned);
    }
  }
}

// What it had said of her presence before that may have been passed over.
void Interests::note_served(const Address& account, std::uint64_t by, Outbox& out) {
  Stake& there = stake(account, by);
  there.serves = true;
  if (there.serves_since != 0) return;
  there.serves_since = next_serving_++;
  const Concern& concern = concerns_.find(account)->second;
  const bool is_elsewhere = concern.present_at && concern.present_at != by;
  if (is_elsewhere && concern.watched()) ask(by, account, out);
}

const Interests::Stake* Interests::Concern::serving(std::uint64_t but) const {
  const Stake* latest = nullptr;
  for (const Stake& stake : stakes) {
    if (!stake.serves || stake.server == but) continue;
    if (latest == nullptr || latest->serves_since < stake.serves_since) latest = &stake;
  }
  return latest;
}

bool Interests::Concern::is_outdated(std::uint64_t server) const {
  if (!present_at || present_at == server) return false;
  const auto since = [&](std::uint64_t at) -> std::uint64_t {
    for (const Stake& stake : stakes) {
      if (stake.server == at) return stake.serves_since;
    }
    return 0;
  };
  return since(server) < since(*present_at);
}

// She was present there, and it has not said that she left: she may have moved. Who serves her now
// is asked; if nobody does, somebody may be about to.
void Interests::look_where_she_went(Now now, const Address& account, std::uint64_t from,
                                    Outbox& out) {
  const Concerned concerned = concerns_.find(account);
  if (concerned == concerns_.end() || concerned->second.present_at != from) return;
  Concern& concern = concerned->second;
  if (const Stake* other = concern.serving()) {
    concern.present_at = other->server;
    return ask_again(account, concern, out);
  }
  concern.gone_by = now.instant + kAnswerTimeMax;
  answers_due_.add(*concern.gone_by, account);
}

template <class IsOver>
void Interests::drop_stakes(IsOver is_over) {
  for (Concerned next = concerns_.begin(); next != concerns_.end();) {
    const Concerned concerned = next++;
    std::erase_if(concerned->second.stakes, is_over);
    if (!concerned->second.matters()) concerns_.erase(concerned);
  }
}

void Interests::on(Now, const ServerSaidAll& said, Outbox&) {
  const auto peer = peers_.find(said.server);
  if (peer == peers_.end()) return;
  drop_stakes([&](Stake& stake) {
    if (stake.server != said.server) return false;
    if (!stake.serves) stake.serves_since = 0;
    return stake.link != peer->second.link;
  });
}

void Interests::on(Now now, const ServerGone& gone, Outbox& out) {
  doubted_ = Address();
  go_on_later(now);
  const auto peer = peers_.find(gone.server);
  if (peer == peers_.end()) return;
  for (const auto& [session, to] : peer->second.directed)
    farewells_.push_back(farewell_of(session, to));
  peers_.erase(peer);
  not_understood_.erase(gone.server);
  for (const auto& [account, concern] : concerns_) {
    if (concern.present_at == gone.server) orphans_.push_back(account);
  }
  drop_stakes([&](const Stake& stake) { return stake.server == gone.server; });
  for (auto sender = senders_.begin(); sender != senders_.end();) {
    const auto one = sender++;
    if (one->second.server == gone.server) end_sender(one, kNobodyTookIt, out);
  }
}

// Those that presence_db may hold.
void Interests::doubt_some(Outbox& out) {
  if (!doubted_) return;
  Concerned next = concerns_.upper_bound(*doubted_);
  for (std::size_t i = 0; i < kDoubtedAtOnce && next != concerns_.end(); ++i, ++next) {
    const auto& [account, concern] = *next;
    if (concern.watched() || concern.served) out.emit(RecordsDoubted{account});
    doubted_ = account;
  }
  if (next == concerns_.end()) doubted_.reset();
}

// Unless she has come to another server meanwhile.
void Interests::forget_orphans(Outbox& out) {
  for (std::size_t i = 0; i < kSyncAtOnce && !orphans_.empty(); ++i) {
    const Address account = std::move(orphans_.back());
    orphans_.pop_back();
    const Concerned concerned = concerns_.find(account);
    if (concerned == concerns_.end()) continue;
    Concern& concern = concerned->second;
    if (!concern.present_at || peers_.contains(*concern.present_at)) continue;
    // She may have been about to move there, and be where she was.
    if (const Stake* other = concern.serving()) {
      concern.present_at = other->server;
      ask_again(account, concern, out);
      continue;
    }
    concern.present_at.reset();
    out.emit(PresenceElsewhere{account, {}});
  }
}

// --- what is for a user --------------------------------------------------------------------------

std::optional<std::uint64_t> Interests::server_of(const Address& user) const {
  const auto concerned = concerns_.find(user.bare());
  if (concerned == concerns_.end() || concerned->second.served) return std::nullopt;
  const Stake* serving = concerned->second.serving();
  return serving == nullptr ? std::nullopt : std::optional(serving->server);
}

template <class E>
std::optional<ToServers> Interests::event_leaving(const E& event) const {
  const auto server = server_of(event.to);
  if (!server) return std::nullopt;
  return ToServers{shard_.self, {*server}, true, write_event(event, 1)};
}

// What a SIP request waits for is answered on its way here; and a probe by what is known here.
std::optional<ToServers> Interests::leaving(Now, const StanzaForUser& stanza) {
  const bool is_probe = stanza.kind == StanzaKind::presence && stanza.type == "probe";
  if (stanza.asked_by_sip != 0 || is_probe) return std::nullopt;
  return event_leaving(stanza);
}

std::optional<ToServers> Interests::leaving(Now, const RequestForUser& request) {
  return event_leaving(request);
}

std::optional<ToServers> Interests::leaving(Now now, const PageMessage& message) {
  const auto server = server_of(message.to);
  if (!server || !message.from_sip()) return std::nullopt;
  const std::uint64_t number = next_sender_++;
  const Instant until = now.instant + kMessageTimeMax;
  senders_.emplace(number, SipSender{*server, message.request_shard, message.request, until});
  senders_due_.add(until, number);
  PageMessage there = message;
  there.request_shard = shard_.self;
  there.request = SipRequestId::from_number(number);
  return event_leaving(there);
}

template <class E>
bool Interests::send_said_on(Now now, const E& said, Outbox& out) {
  if (shard_.home_of(said.to) != shard_.self) {
    have_weighed(said, out);
    return true;
  }
  auto leaves = leaving(now, said);
  if (leaves) leave(sender_of_said(said), *std::move(leaves), out);
  return leaves.has_value();
}

// Only what its sender says by her home shard has a place.
template <class E>
void Interests::have_weighed(const E& said, Outbox& out) {
  const Address sender = sender_of_said(said);
  const bool is_ours = shard_.home_of(sender) == shard_.self;
  const std::uint64_t place = is_ours ? sayings_.reserve(sender) : 0;
  out.emit(shard_.home_of(said.to), SaidToWeigh{shard_.self, place, said});
}

bool Interests::weigh(Now now, const SaidToWeigh& asked, Outbox& out) {
  auto leaves = std::visit([&](const auto& said) { return leaving(now, said); }, asked.said);
  const bool is_leaving = leaves.has_value();
  const Address sender =
      std::visit([](const auto& said) { return sender_of_said(said); }, asked.said);
  if (asked.place != 0) {
    out.emit(asked.shard, SaidWeighed{sender, asked.place, std::move(leaves)});
  } else if (leaves) {
    leave(sender, *std::move(leaves), out);
  }
  return is_leaving;
}

void Interests::on(Now, const SaidWeighed& weighed, Outbox& out) {
  for (ToServers& said : sayings_.weighed(weighed.sender, weighed.place, weighed.leaves))
    out.emit(ShardId(), std::move(said));
}

bool Interests::send_on(Now now, const StanzaForUser& stanza, Outbox& out) {
  return send_said_on(now, stanza, out);
}

bool Interests::send_on(Now now, const RequestForUser& request, Outbox& out) {
  return send_said_on(now, request, out);
}

bool Interests::send_on(Now now, const PageMessage& message, Outbox& out) {
  return send_said_on(now, message, out);
}

bool Interests::send_on(Now, const PageMessageAnswered& answered, Outbox& out) {
  if (answered.server == 0) return false;
  out.emit(ShardId(),
           ToServers{ShardId(), {answered.server}, true, write_answer(answered.shard, answered)});
  return true;
}

void Interests::on(Now now, const RelationToTell& relation, Outbox& out) {
  if (shard_.planted == Planted::other_server_hint_lost) return;
  std::string said = write_relation(relation.change, relation.by);
  while (!recent_.empty() && recent_.front().first + kRecentTime < now.instant)
    recent_.pop_front();
  if (recent_.size() >= kRecentMax) recent_.pop_front();
  recent_.emplace_back(now.instant, said);
  tell_once({}, std::move(said), out);
}

std::optional<UserEvent> Interests::hear(Now now, const FromServer& from, Outbox& out) {
  std::optional<Said> said = read_said(from.said);
  if (!said) {
    if (!not_understood_.insert(from.by).second) return std::nullopt;
    out.order(
        Log{Log::Level::warning, "not-understood", "incarnation " + std::to_string(from.by), {}});
    return std::nullopt;
  }
  if (auto* event = std::get_if<EventSaid>(&*said)) return take_event(from, *std::move(event), out);
  if (from.returned) {
    come_back(now, from, *said, out);
  } else if (const auto* presence = std::get_if<PresenceElsewhere>(&*said)) {
    take_presence(from.by, *presence, out);
  } else if (const auto* answered = std::get_if<PageMessageAnswered>(&*said)) {
    take_answer(*answered, out);
  }
  return std::nullopt;
}

// There was no room: it is said again, as it is then. Of concerns, all are.
void Interests::come_back(Now now, const FromServer& from, Said& said, Outbox&) {
  const auto peer = peers_.find(from.by);
  if (peer == peers_.end()) return;
  if (const auto* concerns = std::get_if<Concerns>(&said)) {
    peer->second.syncing = true;
    peer->second.synced = Address();
    append(peer->second.unwatched, concerns->unwatched);
    append(peer->second.not_served, concerns->not_served);
  } else if (const auto* presence = std::get_if<PresenceElsewhere>(&said)) {
    untold_.emplace_back(presence->account, from.by);
  }
  go_on_later(now);
}

std::optional<UserEvent> Interests::take_event(const FromServer& from, EventSaid said,
                                               Outbox& out) {
  const ShardId home = shard_.home_of(user_of(said.event));
  if (home != shard_.self) {
    out.emit(home, from);
    return std::nullopt;
  }
  const bool is_relation = std::holds_alternative<RelationChanged>(said.event);
  auto* message = std::get_if<PageMessage>(&said.event);
  if (from.returned) {
    // Who held the other side keeps an older record until she is loaded anew.
    if (is_relation) return std::nullopt;
    if (message != nullptr && message->server == 0) {
      // As if it had never left.
      const auto sender = senders_.find(message->request.number());
      if (sender == senders_.end()) return std::nullopt;
      message->request_shard = sender->second.shard;
      message->request = sender->second.request;
      senders_.erase(sender);
    }
    return std::move(said.event);
  }
  if (message != nullptr && message->server == 0) message->server = from.by;
  const auto server = is_relation ? std::nullopt : server_of(user_of(said.event));
  if (server && *server != from.by && said.servers < kServersMax) {
    const auto servers = static_cast<std::uint8_t>(said.servers + 1);
    leave(sender_of(said.event).to_bare(),
          {shard_.self, {*server}, true, write_event(said.event, servers)}, out);
    return std::nullopt;
  }
  note_directed(from.by, said.event);
  return std::move(said.event);
}

// For the end of that server, which would say so of each of its sessions.
void Interests::note_directed(std::uint64_t by, const UserEvent& event) {
  const auto* stanza = std::get_if<StanzaForUser>(&event);
  const auto peer = peers_.find(by);
  if (stanza == nullptr || stanza->kind != StanzaKind::presence || peer == peers_.end()) return;
  auto& directed = peer->second.directed;
  if (stanza->type == "unavailable") {
    directed.erase({stanza->from, stanza->to});
  } else if (stanza->type.empty() && directed.size() < kDirectedMax) {
    directed.emplace(stanza->from, stanza->to);
  }
}

void Interests::take_answer(const PageMessageAnswered& answered, Outbox& out) {
  const auto sender = senders_.find(answered.request.number());
  if (sender != senders_.end()) end_sender(sender, answered.status, out);
}

void Interests::end_sender(std::map<std::uint64_t, SipSender>::iterator sender,
                           std::uint16_t status, Outbox& out) {
  const SipSender waiting = sender->second;
  senders_.erase(sender);
  out.emit(waiting.shard, PageMessageAnswered{waiting.request, status, waiting.shard});
}

}  // namespace muster
