#include "codec/cluster/directed.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace muster::cluster {
namespace cluster_directed_test {

using std::literals::string_literals::operator""s;

std::string written(const Told& told) {
  std::string out;
  append_told(out, told);
  return out;
}

constexpr std::uint64_t kMost = ~std::uint64_t{0};
constexpr FiguresTold kFigures{
    kMost, {kMost, 2, kMost - 3, 4, ~std::uint32_t{0}, 6, {{1, 2}, {3, 4}, {5, 6}, {7, 8}}}};

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
  EXPECT_EQ(written(RoomWanted{0x01020304}), "\x05\x01\x02\x03\x04"s);
  EXPECT_EQ(written(MoveUsers{0x0506, 0x0102, 3, 4, true}),
            "\x06\0\0\0\0\0\0\x05\x06\0\0\0\0\0\0\x01\x02\0\0\0\x03\0\0\0\x04\x01"s);
  EXPECT_EQ(written(MoveUsers{0x0506, 0x0102, 3, 4, false}),
            "\x06\0\0\0\0\0\0\x05\x06\0\0\0\0\0\0\x01\x02\0\0\0\x03\0\0\0\x04\0"s);
  EXPECT_EQ(written(UsersMoved{0x0102, 0x03040506}), "\x07\0\0\0\0\0\0\x01\x02\x03\x04\x05\x06"s);
  EXPECT_EQ(written(FiguresAsked{0x0102}), "\x08\0\0\0\0\0\0\x01\x02"s);
  const Measures measures{{1, 2}, {3, 4}, {5, 6}, {7, 8}};
  EXPECT_EQ(written(FiguresTold{9, {1, 2, 3, 4, 5, 6, measures}}),
            "\x09"
            "\0\0\0\0\0\0\0\x09"
            "\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x04"
            "\0\0\0\x05\0\0\0\x06"
            "\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04"
            "\0\0\0\x05\0\0\0\x06\0\0\0\x07\0\0\0\x08"s);
  EXPECT_EQ(written(OrderAsked{0x0102, 0x0405, 3, "sip:s1"}),
            "\x0a\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\x04\x05\x03"
            "sip:s1"s);
  EXPECT_EQ(written(OrderAnswered{0x0102, 3}), "\x0b\0\0\0\0\0\0\x01\x02\x03"s);
}

TEST(Directed, IsReadAsItWasWritten) {
  for (const Told& told : {Told(UserGiven{~std::uint64_t{0}, "alice@example.com"}),
                           Told(UsersSettled{1, ~std::uint32_t{0}, 2, 3}), Told(YieldUser{"a@b"}),
                           Told(UserYielded{true, "a@b"}), Told(UserYielded{false, "a@b"}),
                           Told(RoomWanted{0}), Told(RoomWanted{~std::uint32_t{0}}),
                           Told(MoveUsers{kMost, kMost - 1, 1, ~std::uint32_t{0}, true}),
                           Told(MoveUsers{1, 2, ~std::uint32_t{0}, 3, false}),
                           Told(UsersMoved{~std::uint64_t{0}, ~std::uint32_t{0}}),
                           Told(FiguresAsked{~std::uint64_t{0}}), Told(kFigures),
                           Told(OrderAsked{kMost, kMost - 1, 255, "sip:s1.example.com"}),
                           Told(OrderAnswered{~std::uint64_t{0}, 255})}) {
    EXPECT_EQ(read_told(written(told)), told);
  }
}

TEST(Directed, WhatIsCutOrLongerIsNone) {
  const std::string given = written(UserGiven{7, "a"});
  for (std::size_t n = 0; n < given.size(); ++n)
    EXPECT_EQ(read_told(given.substr(0, n)), std::nullopt) << n;
  for (const Told& told :
       {Told(UsersSettled{7, 1, 2, 3}), Told(RoomWanted{7}), Told(MoveUsers{7, 8, 1, 2, true}),
        Told(UsersMoved{7, 1}), Told(FiguresAsked{7}), Told(kFigures), Told(OrderAnswered{7, 1})}) {
    const std::string whole = written(told);
    for (std::size_t n = 0; n < whole.size(); ++n)
      EXPECT_EQ(read_told(whole.substr(0, n)), std::nullopt) << told.index() << " " << n;
    EXPECT_EQ(read_told(whole + "x"), std::nullopt) << told.index();
    EXPECT_EQ(read_told(whole + '\0'), std::nullopt) << told.index();
  }
  const std::string order = written(OrderAsked{7, 8, 1, "s"});
  for (std::size_t n = 0; n < order.size(); ++n)
    EXPECT_EQ(read_told(order.substr(0, n)), std::nullopt) << n;
  EXPECT_EQ(read_told("\x03"), std::nullopt);
  EXPECT_EQ(read_told("\x04\x01"), std::nullopt);
  EXPECT_EQ(read_told("\x04\x02x"), std::nullopt) << "neither yes nor no";
  std::string move = written(MoveUsers{7, 8, 1, 2, true});
  move.back() = '\x02';
  EXPECT_EQ(read_told(move), std::nullopt) << "neither all nor not";
  for (const char kind : {'\0', '\x0c', '\xff'})
    EXPECT_EQ(read_told(kind + given.substr(1)), std::nullopt) << "no kind";
}

}  // namespace cluster_directed_test
}  // namespace muster::cluster
