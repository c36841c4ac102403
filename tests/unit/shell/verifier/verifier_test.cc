#include "shell/verifier/verifier.h"

#include <gtest/gtest.h>

#include <map>

#include "base/overloaded.h"

namespace muster {
namespace verifier_verifier_test {

using Outcome = SaslAnswered::Outcome;

// A verifier with a store of accounts and a worker that answer when they are asked to.
class VerifierTest : public ::testing::Test {
 protected:
  VerifierTest() {
    settings.domains = {"example.com"};
    make();
  }
  void make(Ha1Kept kept = {}) {
    verifier = std::make_unique<Verifier>(
        Verifier::Parts{&settings, {"nonces", "decoys"}, kept, AskerId(1), AskerId(2)});
  }
  void give(const std::string& name, std::string_view password, Ha1Kept kept = {}) {
    const Address account = Address::of_canonical(name, "example.com");
    accounts[account] = derive_credentials(account, password, kept);
  }

  // --- the world
  void settle() {
    while (!verifier->effects().questions.empty() || !verifier->effects().jobs.empty()) {
      for (auto& question : std::exchange(verifier->effects().questions, {})) {
        EXPECT_EQ(question.asker, AskerId(1));
        ++questions;
        verifier->answered(now, {question.ticket, answer(std::get<AccountRequest>(question.task))});
      }
      for (auto& job : std::exchange(verifier->effects().jobs, {})) {
        EXPECT_EQ(job.asker, AskerId(2));
        ++jobs;
        verifier->answered(work(job));
      }
    }
  }
  AccountReply answer(const AccountRequest& request) {
    if (store_fails) return StoreFailed{};
    return std::visit(Overloaded{
                          [&](const LoadCredentials& load) -> AccountReply {
                            const auto found = accounts.find(load.account);
                            if (found == accounts.end()) return CredentialsLoaded{};
                            return CredentialsLoaded{true, found->second};
                          },
                          [&](const CreateAccount& create) -> AccountReply {
                            auto& place = accounts[create.account];
                            if (place) return AccountRefused{AccountRefused::Why::conflict};
                            place = create.credentials;
                            claimed = create.claim;
                            return AccountCreated{};
                          },
                          [&](const SetCredentials& set) -> AccountReply {
                            const auto found = accounts.find(set.account);
                            if (found == accounts.end()) return AccountRefused{};
                            found->second = set.credentials;
                            return CredentialsSet{};
                          },
                          [](const ListAccounts&) -> AccountReply { return StoreFailed{}; },
                          [](const LoadSecret&) -> AccountReply { return StoreFailed{}; },
                      },
                      request);
  }
  PasswordResult work(const PasswordJob& job) const {
    if (workers_busy) return {job.ticket, PasswordResult::Busy{}};
    return std::visit(
        Overloaded{
            [&](const CheckPassword& check) {
              return PasswordResult{job.ticket, is_password(check.keys, check.password.view())};
            },
            [&](const DeriveCredentials& derive) {
              return PasswordResult{
                  job.ticket,
                  derive_credentials(derive.account, derive.password.view(), derive.kept)};
            },
        },
        job.work);
  }

  // --- SASL
  static AskSasl begin(std::string mechanism, std::optional<std::string> data) {
    if (data) data = data->empty() ? "=" : base64_of(*data);
    return {link, "example.com", std::move(mechanism), std::move(data), false};
  }
  static AskSasl go_on(std::optional<std::string> data) {
    if (data) data = base64_of(*data);
    return {link, "example.com", std::nullopt, std::move(data), false};
  }
  template <class Answer = SaslAnswered>
  Answer last() {
    settle();
    EXPECT_EQ(verifier->effects().answers.size(), 1u);
    if (verifier->effects().answers.empty()) return {};
    const Input input = verifier->effects().answers.back();
    verifier->effects().answers.clear();
    return std::get<Answer>(input);
  }
  SaslAnswered ask(const AskSasl& asked, const BindingSource& bindings = {}) {
    verifier->ask(asked, bindings);
    return last();
  }
  SaslAnswered plain(const std::string& name, const std::string& password,
                     const std::string& authzid = {}) {
    return ask(begin("PLAIN", authzid + '\0' + name + '\0' + password));
  }
  static void expect_failure(const SaslAnswered& answered, SaslError why) {
    EXPECT_EQ(answered.outcome, Outcome::failure);
    EXPECT_EQ(name_of(answered.why), name_of(why));
  }
  static void expect_success(const SaslAnswered& answered, std::string_view account) {
    EXPECT_EQ(answered.outcome, Outcome::success) << name_of(answered.why);
    EXPECT_EQ(answered.account.text(), account);
  }

  // A whole SCRAM exchange, the client's side by the same arithmetic the other way round.
  struct Scram {
    std::string mechanism = "SCRAM-SHA-256";
    std::string gs2 = "n,,";
    std::string name = "alice";
    std::string password = "pencil";
    std::string bound = {};         // what the client binds to
    std::string proof_bits = {};    // flipped in the proof
    std::string nonce_suffix = {};  // added to the server's
  };
  SaslAnswered scram(const Scram& is, const BindingSource& bindings = {}) {
    const std::string bare = "n=" + is.name + ",r=clientnonce";
    const SaslAnswered first = ask(begin(is.mechanism, is.gs2 + bare), bindings);
    if (first.outcome != Outcome::challenge) return first;
    challenge = *from_base64(first.data);
    const std::string nonce = field('r') + is.nonce_suffix;
    const std::string without = "c=" + base64_of(is.gs2 + is.bound) + ",r=" + nonce;
    const std::string signed_text = scram_auth_message(bare, challenge, without);
    const std::string salt = *from_base64(field('s'));
    const auto iterations = static_cast<std::uint32_t>(std::stoul(field('i')));
    const bool sha1 = is.mechanism.starts_with("SCRAM-SHA-1");
    const std::string proof = sha1 ? proof_of<20>(is, salt, iterations, signed_text)
                                   : proof_of<32>(is, salt, iterations, signed_text);
    return ask(go_on(without + ",p=" + base64_of(proof)), bindings);
  }
  template <std::size_t kBytes>
  std::string proof_of(const Scram& is, const std::string& salt, std::uint32_t iterations,
                       const std::string& signed_text) {
    const auto salted = pbkdf2_of<kBytes>(is.password, salt, iterations);
    const auto client_key = hmac_of<kBytes>(bytes_of(salted), {"Client Key"});
    const auto stored_key = hash_of<kBytes>({bytes_of(client_key)});
    const auto signature = hmac_of<kBytes>(bytes_of(stored_key), {signed_text});
    const auto server_key = hmac_of<kBytes>(bytes_of(salted), {"Server Key"});
    server_final = "v=" + base64_of(bytes_of(hmac_of<kBytes>(bytes_of(server_key), {signed_text})));
    std::string proof(bytes_of(client_key));
    for (std::size_t i = 0; i < kBytes; ++i)
      proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    for (std::size_t i = 0; i < is.proof_bits.size(); ++i) {
      proof[i] = static_cast<char>(proof[i] ^ is.proof_bits[i]);
    }
    return proof;
  }
  std::string field(char name) const {
    const std::size_t at = challenge.find(std::string(1, name) + "=");
    return challenge.substr(at + 2, challenge.find(',', at) - at - 2);
  }

  static constexpr LinkId link{3, 1};
  Settings settings;
  std::unique_ptr<Verifier> verifier;
  std::map<Address, std::optional<Credentials>> accounts;
  Now now{Instant::at(Duration::seconds(5)), UnixTime::at(Duration::seconds(1'790'000'000))};
  bool store_fails = false;
  bool workers_busy = false;
  bool claimed = false;
  int questions = 0;
  int jobs = 0;
  std::string challenge;
  std::string server_final;
};

// --- PLAIN ---------------------------------------------------------------------------------------

TEST(VerifierKeys, AreTheSecretsAndOfOneUseEach) {
  const VerifierKeys keys = VerifierKeys::of("secret");
  EXPECT_EQ(keys.nonces, VerifierKeys::of("secret").nonces);
  EXPECT_EQ(keys.decoys, VerifierKeys::of("secret").decoys);
  EXPECT_NE(keys.nonces, keys.decoys);
  EXPECT_NE(keys.nonces, VerifierKeys::of("another").nonces);
  EXPECT_NE(keys.decoys, VerifierKeys::of("another").decoys);
}

TEST_F(VerifierTest, PlainIsCheckedAgainstHa1) {
  give("alice", "pencil");
  expect_success(plain("alice", "pencil"), "alice@example.com");
  expect_success(plain("ALICE", "pencil"), "alice@example.com");
  expect_failure(plain("alice", "Pencil"), SaslError::not_authorized);
  expect_failure(plain("bob", "pencil"), SaslError::not_authorized);
  EXPECT_EQ(jobs, 0) << "no PBKDF2 where there is HA1";
  EXPECT_EQ(verifier->exchanges(), 0u);
}

TEST_F(VerifierTest, PlainWithoutHa1GoesToAWorker) {
  give("alice", "pencil", {.sha256 = false, .md5 = false});
  expect_success(plain("alice", "pencil"), "alice@example.com");
  expect_failure(plain("alice", "other"), SaslError::not_authorized);
  EXPECT_EQ(jobs, 2);
}

// Where accounts have no HA1, one that does not exist costs the same.
TEST_F(VerifierTest, AnUnknownAccountCostsAsMuch) {
  make({.sha256 = false, .md5 = false});
  expect_failure(plain("bob", "pencil"), SaslError::not_authorized);
  EXPECT_EQ(questions, 1);
  EXPECT_EQ(jobs, 1);
}

// RFC 4616 section 2.
TEST_F(VerifierTest, PlainMessagesHaveThreeParts) {
  give("alice", "pencil");
  const std::string nul(1, '\0');
  for (const std::string& bad :
       {std::string(), std::string("alice"), nul + "alice", nul + nul + "pencil",
        nul + "alice" + nul, nul + "alice" + nul + "pencil" + nul}) {
    expect_failure(ask(begin("PLAIN", bad)), SaslError::malformed_request);
  }
  EXPECT_EQ(questions, 0);
  expect_failure(plain("a b", "pencil"), SaslError::not_authorized);
  expect_failure(plain("alice", "\xff"), SaslError::not_authorized);
}

// RFC 6120 section 6.3.8.
TEST_F(VerifierTest, AuthorizationIdentityIsOnesOwn) {
  give("alice", "pencil");
  expect_success(plain("alice", "pencil", "alice@example.com"), "alice@example.com");
  expect_failure(plain("alice", "pencil", "bob@example.com"), SaslError::invalid_authzid);
  expect_failure(plain("alice", "pencil", "alice"), SaslError::invalid_authzid);
  expect_failure(plain("alice", "pencil", "alice@example.com/phone"), SaslError::invalid_authzid);
  expect_failure(scram({.gs2 = "n,a=bob@example.com,"}), SaslError::invalid_authzid);
  expect_success(scram({.gs2 = "n,a=alice@example.com,"}), "alice@example.com");
}

// RFC 4422 section 5: client-first mechanisms, also where <auth/> came without data.
TEST_F(VerifierTest, AsksForWhatDidNotComeAtOnce) {
  give("alice", "pencil");
  const SaslAnswered asked = ask(begin("PLAIN", std::nullopt));
  EXPECT_EQ(asked.outcome, Outcome::challenge);
  EXPECT_EQ(asked.data, "");
  expect_success(ask(go_on(std::string("\0alice\0pencil", 13))), "alice@example.com");
}

TEST_F(VerifierTest, DataMustBeBase64) {
  verifier->ask({link, "example.com", "PLAIN", "AGE=x", false}, {});
  expect_failure(last(), SaslError::incorrect_encoding);
  verifier->ask({link, "example.com", "PLAIN", "=", false}, {});
  expect_failure(last(), SaslError::malformed_request);
}

TEST_F(VerifierTest, AResponseWithoutAnExchangeIsMalformed) {
  expect_failure(ask(go_on("x")), SaslError::malformed_request);
  ask(begin("PLAIN", std::nullopt));
  expect_failure(ask(go_on(std::nullopt)), SaslError::malformed_request);
}

// --- SCRAM ---------------------------------------------------------------------------------------

TEST_F(VerifierTest, ScramWithBothHashes) {
  give("alice", "pencil");
  for (const char* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-1"}) {
    const SaslAnswered answered = scram({.mechanism = mechanism});
    expect_success(answered, "alice@example.com");
    EXPECT_EQ(from_base64(answered.data), server_final) << "RFC 5802 section 5: v=";
    EXPECT_TRUE(field('r').starts_with("clientnonce"));
    EXPECT_GE(field('r').size(), std::string("clientnonce").size() + 16);
    expect_failure(scram({.mechanism = mechanism, .password = "x"}), SaslError::not_authorized);
    expect_failure(scram({.mechanism = mechanism, .proof_bits = "\x01"}),
                   SaslError::not_authorized);
    expect_failure(scram({.mechanism = mechanism, .nonce_suffix = "x"}), SaslError::not_authorized);
  }
  EXPECT_EQ(jobs, 0);
}

TEST_F(VerifierTest, EachExchangeHasItsOwnNonce) {
  give("alice", "pencil");
  scram({});
  const std::string nonce = field('r');
  scram({});
  EXPECT_NE(field('r'), nonce);
}

TEST_F(VerifierTest, ScramMessagesMustBeWellFormed) {
  expect_failure(ask(begin("SCRAM-SHA-256", "n,,r=a,n=alice")), SaslError::malformed_request);
  give("alice", "pencil");
  ask(begin("SCRAM-SHA-256", "n,,n=alice,r=a"));
  expect_failure(ask(go_on("p=AAAA")), SaslError::malformed_request);
}

// The same questions to the store, the same answers to the peer; and the salt stays as it is.
TEST_F(VerifierTest, UnknownUsersLookLikeKnownOnes) {
  give("alice", "pencil");
  scram({});
  const std::size_t salt_bytes = field('s').size();
  const std::string iterations = field('i');
  questions = 0;
  expect_failure(scram({.name = "nobody"}), SaslError::not_authorized);
  EXPECT_EQ(questions, 1);
  const std::string salt = field('s');
  EXPECT_EQ(salt.size(), salt_bytes);
  EXPECT_EQ(field('i'), iterations);
  scram({.name = "NOBODY"});
  EXPECT_EQ(field('s'), salt) << "the same name in another case";
  scram({.name = "nobody2"});
  EXPECT_NE(field('s'), salt);
  scram({.mechanism = "SCRAM-SHA-1", .name = "nobody"});
  EXPECT_NE(field('s'), salt) << "real accounts have two salts";
  const std::string name_of_none = "a=20b";  // no localpart has a space; "=20" is no escape either
  expect_failure(scram({.name = name_of_none}), SaslError::malformed_request);
  expect_failure(scram({.name = "a b"}), SaslError::not_authorized);
}

TEST_F(VerifierTest, AnAccountWithoutCredentialsLooksUnknown) {
  accounts[Address::of_canonical("alice", "example.com")] = std::nullopt;
  expect_failure(scram({}), SaslError::not_authorized);
  expect_failure(plain("alice", "pencil"), SaslError::not_authorized);
}

// --- channel binding (RFC 5802 section 6) --------------------------------------------------------

const BindingSource kTls = [](std::string_view type) -> std::optional<std::string> {
  if (type == "tls-exporter") return "exported";
  if (type == "tls-server-end-point") return "certificate";
  return std::nullopt;
};

TEST_F(VerifierTest, ChannelBindingHolds) {
  give("alice", "pencil");
  for (const char* mechanism : {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"}) {
    expect_success(
        scram({.mechanism = mechanism, .gs2 = "p=tls-exporter,,", .bound = "exported"}, kTls),
        "alice@example.com");
    expect_success(
        scram({.mechanism = mechanism, .gs2 = "p=tls-server-end-point,,", .bound = "certificate"},
              kTls),
        "alice@example.com");
    expect_failure(
        scram({.mechanism = mechanism, .gs2 = "p=tls-exporter,,", .bound = "other"}, kTls),
        SaslError::not_authorized);
    expect_failure(scram({.mechanism = mechanism, .gs2 = "p=tls-exporter,,"}, kTls),
                   SaslError::not_authorized);
  }
}

TEST_F(VerifierTest, ChannelBindingMustBeOneOfOurs) {
  give("alice", "pencil");
  expect_failure(scram({.mechanism = "SCRAM-SHA-256-PLUS", .gs2 = "p=tls-unique,,"}, kTls),
                 SaslError::not_authorized);
  expect_failure(scram({.mechanism = "SCRAM-SHA-256-PLUS", .gs2 = "p=tls-exporter,,"}),
                 SaslError::not_authorized);
}

// Section 6: -PLUS means "p", and nothing else does; "y" under TLS is the mark of a downgrade.
TEST_F(VerifierTest, ChannelBindingFlagsMustFitTheOffer) {
  give("alice", "pencil");
  expect_failure(scram({.mechanism = "SCRAM-SHA-256-PLUS", .gs2 = "n,,"}, kTls),
                 SaslError::malformed_request);
  expect_failure(scram({.mechanism = "SCRAM-SHA-256", .gs2 = "p=tls-exporter,,"}, kTls),
                 SaslError::malformed_request);
  expect_failure(scram({.gs2 = "y,,"}, kTls), SaslError::not_authorized);
  expect_success(scram({.gs2 = "y,,"}), "alice@example.com");
  expect_success(scram({.gs2 = "n,,"}, kTls), "alice@example.com");
}

// The `c` of the second message must be what the first said.
TEST_F(VerifierTest, TheGs2HeaderCannotBeChanged) {
  give("alice", "pencil");
  ask(begin("SCRAM-SHA-256", "n,,n=alice,r=a"));
  verifier->effects().answers.clear();
  const SaslAnswered first = ask(begin("SCRAM-SHA-256", "n,,n=alice,r=a"));
  challenge = *from_base64(first.data);
  expect_failure(ask(go_on("c=" + base64_of("y,,") + ",r=" + field('r') +
                           ",p=" + base64_of(std::string(32, 'x')))),
                 SaslError::not_authorized);
}

// --- exchanges that end otherwise ----------------------------------------------------------------

TEST_F(VerifierTest, AnAbortForgets) {
  give("alice", "pencil");
  ask(begin("SCRAM-SHA-256", "n,,n=alice,r=a"));
  AskSasl abort{link, "example.com", std::nullopt, std::nullopt, true};
  verifier->ask(abort, {});
  EXPECT_TRUE(verifier->effects().answers.empty());
  EXPECT_EQ(verifier->exchanges(), 0u);
}

// The answer to what a link asked before it went, or before it began anew, is for nobody.
TEST_F(VerifierTest, LateAnswersAreForNobody) {
  give("alice", "pencil");
  verifier->ask(begin("PLAIN", std::string("\0alice\0pencil", 13)), {});
  verifier->forget(link);
  settle();
  EXPECT_TRUE(verifier->effects().answers.empty());

  verifier->ask(begin("PLAIN", std::string("\0alice\0pencil", 13)), {});
  verifier->ask(begin("PLAIN", std::string("\0bob\0pencil", 11)), {});
  expect_failure(last(), SaslError::not_authorized);
}

TEST_F(VerifierTest, AFailingWorldIsTemporary) {
  give("alice", "pencil", {.sha256 = false, .md5 = false});
  workers_busy = true;
  expect_failure(plain("alice", "pencil"), SaslError::temporary_auth_failure);
  store_fails = true;
  expect_failure(plain("alice", "pencil"), SaslError::temporary_auth_failure);
  expect_failure(ask(begin("SCRAM-SHA-1", "n,,n=alice,r=a")), SaslError::temporary_auth_failure);
}

// --- auto_accounts -------------------------------------------------------------------------------

TEST_F(VerifierTest, TheFirstPasswordBecomesTheOne) {
  settings.auto_accounts = true;
  expect_failure(scram({}), SaslError::not_authorized);
  EXPECT_TRUE(challenge.empty()) << "at once, so that the peer goes on to PLAIN";
  expect_success(plain("alice", "pencil"), "alice@example.com");
  EXPECT_TRUE(claimed);
  expect_success(plain("alice", "pencil"), "alice@example.com");
  expect_failure(plain("alice", "other"), SaslError::not_authorized);
  expect_success(scram({}), "alice@example.com");
  EXPECT_EQ(jobs, 1);
}

// Two at once: the one who comes second is checked against the first one's password.
TEST_F(VerifierTest, OfTwoFirstPasswordsOneCounts) {
  settings.auto_accounts = true;
  const LinkId other{4, 1};
  verifier->ask(begin("PLAIN", std::string("\0alice\0pencil", 13)), {});
  AskSasl second = begin("PLAIN", std::string("\0alice\0other!", 13));
  second.link = other;
  verifier->ask(second, {});
  settle();
  ASSERT_EQ(verifier->effects().answers.size(), 2u);
  for (const Input& input : verifier->effects().answers) {
    const auto& answered = std::get<SaslAnswered>(input);
    EXPECT_EQ(answered.outcome, answered.link == link ? Outcome::success : Outcome::failure);
  }
}

// --- registration --------------------------------------------------------------------------------

TEST_F(VerifierTest, RegistersAndChangesPasswords) {
  using Registered = RegistrationAnswered::Outcome;
  const Address alice = Address::of_canonical("alice", "example.com");
  const auto ask_for = [&](std::string password, bool change) {
    verifier->ask(AskRegistration{link, "r1", alice, std::move(password), change});
    const auto answered = last<RegistrationAnswered>();
    EXPECT_EQ(answered.id, "r1");
    EXPECT_EQ(answered.link, link);
    return answered.outcome;
  };
  EXPECT_EQ(ask_for("new", true), Registered::refused) << "no account to change";
  EXPECT_EQ(ask_for("pencil", false), Registered::done);
  expect_success(plain("alice", "pencil"), "alice@example.com");
  EXPECT_EQ(ask_for("again", false), Registered::conflict);
  EXPECT_EQ(ask_for("new", true), Registered::done);
  expect_success(plain("alice", "new"), "alice@example.com");
  EXPECT_EQ(ask_for("\x01", true), Registered::not_acceptable);
  workers_busy = true;
  EXPECT_EQ(ask_for("x", true), Registered::store_failed);
  workers_busy = false;
  store_fails = true;
  EXPECT_EQ(ask_for("x", true), Registered::store_failed);
}

// --- digest --------------------------------------------------------------------------------------

class DigestVerifierTest : public VerifierTest {
 protected:
  DigestAnswered digest(std::vector<std::string> authorizations) {
    verifier->ask(now, AskDigest{Ticket(9), "REGISTER", "example.com", "sip:example.com",
                                 std::move(authorizations)});
    const auto answered = last<DigestAnswered>();
    EXPECT_EQ(answered.ticket, Ticket(9));
    return answered;
  }
  std::string answer_to(const std::string& challenged, std::string_view name,
                        std::string_view password) {
    const auto parsed = sip::parse_challenge(challenged);
    sip::Credentials said;
    said.username = name;
    said.realm = parsed->realm;
    said.nonce = parsed->nonce;
    said.uri = "sip:example.com";
    said.qop = "auth";
    said.nc = "00000001";
    said.cnonce = "abc";
    said.algorithm = parsed->algorithm;
    said.algorithm_text = text_of(parsed->algorithm);
    const Address account = Address::of_canonical(name, parsed->realm);
    said.response = parsed->algorithm == sip::DigestAlgorithm::sha256
                        ? digest_response(ha1_of<32>(account, password), "REGISTER", said)
                        : digest_response(ha1_of<16>(account, password), "REGISTER", said);
    std::string value;
    sip::append_credentials(value, said);
    return value;
  }
};

TEST_F(DigestVerifierTest, ChallengesThenProves) {
  using Digest = DigestAnswered::Outcome;
  give("alice", "pencil");
  const DigestAnswered first = digest({});
  ASSERT_EQ(first.outcome, Digest::challenged);
  ASSERT_EQ(first.challenges.size(), 2u);
  EXPECT_EQ(questions, 0) << "who proves nothing costs the store nothing";
  for (const std::string& challenged : first.challenges) {
    const DigestAnswered proved = digest({answer_to(challenged, "alice", "pencil")});
    EXPECT_EQ(proved.outcome, Digest::proved);
    EXPECT_EQ(proved.account.text(), "alice@example.com");
    for (const auto& [name, password] : {std::pair{"alice", "x"}, {"bob", "pencil"}}) {
      const DigestAnswered refused = digest({answer_to(challenged, name, password)});
      EXPECT_EQ(refused.outcome, Digest::challenged);
      EXPECT_EQ(refused.challenges[0].find("stale"), std::string::npos);
    }
  }
}

TEST_F(DigestVerifierTest, SaysStaleOnlyToWhoKnowsThePassword) {
  give("alice", "pencil");
  const std::string challenged = digest({}).challenges[0];
  const std::string good = answer_to(challenged, "alice", "pencil");
  const std::string bad = answer_to(challenged, "alice", "x");
  now.unix_time = now.unix_time + kNonceLifetime + Duration::seconds(1);
  EXPECT_NE(digest({good}).challenges[0].find("stale=true"), std::string::npos);
  EXPECT_EQ(digest({bad}).challenges[0].find("stale"), std::string::npos);
}

TEST_F(DigestVerifierTest, SaysWhatElseIsWrong) {
  using Digest = DigestAnswered::Outcome;
  EXPECT_EQ(digest({"Digest nonsense"}).outcome, Digest::malformed);
  settings.sip_digest_md5 = false;
  EXPECT_EQ(digest({}).challenges.size(), 1u);
  const std::string challenged = digest({}).challenges[0];
  store_fails = true;
  EXPECT_EQ(digest({answer_to(challenged, "alice", "pencil")}).outcome, Digest::store_failed);
}

}  // namespace verifier_verifier_test
}  // namespace muster
