// Carries out a shard's questions about who somebody is: AskSasl, AskDigest, AskRegistration. It
// keeps the exchanges that are under way on the shard's links, asks the store for credentials and
// the workers for what is slow, and answers with SaslAnswered, DigestAnswered,
// RegistrationAnswered. RFC 4616 (PLAIN), 5802 and 7677 (SCRAM), 5929 and 9266 (channel bindings),
// 7616 and 8760 (digest).
//
// Used by one shard's thread; it does nothing itself but compute. What is to be done lies in
// effects() afterwards.
//
// Nobody learns whether an account exists: an unknown one is given a salt, an iteration count and
// keys that are a keyed hash of its name, and what is computed of them takes as long. (Where it is
// the store that is asked, that takes as long for both.)
//
// With Settings::auto_accounts, who has no credentials yet is given those of the first password
// that comes by PLAIN; SCRAM is refused to her, so that her peer goes on to PLAIN.
//
// Limits: one exchange for each link; a digest question for each of
// Limits::sip_requests_per_shard_max. Those of scram.h, PasswordWorkers and StoreThread: past the
// latter two, temporary-auth-failure, 500 and internal-server-error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "base/unordered.h"
#include "server/ports.h"
#include "server/settings.h"
#include "shell/store/store_thread.h"
#include "shell/verifier/digest.h"
#include "shell/verifier/password.h"
#include "shell/verifier/password_workers.h"
#include "shell/verifier/scram.h"

namespace muster {

// By the secret of the store: the same for all shards and servers of a service, and after a
// restart. So a phone that is sent to another server need not prove itself anew, and what stands
// for an account that is not there tells nobody that it is not.
struct VerifierKeys {
  std::string nonces;
  std::string decoys;

  static VerifierKeys of(std::string_view secret);
};

// Gives the bytes of a channel binding of a link, by the name of its type; nothing if the link has
// none of that type. Null for a link without TLS.
using BindingSource = std::function<std::optional<std::string>(std::string_view type)>;

class Verifier {
 public:
  struct Parts {
    const Settings* settings = nullptr;
    VerifierKeys keys;
    Ha1Kept ha1_kept;
    AskerId at_store;
    AskerId at_workers;
  };
  explicit Verifier(Parts parts);

  void ask(const AskSasl& ask, const BindingSource& bindings);
  void ask(Now now, AskDigest ask);
  void ask(AskRegistration ask);
  // The link is gone: so is its exchange.
  void forget(LinkId link) { exchanges_.erase(link.number()); }

  void answered(Now now, StoreThread::Answer answer);
  void answered(PasswordResult result);

  struct Effects {
    std::vector<Input> answers;
    std::vector<StoreThread::Question> questions;
    std::vector<PasswordJob> jobs;
  };
  // To be taken, and left empty.
  Effects& effects() { return effects_; }

  std::size_t exchanges() const { return exchanges_.size(); }

 private:
  enum class Mechanism : std::uint8_t { plain, scram_sha1, scram_sha256 };

  // A SASL exchange on a link.
  struct Exchange {
    Mechanism mechanism = Mechanism::plain;
    bool binds = false;  // a -PLUS form
    bool offered_binding = false;
    bool began = false;    // the first message was taken
    bool claimed = false;  // auto_accounts: its credentials were handed in once
    std::string domain;
    Address account;           // empty: no name that an account can have
    std::string name;          // SCRAM: what decoys are made of
    std::uint64_t ticket = 0;  // of the question that is out; 0 for none
    Secret password;           // PLAIN
    std::string bare;          // SCRAM: client-first-message-bare
    std::string gs2_and_data;  // what `c` must say
    std::string nonce;
    std::string server_first;
    std::variant<ScramKeys<20>, ScramKeys<32>> keys;
    bool known = false;  // they are an account's
  };

  // What a ticket was for.
  struct ForSasl {
    LinkId link;
  };
  struct ForDigest {
    Ticket ticket;
    std::string method;
    std::string realm;
    DigestClaim claim;
  };
  struct ForRegistration {
    LinkId link;
    std::string id;
    Address account;
    bool change = false;
  };
  using Purpose = std::variant<ForSasl, ForDigest, ForRegistration>;

  // verifier.cc
  std::uint64_t ask_store(Purpose purpose, AccountRequest request);
  std::uint64_t ask_workers(Purpose purpose, std::variant<CheckPassword, DeriveCredentials> work);
  std::optional<Purpose> take_purpose(Ticket ticket);
  void challenge(Now now, Ticket ticket, std::string_view realm, bool stale);
  DigestAlgorithms digest_algorithms() const;
  void digest_loaded(Now now, const ForDigest& asked, const AccountReply& reply);
  void registration_stored(const ForRegistration& asked, const AccountReply& reply);
  void registration_derived(ForRegistration asked, PasswordResult result);
  void tell(const ForRegistration& asked, RegistrationAnswered::Outcome outcome);

  // sasl.cc
  Exchange* begin(const AskSasl& ask, bool has_tls);
  void take_plain(LinkId link, Exchange& exchange, std::string_view message);
  void take_scram_first(LinkId link, Exchange& exchange, std::string_view message,
                        const BindingSource& bindings);
  void take_scram_final(LinkId link, Exchange& exchange, std::string_view message);
  void sasl_stored(LinkId link, const AccountReply& reply);
  void sasl_worked(LinkId link, PasswordResult result);
  void plain_loaded(LinkId link, Exchange& exchange, const CredentialsLoaded& loaded);
  void scram_loaded(LinkId link, Exchange& exchange, const CredentialsLoaded& loaded);
  void send_challenge(LinkId link, std::string_view message);
  void succeed(LinkId link, Exchange& exchange, std::string_view message);
  void fail(LinkId link, SaslError why);
  template <std::size_t kBytes>
  ScramKeys<kBytes> decoy_keys(std::string_view name) const;

  const Settings& settings_;
  const VerifierKeys keys_;
  const Ha1Kept ha1_kept_;
  const AskerId at_store_;
  const AskerId at_workers_;
  Nonces nonces_;
  std::uint32_t next_nonce_ = 0;
  std::uint64_t next_ticket_ = 1;
  UnorderedMap<std::uint64_t, Exchange> exchanges_;  // by link
  UnorderedMap<std::uint64_t, Purpose> purposes_;    // by ticket
  Effects effects_;
};

}  // namespace muster
