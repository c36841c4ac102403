#include "shell/verifier/scram.h"

#include <gtest/gtest.h>

#include "shell/crypto.h"

namespace muster {
namespace verifier_scram_test {

// An exchange as the RFCs print it: user "user", password "pencil".
struct Printed {
  std::string client_first;
  std::string server_first;
  std::string client_final;
  std::string server_final;
};
// RFC 5802 section 5.
const Printed kSha1 = {"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
                       "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                       "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                       "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                       "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="};
// RFC 7677 section 3.
const Printed kSha256 = {
    "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="};

template <std::size_t kBytes>
void expect_exchange(const Printed& printed, std::string_view salt, std::string_view server_nonce) {
  const ScramKeys<kBytes> keys = scram_keys<kBytes>("pencil", *from_base64(salt), 4096);
  const auto first = parse_scram_first(printed.client_first);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->username, "user");
  const std::string nonce = std::string(first->nonce) + std::string(server_nonce);
  const std::string server_first = scram_server_first(nonce, keys.salt, keys.iterations);
  EXPECT_EQ(server_first, printed.server_first);
  const auto final = parse_scram_final(printed.client_final);
  ASSERT_TRUE(final);
  EXPECT_EQ(final->nonce, nonce);
  EXPECT_EQ(final->channel_binding, base64_of(first->gs2_header));
  const std::string signed_text =
      scram_auth_message(first->bare, server_first, final->without_proof);
  EXPECT_TRUE(scram_proves(keys, signed_text, final->proof));
  EXPECT_EQ(scram_server_final(keys, signed_text), printed.server_final);

  // Nothing else is a proof.
  std::string other = final->proof;
  other[3] = static_cast<char>(other[3] ^ 1);
  EXPECT_FALSE(scram_proves(keys, signed_text, other));
  EXPECT_FALSE(scram_proves(keys, signed_text, final->proof.substr(1)));
  EXPECT_FALSE(scram_proves(keys, signed_text, {}));
  EXPECT_FALSE(scram_proves(keys, signed_text + "x", final->proof));
  const auto wrong = scram_keys<kBytes>("pencils", *from_base64(salt), 4096);
  EXPECT_FALSE(scram_proves(wrong, signed_text, final->proof));
}

TEST(Scram, TheExchangeOfRfc5802) {
  expect_exchange<20>(kSha1, "QSXCR+Q6sek8bf92", "3rfcNHYJY1ZVvWVs7j");
}

TEST(Scram, TheExchangeOfRfc7677) {
  expect_exchange<32>(kSha256, "W22ZaJ0SNY7soEsUEjb6gQ==", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
}

// RFC 7677 section 4: at least 4096.
TEST(Scram, NewCredentialsHaveEnoughIterations) {
  EXPECT_GE(kScramIterations, 4096u);
}

// RFC 5802 section 7, client-first-message.
TEST(ScramFirst, IsTakenApart) {
  const auto first = parse_scram_first("p=tls-exporter,a=al=2Cice=3D,n=us=3Der,r=abc,x=ignored");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->binding, ScramFirst::Binding::used);
  EXPECT_EQ(first->binding_type, "tls-exporter");
  EXPECT_EQ(first->authzid, "al,ice=");
  EXPECT_EQ(first->username, "us=er");
  EXPECT_EQ(first->nonce, "abc");
  EXPECT_EQ(first->gs2_header, "p=tls-exporter,a=al=2Cice=3D,");
  EXPECT_EQ(first->bare, "n=us=3Der,r=abc,x=ignored");
  EXPECT_EQ(parse_scram_first("n,,n=u,r=a")->binding, ScramFirst::Binding::unsupported);
  EXPECT_EQ(parse_scram_first("y,,n=u,r=a")->binding, ScramFirst::Binding::unoffered);
}

TEST(ScramFirst, IsRefusedWhereItIsMalformed) {
  for (const char* bad :
       {"", "n", "n,", "n,,", "x,,n=u,r=a", "p,,n=u,r=a", "p=,,n=u,r=a", "n,n=u,r=a",
        "n,b=u,n=u,r=a", "n,a=,n=u,r=a", "n,,n=,r=a", "n,,n=u", "n,,n=u,r=", "n,,r=a,n=u",
        "n,,n=u=,r=a", "n,,n=u=2c,r=a", "n,,n=u=41,r=a", "n,,n=u,r=a b", "n,,n=u,r=\xc3\xa9",
        "n,,n=u,r=a,x", "n,,n=u,r=a,1=x", "N,,n=u,r=a",
        // Section 5.1: a mandatory extension that is not understood.
        "n,,m=x,n=u,r=a"}) {
    EXPECT_FALSE(parse_scram_first(bad)) << bad;
  }
  EXPECT_FALSE(parse_scram_first(std::string_view("n,,n=u\0,r=a", 11)));
}

TEST(ScramFirst, NoncesHaveALimit) {
  EXPECT_TRUE(parse_scram_first("n,,n=u,r=" + std::string(kNonceBytesMax, 'a')));
  EXPECT_FALSE(parse_scram_first("n,,n=u,r=" + std::string(kNonceBytesMax + 1, 'a')));
}

TEST(ScramFinal, IsTakenApart) {
  const auto final = parse_scram_final("c=biws,r=abc,x=y,p=AAAA");
  ASSERT_TRUE(final);
  EXPECT_EQ(final->channel_binding, "biws");
  EXPECT_EQ(final->nonce, "abc");
  EXPECT_EQ(final->proof, std::string(3, '\0'));
  EXPECT_EQ(final->without_proof, "c=biws,r=abc,x=y");
}

TEST(ScramFinal, IsRefusedWhereItIsMalformed) {
  for (const char* bad : {"", "c=biws,r=abc", "p=AAAA", "r=abc,c=biws,p=AAAA", "c=biws,p=AAAA",
                          "c=biws,r=abc,p=AAA", "c=biws,r=abc,p=A AA", "c=,r=abc,p=AAAA",
                          "c=biws,r=abc,p=AAAA,x=y", "c=biws,r=abc,zz,p=AAAA"}) {
    EXPECT_FALSE(parse_scram_final(bad)) << bad;
  }
}

}  // namespace verifier_scram_test
}  // namespace muster
