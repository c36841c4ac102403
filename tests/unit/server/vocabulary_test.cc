#include "server/vocabulary.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster {
namespace server_vocabulary_test {

TEST(TextParts, EachPartIsWhatWasAppendedSinceTheLast) {
  TextParts parts(100);
  parts.text().append("one");
  const TextPart one = parts.take();
  parts.text().append("t").append("wo");
  const TextPart two = parts.take();
  const TextPart nothing = parts.take();
  EXPECT_EQ(one.view(), "one");
  EXPECT_EQ(two.view(), "two");
  EXPECT_EQ(nothing.view(), "");
  EXPECT_EQ(two.size(), 3u);
  EXPECT_EQ(one.view().data() + 3, two.view().data());  // in one text
}

TEST(TextParts, PartsOutliveTheirWriterAndSurviveItsGrowth) {
  std::vector<TextPart> taken;
  {
    TextParts parts(0);  // it was told too little
    for (int i = 0; i < 1'000; ++i) {
      parts.text().append(std::to_string(i)).append(30, '.');
      taken.push_back(parts.take());
    }
  }
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(taken[static_cast<std::size_t>(i)].view(), std::to_string(i) + std::string(30, '.'));
  }
}

TEST(TextParts, APartThatLivesLongKeepsFewNeighbours) {
  TextParts parts(1'000'000);
  const std::string text(TextParts::kTextBytes - 1, 'x');
  parts.text().append(text);
  const TextPart first = parts.take();
  parts.text().append(text);  // still into the first text, which then is full
  const TextPart second = parts.take();
  parts.text().append(text);
  const TextPart third = parts.take();
  EXPECT_EQ(first.view().data() + first.size(), second.view().data());
  EXPECT_NE(second.view().data() + second.size(), third.view().data());
  EXPECT_EQ(third.view(), text);
}

TEST(TextPart, MayBeATextOfItsOwn) {
  EXPECT_EQ(TextPart().view(), "");
  EXPECT_EQ(TextPart("alone").view(), "alone");
  EXPECT_EQ(TextPart(std::string("alone")).size(), 5u);
}

}  // namespace server_vocabulary_test
}  // namespace muster
