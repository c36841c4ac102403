#include "sim/run/load.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "codec/address/jid.h"
#include "sim/agents/messenger.h"
#include "sim/agents/phone.h"

namespace muster::sim {
namespace {

constexpr std::string_view kDomain = "example.com";
constexpr std::array<std::string_view, 5> kShows = {"", "away", "chat", "dnd", "xa"};
// What conversion, escaping and framing must bear.
constexpr std::array<std::string_view, 6> kNotes = {
    "at lunch", "<&>'\"]]>", "Grüße, 你好", "a  b", "\xF0\x9F\x8D\xB5 tea", "x"};

}  // namespace

Load::Load(World& world, Crowd& crowd, const Swarm& swarm)
    : world_(world),
      crowd_(crowd),
      swarm_(swarm),
      users_(world.streams().stream("users")),
      wishes_(world.streams().stream("wishes")),
      landings_(world.streams().stream("landings")) {
  for (std::uint32_t i = 0; i < swarm_.users; ++i)
    make_user(i);
}

void Load::make_user(std::uint32_t number) {
  User& user = all_.emplace_back();
  user.account = *parse_jid("u" + std::to_string(number) + "@" + std::string(kDomain));
  const bool messenger = happens(users_, swarm_.messengers_per_mille);
  const bool phone = !messenger || happens(users_, swarm_.phones_per_mille);
  // Who has a phone alone has nobody to answer requests.
  static constexpr std::array kPolicies = {WatcherPolicy::ask, WatcherPolicy::allow,
                                           WatcherPolicy::mutual};
  const WatcherPolicy policy =
      messenger ? kPolicies[users_.below(kPolicies.size())] : WatcherPolicy::allow;
  world_.store().memory().carry_out(LoadUser{user.account, true, {}, policy});
  world_.verifier().set_password(user.account, "pw" + std::to_string(number));
  if (messenger) {
    make_messenger(user, number, 0);
    if (happens(users_, 300)) make_messenger(user, number, 1);
  }
  if (phone) make_phone(user, number);
}

void Load::make_messenger(User& user, std::uint32_t number, std::uint32_t which) {
  Identity identity;
  identity.account = user.account;
  identity.password = "pw" + std::to_string(number);
  identity.name = which == 0 ? "home" : "mobile phone";
  identity.at = {IpAddress::v4(10, 1, static_cast<std::uint8_t>(number >> 8),
                               static_cast<std::uint8_t>(number)),
                 static_cast<std::uint16_t>(40'000 + which)};
  land(identity, &Server::xmpp_at);
  Messenger::Habits habits;
  habits.scram = happens(users_, 700);
  habits.approves = happens(users_, 800);
  habits.follows = happens(users_, 600);
  habits.resumes = happens(users_, 400);
  habits.keeps_roster = happens(users_, 500);
  // Two of a user are not alike.
  habits.priority = which == 0 ? 5 : happens(users_, 300) ? -1 : 1;
  habits.most_available = which == 0;
  user.agents.push_back(crowd_.add(std::make_unique<Messenger>(
      identity, habits,
      world_.streams().stream("messenger " + std::to_string(2 * number + which)))));
}

void Load::make_phone(User& user, std::uint32_t number) {
  Identity identity;
  identity.account = user.account;
  identity.password = "pw" + std::to_string(number);
  identity.name = "desk";
  identity.at = {IpAddress::v4(10, 2, static_cast<std::uint8_t>(number >> 8),
                               static_cast<std::uint8_t>(number)),
                 5060};
  land(identity, &Server::sip_at);
  Phone::Habits habits;
  habits.transport = happens(users_, swarm_.tcp_per_mille) ? Transport::tcp : Transport::udp;
  habits.follows = happens(users_, 600);
  habits.publishes = happens(users_, 800);
  habits.old_tag_per_mille = happens(users_, 300) ? 100 : 0;
  habits.subscription_seconds = 60 + static_cast<std::uint32_t>(users_.below(600));
  habits.publication_seconds = 60 + static_cast<std::uint32_t>(users_.below(600));
  user.agents.push_back(crowd_.add(std::make_unique<Phone>(
      identity, habits, world_.streams().stream("phone " + std::to_string(number)))));
  if (habits.transport == Transport::tcp && !habits.publishes) {
    fleeting_.push_back(user.agents.back());
  }
}

// Anywhere, and then wherever it is sent.
void Load::land(Identity& identity, const Endpoint& (Server::*at)() const) {
  const std::size_t servers = world_.server_count();
  const std::size_t first = landings_.below(servers);
  identity.server = (world_.server(first).*at)();
  for (std::size_t i = 1; i <= servers && servers > 1; ++i)
    identity.servers.push_back((world_.server((first + i) % servers).*at)());
}

// --- wishes --------------------------------------------------------------------------------------

void Load::begin() {
  for (const User& user : all_) {
    for (const AgentId id : user.agents) {
      crowd_.wish(id, Show{draw_shown()});
      for (std::uint32_t i = 0; i < swarm_.watched_by_each; ++i) {
        const Address& other = any_account();
        if (other != user.account) crowd_.wish(id, StartWatching{other});
      }
      crowd_.wish(id, GoOnline{});
    }
  }
  wish_later(swarm_.wish_every);
}

void Load::bring_all_online() {
  for (const User& user : all_)
    for (const AgentId id : user.agents)
      crowd_.wish(id, GoOnline{});
}

// What is registered by a link goes with it, at once (RFC 5626 section 5.3).
void Load::show_all() {
  for (const AgentId id : fleeting_) {
    if (happens(wishes_, 500)) crowd_.wish(id, Vanish{true});
  }
  for (const Duration when : {Duration::seconds(1), Duration::seconds(2)}) {
    world_.timeline().after(when, [this] {
      for (const User& user : all_)
        for (const AgentId id : user.agents)
          crowd_.wish(id, Show{draw_shown()});
    });
  }
}

void Load::write_all(Duration within) {
  for (const User& user : all_) {
    for (const AgentId id : user.agents) {
      world_.timeline().after(draw_between(wishes_, {}, within), [this, id] {
        crowd_.wish(id, SendText{any_account(), "text " + std::to_string(++version_)});
      });
    }
  }
}

void Load::part_some() {
  for (const User& user : all_) {
    for (const AgentId id : user.agents) {
      const std::uint64_t drawn = wishes_.below(100);
      if (drawn < 25) crowd_.wish(id, GoOffline{});
      if (drawn >= 25 && drawn < 50) crowd_.lose(id);
    }
  }
}

void Load::send_all_away() {
  for (const User& user : all_)
    for (const AgentId id : user.agents)
      crowd_.wish(id, GoOffline{});
}

void Load::wish_later(Duration pause) {
  world_.timeline().after(pause, [this] {
    if (ended_) return;
    wish_something();
    wish_later(pause_of_load());
  });
}

// Bursts: many at once, then a pause that makes up for it.
Duration Load::pause_of_load() {
  const Duration mean = draw_between(wishes_, {}, swarm_.wish_every * 2);
  if (swarm_.load != LoadKind::burst) return mean;
  return happens(wishes_, 20) ? swarm_.wish_every * 50 : Duration::milliseconds(1);
}

void Load::wish_something() {
  if (swarm_.load == LoadKind::mass_reconnect && happens(wishes_, 10)) {
    // All at once, and all back.
    send_all_away();
    world_.timeline().after(Duration::seconds(1), [this] { bring_all_online(); });
    return;
  }
  const User& user = all_[wishes_.below(all_.size())];
  const AgentId id = user.agents[wishes_.below(user.agents.size())];
  const Wish wish = draw_wish();
  const auto* watch = std::get_if<StartWatching>(&wish);
  if (watch != nullptr && watch->presentity == user.account) return;
  const auto* directed = std::get_if<ShowTo>(&wish);
  if (directed != nullptr && directed->to == user.account) return;
  crowd_.wish(id, wish);
}

Wish Load::draw_wish() {
  const std::uint64_t drawn = wishes_.below(100);
  if (swarm_.load == LoadKind::presence_storm && drawn < 90) return Show{draw_shown()};
  if (drawn < 40) return Show{draw_shown()};
  if (drawn < 52) return SendText{any_account(), "text " + std::to_string(++version_)};
  if (drawn < 62) return StartWatching{any_account()};
  if (drawn < 68) return StopWatching{any_account()};
  if (drawn < 71) return Revoke{any_account()};
  if (drawn < 74) return ShowTo{any_account()};
  if (drawn < 77) return SetContact{any_account(), "group " + std::to_string(++version_)};
  if (drawn < 78) return RemoveContact{any_account()};
  if (drawn < 80) return Vanish{};
  if (drawn < 87) return GoOffline{};
  return GoOnline{};
}

Shown Load::draw_shown() {
  Shown shown;
  shown.show = kShows[wishes_.below(kShows.size())];
  shown.note =
      "v" + std::to_string(++version_) + " " + std::string(kNotes[wishes_.below(kNotes.size())]);
  return shown;
}

const Address& Load::any_account() {
  return all_[wishes_.below(all_.size())].account;
}

}  // namespace muster::sim
