// What it costs to read and write an address. The aim: 60 ns for the parse of a full JID that is
// canonical ASCII, its one allocation included.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "codec/address/jid.h"
#include "codec/address/sip_address.h"

namespace muster {
namespace {

void parse(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(parse_jid(text));
  }
}
BENCHMARK_CAPTURE(parse, bare, "alice@example.com");
BENCHMARK_CAPTURE(parse, full, "alice@example.com/phone");
BENCHMARK_CAPTURE(parse, uppercase, "Alice@Example.COM/phone");
BENCHMARK_CAPTURE(parse, unicode_resource, "alice@example.com/\u265a");
BENCHMARK_CAPTURE(parse, unicode, "fu\u00dfball@b\u00fccher.example/\u265a");

void from_sip(benchmark::State& state, std::string_view user) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(user);
    benchmark::DoNotOptimize(address_of_sip_uri(user, "example.com"));
  }
}
BENCHMARK_CAPTURE(from_sip, plain, "alice");
BENCHMARK_CAPTURE(from_sip, escaped, "d%27artagnan");

void to_sip(benchmark::State& state, std::string_view jid) {
  const Address address = *parse_jid(jid);
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_sip_uri(out, address);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK_CAPTURE(to_sip, bare, "alice@example.com");
BENCHMARK_CAPTURE(to_sip, full, "alice@example.com/phone");

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
