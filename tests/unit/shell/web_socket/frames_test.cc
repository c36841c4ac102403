#include "shell/web_socket/frames.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/grind.h"
#include "support/web_socket_frames.h"

namespace muster::testing {
namespace web_socket_frames_test {

constexpr std::size_t kMessageBytesMax = 1'000;

// What came of bytes of a client: its messages, what was sent to it, and whether it is over.
struct Heard {
  std::vector<std::string> messages;
  std::vector<std::string> answers;
  bool closed = false;
  friend bool operator==(const Heard&, const Heard&) = default;
};
void PrintTo(const Heard& heard, std::ostream* out) {
  for (const std::string& message : heard.messages)
    *out << "<- " << message.substr(0, 100) << "\n";
  for (const std::string& answer : heard.answers)
    *out << "-> " << answer << "\n";
  *out << (heard.closed ? "closed" : "open");
}

Heard hear(const test::Pieces& pieces, FrameScratch& scratch) {
  FrameReader reader;
  Heard heard;
  std::string out;
  for (const std::string_view piece : pieces) {
    if (heard.closed) break;
    const auto went =
        reader.hear(scratch, piece, kMessageBytesMax, out,
                    [&](std::string_view text) { heard.messages.emplace_back(text); });
    heard.closed = went == FrameReader::Went::closed;
  }
  heard.answers = server_frames(out);
  return heard;
}
Heard hear(std::string_view bytes) {
  FrameScratch scratch;
  return hear(test::Pieces{bytes}, scratch);
}

TEST(FrameReader, gives_messages_of_each_length) {
  for (const std::size_t bytes : {0u, 1u, 125u, 126u, 127u, 1'000u}) {
    const std::string text(bytes, 'x');
    EXPECT_EQ(hear(peer_message(text)), (Heard{{text}, {}, false}));
  }
  FrameScratch scratch;
  FrameReader reader;
  std::string out;
  std::string message;
  const std::string text(70'000, 'y');
  EXPECT_EQ(reader.hear(scratch, peer_message(text), 100'000, out,
                        [&](std::string_view heard) { message = heard; }),
            FrameReader::Went::on);
  EXPECT_EQ(message, text);
}

TEST(FrameReader, takes_bytes_in_any_pieces) {
  const std::string bytes =
      peer_message("hello") + peer_frame(kPing, "p") + peer_frame(kText, "fr", {.fin = false}) +
      peer_frame(kPing, "") + peer_frame(kContinuation, "ag", {.fin = false}) +
      peer_frame(kContinuation, "ment") + peer_message("\xc3\xa9") + peer_frame(kPong, "unasked");
  FrameScratch scratch;
  const auto read = [&](const test::Pieces& pieces) { return hear(pieces, scratch); };
  EXPECT_EQ(test::grind(bytes, read),
            (Heard{{"hello", "fragment", "\xc3\xa9"}, {"pong:p", "pong:"}, false}));
  const std::string end = peer_message("a") + peer_frame(kCloseFrame, "\x03\xe8");
  EXPECT_EQ(test::grind(end, read), (Heard{{"a"}, {"close:1000"}, true}));
}

// A frame that wslay takes for none, and one that says its length in more bytes than it needs.
TEST(FrameReader, outlives_what_is_no_frame) {
  for (const std::string_view bytes :
       {std::string_view("\x81\xfe\x00\x01\x11\x22\x33\x44x", 9),
        std::string_view("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x11\x22\x33\x44x", 15)}) {
    const Heard heard = hear(bytes);
    EXPECT_TRUE(heard.closed);
    EXPECT_EQ(heard.answers, std::vector<std::string>{"close:1002"});
  }
}

// One link's context between two of its messages is the shard's.
TEST(FrameReader, keeps_nothing_between_two_messages) {
  FrameScratch scratch;
  FrameReader reader;
  std::string out;
  const auto hear_on = [&](std::string_view bytes) {
    reader.hear(scratch, bytes, kMessageBytesMax, out, [](std::string_view) {});
    return reader.unfinished();
  };
  const std::string message = peer_message("hello");
  EXPECT_FALSE(hear_on(message));
  EXPECT_TRUE(hear_on(message.substr(0, 1)));
  EXPECT_TRUE(hear_on(message.substr(1, message.size() - 2)));
  EXPECT_FALSE(hear_on(message.substr(message.size() - 1)));
  EXPECT_TRUE(hear_on(peer_frame(kText, "a", {.fin = false})));
  EXPECT_TRUE(hear_on(peer_frame(kPing, "a"))) << "in the midst of a message";
  EXPECT_FALSE(hear_on(peer_frame(kContinuation, "a")));
  EXPECT_FALSE(hear_on(peer_frame(kPing, "a")));
  EXPECT_FALSE(hear_on(peer_message(std::string(500, 'x')) + peer_message("")));
}

TEST(FrameReader, of_one_link_does_not_see_what_another_one_began) {
  FrameScratch scratch;
  FrameReader one;
  FrameReader other;
  std::string out;
  std::vector<std::string> heard;
  const auto take = [&](std::string_view text) { heard.emplace_back(text); };
  one.hear(scratch, peer_frame(kText, "on", {.fin = false}), kMessageBytesMax, out, take);
  other.hear(scratch, peer_message("other"), kMessageBytesMax, out, take);
  one.hear(scratch, peer_frame(kContinuation, "e"), kMessageBytesMax, out, take);
  EXPECT_EQ(heard, (std::vector<std::string>{"other", "one"}));
}

// RFC 6455 section 7.4.1, RFC 7395 section 3.2.
TEST(FrameReader, says_by_a_code_what_is_wrong) {
  const auto told = [](std::string_view bytes) {
    const Heard heard = hear(std::string(bytes) + peer_message("later"));
    EXPECT_EQ(heard.messages, std::vector<std::string>{}) << "nothing is read behind it";
    EXPECT_TRUE(heard.closed);
    return heard.answers.empty() ? "nothing" : heard.answers.back();
  };
  EXPECT_EQ(told(peer_frame(kBinary, "a")), "close:1003");
  EXPECT_EQ(told(peer_frame(kBinary, "a", {.fin = false})), "close:1003");
  EXPECT_EQ(told(peer_message("\xff")), "close:1007");
  EXPECT_EQ(told(peer_message("\xc3")), "close:1007") << "cut short";
  EXPECT_EQ(told(peer_message("\xed\xa0\x80")), "close:1007") << "a surrogate";
  EXPECT_EQ(told(peer_message(std::string(kMessageBytesMax + 1, 'x'))), "close:1009");
  EXPECT_EQ(told(peer_frame(kText, "a", {.masked = false})), "close:1002");
  EXPECT_EQ(told(peer_frame(kText, "a", {.reserved = 4})), "close:1002") << "no extension";
  EXPECT_EQ(told(peer_frame(3, "a")), "close:1002") << "no such frame";
  EXPECT_EQ(told(peer_frame(kContinuation, "a")), "close:1002") << "of nothing";
  EXPECT_EQ(told(peer_frame(kText, "a", {.fin = false}) + peer_message("b")), "close:1002");
  EXPECT_EQ(told(peer_frame(kPing, std::string(126, 'x'))), "close:1002");
  EXPECT_EQ(told(peer_frame(kPing, "a", {.fin = false})), "close:1002");
  EXPECT_EQ(told(peer_frame(kCloseFrame, "x")), "close:") << "half a code";
}

TEST(FrameReader, counts_fragments_together) {
  std::string bytes;
  for (int i = 0; i < 11; ++i) {
    bytes += peer_frame(i == 0 ? kText : kContinuation, std::string(100, 'x'), {.fin = false});
  }
  EXPECT_EQ(hear(bytes).answers, std::vector<std::string>{"close:1009"});
}

// Each costs more than what is in it.
TEST(FrameReader, takes_so_many_fragments_of_one_message) {
  std::string bytes = peer_frame(kText, "x", {.fin = false});
  for (std::size_t i = 2; i < FrameReader::kFragmentsMax; ++i)
    bytes += peer_frame(kContinuation, "x", {.fin = false});
  const std::string last = peer_frame(kContinuation, "x");
  const std::string whole(FrameReader::kFragmentsMax, 'x');
  EXPECT_EQ(hear(bytes + last + bytes + last), (Heard{{whole, whole}, {}, false}));
  const std::string another = peer_frame(kContinuation, "x", {.fin = false});
  EXPECT_EQ(hear(bytes + another + last), (Heard{{}, {"close:1009"}, true}));
}

// A frame that says to be long is refused before it has come.
TEST(FrameReader, does_not_wait_for_what_is_too_long) {
  const std::string frame = peer_message(std::string(kMessageBytesMax + 1, 'x'));
  EXPECT_EQ(hear(std::string_view(frame).substr(0, 20)).answers,
            std::vector<std::string>{"close:1009"});
}

TEST(FrameReader, answers_a_close_frame) {
  EXPECT_EQ(hear(peer_frame(kCloseFrame, "")).answers, std::vector<std::string>{"close:"});
  EXPECT_EQ(hear(peer_frame(kCloseFrame, "\x03\xe9going")).answers,
            std::vector<std::string>{"close:1001"});
}

TEST(FrameWriter, writes_what_a_peer_reads) {
  FrameWriter writer;
  std::string out;
  for (const std::size_t bytes : {0u, 125u, 126u, 65'535u, 65'536u})
    writer.message(out, std::string(bytes, 'x'));
  writer.close(out, CloseCode::normal);
  const std::vector<std::string> frames = server_frames(out);
  ASSERT_EQ(frames.size(), 6u);
  EXPECT_EQ(frames[0], "text:");
  EXPECT_EQ(frames[2], "text:" + std::string(126, 'x'));
  EXPECT_EQ(frames[4], "text:" + std::string(65'536, 'x'));
  EXPECT_EQ(frames[5], "close:1000");
}

}  // namespace web_socket_frames_test
}  // namespace muster::testing
