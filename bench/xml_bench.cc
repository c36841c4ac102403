// What framing and parsing a stanza costs. Where a row handles bytes, its speed is given too.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "codec/xml/framer.h"
#include "codec/xml/stanza_parser.h"
#include "codec/xml/writer.h"

namespace {

using muster::xml::Frame;

constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream to='example.com' version='1.0' xml:lang='en' "
    "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

// 208 bytes, as a client of today sends it.
constexpr std::string_view kPresence =
    "<presence id='a81b3'><show>away</show><status>Out for lunch</status><priority>5</priority>"
    "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' "
    "ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>";

constexpr std::string_view kShortPresence = "<presence><show>dnd</show></presence>";

std::string long_message() {
  return "<message to='b@example.com' type='chat'><body>" + std::string(4000, 'x') +
         "</body></message>";
}

void parse(benchmark::State& state, std::string_view stanza) {
  muster::xml::StanzaParser parser;
  for (auto _ : state) {
    auto element = parser.parse(stanza);
    benchmark::DoNotOptimize(element);
    if (!element) state.SkipWithError("refused");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stanza.size()));
}

void parse_presence(benchmark::State& state) {
  parse(state, kPresence);
}
void parse_short_presence(benchmark::State& state) {
  parse(state, kShortPresence);
}
void parse_long_message(benchmark::State& state) {
  parse(state, long_message());
}
BENCHMARK(parse_presence);
BENCHMARK(parse_short_presence);
BENCHMARK(parse_long_message);

void parse_stream_header(benchmark::State& state) {
  muster::xml::StanzaParser parser;
  for (auto _ : state) {
    auto header = parser.parse_stream_header(kHeader);
    benchmark::DoNotOptimize(header);
    if (!header) state.SkipWithError("refused");
  }
}
BENCHMARK(parse_stream_header);

// Sixty-four stanzas in a buffer, as a busy link brings them.
void frame(benchmark::State& state, std::string_view stanza) {
  std::string bytes;
  for (int i = 0; i < 64; ++i)
    bytes += stanza;
  muster::xml::Framer framer;
  benchmark::DoNotOptimize(framer.next(kHeader, {}));
  for (auto _ : state) {
    std::string_view unread = bytes;
    while (!unread.empty()) {
      const Frame frame = framer.next(unread, {});
      if (frame.kind != Frame::Kind::stanza) return state.SkipWithError("no stanza");
      unread.remove_prefix(frame.bytes);
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
  state.SetItemsProcessed(state.iterations() * 64);
}

void frame_presence(benchmark::State& state) {
  frame(state, kPresence);
}
void frame_short_presence(benchmark::State& state) {
  frame(state, kShortPresence);
}
void frame_long_message(benchmark::State& state) {
  frame(state, long_message());
}
BENCHMARK(frame_presence);
BENCHMARK(frame_short_presence);
BENCHMARK(frame_long_message);

void escape(benchmark::State& state, std::string_view text) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    muster::xml::append_escaped(out, text);
    benchmark::DoNotOptimize(out);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void escape_plain_text(benchmark::State& state) {
  escape(state, std::string(200, 'x'));
}
void escape_markup(benchmark::State& state) {
  escape(state, kPresence);
}
BENCHMARK(escape_plain_text);
BENCHMARK(escape_markup);

}  // namespace

BENCHMARK_MAIN();
