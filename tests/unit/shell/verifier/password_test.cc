#include "shell/verifier/password.h"

#include <gtest/gtest.h>

#include "shell/verifier/scram.h"

namespace muster {
namespace verifier_password_test {

const Address kAlice = Address::of_canonical("alice", "example.com");

TEST(Password, IsPreparedAsOpaqueString) {
  EXPECT_EQ(prepared_password("correct horse")->view(), "correct horse");
  // RFC 8265 section 4.3: spaces are mapped, case and width are kept.
  EXPECT_EQ(prepared_password("Jack of \xe2\x99\xa6s")->view(), "Jack of \xe2\x99\xa6s");
  EXPECT_EQ(prepared_password("foo\xe1\x9a\x80"
                              "bar")
                ->view(),
            "foo bar");
  EXPECT_FALSE(prepared_password(""));
  EXPECT_FALSE(prepared_password("my cat is a \tby"));
  EXPECT_FALSE(prepared_password("\xff"));
}

TEST(Password, LeavesWhatVerifiersNeed) {
  const Credentials credentials = derive_credentials(kAlice, "pencil", {});
  EXPECT_EQ(credentials.scram_sha256.iterations, kScramIterations);
  EXPECT_EQ(credentials.scram_sha256.salt.size(), kScramSaltBytes);
  EXPECT_NE(credentials.scram_sha256.salt, credentials.scram_sha1.salt);
  EXPECT_EQ(credentials.scram_sha1,
            scram_keys<20>("pencil", credentials.scram_sha1.salt, kScramIterations));
  // printf alice:example.com:pencil | sha256sum; the same with md5sum.
  EXPECT_EQ(hex_of(bytes_of(*credentials.ha1_sha256)),
            "512ee7f536951c37283ae715e5c56f69315371c04585ed01f7cce47de7da669c");
  EXPECT_EQ(hex_of(bytes_of(*credentials.ha1_md5)), "8833432e8fe584516b329bb98018f035");
  EXPECT_NE(credentials, derive_credentials(kAlice, "pencil", {})) << "salts are random";
}

TEST(Password, LeavesNoHa1ThatIsNotWanted) {
  const Credentials credentials =
      derive_credentials(kAlice, "pencil", {.sha256 = false, .md5 = false});
  EXPECT_FALSE(credentials.ha1_sha256);
  EXPECT_FALSE(credentials.ha1_md5);
}

TEST(Password, IsTheOneOrIsNot) {
  const ScramKeys<32> keys = scram_keys<32>("pencil", "salt", 4096);
  EXPECT_TRUE(is_password(keys, "pencil"));
  EXPECT_FALSE(is_password(keys, "Pencil"));
  EXPECT_FALSE(is_password(keys, ""));
}

}  // namespace verifier_password_test
}  // namespace muster
