// Feeds a message to its reader in pieces, as a network does: whole, cut in two at every place, and
// byte by byte; each way must end alike. (The habit is Beast's.)
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace muster::test {

using Pieces = std::vector<std::string_view>;

// `read` takes Pieces and returns what came of them, comparable and printable. Returns what came of
// the whole, for the caller to judge.
template <class Read>
auto grind(std::string_view message, Read read) {
  const auto whole = read(Pieces{message});
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    const auto in_two = read(Pieces{message.substr(0, cut), message.substr(cut)});
    EXPECT_EQ(in_two, whole) << "cut before byte " << cut << " of:\n" << message;
    if (in_two != whole) return whole;
  }
  Pieces bytes;
  for (std::size_t i = 0; i < message.size(); ++i)
    bytes.push_back(message.substr(i, 1));
  EXPECT_EQ(read(bytes), whole) << "byte by byte:\n" << message;
  return whole;
}

}  // namespace muster::test
