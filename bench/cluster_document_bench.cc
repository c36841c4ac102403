// What the cluster document costs: of twelve servers, written, read, and brought up to date by one
// load level; and the list of a server's 100,000 users, in chunks.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "codec/cluster/copy.h"
#include "codec/cluster/read.h"
#include "codec/cluster/write.h"
#include "model/cluster/sorted.h"

namespace {

using namespace std::string_literals;
using muster::Address;
using muster::cluster::Document;
using muster::cluster::DocumentCopy;
using muster::cluster::LoadLevel;
using muster::cluster::Reader;
using muster::cluster::ServerEndpoint;
using muster::cluster::UsersList;

constexpr std::uint32_t kServers = 12;
constexpr std::uint32_t kUsers = 100'000;

Document twelve_servers() {
  Document document;
  document.entity = "sip:example.com";
  for (std::uint32_t i = 0; i < kServers; ++i) {
    const std::string host = "s"s + std::to_string(10 + i) + ".example.com";
    const std::string id = "sip:" + host;
    document.loads.push_back({id, {50 + i}, LoadLevel{100}});
    document.lists.push_back({id, 1000, {}});
    for (const auto kind :
         {ServerEndpoint::Kind::sip, ServerEndpoint::Kind::xmpp, ServerEndpoint::Kind::wss}) {
      document.endpoints.push_back({id, kind, true, std::string(to_string(kind)) + ":" + host});
    }
  }
  document.active_number = kServers;
  document.total_users_number = kServers * 1000;
  return document;
}

UsersList many_users() {
  UsersList list{"sip:s10.example.com", kUsers, {}};
  for (std::uint32_t i = 0; i < kUsers; ++i) {
    const std::string local = "user" + std::to_string(1'000'000 + i);
    muster::cluster::insert(
        list.users,
        {Address::of_canonical(local, "example.com"), muster::cluster::PresType::both, 20, {}});
  }
  return list;
}

void write_full(benchmark::State& state) {
  const Document document = twelve_servers();
  std::string out;
  for (auto _ : state) {
    out.clear();
    muster::cluster::write_full(document, 1, out);
    benchmark::DoNotOptimize(out);
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK(write_full);

void read_full(benchmark::State& state) {
  std::string body;
  muster::cluster::write_full(twelve_servers(), 1, body);
  Reader reader;
  for (auto _ : state) {
    auto document = reader.read_update(body);
    benchmark::DoNotOptimize(document);
    if (!document) state.SkipWithError("refused");
  }
}
BENCHMARK(read_full);

// What a server does for each change of another's level: read it and make it.
void follow_a_level(benchmark::State& state) {
  Reader reader;
  DocumentCopy copy;
  std::string body;
  muster::cluster::write_full(twelve_servers(), 1, body);
  if (!copy.receive(body, reader)) state.SkipWithError("refused");
  std::uint32_t version = 1;
  for (auto _ : state) {
    body.clear();
    muster::cluster::write_diff({muster::cluster::SetLevel{"sip:s15.example.com", {version}}},
                                "sip:example.com", ++version, body);
    if (!copy.receive(body, reader)) state.SkipWithError("refused");
  }
  state.counters["bytes"] = static_cast<double>(body.size());
}
BENCHMARK(follow_a_level);

// What the writer of them does.
void compare_and_write_a_level(benchmark::State& state) {
  const Document before = twelve_servers();
  Document now = before;
  now.loads[5].current = {99};
  std::string out;
  for (auto _ : state) {
    out.clear();
    muster::cluster::UpdateText::make(&before, now, {})->append_to(out, 2);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(compare_and_write_a_level);

void write_users_in_chunks(benchmark::State& state) {
  const UsersList list = many_users();
  std::string chunk;
  double chunks = 0;
  for (auto _ : state) {
    chunks = 0;
    for (std::size_t at = 0; at < list.users.size(); ++chunks) {
      chunk.clear();
      at = muster::cluster::write_users(list, at, "sip:example.com", 2, chunk);
    }
  }
  state.counters["chunks"] = chunks;
}
BENCHMARK(write_users_in_chunks)->Unit(benchmark::kMillisecond);

void follow_users_in_chunks(benchmark::State& state) {
  Document document = twelve_servers();
  document.lists[0].number = kUsers;
  document.total_users_number += kUsers - 1000;
  const UsersList list = many_users();
  std::vector<std::string> bodies(1);
  muster::cluster::write_full(document, 1, bodies[0]);
  for (std::size_t at = 0; at < list.users.size();) {
    const auto version = static_cast<std::uint32_t>(bodies.size() + 1);
    at = muster::cluster::write_users(list, at, document.entity, version, bodies.emplace_back());
  }
  Reader reader;
  for (auto _ : state) {
    DocumentCopy copy;
    for (const std::string& body : bodies) {
      if (!copy.receive(body, reader)) state.SkipWithError("refused");
    }
    if (!copy.document()->lists[0].complete()) state.SkipWithError("not complete");
  }
}
BENCHMARK(follow_users_in_chunks)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
