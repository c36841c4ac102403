#include "app/config/quantity.h"

#include <gtest/gtest.h>

namespace muster {
namespace config_quantity_test {

TEST(Quantity, ADurationHasAUnit) {
  EXPECT_EQ(parse_duration("500 ms"), Duration::milliseconds(500));
  EXPECT_EQ(parse_duration("60s"), Duration::seconds(60));
  EXPECT_EQ(parse_duration("5 min"), Duration::seconds(300));
  EXPECT_EQ(parse_duration("0 s"), Duration());
  for (const char* text : {"", "60", "s", "-1 s", "1.5 s", "1  s", "1 sec", " 1 s", "1 s "}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Quantity, ASizeHasAUnit) {
  EXPECT_EQ(parse_size("7 B"), 7u);
  EXPECT_EQ(parse_size("64KiB"), 65'536u);
  EXPECT_EQ(parse_size("2 GiB"), std::uint64_t{1} << 31);
  for (const char* text : {"64", "64 kB", "64 KB", "KiB"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Quantity, IsShownAsItMayBeWritten) {
  for (const char* text : {"1 ms", "90 s", "1 min", "24 h", "0 s"}) {
    EXPECT_EQ(duration_text(*parse_duration(text)), text);
  }
  for (const char* text : {"1 B", "1023 B", "1 KiB", "3 MiB"}) {
    EXPECT_EQ(size_text(*parse_size(text)), text);
  }
}

TEST(Quantity, HasAMost) {
  EXPECT_EQ(parse_size(std::to_string(kQuantityMax) + " B"), kQuantityMax);
  EXPECT_EQ(parse_size(std::to_string(kQuantityMax + 1) + " B"), std::nullopt);
  EXPECT_EQ(parse_size(std::to_string(kQuantityMax / 1024) + " KiB"), kQuantityMax);
  EXPECT_EQ(parse_size(std::to_string(kQuantityMax / 1024 + 1) + " KiB"), std::nullopt);
  EXPECT_TRUE(parse_duration(std::to_string(kQuantityMax) + " ms").has_value());
  EXPECT_EQ(parse_duration("99999999999999999999 h"), std::nullopt);
}

}  // namespace config_quantity_test
}  // namespace muster
