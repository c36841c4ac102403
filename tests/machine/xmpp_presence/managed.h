// A session with stream management, in a test: enabled, lost, resumed.
#pragma once

#include <gtest/gtest.h>

#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "machine/xmpp_presence/world.h"

namespace muster::testing {

inline constexpr std::string_view kAskForAck = "<r xmlns='urn:xmpp:sm:3'/>";

struct Managed : ::testing::Test {
  Managed() { world.settings.limits.stanzas_per_ack_request = 1'000; }

  std::string enable(const Bound& who, std::optional<Duration> max = std::nullopt,
                     bool resume = true) {
    world.forget();
    world.on(ManagementAsked{who.session, resume, max});
    const std::string said = world.raw(who);
    world.forget();
    const std::size_t begin = said.find("id='");
    return begin == std::string::npos
               ? ""
               : said.substr(begin + 4, said.find('\'', begin + 4) - begin - 4);
  }
  // Its link is lost.
  ModuleWorld::Happened lose(const Bound& who) {
    world.forget();
    return and_what_is_due(world.on(StreamEnded{who.session, who.link, StreamEnd::lost}));
  }
  // On a new link; `who` is then there.
  ModuleWorld::Happened resume(Bound& who, const std::string& id, std::uint32_t handled) {
    world.forget();
    const LinkId link{++world.links, 1};
    auto happened = world.on(ResumeAsked{link, who.full.to_bare(), id, handled});
    if (!events<ResumeGranted>(happened).empty()) who.link = link;
    return happened;
  }
  StanzaForUser message(std::string_view to, std::string_view text, std::string type = "chat") {
    StanzaForUser stanza;
    stanza.type = std::move(type);
    stanza.id = "m1";
    stanza.from = address("romeo@example.com/orchard");
    stanza.to = address(to);
    stanza.xml = "<message from='romeo@example.com/orchard' to='" + std::string(to) + "' type='" +
                 stanza.type + "'><body>" + std::string(text) + "</body></message>";
    return stanza;
  }
  ModuleWorld::Happened wake() {
    world.presence->wake(world.now, world.out);
    return world.remember(world.take());
  }
  // A step for each time that something is due.
  ModuleWorld::Happened and_what_is_due(ModuleWorld::Happened happened = {}) {
    for (auto next = world.presence->next_deadline(); next && *next <= world.now.instant;
         next = world.presence->next_deadline()) {
      auto more = wake();
      std::move(more.orders.begin(), more.orders.end(), std::back_inserter(happened.orders));
      std::move(more.events.begin(), more.events.end(), std::back_inserter(happened.events));
    }
    return happened;
  }
  ModuleWorld::Happened pass_time(Duration time) {
    world.pass(time);
    world.forget();
    return and_what_is_due();
  }
  void presence_from_romeo(const Bound& to) {
    world.on(PresenceBroadcast{
        share("<presence from='romeo@example.com' to='"), share("'/>"), {to.full.to_bare()}});
  }
  // So many messages in a row, and then what comes of having too much.
  ModuleWorld::Happened get(const Bound& who, int messages) {
    ModuleWorld::Happened all;
    std::vector<QueueOverran> overran;
    for (int i = 0; i < messages; ++i) {
      for (const auto& event : events<QueueOverran>(world.on(message(who.full.text(), "hi"))))
        overran.push_back(event);
    }
    for (const QueueOverran& event : overran) {
      auto more = world.on(event);
      std::move(more.orders.begin(), more.orders.end(), std::back_inserter(all.orders));
      std::move(more.events.begin(), more.events.end(), std::back_inserter(all.events));
    }
    return all;
  }
  ModuleWorld::Happened presence_from_nurse(const Bound& to) {
    return world.on(
        PresenceReply{to.full, {{share("<presence from='nurse@example.com' to='"), share("'/>")}}});
  }
  // How often it was asked for an acknowledgement.
  int asks(const Bound& who) const {
    const std::string raw = world.raw(who);
    int found = 0;
    for (std::size_t at = raw.find(kAskForAck); at != std::string::npos;
         at = raw.find(kAskForAck, at + 1)) {
      ++found;
    }
    return found;
  }
  ModuleWorld::Happened ack(const Bound& who, std::uint32_t handled) {
    return world.on(AckReceived{who.session, handled});
  }
  std::string handled(const Bound& who) {
    world.forget();
    world.on(AckAsked{who.session});
    return world.raw(who);
  }

  XmppPresenceWorld world;
};

}  // namespace muster::testing
