#include "codec/cluster/directed.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace muster::cluster {
namespace {

using std::literals::string_literals::operator""s;

std::string written(const Told& told) {
  std::string out;
  append_told(out, told);
  return out;
}

// Byte for byte as directed.h has it.
TEST(Directed, IsWrittenInNetworkOrder) {
  EXPECT_EQ(written(UserGiven{0x0102, "a@b"}),
            "\x01\0\0\0\0\0\0\x01\x02"
            "a@b"s);
  EXPECT_EQ(written(UsersSettled{0x0a, 0x01020304, 5, 6}),
            "\x02\0\0\0\0\0\0\0\x0a\x01\x02\x03\x04\0\0\0\x05\0\0\0\x06"s);
  EXPECT_EQ(written(YieldUser{"a@b"}),
            "\x03"
            "a@b"s);
  EXPECT_EQ(written(UserYielded{true, "a@b"}),
            "\x04\x01"
            "a@b"s);
}

TEST(Directed, IsReadAsItWasWritten) {
  for (const Told& told : {Told(UserGiven{~std::uint64_t{0}, "alice@example.com"}),
                           Told(UsersSettled{1, ~std::uint32_t{0}, 2, 3}), Told(YieldUser{"a@b"}),
                           Told(UserYielded{true, "a@b"}), Told(UserYielded{false, "a@b"})}) {
    EXPECT_EQ(read_told(written(told)), told);
  }
}

TEST(Directed, WhatIsCutOrLongerIsNone) {
  const std::string given = written(UserGiven{7, "a"});
  for (std::size_t n = 0; n < given.size(); ++n)
    EXPECT_EQ(read_told(given.substr(0, n)), std::nullopt) << n;
  const std::string settled = written(UsersSettled{7, 1, 2, 3});
  for (std::size_t n = 0; n < settled.size(); ++n)
    EXPECT_EQ(read_told(settled.substr(0, n)), std::nullopt) << n;
  EXPECT_EQ(read_told(settled + "x"), std::nullopt);
  EXPECT_EQ(read_told("\x03"), std::nullopt);
  EXPECT_EQ(read_told("\x04\x01"), std::nullopt);
  EXPECT_EQ(read_told("\x04\x02x"), std::nullopt) << "neither yes nor no";
  EXPECT_EQ(read_told("\x05" + given.substr(1)), std::nullopt) << "no kind";
}

}  // namespace
}  // namespace muster::cluster
