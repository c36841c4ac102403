// Servers that exchange the cluster document over links in memory, in virtual time: with delays,
// cuts, restarts and changes of the main. Each link keeps its order; two links do not know each
// other. Each server learns of the directory with a delay of its own.
//
// It watches three things all the time: that no subscription has two unanswered NOTIFYs, that what
// is sent is SIP without a defect, and that a server that was woken has nothing left to do then.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "base/prng.h"
#include "codec/sip/check.h"
#include "server/load_control/documents.h"
#include "server/load_control/subscription_rows.h"

namespace muster::test {

class DocumentsWorld {
 public:
  static constexpr const char* kEntity = "sip:example.com";

  struct Server {
    std::string svr_id;
    cluster::Incarnation life;
    cluster::Role role = cluster::Role::running;
    OwnLoad load;
    std::unique_ptr<Prng> prng;
    std::unique_ptr<Documents> documents;  // null: it is not there
    std::vector<cluster::User> users;
    std::vector<DocumentRefused> refused;
    std::vector<UsersCame> users_came;
    int users_failed = 0;
    std::vector<InviteAnswered> invite_answers;
    int taken_in = 0;
    int let_go = 0;
  };
  struct Sent {
    Instant when;
    int from;
    int to;
    std::string bytes;
  };

  explicit DocumentsWorld(std::uint64_t seed = 1) : prng_(Prng::seed_of(seed)) {}

  // --- the cluster
  // The next server, s01, s02 and so on. Links are the caller's to make.
  int add(cluster::Role role = cluster::Role::running) {
    servers_.emplace_back();
    Server& server = servers_.back();
    const auto number = servers_.size();
    server.svr_id =
        "sip:s" + std::string(number < 10 ? "0" : "") + std::to_string(number) + ".example.com";
    server.role = role;
    start(static_cast<int>(number) - 1);
    return static_cast<int>(number) - 1;
  }
  // A whole cluster whose first server is main, at rest.
  void make(int servers) {
    for (int i = 0; i < servers; ++i)
      add();
    for (int i = 0; i < servers; ++i) {
      for (int j = 0; j < i; ++j)
        join(i, j);
    }
    name_main(0);
    run_for(Duration::seconds(1));
  }

  // A life with empty memory; its links are gone with the one before.
  void start(int index) {
    Server& server = servers_.at(static_cast<std::size_t>(index));
    server.life = cluster::Incarnation(++lives_);
    server.prng = std::make_unique<Prng>(Prng::seed_of(1000 + lives_));
    server.load = {};
    server.documents = std::make_unique<Documents>(
        Documents::Settings{kEntity, "TLS", endpoints_of(server.svr_id), limits}, server.svr_id,
        server.life, *server.prng);
    tell_directory();
  }
  void stop(int index) {
    for (int other = 0; other < size(); ++other)
      cut(index, other);
    at(index).documents.reset();
    if (main_ == index) main_ = -1;
    tell_directory();
  }

  void set_role(int index, cluster::Role role) {
    at(index).role = role;
    tell_directory();
  }
  void name_main(int index) {
    main_ = index;
    ++epoch_;
    tell_directory();
  }
  void set_load(int index, OwnLoad load) {
    at(index).load = load;
    give(index, [load](Instant now, Documents& documents) { documents.own(now, load); });
  }

  // --- links
  void join(int a, int b) {
    if (a == b || joined(a, b) || !at(a).documents || !at(b).documents) return;
    links_[key(a, b)] = {++link_numbers_, {}, {}};
    give(a, [life = at(b).life](Instant now, Documents& one) { one.peer_up(now, life); });
    if (!joined(a, b)) return;
    give(b, [life = at(a).life](Instant now, Documents& one) { one.peer_up(now, life); });
  }
  void cut(int a, int b) {
    if (links_.erase(key(a, b)) == 0) return;
    unanswered_.erase({a, b});
    unanswered_.erase({b, a});
    give(a, [life = at(b).life](Instant now, Documents& one) { one.peer_down(now, life); });
    give(b, [life = at(a).life](Instant now, Documents& one) { one.peer_down(now, life); });
  }
  bool joined(int a, int b) const { return links_.contains(key(a, b)); }

  // --- time
  void run_for(Duration time) {
    const Instant end = now_ + time;
    while (step(end)) {
    }
    now_ = end;
  }
  void later(Duration after, std::function<void()> what) {
    events_.emplace(std::pair(now_ + after, ++sequence_), std::move(what));
  }
  void give(int index, const std::function<void(Instant, Documents&)>& what) {
    Server& server = at(index);
    if (!server.documents) return;
    what(now_, *server.documents);
    drain(index);
  }

  // --- what is
  Server& at(int index) { return servers_.at(static_cast<std::size_t>(index)); }
  const Server& at(int index) const { return servers_.at(static_cast<std::size_t>(index)); }
  Documents& documents(int index) { return *at(index).documents; }
  int size() const { return static_cast<int>(servers_.size()); }
  int main() const { return main_; }
  std::uint64_t epoch() const { return epoch_; }
  Instant now() const { return now_; }
  std::vector<Sent>& sent() { return sent_; }
  bool runs(int index) const {
    const Server& server = at(index);
    return server.documents && cluster::serves(server.role);
  }

  // What the service's document must say, by the roles and loads alone; but for its version.
  cluster::Document truth() const {
    cluster::Document truth;
    truth.entity = kEntity;
    truth.epoch = cluster::Epoch(epoch_);
    std::map<cluster::Incarnation, std::string> candidates;
    for (const Server& server : servers_) {
      if (!server.documents) continue;
      if (server.role == cluster::Role::standby) candidates[server.life] = server.svr_id;
      if (server.role == cluster::Role::standby) continue;
      truth.loads.push_back({server.svr_id, server.load.level, server.load.max});
      truth.lists.push_back({server.svr_id, server.load.users, {}});
      truth.total_users_number += server.load.users;
      for (cluster::ServerEndpoint endpoint : endpoints_of(server.svr_id)) {
        endpoint.open = server.role == cluster::Role::running;
        truth.endpoints.push_back(endpoint);
      }
    }
    for (const auto& [life, svr_id] : candidates)
      truth.candidates.push_back(svr_id);
    truth.active_number = static_cast<std::uint32_t>(truth.loads.size());
    return truth;
  }
  // The servers whose picture is not the main's, or is not true.
  std::vector<std::string> strayed() {
    std::vector<std::string> strayed;
    cluster::Document truth = this->truth();
    truth.version = documents(main_).picture().version;
    for (int i = 0; i < size(); ++i) {
      if (runs(i) && documents(i).picture() != truth) strayed.push_back(at(i).svr_id);
    }
    return strayed;
  }

  static std::vector<cluster::ServerEndpoint> endpoints_of(const std::string& svr_id) {
    using Kind = cluster::ServerEndpoint::Kind;
    const std::string host = svr_id.substr(4);
    return {{svr_id, Kind::sip, true, "sip:" + host + ";transport=tcp"},
            {svr_id, Kind::xmpp, true, "xmpp:" + host + ":5222"}};
  }

  // How long a message is under way.
  std::function<Duration()> delay = [] { return Duration::milliseconds(1); };
  // How old what a server knows of the directory is.
  std::function<Duration()> directory_delay = [] { return Duration(); };
  // True: the message is not carried. For who plays a peer that does not answer.
  std::function<bool(const Sent&)> swallows = [](const Sent&) { return false; };
  // Of servers that start from now on.
  cluster::Limits limits;

 private:
  struct Link {
    std::uint64_t number = 0;
    Instant forth_until, back_until;  // nothing overtakes
  };
  static std::pair<int, int> key(int a, int b) { return {std::min(a, b), std::max(a, b)}; }

  void tell_directory() {
    cluster::Directory directory;
    for (const Server& server : servers_) {
      if (!server.documents) continue;
      directory.members.push_back({{server.svr_id, {}, {}, {}}, server.life, server.role, {}});
    }
    std::sort(directory.members.begin(), directory.members.end(),
              [](const auto& a, const auto& b) { return a.incarnation < b.incarnation; });
    if (main_ >= 0) directory.main = at(main_).life;
    directory.epoch = cluster::Epoch(epoch_);
    const std::uint64_t number = ++directories_;
    for (int i = 0; i < size(); ++i) {
      later(directory_delay(), [this, i, directory, number, life = at(i).life] {
        // A server reads a newer one never before an older.
        std::uint64_t& last = read_[life];
        if (at(i).life != life || last > number) return;
        last = number;
        give(i, [&](Instant now, Documents& one) { one.directory(now, directory); });
      });
    }
  }

  // The next thing that happens until then; false if there is none.
  bool step(Instant end) {
    std::optional<Instant> next;
    int waking = -1;
    for (int i = 0; i < size(); ++i) {
      if (!at(i).documents) continue;
      const auto deadline = documents(i).next_deadline();
      if (deadline && (!next || *deadline < *next)) {
        next = deadline;
        waking = i;
      }
    }
    if (!events_.empty() && (!next || events_.begin()->first.first <= *next)) {
      if (events_.begin()->first.first > end) return false;
      now_ = std::max(now_, events_.begin()->first.first);
      const auto what = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      what();
      return true;
    }
    if (!next || *next > end) return false;
    now_ = std::max(now_, *next);
    give(waking, [](Instant now, Documents& one) { one.wake(now); });
    const auto again = documents(waking).next_deadline();
    EXPECT_TRUE(!again || *again > now_) << at(waking).svr_id << " is woken for nothing";
    return !again || *again > now_;
  }

  void drain(int index) {
    LinkOutcomes outcomes = std::exchange(documents(index).outcomes(), {});
    for (LinkOutcome& outcome : outcomes) {
      std::visit(
          Overloaded{
              [&](SendOnLane& send) { carry(index, send); },
              [&](DocumentRefused& refused) { at(index).refused.push_back(refused); },
              [&](UsersWanted&) {
                give(index,
                     [&](Instant now, Documents& one) { one.give_users(now, at(index).users); });
              },
              [&](UsersCame& came) { at(index).users_came.push_back(std::move(came)); },
              [&](UsersFailed&) { ++at(index).users_failed; },
              [&](InviteAnswered& answered) { at(index).invite_answers.push_back(answered); },
              [&](TakenIn&) { ++at(index).taken_in; },
              [&](LetGoBy&) { ++at(index).let_go; },
          },
          outcome);
    }
  }

  void carry(int from, SendOnLane& send) {
    int to = -1;
    for (int i = 0; i < size(); ++i) {
      if (at(i).documents && at(i).life == send.to) to = i;
    }
    const auto link = to < 0 ? links_.end() : links_.find(key(from, to));
    if (link == links_.end()) return;  // it was cut within this very step
    const Sent sent{now_, from, to, std::move(send.bytes)};
    check(sent);
    sent_.push_back(sent);
    if (swallows(sent)) return;
    Instant& until = from < to ? link->second.forth_until : link->second.back_until;
    until = std::max(until, now_ + delay());
    events_.emplace(std::pair(until, ++sequence_), [this, sent, number = link->second.number] {
      const auto now_there = links_.find(key(sent.from, sent.to));
      if (now_there == links_.end() || now_there->second.number != number) return;
      settle_answer(sent);
      give(sent.to,
           [&](Instant now, Documents& one) { one.came(now, at(sent.from).life, sent.bytes); });
    });
  }

  void check(const Sent& sent) {
    const auto message = sip::parse_message(sent.bytes);
    ASSERT_TRUE(message.ok()) << sent.bytes;
    ASSERT_EQ(message->defect(), sip::Defect::none) << sent.bytes;
    sip::Essentials essentials;
    if (message->is_response()) {
      ASSERT_EQ(sip::check_response(*message, essentials), std::nullopt) << sent.bytes;
      return;
    }
    ASSERT_FALSE(sip::check_request(*message, essentials).has_value()) << sent.bytes;
    if (message->method() != sip::Method::notify) return;
    std::set<std::string>& unanswered = unanswered_[std::pair(sent.from, sent.to)];
    EXPECT_TRUE(unanswered.emplace(essentials.call_id).second) << "two unanswered NOTIFYs:\n"
                                                               << sent.bytes;
  }
  void settle_answer(const Sent& sent) {
    const auto message = sip::parse_message(sent.bytes);
    sip::Essentials essentials;
    if (!message->is_response() || sip::check_response(*message, essentials)) return;
    if (essentials.cseq.method != sip::Method::notify) return;
    unanswered_[{sent.to, sent.from}].erase(std::string(essentials.call_id));
  }

  Prng prng_;
  std::vector<Server> servers_;
  int main_ = -1;
  std::uint64_t epoch_ = 0;
  std::uint64_t lives_ = 0;
  std::uint64_t directories_ = 0;
  std::map<cluster::Incarnation, std::uint64_t> read_;
  std::map<std::pair<int, int>, Link> links_;
  std::uint64_t link_numbers_ = 0;
  Instant now_ = Instant::at(Duration::seconds(100));
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t sequence_ = 0;
  std::vector<Sent> sent_;
  std::map<std::pair<int, int>, std::set<std::string>> unanswered_;
};

}  // namespace muster::test
