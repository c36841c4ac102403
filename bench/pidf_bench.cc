// What a presence document costs: to read one with rich presence, and to write what watchers get.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "codec/pidf/read.h"
#include "codec/pidf/write.h"

namespace {

// As a phone publishes it.
constexpr std::string_view kPublished =
    "<?xml version='1.0' encoding='UTF-8'?>"
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
    "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
    "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:alice@example.com'>"
    "<dm:person id='p4159'><rpid:activities><rpid:away/></rpid:activities></dm:person>"
    "<tuple id='t4109'><status><basic>open</basic></status>"
    "<contact priority='0.8'>sip:alice@192.0.2.1:5060</contact><note>Out for lunch</note></tuple>"
    "</presence>";

void read_published(benchmark::State& state) {
  muster::pidf::Reader reader;
  for (auto _ : state) {
    auto document = reader.read(kPublished);
    benchmark::DoNotOptimize(document);
    if (!document) state.SkipWithError("refused");
  }
}
BENCHMARK(read_published);

void write_two_tuples(benchmark::State& state) {
  muster::pidf::Document document;
  document.entity = "pres:alice@example.com";
  for (const std::string_view id : {"ID-yn0cl4bnw0yr3vym", "ID-dr4hcr0st3lup4c"}) {
    muster::pidf::Tuple& tuple = document.tuples.emplace_back();
    tuple.id = id;
    tuple.basic = muster::pidf::Basic::open;
    tuple.show = "away";
    tuple.notes = {{"Out for lunch", "en"}};
  }
  std::string out;
  for (auto _ : state) {
    out.clear();
    muster::pidf::write(document, out);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(write_two_tuples);

}  // namespace

BENCHMARK_MAIN();
