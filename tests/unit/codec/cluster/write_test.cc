#include "codec/cluster/write.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/prng.h"
#include "codec/cluster/read.h"
#include "support/cluster_documents.h"
#include "support/presence_schema.h"

namespace muster::cluster {
namespace cluster_write_test {

// By the schemas of PIDF and partial PIDF alone, and with ours.
void expect_valid(const std::string& body) {
  EXPECT_EQ(test::schema_errors(body), "") << body;
  EXPECT_EQ(test::schema_errors(body, "xsd/cluster.xsd"), "") << body;
}

TEST(ClusterWrite, the_schemas_accept_all_that_is_written) {
  Prng prng(Prng::seed_of(3));
  for (int i = 0; i < 5; ++i) {
    const Document before = test::random_document(prng);
    const Document now = test::random_document(prng);
    std::string body;
    write(now, body);
    expect_valid(body);
    body.clear();
    write_full(now, static_cast<std::uint32_t>(i), body);
    expect_valid(body);
    body.clear();
    write_diff(diff(before, now), now.entity, 2, body);
    expect_valid(body);
  }
  std::string chunk;
  write_users(test::example_users(), 0, "sip:example.com", 3, chunk);
  expect_valid(chunk);
}

TEST(ClusterWrite, our_schema_sees_what_pidf_s_passes_over) {
  std::string body;
  write(test::example_document(), body);
  const std::size_t at = body.find(">87<");
  ASSERT_NE(at, std::string::npos);
  body.replace(at, 4, ">-1<");
  EXPECT_EQ(test::schema_errors(body), "");
  EXPECT_NE(test::schema_errors(body, "xsd/cluster.xsd"), "");
}

std::string update(const Document* before, const Document& now, std::uint32_t version,
                   const Limits& limits = {}) {
  const auto text = UpdateText::make(before, now, limits);
  std::string out;
  if (text) text->append_to(out, version);
  return out;
}
std::string full(const Document& document, std::uint32_t version) {
  std::string out;
  write_full(document, version, out);
  return out;
}

TEST(ClusterWrite, an_update_that_would_be_longer_is_the_full_document) {
  const Document before = test::example_document();
  Document now;
  now.entity = before.entity;
  EXPECT_EQ(update(&before, now, 2), full(now, 2));
}

TEST(ClusterWrite, an_update_of_nothing_is_the_full_document) {
  const Document now = test::example_document();
  EXPECT_EQ(update(nullptr, now, 1), full(now, 1));
}

TEST(ClusterWrite, the_text_of_an_update_serves_every_version) {
  const Document before = test::example_document();
  Document now = before;
  now.loads[0].current = {91};
  for (const std::uint32_t version : {1U, 17U, 4294967295U}) {
    std::string expected;
    write_diff(diff(before, now), now.entity, version, expected);
    EXPECT_EQ(update(&before, now, version), expected);
  }
}

// A cluster of as many servers as may be, and every level, number and endpoint is another.
Document of_servers(std::size_t servers, std::uint32_t level) {
  Document document;
  document.entity = "sip:example.com";
  for (std::size_t i = 0; i < servers; ++i) {
    const std::string id = "sip:s" + std::to_string(1000 + i) + ".example.com";
    document.loads.push_back({id, {level}, LoadLevel{100}});
    document.lists.push_back({id, level, {}});
    document.endpoints.push_back({id, ServerEndpoint::Kind::sip, level % 2 == 0, id});
  }
  document.active_number = static_cast<std::uint32_t>(servers);
  document.total_users_number = document.active_number * level;
  return document;
}

TEST(ClusterWrite, more_changes_than_a_reader_takes_are_the_full_document) {
  Limits limits;
  limits.changes_max = 10;
  const Document before = of_servers(10, 1);
  Document now = before;
  for (std::size_t i = 0; i < 10; ++i)
    now.loads[i].current = {2};
  EXPECT_LT(update(&before, now, 2, limits).size(), full(now, 2).size());
  now.total_users_number = before.total_users_number + 1;
  now.lists[0].number += 1;
  EXPECT_EQ(update(&before, now, 2, limits), full(now, 2));
  Reader reader(limits);
  EXPECT_TRUE(reader.read_update(update(&before, now, 2, limits)).ok());
}

// The longest version is ten digits: whichever is written, the text is within the limit.
TEST(ClusterWrite, what_is_longer_than_a_reader_takes_is_not_written) {
  const Document before = of_servers(20, 1);
  const Document now = of_servers(20, 2);
  Limits limits;
  limits.bytes_max = full(now, 4294967295U).size();
  const auto at_most = UpdateText::make(nullptr, now, limits);
  ASSERT_TRUE(at_most.has_value());
  std::string body;
  at_most->append_to(body, 4294967295U);
  Reader reader(limits);
  EXPECT_TRUE(reader.read_update(body).ok());
  --limits.bytes_max;
  EXPECT_FALSE(UpdateText::make(nullptr, now, limits).has_value());
  // Each addition stands in an operation of its own: together they are longer still.
  Document empty;
  empty.entity = now.entity;
  EXPECT_FALSE(UpdateText::make(&empty, now, limits).has_value());
  // What changes little can still be said.
  Document little = before;
  little.loads[3].current = {7};
  EXPECT_TRUE(UpdateText::make(&before, little, limits).has_value());
}

TEST(ClusterWrite, more_servers_than_a_reader_takes_are_not_written) {
  const Limits limits;
  EXPECT_TRUE(UpdateText::make(nullptr, of_servers(limits.servers_max, 1), limits).has_value());
  EXPECT_FALSE(
      UpdateText::make(nullptr, of_servers(limits.servers_max + 1, 1), limits).has_value());
}

TEST(ClusterWrite, a_tuple_s_id_tells_server_and_kind) {
  EXPECT_EQ(tuple_id("sip:s1.example.com", ServerEndpoint::Kind::wss),
            "wss-sip_x003A_s1.example.com");
}

}  // namespace cluster_write_test
}  // namespace muster::cluster
