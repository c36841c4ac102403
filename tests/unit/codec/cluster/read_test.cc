#include "codec/cluster/read.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codec/cluster/write.h"
#include "support/cluster_documents.h"

namespace muster::cluster {
namespace cluster_read_test {

std::string example() {
  std::string out;
  write(test::example_document(), out);
  return out;
}

// The example with the first `from` in it replaced.
std::string example_with(std::string_view from, std::string_view to) {
  std::string body = example();
  const std::size_t at = body.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return body.replace(at, from.size(), to);
}

std::string outcome(std::string_view body, const Limits& limits = {}) {
  Reader reader(limits);
  const auto document = reader.read(body);
  return std::string(document.ok() ? "ok" : to_string(document.error()));
}

std::string outcome_with(std::string_view from, std::string_view to) {
  return outcome(example_with(from, to));
}

Document read(std::string_view body) {
  Reader reader;
  auto document = reader.read(body);
  EXPECT_TRUE(document.ok()) << to_string(document.error()) << body;
  return document.ok() ? *document : Document();
}

TEST(ClusterRead, reads_what_is_written) {
  EXPECT_EQ(read(example()), test::example_document());
}

TEST(ClusterRead, other_prefixes_order_and_whitespace_are_the_same) {
  EXPECT_EQ(read(R"(<p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" entity="sip:example.com"
      xmlns="urn:muster:presence-cluster:1">
      <total-users-number> 4 </total-users-number>
      <current-users-list server-id="sip:s1.example.com"><current-users-number>4
      </current-users-number></current-users-list>
      <candidate-svr-list/><active-svr-number>1</active-svr-number>
      <svr-loadlevel-list><svr-load svr-id="sip:s1.example.com"><max-loadlevel>9</max-loadlevel>
      <current-loadlevel>5</current-loadlevel></svr-load></svr-loadlevel-list>
      <epoch>1</epoch><doc-version>2</doc-version></p:presence>)"),
            (Document{"sip:example.com",
                      DocVersion(2),
                      Epoch(1),
                      {{"sip:s1.example.com", {5}, LoadLevel{9}}},
                      {},
                      1,
                      {},
                      {{"sip:s1.example.com", 4, {}}},
                      4}));
}

TEST(ClusterRead, what_is_foreign_is_passed_over) {
  EXPECT_EQ(read(example_with("<c:epoch>",
                              "<x:other xmlns:x='urn:x'><c:epoch>9</c:epoch></x:other>"
                              "<c:new-in-a-later-version/><c:epoch>")),
            test::example_document());
  EXPECT_EQ(read(example_with("<c:current-loadlevel>", "<x xmlns='urn:x'/><c:current-loadlevel>")),
            test::example_document());
  EXPECT_EQ(read(example_with("<c:doc-version>",
                              "<tuple id='sip-phone'><status/></tuple><note>hi</note>"
                              "<c:doc-version>")),
            test::example_document());
  EXPECT_EQ(read(example_with("<basic>open</basic>", "<basic>open</basic><x xmlns='urn:x'>1</x>")),
            test::example_document());
}

TEST(ClusterRead, what_must_be_understood_and_is_not_is_an_error) {
  const std::string marked =
      "<x xmlns='urn:x' xmlns:i='urn:ietf:params:xml:ns:pidf' i:mustUnderstand='1'/>";
  for (const std::string before : {"<c:epoch>", "<c:current-loadlevel>", "<c:svr-load ",
                                   "<c:svr-uri>", "<contact>", "<c:current-users-number>"}) {
    EXPECT_EQ(outcome_with(before, marked + before), "not_understood") << before;
  }
}

TEST(ClusterRead, what_is_no_document) {
  EXPECT_EQ(outcome(""), "bad_xml");
  EXPECT_EQ(outcome("<presence"), "bad_xml");
  EXPECT_EQ(outcome("<a/>"), "not_cluster_document");
  EXPECT_EQ(outcome("<presence/>"), "wrong_namespace");
  EXPECT_EQ(outcome_with("urn:ietf:params:xml:ns:pidf", "jabber:client"), "wrong_namespace");
  EXPECT_EQ(outcome("<presence xmlns='urn:ietf:params:xml:ns:pidf'/>"), "missing");
}

TEST(ClusterRead, elements_of_another_namespace_are_told_from_missing_ones) {
  EXPECT_EQ(outcome_with("<c:epoch>3</c:epoch>", "<c:epoch>3</c:epoch><epoch>3</epoch>"),
            "wrong_namespace");
  EXPECT_EQ(outcome_with("<c:epoch>3</c:epoch>", "<c:epoch>3</c:epoch><epoch xmlns=''>3</epoch>"),
            "wrong_namespace");
  EXPECT_EQ(outcome_with("<c:epoch>3</c:epoch>",
                         "<c:epoch>3</c:epoch>"
                         "<epoch xmlns='urn:muster:presence-cluster:2'>3</epoch>"),
            "wrong_namespace");
}

TEST(ClusterRead, each_thing_is_there) {
  for (const std::string_view part :
       {" entity='sip:example.com'", "<c:doc-version>42</c:doc-version>", "<c:epoch>3</c:epoch>",
        "<c:active-svr-number>2</c:active-svr-number>",
        "<c:total-users-number>4</c:total-users-number>",
        "<c:current-users-number>3</c:current-users-number>", " svr-id='sip:s1.example.com'",
        " server-id='sip:s1.example.com'", "<c:current-loadlevel>87</c:current-loadlevel>"}) {
    EXPECT_EQ(outcome_with(part, ""), "missing") << part;
  }
  std::string body = example_with("c:candidate-svr-list", "c:other");
  const std::size_t end = body.find("/c:candidate-svr-list");
  EXPECT_EQ(outcome(body.replace(end, 21, "/c:other")), "missing");
  EXPECT_EQ(outcome_with("<basic>open</basic>", ""), "bad_basic");
  EXPECT_EQ(outcome_with("<contact>xmpp:s1.example.com:5222</contact>", ""), "bad_uri");
}

TEST(ClusterRead, each_thing_is_there_once) {
  EXPECT_EQ(outcome_with("<c:epoch>", "<c:epoch>3</c:epoch><c:epoch>"), "duplicate");
  EXPECT_EQ(outcome_with("<c:current-loadlevel>",
                         "<c:current-loadlevel>1</c:current-loadlevel><c:current-loadlevel>"),
            "duplicate");
  EXPECT_EQ(outcome_with("svr-id='sip:s2.", "svr-id='sip:s1."), "duplicate");
  EXPECT_EQ(outcome_with("server-id='sip:s2.", "server-id='sip:s1."), "duplicate");
  EXPECT_EQ(outcome_with("<c:svr-uri>sip:s3.example.com", "<c:svr-uri>sip:s4.example.com:5080"),
            "duplicate");
  EXPECT_EQ(outcome_with("<c:doc-version>",
                         "<tuple id='" + tuple_id("sip:s1.example.com", ServerEndpoint::Kind::sip) +
                             "'><status><basic>open</basic></status>"
                             "<contact>sip:a</contact></tuple><c:doc-version>"),
            "duplicate");
}

TEST(ClusterRead, numbers_are_numbers_and_fit) {
  for (const std::string_view level : {"-1", "4294967296", "1.5", "", "0x1", "+1", "1 2", "ten"}) {
    EXPECT_EQ(outcome_with(">87<", ">" + std::string(level) + "<"), "bad_number") << level;
    EXPECT_EQ(outcome_with(">100<", ">" + std::string(level) + "<"), "bad_number") << level;
    EXPECT_EQ(outcome_with("number>3<", "number>" + std::string(level) + "<"), "bad_number");
  }
  EXPECT_EQ(outcome_with(">87<", ">4294967295<"), "ok");
  EXPECT_EQ(outcome_with(">42<", ">18446744073709551615<"), "ok");
  EXPECT_EQ(outcome_with(">42<", ">18446744073709551616<"), "bad_number");
}

TEST(ClusterRead, servers_are_sip_uris_of_hosts) {
  for (const std::string_view id : {"", "s1", "xmpp:s1", "sip:", "sip:user@s1", "sip: s1"}) {
    const std::string to(id);
    EXPECT_EQ(outcome_with("svr-id='sip:s1.example.com'", "svr-id='" + to + "'"), "bad_uri") << to;
    EXPECT_EQ(outcome_with(">sip:s3.example.com<", ">" + to + "<"), "bad_uri") << to;
  }
  EXPECT_EQ(outcome_with(">xmpp:s1.example.com:5222<", ">sip:s1.example.com<"), "bad_uri");
  EXPECT_EQ(outcome_with("'sip:example.com'", "'a b'"), "bad_uri");
}

TEST(ClusterRead, a_uri_has_512_bytes) {
  const std::string begin = "sip:s3.example.com;x=";
  const std::string fits = begin + std::string(kUriBytesMax - begin.size(), 'x');
  EXPECT_EQ(outcome_with(">sip:s3.example.com<", ">" + fits + "<"), "ok");
  EXPECT_EQ(outcome_with(">sip:s3.example.com<", ">" + fits + "x<"), "bad_uri");
}

TEST(ClusterRead, numbers_that_do_not_add_up_contradict) {
  EXPECT_EQ(outcome_with("number>2<", "number>3<"), "contradictory");
  EXPECT_EQ(outcome_with("number>4<", "number>5<"), "contradictory");
  EXPECT_EQ(outcome_with("svr-id='sip:s2.", "svr-id='sip:s9."), "contradictory");
}

class ClusterReadUsers : public ::testing::Test {
 protected:
  static std::string with_users(std::string_view from = {}, std::string_view to = {}) {
    Document document = test::example_document();
    document.lists[0] = test::example_users();
    std::string body;
    write(document, body);
    const std::size_t at = body.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return body.replace(at, from.size(), to);
  }
};

TEST_F(ClusterReadUsers, reads_what_is_written) {
  EXPECT_EQ(read(with_users()).lists[0], test::example_users());
}

TEST_F(ClusterReadUsers, a_list_has_as_many_as_it_says) {
  EXPECT_EQ(outcome(with_users("<c:current-users-number>3", "<c:current-users-number>4")),
            "contradictory");
}

TEST_F(ClusterReadUsers, a_user_is_a_canonical_bare_address) {
  for (const std::string_view id : {"", "example.com", "bob@example.com/phone", "BOB@example.com",
                                    "sip:bob@example.com", "@example.com"}) {
    EXPECT_EQ(outcome(with_users("user-id='bob@example.com'", "user-id='" + std::string(id) + "'")),
              "bad_user_id")
        << id;
  }
  EXPECT_EQ(outcome(with_users("user-id='bob@", "user-id='carol@")), "duplicate");
  EXPECT_EQ(outcome(with_users(" user-id='bob@example.com'", "")), "missing");
}

TEST_F(ClusterReadUsers, what_a_user_is_present_through_is_one_of_three) {
  EXPECT_EQ(outcome(with_users(">SIP<", ">H323<")), "bad_pres_type");
  EXPECT_EQ(outcome(with_users(">SIP<", "> SIP <")), "ok");
  EXPECT_EQ(outcome(with_users("<c:pres-type>SIP</c:pres-type>", "")), "missing");
  EXPECT_EQ(outcome(with_users(">20<", ">-20<")), "bad_number");
}

// The user's presence keeps its meaning when the prefixes around it are gone.
TEST_F(ClusterReadUsers, presence_stands_alone) {
  const Document document =
      read(with_users("<c:pres-info>", "<c:pres-info xmlns:r='urn:r'><r:a/><c:b/>"));
  EXPECT_TRUE(document.lists[0].users[0].pres_info.starts_with(
      "<r:a xmlns:r='urn:r'/><c:b xmlns:c='urn:muster:presence-cluster:1'/><presence "))
      << document.lists[0].users[0].pres_info;
}

TEST(ClusterRead, pres_info_is_well_formed_xml_of_its_own) {
  Reader reader;
  const auto said = [&](std::string_view fragment) {
    auto info = reader.read_pres_info(fragment);
    return info.ok() ? *info : std::string(to_string(info.error()));
  };
  EXPECT_EQ(said(""), "");
  EXPECT_EQ(said("<a/>text<b xmlns='urn:b'/>"), "<a/>text<b xmlns='urn:b'/>");
  EXPECT_EQ(said("<a>"), "bad_xml");
  EXPECT_EQ(said("</pres-info><pres-info>"), "bad_xml");
  EXPECT_EQ(said("<x:a/>"), "bad_xml");
  EXPECT_EQ(said("&nbsp;"), "bad_xml");
}

// Each limit, at it and one above.

TEST(ClusterReadLimits, bytes) {
  const std::string body = example();
  EXPECT_EQ(outcome(body, {.bytes_max = body.size()}), "ok");
  EXPECT_EQ(outcome(body, {.bytes_max = body.size() - 1}), "too_big");
}

TEST(ClusterReadLimits, servers) {
  EXPECT_EQ(outcome(example(), {.servers_max = 2}), "ok");
  EXPECT_EQ(outcome(example(), {.servers_max = 1}), "too_many_servers");
}

TEST(ClusterReadLimits, candidates) {
  EXPECT_EQ(outcome(example(), {.candidates_max = 2}), "ok");
  EXPECT_EQ(outcome(example(), {.candidates_max = 1}), "too_many_candidates");
}

TEST_F(ClusterReadUsers, limit_of_users) {
  EXPECT_EQ(outcome(with_users(), {.users_max = 3}), "ok");
  EXPECT_EQ(outcome(with_users(), {.users_max = 2}), "too_many_users");
}

TEST_F(ClusterReadUsers, limit_of_pres_info) {
  const std::size_t bytes = test::example_users().users[0].pres_info.size();
  EXPECT_EQ(outcome(with_users(), {.pres_info_bytes_max = bytes}), "ok");
  EXPECT_EQ(outcome(with_users(), {.pres_info_bytes_max = bytes - 1}), "pres_info_too_big");
  Reader reader(Limits{.pres_info_bytes_max = 4});
  EXPECT_TRUE(reader.read_pres_info("<a/>").ok());
  EXPECT_EQ(reader.read_pres_info("<ab/>").error(), Error::pres_info_too_big);
}

// Of partial documents.

std::string update_outcome(std::string_view operations, const Limits& limits = {},
                           std::string_view attributes = "entity='sip:example.com' version='2'") {
  Reader reader(limits);
  std::string body =
      "<p:pidf-diff xmlns='urn:ietf:params:xml:ns:pidf' "
      "xmlns:c='urn:muster:presence-cluster:1' xmlns:p='urn:ietf:params:xml:ns:pidf-diff' ";
  body += attributes;
  body += '>';
  body += operations;
  body += "</p:pidf-diff>";
  const auto update = reader.read_update(body);
  return std::string(update.ok() ? "ok" : to_string(update.error()));
}

TEST(ClusterReadUpdate, the_root_has_a_version_and_an_entity) {
  EXPECT_EQ(update_outcome(""), "ok");
  EXPECT_EQ(update_outcome("", {}, "version='2'"), "missing");
  EXPECT_EQ(update_outcome("", {}, "entity='sip:example.com'"), "missing");
  EXPECT_EQ(update_outcome("", {}, "entity='sip:example.com' version='-1'"), "bad_number");
  Reader reader;
  EXPECT_EQ(reader.read_update(example()).error(), Error::not_cluster_document);
  EXPECT_EQ(reader.read_update("<pidf-diff/>").error(), Error::wrong_namespace);
  EXPECT_EQ(reader.read_update("<pidf-full/>").error(), Error::wrong_namespace);
  EXPECT_EQ(reader.read_update("<pidf-diff").error(), Error::bad_xml);
}

TEST(ClusterReadUpdate, operations_fit_their_targets) {
  for (const std::string_view wrong : {
           "<p:move sel='/*/c:epoch/text()'/>",
           "<add sel='/*/c:epoch/text()'/>",
           "<p:replace sel='/*/c:epoch/text()'><c:epoch>1</c:epoch></p:replace>",
           "<p:replace sel='/*/c:candidate-svr-list'>1</p:replace>",
           "<p:replace sel='/*/c:candidate-svr-list'><c:epoch/></p:replace>",
           "<p:replace sel='/*/c:candidate-svr-list'><c:candidate-svr-list/>1</p:replace>",
           "<p:replace sel='/*/c:candidate-svr-list'><c:candidate-svr-list/><c:a/></p:replace>",
           "<p:remove sel='/*/c:epoch/text()'/>",
           "<p:remove sel='/*'/>",
           "<p:remove sel=\"/*/c:candidate-svr-list/c:svr-uri[.='sip:a']\"><a/></p:remove>",
           "<p:remove sel=\"/*/tuple[@id='x']\"/>",
           "<p:replace sel=\"/*/tuple[@id='x']/status/basic/text()\">open</p:replace>",
           "<p:add sel='/*/c:candidate-svr-list'/>",
           "<p:add sel='/*/c:candidate-svr-list'>a<c:svr-uri>sip:a</c:svr-uri></p:add>",
           "<p:add sel='/*/c:candidate-svr-list'><c:epoch/></p:add>",
           "<p:add sel='/*/c:candidate-svr-list' pos='before'><c:svr-uri>sip:a</c:svr-uri></p:add>",
           "<p:add sel='/*/c:candidate-svr-list' pos='prepend'><c:svr-uri>sip:a</c:svr-uri>"
           "</p:add>",
           "<p:add sel='/*/c:candidate-svr-list' type='@a'><c:svr-uri>sip:a</c:svr-uri></p:add>",
           "<p:add sel='/*' pos='prepend'><note/></p:add>",
           "<p:add sel='/*' pos='prepend'><tuple id='x'/></p:add>",
           "<p:replace sel=\"/*/c:svr-loadlevel-list/c:svr-load[@svr-id='sip:a']\">"
           "<c:svr-load svr-id='sip:b'><c:current-loadlevel>1</c:current-loadlevel></c:svr-load>"
           "</p:replace>",
       }) {
    EXPECT_EQ(update_outcome(wrong), "bad_operation") << wrong;
  }
  EXPECT_EQ(update_outcome("<p:add/>"), "bad_selector");
  EXPECT_EQ(update_outcome("<p:replace sel='/*/c:epoch'>1</p:replace>"), "bad_selector");
}

TEST(ClusterReadUpdate, values_are_checked_as_in_full_documents) {
  EXPECT_EQ(update_outcome("<p:replace sel='/*/c:active-svr-number/text()'>-1</p:replace>"),
            "bad_number");
  EXPECT_EQ(update_outcome("<p:replace sel='/*/c:epoch/text()'/>"), "bad_number");
  EXPECT_EQ(update_outcome("<p:add sel='/*/c:candidate-svr-list'><c:svr-uri>a</c:svr-uri></p:add>"),
            "bad_uri");
  EXPECT_EQ(update_outcome("<p:remove sel=\"/*/c:current-users-list[@server-id='sip:a']/"
                           "c:info-users[@user-id='A@b']\"/>"),
            "bad_user_id");
  EXPECT_EQ(update_outcome("<p:remove sel='/*/c:current-users-list[@server-id=\"a\"]'/>"),
            "bad_uri");
}

TEST(ClusterReadLimits, changes) {
  const std::string one = "<p:replace sel='/*/c:epoch/text()'>1</p:replace>";
  EXPECT_EQ(update_outcome(one + one, {.changes_max = 2}), "ok");
  EXPECT_EQ(update_outcome(one + one, {.changes_max = 1}), "too_many_changes");
}

}  // namespace cluster_read_test
}  // namespace muster::cluster
