// RFC 6120 section 4.6: silence -> ping -> connection-timeout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stream_world.h"

namespace muster {
namespace xmpp_stream_silence_test {

using ::testing::HasSubstr;
using testing::only;
using testing::StreamWorld;

constexpr Duration kMoment = Duration::microseconds(1);

class Silence : public ::testing::Test {
 protected:
  Silence() : link(world.bound()) { world.forget(); }

  Duration silence() const { return world.world.settings.limits.stream_silence_max; }
  Duration answer_time() const { return world.world.settings.limits.ping_answer_time_max; }
  std::string pinged_id() const {
    const std::string said = world.said(link);
    const std::size_t begin = said.find(" id='") + 5;
    return said.substr(begin, said.find('\'', begin) - begin);
  }

  StreamWorld world;
  LinkId link;
};

TEST_F(Silence, IsAskedAboutAfterTheLimitAndNotBefore) {
  world.pass(silence() - kMoment);
  EXPECT_EQ(world.said(link), "");
  world.pass(kMoment);
  EXPECT_THAT(world.said(link),
              ::testing::MatchesRegex("<iq type='get' from='example.com' "
                                      "to='alice@example.com/phone' id='ping-[0-9]+'>"
                                      "<ping xmlns='urn:xmpp:ping'/></iq>"));
  EXPECT_EQ(world.state(link), "bound");
}

TEST_F(Silence, AfterAPingEndsTheStreamInTime) {
  world.pass(silence());
  world.forget();
  world.pass(answer_time() - kMoment);
  EXPECT_EQ(world.said(link), "");
  world.pass(kMoment);
  EXPECT_THAT(world.said(link), HasSubstr("<stream:error><connection-timeout "));
  EXPECT_TRUE(world.closed(link));
  EXPECT_EQ(only<StreamEnded>(world.events).size(), 1u);
}

// Whatever is heard counts: also a space (section 4.6.1).
TEST_F(Silence, IsBrokenByAnyByte) {
  world.pass(silence() - kMoment);
  world.feed(link, " ");
  world.pass(silence() - kMoment);
  EXPECT_EQ(world.said(link), "");
  world.pass(kMoment);
  EXPECT_THAT(world.said(link), HasSubstr("<ping "));
  world.feed(link, " ");
  world.forget();
  world.pass(answer_time());
  EXPECT_EQ(world.state(link), "bound");
  world.pass(silence());
  EXPECT_THAT(world.said(link), HasSubstr("<ping ")) << "asked anew after as long";
}

TEST_F(Silence, APongGoesNoFurther) {
  for (const std::string type : {"result", "error"}) {
    world.pass(silence());
    const std::string id = pinged_id();
    world.forget();
    world.feed(link, "<iq type='" + type + "' id='" + id + "' to='example.com'/>");
    EXPECT_TRUE(world.stanzas.empty());
    EXPECT_EQ(world.said(link), "");
    world.feed(link, "<iq type='" + type + "' id='" + id + "'/>");
    EXPECT_EQ(world.stanzas.size(), 1u) << "answered twice: the second is nobody's";
    world.stanzas.clear();
  }
}

// Other traffic may overtake the answer.
TEST_F(Silence, ALatePongGoesNoFurtherEither) {
  world.pass(silence());
  const std::string id = pinged_id();
  world.feed(link, "<presence/>");
  world.feed(link, "<iq type='result' id='" + id + "'/>");
  EXPECT_EQ(world.stanzas, std::vector<std::string>{"<presence/>"});
}

TEST_F(Silence, AnswersToOthersAreNoPongs) {
  world.feed(link, "<iq type='result' id='ping-0'/>");
  EXPECT_EQ(world.stanzas.size(), 1u) << "there was no ping";
  world.pass(silence());
  world.feed(link, "<iq type='result' id='x'/><iq type='get' id='" + pinged_id() + "'><q/></iq>");
  EXPECT_EQ(world.stanzas.size(), 3u);
}

TEST(LoginTime, IsLimited) {
  StreamWorld world;
  const Duration max = world.world.settings.limits.login_time_max;
  const LinkId slow = world.open();
  world.pass(max - kMoment);
  EXPECT_EQ(world.state(slow), "opening");
  world.pass(kMoment);
  EXPECT_THAT(world.said(slow), HasSubstr("<stream:stream "));
  EXPECT_THAT(world.said(slow), HasSubstr("<connection-timeout "));

  // What is said does not buy time; a session does.
  const LinkId chatty = world.secure_negotiating();
  world.pass(max - kMoment);
  world.feed(chatty, " ");
  const LinkId quick = world.bound();
  world.pass(kMoment);
  EXPECT_EQ(world.state(chatty), "closed");
  world.pass(max);
  EXPECT_EQ(world.state(quick), "bound");
}

}  // namespace xmpp_stream_silence_test
}  // namespace muster
