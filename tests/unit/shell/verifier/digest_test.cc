#include "shell/verifier/digest.h"

#include <gtest/gtest.h>

#include "shell/verifier/password.h"

namespace muster {
namespace verifier_digest_test {

const UnixTime kNow = UnixTime::at(Duration::seconds(1'790'000'000));
constexpr Duration kMoment = Duration::microseconds(1);

// --- RFC 7616 section 3.9.1 ----------------------------------------------------------------------

sip::Credentials mufasa() {
  sip::Credentials said;
  said.username = "Mufasa";
  said.realm = "http-auth@example.org";
  said.uri = "/dir/index.html";
  said.nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
  said.nc = "00000001";
  said.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  said.qop = "auth";
  return said;
}
constexpr std::string_view kA1 = "Mufasa:http-auth@example.org:Circle of Life";

TEST(DigestResponse, OfRfc7616WithMd5) {
  EXPECT_EQ(digest_response(hash_of<16>({kA1}), "GET", mufasa()),
            "8ca523f5e9506fed4657c9700eebdbec");
}
TEST(DigestResponse, OfRfc7616WithSha256) {
  EXPECT_EQ(digest_response(hash_of<32>({kA1}), "GET", mufasa()),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

// --- nonces --------------------------------------------------------------------------------------

TEST(Nonces, AreFreshForTheirLifetime) {
  const Nonces nonces("key");
  const std::string nonce = nonces.make(kNow, 0, "example.com");
  const auto age = [&](UnixTime when) { return nonces.judge(nonce, "example.com", when); };
  EXPECT_EQ(age(kNow), Nonces::Age::fresh);
  EXPECT_EQ(age(kNow + kNonceLifetime), Nonces::Age::fresh);
  EXPECT_EQ(age(kNow + kNonceLifetime + kMoment), Nonces::Age::stale);
  // Another server's clock.
  EXPECT_EQ(age(kNow + kNonceClockSkewMax * -1), Nonces::Age::fresh);
  EXPECT_EQ(age(kNow + (kNonceClockSkewMax + kMoment) * -1), Nonces::Age::stale);
}

TEST(Nonces, AreOfOneRealmAndOneKey) {
  const std::string nonce = Nonces("key").make(kNow, 0, "example.com");
  EXPECT_EQ(Nonces("key").judge(nonce, "example.com", kNow), Nonces::Age::fresh)
      << "any shard may have made it";
  EXPECT_EQ(Nonces("key").judge(nonce, "example.org", kNow), Nonces::Age::foreign);
  EXPECT_EQ(Nonces("other").judge(nonce, "example.com", kNow), Nonces::Age::foreign);
}

TEST(Nonces, CannotBeMadeUpOrChanged) {
  const Nonces nonces("key");
  const std::string nonce = nonces.make(kNow, 7, "example.com");
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    std::string changed = nonce;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(nonces.judge(changed, "example.com", kNow), Nonces::Age::foreign) << i;
  }
  for (const std::string& other : {std::string(), std::string("x"), nonce + "AAAA", nonce.substr(4),
                                   base64_of(std::string(27, 'x'))}) {
    EXPECT_EQ(nonces.judge(other, "example.com", kNow), Nonces::Age::foreign) << other;
  }
}

// RFC 7616 section 3.3: one for each challenge.
TEST(Nonces, DifferWithinAMoment) {
  const Nonces nonces("key");
  EXPECT_NE(nonces.make(kNow, 1, "example.com"), nonces.make(kNow, 2, "example.com"));
  EXPECT_NE(nonces.make(kNow, 1, "example.com"), nonces.make(kNow + kMoment, 1, "example.com"));
}

// --- which claim ---------------------------------------------------------------------------------

class Authorizations : public ::testing::Test {
 protected:
  // An Authorization value, complete and right but for what `change` does to it.
  template <class Change>
  std::string value(Change change) const {
    sip::Credentials said;
    said.username = "alice";
    said.realm = "example.com";
    said.uri = "sip:bob@example.com";
    said.nonce = nonces.make(kNow, 0, "example.com");
    said.nc = "00000001";
    said.cnonce = "0a4f113b";
    said.qop = "auth";
    said.algorithm = sip::DigestAlgorithm::sha256;
    said.algorithm_text = "SHA-256";
    change(said);
    if (said.response.empty()) {
      said.response = said.algorithm == sip::DigestAlgorithm::sha256
                          ? digest_response(ha1_of<32>(alice, "pencil"), "SUBSCRIBE", said)
                          : digest_response(ha1_of<16>(alice, "pencil"), "SUBSCRIBE", said);
    }
    std::string text;
    sip::append_credentials(text, said);
    return text;
  }
  std::string value() const {
    return value([](sip::Credentials&) {});
  }
  static void to_md5(sip::Credentials& said) {
    said.algorithm = sip::DigestAlgorithm::md5;
    said.algorithm_text = "MD5";
  }

  DigestReading read(std::vector<std::string> values, UnixTime now = kNow,
                     DigestAlgorithms offered = {}) const {
    return read_authorizations(
        {Ticket(1), "SUBSCRIBE", "example.com", "sip:bob@example.com", std::move(values)}, offered,
        nonces, now);
  }
  bool proves_it(const DigestReading& reading) const {
    return reading.claim && proves(*reading.claim, "SUBSCRIBE", credentials, "decoys");
  }

  Nonces nonces{"key"};
  Address alice = Address::of_canonical("alice", "example.com");
  Credentials credentials = derive_credentials(alice, "pencil", {});
};

TEST_F(Authorizations, ProveWhoKnowsThePassword) {
  const DigestReading reading = read({value()});
  ASSERT_TRUE(reading.claim);
  EXPECT_FALSE(reading.malformed);
  EXPECT_FALSE(reading.claim->stale);
  EXPECT_EQ(reading.claim->account, alice);
  EXPECT_TRUE(proves_it(reading));
  EXPECT_FALSE(proves(*reading.claim, "REGISTER", credentials, "decoys")) << "another method";
  EXPECT_FALSE(proves(*reading.claim, "SUBSCRIBE", std::nullopt, "decoys")) << "no account";
}

TEST_F(Authorizations, ProveByMd5WhereItIsAllowed) {
  EXPECT_TRUE(proves_it(read({value(to_md5)})));
  EXPECT_FALSE(read({value(to_md5)}, kNow, {.md5 = false}).claim);
  EXPECT_TRUE(read({value(to_md5)}, kNow, {.sha256 = false}).claim);
  EXPECT_FALSE(read({value()}, kNow, {.sha256 = false}).claim);
  credentials.ha1_md5.reset();
  EXPECT_FALSE(proves_it(read({value(to_md5)}))) << "the account has none";
  EXPECT_TRUE(proves_it(read({value()})));
}

TEST_F(Authorizations, AWrongPasswordIsNoProof) {
  credentials = derive_credentials(alice, "other", {});
  EXPECT_FALSE(proves_it(read({value()})));
}

// RFC 8760 section 2.3: of several, the best.
TEST_F(Authorizations, TheStrongerOfTwoCounts) {
  for (const auto& both : {std::vector{value(to_md5), value()}, {value(), value(to_md5)}}) {
    const DigestReading reading = read(both);
    ASSERT_TRUE(reading.claim);
    EXPECT_EQ(reading.claim->said.algorithm, sip::DigestAlgorithm::sha256);
  }
}

TEST_F(Authorizations, ForOthersAreNotForUs) {
  const auto none = [&](auto change) { return !read({value(change)}).claim; };
  EXPECT_TRUE(none([](auto& said) { said.realm = "proxy.example.net"; }));
  EXPECT_TRUE(none([](auto& said) { said.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"; }));
  EXPECT_TRUE(none([](auto& said) { said.qop = "auth-int"; }));
  EXPECT_TRUE(none([](auto& said) { said.qop.clear(); })) << "a qop was asked for";
  EXPECT_TRUE(none([](auto& said) { said.uri = "sip:carol@example.com"; }))
      << "RFC 7616 section 3.4.6: the Request-URI";
  EXPECT_TRUE(none([](auto& said) {
    said.algorithm = sip::DigestAlgorithm::other;
    said.algorithm_text = "SHA-512-256";
  }));
  EXPECT_TRUE(none([](auto& said) { said.username = "a b"; }));
  EXPECT_TRUE(none([](auto& said) { said.username = "alice@example.net"; }));
  // And nothing malformed about it.
  EXPECT_FALSE(read({value([](auto& said) { said.realm = "x"; })}).malformed);
}

// RFC 3261 section 19.1.4: the same URI in another spelling.
TEST_F(Authorizations, TheUriIsComparedAsOne) {
  EXPECT_TRUE(proves_it(read({value([](auto& said) { said.uri = "sip:bob@EXAMPLE.com"; })})));
}

TEST_F(Authorizations, TheNameMayCarryItsDomain) {
  const DigestReading reading =
      read({value([](auto& said) { said.username = "Alice@Example.com"; })});
  ASSERT_TRUE(reading.claim);
  EXPECT_EQ(reading.claim->account, alice);
}

// RFC 7616 section 3.3: the password is right, only the nonce is too old.
TEST_F(Authorizations, OldNoncesAreStale) {
  const DigestReading reading = read({value()}, kNow + kNonceLifetime + kMoment);
  ASSERT_TRUE(reading.claim);
  EXPECT_TRUE(reading.claim->stale);
  EXPECT_TRUE(proves_it(reading));
}

// RFC 4475 section 3.3.7: another scheme is as if there were none. Others beside it count.
TEST_F(Authorizations, OtherSchemesAreLeftAlone) {
  const DigestReading basic = read({"Basic QWxhZGRpbg=="});
  EXPECT_FALSE(basic.malformed);
  EXPECT_FALSE(basic.claim);
  EXPECT_TRUE(read({"Basic QWxhZGRpbg==", value()}).claim);
}

TEST_F(Authorizations, MalformedOnesAreSaidToBe) {
  EXPECT_TRUE(read({"Digest username"}).malformed);
  EXPECT_TRUE(read({"Digest username=\"alice\""}).malformed);
  EXPECT_TRUE(proves_it(read({"Digest username", value()}))) << "but not if one is right";
}

// --- challenges ----------------------------------------------------------------------------------

// RFC 8760 sections 2.4 and 2.6: best first, each with qop.
TEST(DigestChallenges, AreBestFirst) {
  EXPECT_EQ(digest_challenges("example.com", "n", false, {}),
            (std::vector<std::string>{
                "Digest realm=\"example.com\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"",
                "Digest realm=\"example.com\", nonce=\"n\", algorithm=MD5, qop=\"auth\""}));
  EXPECT_EQ(digest_challenges("example.com", "n", true, {.md5 = false}),
            (std::vector<std::string>{"Digest realm=\"example.com\", nonce=\"n\", "
                                      "algorithm=SHA-256, stale=true, qop=\"auth\""}));
  EXPECT_EQ(digest_challenges("example.com", "n", false, {.sha256 = false}),
            (std::vector<std::string>{
                "Digest realm=\"example.com\", nonce=\"n\", algorithm=MD5, qop=\"auth\""}));
}

}  // namespace verifier_digest_test
}  // namespace muster
