// Plays each *.scn below this folder: dialogues that somebody who knows the protocols can read.
// docs/scenarios.md says how they are written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenario/match.h"
#include "scenario/stage.h"

namespace muster::testing {
namespace scenario_scenario_test {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<std::string> all_scenarios() {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(MUSTER_TESTS_DIR "/scenario")) {
    if (entry.path().extension() == ".scn") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = fs::path(info.param).lexically_relative(MUSTER_TESTS_DIR "/scenario").string();
  name.resize(name.size() - 4);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class Scenario : public ::testing::TestWithParam<std::string> {};

TEST_P(Scenario, IsPlayed) {
  std::ifstream file(GetParam());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    Stage().play(parse_script(text));
  } catch (const std::exception& failure) {
    FAIL() << GetParam() << ", " << failure.what();
  }
}
INSTANTIATE_TEST_SUITE_P(All, Scenario, ::testing::ValuesIn(all_scenarios()), name_of);

// --- the stage itself: a scenario that says something else fails, and says where -----------------

std::string failure_of(std::string_view text) {
  try {
    Stage().play(parse_script(text));
  } catch (const std::exception& failure) {
    return failure.what();
  }
  return "";
}

constexpr std::string_view kTwoFriends =
    "# Two who do not know each other\n"
    "romeo is a messenger romeo@example.com/orchard\n"
    "juliet is a messenger juliet@example.com/balcony\n"
    "romeo logs in\n"
    "juliet logs in\n";

TEST(Stage, WhatIsHeardAndNotSaidFails) {
  EXPECT_EQ(failure_of(kTwoFriends), "");
  const std::string message =
      std::string(kTwoFriends) +
      "romeo sends\n  <message to='juliet@example.com'><body>hi</body></message>\n";
  EXPECT_THAT(failure_of(message), HasSubstr("at the end: juliet hears <message"));
  EXPECT_THAT(failure_of(message + "nobody receives anything\n"), HasSubstr("line 8: nobody"));
}

TEST(Stage, WhatIsSaidAndNotHeardFails) {
  EXPECT_THAT(failure_of(std::string(kTwoFriends) + "juliet receives\n  <message/>\n"),
              HasSubstr("line 6: juliet receives: nothing comes"));
}

TEST(Stage, EachDifferenceIsNamed) {
  const std::string message =
      std::string(kTwoFriends) +
      "romeo sends\n  <message to='juliet@example.com'><body>hi</body></message>\n"
      "juliet receives\n  ";
  const auto because = [&](const std::string& pattern) { return failure_of(message + pattern); };
  const std::string whole = "<message from='romeo@*' to='juliet@example.com'>";
  EXPECT_EQ(because(whole + "<body>hi</body></message>"), "");
  EXPECT_EQ(because(whole + "...</message>"), "");
  EXPECT_THAT(because(whole + "<body>ho</body></message>"), HasSubstr("<body> says 'hi'"));
  EXPECT_THAT(because(whole + "<subject/></message>"), HasSubstr("instead of <subject>"));
  EXPECT_THAT(because(whole + "<body>hi</body><x/></message>"), HasSubstr("has no <x>"));
  EXPECT_THAT(because(whole + "</message>"), HasSubstr("has <body> too"));
  EXPECT_THAT(because("<message from='*'>...</message>"), HasSubstr("has to='juliet"));
  EXPECT_THAT(because("<message type='chat'>...</message>"), HasSubstr("has no type"));
}

TEST(Stage, AScenarioThatCannotBeReadSaysWhere) {
  EXPECT_THAT(failure_of("romeo logs in\n"), HasSubstr("a comment says what is shown"));
  EXPECT_THAT(failure_of("# t\n  indented\n"), HasSubstr("line 2"));
  EXPECT_THAT(failure_of("# t\nromeo logs in\n"), HasSubstr("nobody is called romeo"));
  EXPECT_THAT(failure_of(std::string(kTwoFriends) + "romeo dances\n"),
              HasSubstr("line 6: romeo dances: messengers do other things"));
}

TEST(Stage, RowsOfAnswersAreCompared) {
  const std::string subscribe =
      "# A phone watches nobody\n"
      "romeo is a phone romeo@example.com\n"
      "romeo sends SUBSCRIBE to juliet@example.org\n  Event: presence\n"
      "romeo receives ";
  EXPECT_EQ(failure_of(subscribe + "404"), "");
  EXPECT_EQ(failure_of(subscribe + "404 SUBSCRIBE\n  Call-ID: *juliet*\n  Expires: none\n"), "");
  EXPECT_THAT(failure_of(subscribe + "200"), HasSubstr("404 SUBSCRIBE comes"));
  EXPECT_THAT(failure_of(subscribe + "404\n  Call-ID: other"), HasSubstr("Call-ID is '"));
}

}  // namespace scenario_scenario_test
}  // namespace muster::testing
