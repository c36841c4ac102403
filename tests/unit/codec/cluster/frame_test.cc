#include "codec/cluster/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/grind.h"

namespace muster::cluster {
namespace cluster_frame_test {

using Frames = std::vector<std::pair<Lane, std::string>>;
using std::string_literals::operator""s;

std::string frame(Lane lane, std::string_view payload) {
  std::string bytes;
  append_frame(bytes, lane, payload);
  return bytes;
}
Frames all_of(FrameReader& reader, std::string_view bytes) {
  Frames frames;
  while (const auto next = reader.next(bytes))
    frames.emplace_back(next->lane, next->payload);
  return frames;
}

TEST(Frame, HasItsLengthItsLaneAndWhatIsSaid) {
  EXPECT_EQ(frame(Lane::documents, "NOTIFY"), "\0\0\0\6\1NOTIFY"s);
  EXPECT_EQ(frame(Lane::presence, ""), "\0\0\0\0\3"s);
  EXPECT_EQ(frame(Lane::relay, ""), "\0\0\0\0\4"s);
  std::string bytes;
  append_directed(bytes, 0x0102030405060708, "hi");
  EXPECT_EQ(bytes, "\0\0\0\xa\2\1\2\3\4\5\6\7\x8hi"s);
}

TEST(Frame, IsReadWhereverItIsCut) {
  const std::string bytes = frame(Lane::control, "c") + frame(Lane::documents, "") +
                            frame(Lane::directed, "directed") + frame(Lane::relay, "r");
  const Frames frames = test::grind(bytes, [](const test::Pieces& pieces) {
    FrameReader reader;
    reader.open_lanes();
    Frames all;
    for (const std::string_view piece : pieces) {
      for (auto& one : all_of(reader, piece))
        all.push_back(std::move(one));
    }
    EXPECT_EQ(reader.unfinished_bytes(), 0u);
    return all;
  });
  EXPECT_EQ(frames, (Frames{{Lane::control, "c"},
                            {Lane::documents, ""},
                            {Lane::directed, "directed"},
                            {Lane::relay, "r"}}));
}

TEST(Frame, OfAnUnfinishedOneWhatCameIsKept) {
  FrameReader reader;
  reader.open_lanes();
  const std::string bytes = frame(Lane::relay, std::string(kPayloadBytesMax, 'x'));
  std::string_view begin = std::string_view(bytes).substr(0, 100);
  EXPECT_EQ(reader.next(begin), std::nullopt);
  EXPECT_TRUE(begin.empty());
  EXPECT_EQ(reader.unfinished_bytes(), 100u);
  std::string_view rest = std::string_view(bytes).substr(100);
  const auto whole = reader.next(rest);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->payload.size(), kPayloadBytesMax);
  EXPECT_EQ(reader.next(rest), std::nullopt);
  EXPECT_EQ(reader.unfinished_bytes(), 0u);
}

TEST(Frame, IsRefusedAboveItsLimits) {
  const struct {
    std::string header;
    std::optional<FrameError> error;
  } kRows[] = {
      {"\0\0\4\0\0"s, std::nullopt},  // kControlBytesMax
      {"\0\0\4\1\0"s, FrameError::too_long},
      {"\0\x8\x40\0\1"s, std::nullopt},  // kPayloadBytesMax
      {"\0\x8\x40\1\1"s, FrameError::too_long},
      {"\0\x8\x40\1\3"s, FrameError::too_long},
      {"\xff\xff\xff\xff\2"s, FrameError::too_long},
      {"\0\0\0\0\5"s, FrameError::no_lane},
      {"\0\0\0\0\xff"s, FrameError::no_lane},
  };
  for (const auto& row : kRows) {
    const auto error = test::grind(row.header, [](const test::Pieces& pieces) {
      FrameReader reader;
      reader.open_lanes();
      for (std::string_view piece : pieces)
        reader.next(piece);
      return reader.error();
    });
    EXPECT_EQ(error, row.error);
  }
}

TEST(Frame, NothingIsReadAfterWhatIsNone) {
  FrameReader reader;
  const std::string bytes = frame(Lane::control, "a") + "\0\0\0\1\1x"s + frame(Lane::control, "b");
  EXPECT_EQ(all_of(reader, bytes), (Frames{{Lane::control, "a"}}));
  EXPECT_EQ(reader.error(), FrameError::no_lane) << "no other lane is open yet";
  EXPECT_EQ(all_of(reader, frame(Lane::control, "c")), Frames());
}

TEST(Control, IsReadAsItWasWritten) {
  const Control kAll[] = {
      Hello{.from = 0x0102030405060708,
            .to = 2,
            .link = 3,
            .received = ~std::uint64_t{0},
            .svr_id = "sip:s"},
      Ping{},
      Acknowledged{77},
  };
  for (const Control& control : kAll) {
    std::string bytes;
    append_control(bytes, control);
    EXPECT_EQ(read_control(std::string_view(bytes).substr(kFrameHeaderBytes)), control);
    // And none of its beginnings; but of a hello whose svr-id is cut.
    for (std::size_t size = kFrameHeaderBytes; size < bytes.size(); ++size) {
      const auto cut =
          read_control(std::string_view(bytes).substr(kFrameHeaderBytes, size - kFrameHeaderBytes));
      const auto* hello = cut ? std::get_if<Hello>(&*cut) : nullptr;
      EXPECT_TRUE(!cut || (hello != nullptr && hello->svr_id != "sip:s")) << size;
    }
  }
}

TEST(Control, AHelloBeginsWithItsFormat) {
  std::string bytes;
  append_control(bytes, Hello{.from = 4, .to = 3, .link = 2, .received = 1, .svr_id = "s"});
  EXPECT_EQ(bytes.substr(kFrameHeaderBytes, 3), "\1\0\6"s);
  // Of another one nothing else is known, not even its size.
  const auto other = read_control("\1\0\7"s);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(std::get<Hello>(*other).format, 7u);
}

TEST(Control, WhatIsNoneIsNone) {
  for (const std::string& payload :
       {""s, "\0"s, "\4"s, "\1"s, "\1\0"s, "\1\0\6"s, "\2x"s, "\3"s, "\3\0\0\0\0\0\0\0\0x"s})
    EXPECT_EQ(read_control(payload), std::nullopt);
  EXPECT_FALSE(read_directed("1234567").has_value());
  EXPECT_EQ(read_directed("\0\0\0\0\0\0\0\5x"s)->number, 5u);
}

}  // namespace cluster_frame_test
}  // namespace muster::cluster
