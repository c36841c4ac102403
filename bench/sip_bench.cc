// The SIP codec on a typical SUBSCRIBE: what a datagram costs to route, to read and to answer.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "codec/sip/check.h"
#include "codec/sip/framer.h"
#include "codec/sip/message.h"
#include "codec/sip/name_addr.h"
#include "codec/sip/peek.h"
#include "codec/sip/values.h"
#include "codec/sip/via.h"
#include "codec/sip/writer.h"

namespace muster::sip {
namespace {

constexpr std::string_view kSubscribe =
    "SUBSCRIBE sip:bob@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK.x7Dq2mTzK\r\n"
    "Max-Forwards: 70\r\n"
    "From: \"Alice\" <sip:alice@example.com>;tag=Jq1Xw8yRf\r\n"
    "To: <sip:bob@example.com>\r\n"
    "Call-ID: 4b1c0bCqP7@192.0.2.10\r\n"
    "CSeq: 20 SUBSCRIBE\r\n"
    "Contact: <sip:alice@192.0.2.10:5060;transport=udp>\r\n"
    "Event: presence\r\n"
    "Expires: 600\r\n"
    "Accept: application/pidf+xml\r\n"
    "User-Agent: baresip v1.0.0 (x86_64/linux)\r\n"
    "Content-Length: 0\r\n\r\n";

void parse_only(benchmark::State& state) {
  for (auto _ : state) {
    auto message = parse_message(kSubscribe);
    benchmark::DoNotOptimize(message);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kSubscribe.size()));
}
BENCHMARK(parse_only);

void parse_and_read(benchmark::State& state) {
  for (auto _ : state) {
    const auto message = parse_message(kSubscribe);
    const Message& m = *message;
    auto via = parse_via(*m.first_value(HeaderName::via));
    auto from = parse_name_addr(*m.header(HeaderName::from));
    auto to = parse_name_addr(*m.header(HeaderName::to));
    auto call_id = m.header(HeaderName::call_id);
    auto cseq = parse_cseq(*m.header(HeaderName::cseq));
    auto event = parse_event(*m.header(HeaderName::event));
    auto expires = seconds_of(m, HeaderName::expires);
    auto contact = parse_name_addr(*m.first_value(HeaderName::contact));
    benchmark::DoNotOptimize(via);
    benchmark::DoNotOptimize(from);
    benchmark::DoNotOptimize(to);
    benchmark::DoNotOptimize(call_id);
    benchmark::DoNotOptimize(cseq);
    benchmark::DoNotOptimize(event);
    benchmark::DoNotOptimize(expires);
    benchmark::DoNotOptimize(contact);
  }
}
BENCHMARK(parse_and_read);

void read_via(benchmark::State& state) {
  std::string_view value = "SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK.x7Dq2mTzK";
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    auto via = parse_via(value);
    benchmark::DoNotOptimize(via);
  }
}
BENCHMARK(read_via);

void read_name_addr(benchmark::State& state) {
  std::string_view value = "\"Alice\" <sip:alice@example.com>;tag=Jq1Xw8yRf";
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    auto name_addr = parse_name_addr(value);
    benchmark::DoNotOptimize(name_addr);
  }
}
BENCHMARK(read_name_addr);

void read_uri(benchmark::State& state) {
  std::string_view value = "sip:alice@192.0.2.10:5060;transport=udp";
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    auto uri = parse_uri(value);
    benchmark::DoNotOptimize(uri);
  }
}
BENCHMARK(read_uri);

// What a server does: every check of check.h, the essentials with it.
void parse_and_check(benchmark::State& state) {
  for (auto _ : state) {
    const auto message = parse_message(kSubscribe);
    Essentials essentials;
    auto rejection = check_request(*message, essentials);
    benchmark::DoNotOptimize(rejection);
    benchmark::DoNotOptimize(essentials);
  }
}
BENCHMARK(parse_and_check);

void peek_from(benchmark::State& state) {
  for (auto _ : state) {
    auto uri = peek_from_uri(kSubscribe);
    benchmark::DoNotOptimize(uri);
  }
}
BENCHMARK(peek_from);

void frame(benchmark::State& state) {
  for (auto _ : state) {
    Framer framer;
    auto found = framer.next(kSubscribe);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(frame);

void write_ok(benchmark::State& state) {
  const auto request = parse_message(kSubscribe);
  std::string out;
  for (auto _ : state) {
    out.clear();
    begin_response(out, *request,
                   {.status = Status::ok,
                    .to_tag = "a7c6a8dlze",
                    .source = Endpoint{IpAddress::v4(192, 0, 2, 10), 5060}})
        .row(HeaderName::expires, std::uint64_t{600})
        .row(HeaderName::contact, "<sip:192.0.2.1:5060>")
        .finish();
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK(write_ok);

void write_notify(benchmark::State& state) {
  const std::string body(400, 'x');
  std::string out;
  for (auto _ : state) {
    out.clear();
    begin_request(out, {.method = Method::notify,
                        .target = "sip:alice@192.0.2.10:5060;transport=udp",
                        .transport = "UDP",
                        .sent_by = "192.0.2.1:5060",
                        .branch = "z9hG4bKa7c6a8dlze",
                        .from = "<sip:bob@example.com>;tag=a7c6a8dlze",
                        .to = "\"Alice\" <sip:alice@example.com>;tag=Jq1Xw8yRf",
                        .call_id = "4b1c0bCqP7@192.0.2.10",
                        .cseq = 1})
        .row(HeaderName::contact, "<sip:192.0.2.1:5060>")
        .row(HeaderName::event, "presence")
        .row(HeaderName::subscription_state, "active;expires=599")
        .finish("application/pidf+xml", body);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK(write_notify);

}  // namespace
}  // namespace muster::sip

BENCHMARK_MAIN();
