#include "shell/crypto.h"

#include <gtest/gtest.h>

#include <set>

namespace muster {
namespace shell_crypto_test {

// RFC 6234 section 8.5, RFC 1321 appendix A.5, RFC 3174 section 7.3.
TEST(Crypto, Hashes) {
  EXPECT_EQ(hex_of(bytes_of(hash_of<32>({"a", "", "bc"}))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of(bytes_of(hash_of<20>({"abc"}))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_of(bytes_of(hash_of<16>({"message ", "digest"}))),
            "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(hex_of(bytes_of(hash_of<16>({}))), "d41d8cd98f00b204e9800998ecf8427e");
}

// RFC 4231 section 4.3 (test case 2), RFC 2202 section 3 (test case 2); each twice, for the
// contexts are used again.
TEST(Crypto, Hmac) {
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(hex_of(bytes_of(hmac_of<32>("Jefe", {"what do ya want ", "for nothing?"}))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex_of(bytes_of(hmac_of<20>("Jefe", {"what do ya want for nothing?"}))),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  }
}

// HMAC-SHA-256 of nothing under an empty key, not under the last one.
TEST(Crypto, HmacUnderAnEmptyKey) {
  hmac_of<32>("another", {"x"});
  const std::string wanted = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
  EXPECT_EQ(hex_of(bytes_of(hmac_of<32>(std::string_view(), {}))), wanted);
  EXPECT_EQ(hex_of(bytes_of(hmac_of<32>("", {}))), wanted);
}

// RFC 6070 section 2; for SHA-256, RFC 7914 section 11 (the first 32 of its 64 bytes).
TEST(Crypto, Pbkdf2) {
  EXPECT_EQ(hex_of(bytes_of(pbkdf2_of<20>("password", "salt", 4096))),
            "4b007901b765489abead49d926f721d065a429c1");
  EXPECT_EQ(hex_of(bytes_of(pbkdf2_of<32>("passwd", "salt", 1))),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

// RFC 4648 section 10.
TEST(Base64, BothWays) {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"", ""},         {"f", "Zg=="},     {"fo", "Zm8="},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_of(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(from_base64(base64_of(all)), all);
}

// RFC 6120 section 13.9.1: other characters and misplaced padding are rejected, not ignored.
TEST(Base64, IsReadStrictly) {
  for (const char* bad : {"Zg=", "Zg", "Z", "=", "====", "=AAA", "A===", "BBBB=CCC", "Zm9v\n",
                          " Zm9v", "Zm 9v", "Zm9v====", "Zg==Zg==", "Zm9-", "Zm9_", "Z\xc3\xa9==",
                          "Zh==" /* padding bits */, "Zm9=" /* the same */}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(Secrets, AreComparedWhole) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "bbc"));
  EXPECT_FALSE(same_secret("abc", "abcd"));
}

TEST(Secrets, AreOverwritten) {
  std::string secret(100, 's');
  const char* const bytes = secret.data();
  cleanse(secret);
  EXPECT_TRUE(secret.empty());
  ASSERT_EQ(secret.data(), bytes) << "still there to be looked at";
  for (std::size_t i = 0; i < secret.capacity(); ++i) ASSERT_EQ(bytes[i], '\0') << i;
}

TEST(Secrets, MoveWithoutLeavingACopy) {
  Secret from(std::string(10, 's'));  // short enough to lie in the object itself
  const Secret to = std::move(from);
  EXPECT_EQ(to.view(), "ssssssssss");
  EXPECT_EQ(from.view(), "");  // NOLINT: that it is empty is the point
}

TEST(RandomBytes, DifferEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bytes(16));
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_NE(random_seed(), random_seed());
}

}  // namespace shell_crypto_test
}  // namespace muster
