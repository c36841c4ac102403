#include "codec/cluster/write.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/prng.h"
#include "support/cluster_documents.h"
#include "support/presence_schema.h"

namespace muster::cluster {
namespace {

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

TEST(ClusterWrite, an_update_that_would_be_longer_is_the_full_document) {
  const Document before = test::example_document();
  Document now;
  now.entity = before.entity;
  std::string update;
  write_update(before, now, 2, update);
  std::string full;
  write_full(now, 2, full);
  EXPECT_EQ(update, full);
}

TEST(ClusterWrite, a_tuple_s_id_tells_server_and_kind) {
  EXPECT_EQ(tuple_id("sip:s1.example.com", ServerEndpoint::Kind::wss),
            "wss-sip_x003A_s1.example.com");
}

}  // namespace
}  // namespace muster::cluster
