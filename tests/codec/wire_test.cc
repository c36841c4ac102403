// docs/wire.md: each example in it is what the writer gives for the same value, but for the
// whitespace between elements; the reader gives that value for it; the schemas accept it.
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "codec/cluster/copy.h"
#include "codec/cluster/read.h"
#include "codec/cluster/write.h"
#include "codec/xml/document_parser.h"
#include "codec/xmpp/redirection.h"
#include "support/cluster_documents.h"
#include "support/presence_schema.h"
#include "support/unfolded.h"

namespace muster::cluster {
namespace codec_wire_test {

// The blocks of code by the heading they stand under, the last one if it has several.
std::map<std::string, std::string> examples() {
  std::ifstream in(MUSTER_SOURCE_DIR "/docs/wire.md");
  EXPECT_TRUE(in.good());
  std::map<std::string, std::string> blocks;
  std::string line, heading;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks[heading].clear();
    } else if (inside) {
      blocks[heading] += line + "\n";
    } else if (line.starts_with("## ")) {
      heading = line.substr(3);
    }
  }
  return blocks;
}

class Wire : public ::testing::Test {
 protected:
  std::string example(const std::string& heading) {
    const auto all = examples();
    const auto found = all.find(heading);
    EXPECT_NE(found, all.end()) << heading;
    return found == all.end() ? std::string() : found->second;
  }
  static void expect_valid(const std::string& body) {
    EXPECT_EQ(test::schema_errors(body), "");
    EXPECT_EQ(test::schema_errors(body, "xsd/cluster.xsd"), "");
  }
  void expect_changed(const std::string& body) {
    const auto received = copy_.receive(body, reader_);
    ASSERT_TRUE(received.ok()) << to_string(received.error());
    EXPECT_EQ(*received, DocumentCopy::Received::changed);
  }
  void receive_full() {
    const auto received = copy_.receive(example("The full document"), reader_);
    ASSERT_TRUE(received.ok()) << to_string(received.error());
  }

  Reader reader_;
  DocumentCopy copy_;
};

TEST_F(Wire, the_full_document) {
  const std::string body = example("The full document");
  std::string written;
  write_full(test::example_document(), 1, written);
  EXPECT_EQ(muster::testing::unfolded(body), muster::testing::unfolded(written));
  expect_valid(body);
  receive_full();
  EXPECT_EQ(*copy_.document(), test::example_document());
}

TEST_F(Wire, a_partial_document) {
  Document now = test::example_document();
  now.version = DocVersion(43);
  now.loads[0].current = {91};
  now.loads.push_back({"sip:s3.example.com", {0}, LoadLevel{100}});
  now.candidates.erase(now.candidates.begin());
  now.active_number = 3;
  now.endpoints[3].open = true;
  now.endpoints.push_back(
      {"sip:s3.example.com", ServerEndpoint::Kind::xmpp, true, "xmpp:s3.example.com:5222"});
  now.lists[0].number = 4;
  now.lists.push_back({"sip:s3.example.com", 0, {}});
  now.total_users_number = 5;
  const std::string body = example("A partial document");
  std::string written;
  write_diff(diff(test::example_document(), now), now.entity, 2, written);
  EXPECT_EQ(muster::testing::unfolded(body), muster::testing::unfolded(written));
  expect_valid(body);
  receive_full();
  expect_changed(body);
  EXPECT_EQ(*copy_.document(), now);
}

TEST_F(Wire, a_chunk_of_a_users_list) {
  const std::string body = example("A chunk of a users list");
  std::string written;
  EXPECT_EQ(write_users(test::example_users(), 0, "sip:example.com", 2, written), 3U);
  EXPECT_EQ(muster::testing::unfolded(body), muster::testing::unfolded(written));
  expect_valid(body);
  receive_full();
  expect_changed(body);
  EXPECT_TRUE(copy_.document()->lists[0].complete());
}

TEST_F(Wire, the_redirection_of_an_xmpp_user) {
  const std::string iq = example("The redirection of an XMPP user");
  const std::string written = redirection_xml({"s2.example.com", 5222, ""});
  EXPECT_NE(iq.find(written), std::string::npos) << written;
  EXPECT_EQ(test::schema_errors(written, "xsd/cluster.xsd"), "");
  xml::DocumentParser parser;
  const auto root = parser.parse(iq);
  ASSERT_TRUE(root.ok());
  const auto child = root->child("redirection", "urn:muster:presence-cluster:1");
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(read_redirection(*child), (Redirection{"s2.example.com", 5222, ""}));
}

}  // namespace codec_wire_test
}  // namespace muster::cluster
