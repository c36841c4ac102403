// Who somebody is, in the simulated world: SASL PLAIN and SCRAM, SIP digest, in-band registration.
// The exchanges have the form of the real ones (RFC 4616, 5802, 8760), so that each step of the
// server's is made; what stands for a proof is a 64-bit hash, which agents compute as the verifier
// does (proof_of). It answers at once; how long it takes is the server's to draw.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "base/prng.h"
#include "server/ports.h"
#include "sim/world/server.h"

namespace muster::sim {

class ModelVerifier {
 public:
  explicit ModelVerifier(Prng random) : random_(std::move(random)) {}

  // Everybody is who she says, whatever the password: for tests of what comes behind.
  bool trusting = false;
  void set_password(const Address& account, std::string password);

  // Nothing for an exchange that is aborted.
  std::optional<SaslAnswered> ask(ServerId server, ShardId shard, const AskSasl& ask);
  DigestAnswered ask(Now now, const AskDigest& ask);
  RegistrationAnswered ask(const AskRegistration& ask);
  // The link is gone, and so its exchange; or the server is.
  void forget(ServerId server, ShardId shard, LinkId link);
  void asker_dies(ServerId server);

  std::size_t exchanges() const { return exchanges_.size(); }

  static constexpr Duration kNonceLife = Duration::minutes(5);

 private:
  using Place = std::tuple<ServerId, ShardId, LinkId>;
  struct Exchange {
    Address account;
    std::string nonce;
  };

  bool knows(const Address& account, std::string_view proof, std::string_view context) const;
  SaslAnswered plain(const AskSasl& ask, std::string_view message);
  SaslAnswered scram_first(const Place& place, const AskSasl& ask, std::string_view message);
  SaslAnswered scram_final(const Place& place, const AskSasl& ask, std::string_view message);
  std::string nonce_of(Now now) const;

  Prng random_;
  std::map<Address, std::string> passwords_;
  std::map<Place, Exchange> exchanges_;
};

// What proves that one knows the password, in this context (a nonce; of SIP also method and URI).
std::string proof_of(std::string_view password, std::string_view context);

// RFC 4648 section 4, of any bytes; nothing where the text is none.
std::string to_base64(std::string_view bytes);
std::string from_base64(std::string_view text);

// A SCRAM message's attribute, "r" of "r=abc,s=def".
std::string_view scram_attribute(std::string_view message, char name);

}  // namespace muster::sim
