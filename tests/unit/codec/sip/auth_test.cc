#include "codec/sip/auth.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_auth_test {

// RFC 7616 section 3.9.1, as SIP would carry it.
constexpr std::string_view kMufasa =
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
    "algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
    "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

constexpr std::string_view kBare =
    "Digest username=\"bob\",realm=\"b.com\",nonce=\"n\",uri=\"sip:b.com\",response=\"\"";

CredentialsFault fault_of(std::string_view value) {
  const auto credentials = parse_credentials(value);
  EXPECT_FALSE(credentials.ok()) << value;
  return credentials.error();
}

std::string with(std::string_view more) {
  return std::string(kBare) + std::string(more);
}

TEST(CredentialsTest, AllParameters) {
  const auto c = parse_credentials(kMufasa);
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(c->username, "Mufasa");
  EXPECT_EQ(c->realm, "http-auth@example.org");
  EXPECT_EQ(c->uri, "/dir/index.html");
  EXPECT_EQ(c->algorithm, DigestAlgorithm::sha256);
  EXPECT_EQ(c->algorithm_text, "SHA-256");
  EXPECT_EQ(c->nonce, "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v");
  EXPECT_EQ(c->nc, "00000001");
  EXPECT_EQ(c->nonce_count, 1u);
  EXPECT_EQ(c->cnonce, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
  EXPECT_EQ(c->qop, "auth");
  EXPECT_EQ(c->response, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  EXPECT_EQ(c->opaque, "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
  EXPECT_TRUE(c->has_opaque);
}

TEST(CredentialsTest, DefaultsAndUnescaping) {
  const auto bare = parse_credentials(kBare);
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->algorithm, DigestAlgorithm::md5);
  EXPECT_EQ(bare->algorithm_text, "");
  EXPECT_EQ(bare->qop, "");
  EXPECT_EQ(bare->response, "");  // RFC 8760 section 2.7
  EXPECT_FALSE(bare->has_opaque);
  const auto odd = parse_credentials(
      "dIgEsT\r\n USERNAME = \"J \\\"x\\\\\" ,\r\n realm=\"\", nonce=\"n\", uri=\"sip:b\", "
      "response=\"ABCDEF\", unknown=x, opaque=\"\", algorithm=\"md5\"");
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd->username, "J \"x\\");
  EXPECT_EQ(odd->response, "abcdef");
  EXPECT_EQ(odd->algorithm, DigestAlgorithm::md5);
  EXPECT_TRUE(odd->has_opaque);
  EXPECT_FALSE(odd->userhash);
  EXPECT_TRUE(parse_credentials(with(",userhash=true"))->userhash);
}

TEST(CredentialsTest, Algorithms) {
  for (int i = 0; i < static_cast<int>(DigestAlgorithm::other); ++i) {
    const auto algorithm = static_cast<DigestAlgorithm>(i);
    EXPECT_EQ(find_algorithm(text_of(algorithm)), algorithm);
  }
  EXPECT_EQ(find_algorithm("sha-256"), DigestAlgorithm::sha256);
  EXPECT_EQ(find_algorithm("SHA-512-256"), DigestAlgorithm::sha512_256);
  EXPECT_EQ(find_algorithm("ROT-13"), DigestAlgorithm::other);
  EXPECT_EQ(find_algorithm(""), DigestAlgorithm::other);
  EXPECT_EQ(parse_credentials(with(",algorithm=ROT-13"))->algorithm, DigestAlgorithm::other);
}

// RFC 4475 section 3.3.7.
TEST(CredentialsTest, OtherSchemesAreNotDigest) {
  EXPECT_EQ(fault_of("NoOneKnowsThisScheme opaque-data=here"), CredentialsFault::not_digest);
  EXPECT_EQ(fault_of("Basic QWxhZGRpbg=="), CredentialsFault::not_digest);
}

TEST(CredentialsTest, Malformed) {
  for (const std::string& value :
       {std::string(),
        std::string("Digest"),
        std::string("Digest "),
        std::string("Digest x"),
        std::string("Digest username=\"a\""),
        with(","),
        with(",a"),
        with(",a="),
        with(" a=b"),
        with(",a=\"b"),
        with(",,a=b"),
        with(",username=\"x\""),
        with(",nc=00000001,nc=00000001"),
        with(",qop=auth"),
        with(",qop=auth,nc=00000001"),
        with(",qop=auth,cnonce=\"x\""),
        with(",nc=1"),
        with(",nc=0000000g"),
        with(",nc=000000001"),
        with(";a=b"),
        std::string("Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"xyz\"")}) {
    EXPECT_EQ(fault_of(value), CredentialsFault::malformed) << value;
  }
}

TEST(CredentialsTest, WrittenOnesAreReadBack) {
  Credentials credentials = *parse_credentials(kMufasa);
  credentials.username = "quote\" and \\";
  std::string value;
  append_credentials(value, credentials);
  const auto read = parse_credentials(value);
  ASSERT_TRUE(read.ok()) << value;
  EXPECT_EQ(read->username, credentials.username);
  EXPECT_EQ(read->nc, "00000001");
  EXPECT_EQ(read->response, credentials.response);
  // RFC 7616 section 3.4: these are no quoted strings.
  EXPECT_NE(value.find("algorithm=SHA-256,"), std::string::npos);
  EXPECT_NE(value.find("qop=auth,"), std::string::npos);
  EXPECT_NE(value.find("nc=00000001"), std::string::npos);
}

// A fuzzer found that the writer left it out.
TEST(CredentialsTest, AnEmptyCnonceIsOneToo) {
  Credentials credentials = *parse_credentials(kMufasa);
  credentials.cnonce.clear();
  std::string value;
  append_credentials(value, credentials);
  ASSERT_TRUE(parse_credentials(value).ok()) << value;
  EXPECT_EQ(parse_credentials(value)->response, credentials.response);
}

TEST(Challenges, AreQuotedAsTheRfcWants) {
  std::string value;
  append_challenge(value, {.realm = "b\"c", .nonce = "n", .opaque = "", .stale = false});
  EXPECT_EQ(value, R"(Digest realm="b\"c", nonce="n", algorithm=SHA-256, qop="auth")");
  value.clear();
  append_challenge(value, {.realm = "r",
                           .nonce = "n",
                           .opaque = "o",
                           .algorithm = DigestAlgorithm::md5,
                           .stale = true,
                           .qop = "auth,auth-int"});
  EXPECT_EQ(value,
            "Digest realm=\"r\", nonce=\"n\", opaque=\"o\", algorithm=MD5, stale=true, "
            "qop=\"auth,auth-int\"");
}

TEST(Challenges, AreReadByUserAgents) {
  const auto challenge = parse_challenge(
      "Digest realm=\"atlanta.com\", domain=\"sip:boxesbybob.com\", qop=\"auth\","
      "nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", opaque=\"\", stale=TRUE, algorithm=MD5");
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->realm, "atlanta.com");
  EXPECT_EQ(challenge->nonce, "f84f1cec41e6cbe5aea9c8e88d359");
  EXPECT_TRUE(challenge->stale);
  EXPECT_EQ(challenge->qop, "auth");
  EXPECT_EQ(challenge->algorithm, DigestAlgorithm::md5);
  EXPECT_EQ(parse_challenge("Digest realm=\"r\",nonce=\"n\"")->algorithm, DigestAlgorithm::md5);
  for (const auto value : {"Basic realm=\"r\"", "Digest realm=\"r\"", "Digest nonce=\"n\"", "",
                           "Digest realm=\"r\",nonce=\"n\",", "Digest realm=\"r\";nonce=\"n\""}) {
    EXPECT_FALSE(parse_challenge(value)) << value;
  }
}

TEST(ChallengesDeathTest, UnknownAlgorithm) {
  std::string value;
  EXPECT_DEATH(append_challenge(value, {.algorithm = DigestAlgorithm::other}), "check failed");
}

}  // namespace sip_auth_test
}  // namespace muster::sip
