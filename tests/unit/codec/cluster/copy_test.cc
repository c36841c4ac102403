#include "codec/cluster/copy.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "codec/cluster/write.h"
#include "support/cluster_documents.h"

namespace muster::cluster {
namespace cluster_copy_test {

class Copy : public ::testing::Test {
 protected:
  std::string receive(const std::string& body) {
    const auto received = copy_.receive(body, reader_);
    if (!received.ok()) return std::string(to_string(received.error()));
    switch (*received) {
      case DocumentCopy::Received::full: return "full";
      case DocumentCopy::Received::changed: return "changed";
      default: return "stale";
    }
  }
  static std::string full(const Document& document, std::uint32_t version) {
    std::string out;
    write_full(document, version, out);
    return out;
  }
  static std::string changes(const std::vector<Change>& changes, std::uint32_t version,
                             std::string_view entity = "sip:example.com") {
    std::string out;
    write_diff(changes, entity, version, out);
    return out;
  }

  Reader reader_;
  DocumentCopy copy_;
  const Document example_ = test::example_document();
  const std::vector<Change> nothing_;
};

// Over the wire: the property that diff and apply have by themselves.
TEST_F(Copy, follows_any_document_by_updates) {
  Prng prng(Prng::seed_of(2));
  Document document = test::random_document(prng);
  ASSERT_EQ(receive(full(document, 1)), "full");
  int changed = 0;
  for (std::uint32_t version = 2; version < 1500; ++version) {
    const Document now = test::random_document(prng);
    std::string body;
    write_diff(diff(document, now), now.entity, version, body);
    ASSERT_EQ(receive(body), "changed") << body;
    ASSERT_EQ(*copy_.document(), now) << body;
    std::string update;
    UpdateText::make(&document, now, {})->append_to(update, version);
    ASSERT_LE(update.size(), body.size());
    ASSERT_LE(update.size(), full(now, version).size());
    changed += update == body ? 1 : 0;
    document = now;
  }
  EXPECT_GT(changed, 0);
  EXPECT_LT(changed, 1498);
}

TEST_F(Copy, begins_with_a_full_document) {
  EXPECT_EQ(receive(changes(nothing_, 1)), "version_gap");
  EXPECT_EQ(copy_.document(), nullptr);
  EXPECT_EQ(receive(full(example_, 7)), "full");
  EXPECT_EQ(*copy_.document(), example_);
}

// RFC 5263 section 4.5.
TEST_F(Copy, a_lost_version_asks_for_the_full_document) {
  ASSERT_EQ(receive(full(example_, 1)), "full");
  EXPECT_EQ(receive(changes(nothing_, 2)), "changed");
  EXPECT_EQ(receive(changes(nothing_, 4)), "version_gap");
  EXPECT_EQ(receive(changes(nothing_, 3)), "version_gap");
  EXPECT_EQ(*copy_.document(), example_);
  EXPECT_EQ(receive(full(example_, 5)), "full");
  EXPECT_EQ(receive(changes(nothing_, 6)), "changed");
}

TEST_F(Copy, what_is_not_newer_is_passed_over) {
  ASSERT_EQ(receive(full(example_, 3)), "full");
  EXPECT_EQ(receive(full(Document(example_), 3)), "stale");
  EXPECT_EQ(receive(changes({RemoveLoad{"sip:s1.example.com"}}, 2)), "stale");
  EXPECT_EQ(*copy_.document(), example_);
}

TEST_F(Copy, after_any_error_only_a_full_document_helps) {
  ASSERT_EQ(receive(full(example_, 1)), "full");
  EXPECT_EQ(receive("<nonsense"), "bad_xml");
  EXPECT_EQ(receive(changes(nothing_, 2)), "version_gap");
  ASSERT_EQ(receive(full(example_, 3)), "full");
  EXPECT_EQ(receive(changes({RemoveLoad{"sip:s9.example.com"}}, 4)), "no_target");
  EXPECT_EQ(receive(changes(nothing_, 4)), "version_gap");
  EXPECT_EQ(*copy_.document(), example_);
}

TEST_F(Copy, changes_are_of_its_entity) {
  ASSERT_EQ(receive(full(example_, 1)), "full");
  EXPECT_EQ(receive(changes(nothing_, 2, "sip:example.org")), "wrong_entity");
}

TEST_F(Copy, a_users_list_comes_in_chunks) {
  constexpr std::size_t kUsers = 5000;
  UsersList list{"sip:s1.example.com", kUsers, {}};
  for (std::size_t i = 0; i < kUsers; ++i) {
    insert(list.users, test::user_of("u" + std::to_string(i), PresType::both, 20,
                                     i % 2 == 0 ? "<note>here</note>" : ""));
  }
  Document document = example_;
  document.lists[0].number = kUsers;
  document.total_users_number = kUsers + 1;
  ASSERT_EQ(receive(full(document, 1)), "full");
  std::uint32_t version = 1;
  std::size_t at = 0;
  do {
    EXPECT_FALSE(copy_.document()->lists[0].complete());
    std::string chunk;
    at = write_users(list, at, document.entity, ++version, chunk);
    EXPECT_LE(chunk.size(), kChunkBytesMax);
    if (at < kUsers) {
      EXPECT_GT(chunk.size(), kChunkBytesMax - 256);
    }
    ASSERT_EQ(receive(chunk), "changed");
  } while (at < kUsers);
  EXPECT_GT(version, 3U);
  EXPECT_EQ(copy_.document()->lists[0], list);
  EXPECT_TRUE(copy_.document()->lists[0].complete());
}

// Who looks at what was read before it is taken may refuse it: the copy is as it was, and waits.
TEST_F(Copy, what_is_refused_is_missing_until_a_full_document) {
  ASSERT_EQ(receive(full(example_, 1)), "full");
  auto update = reader_.read_update(changes(nothing_, 2));
  ASSERT_TRUE(update.ok());
  copy_.lose();
  EXPECT_EQ(*copy_.document(), example_);
  const auto taken = copy_.take(std::move(*update), reader_.limits());
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error(), Error::version_gap);
  EXPECT_EQ(receive(full(example_, 3)), "full");
  EXPECT_EQ(receive(changes(nothing_, 4)), "changed");
  EXPECT_EQ(std::move(copy_).release(), example_);
}

TEST_F(Copy, a_chunk_again_begins_the_list_anew) {
  Document document = example_;
  document.lists[0] = test::example_users();
  ASSERT_EQ(receive(full(document, 1)), "full");
  std::string chunk;
  EXPECT_EQ(write_users(test::example_users(), 0, document.entity, 2, chunk), 3U);
  EXPECT_EQ(receive(chunk), "changed");
  EXPECT_EQ(copy_.document()->lists[0], test::example_users());
}

TEST_F(Copy, an_empty_list_is_one_chunk) {
  ASSERT_EQ(receive(full(example_, 1)), "full");
  std::string chunk;
  EXPECT_EQ(write_users({"sip:s2.example.com", 1, {}}, 0, example_.entity, 2, chunk), 0U);
  EXPECT_EQ(receive(chunk), "changed");
}

TEST_F(Copy, a_user_larger_than_a_chunk_has_one_alone) {
  const UsersList list = test::example_users();
  std::string chunk;
  EXPECT_EQ(write_users(list, 0, example_.entity, 2, chunk, 1), 1U);
  ASSERT_EQ(receive(full(example_, 1)), "full");
  EXPECT_EQ(receive(chunk), "changed");
  EXPECT_EQ(copy_.document()->lists[0].users.size(), 1U);
}

}  // namespace cluster_copy_test
}  // namespace muster::cluster
