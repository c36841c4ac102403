// The part of Verifier that is SASL: PLAIN (RFC 4616) and SCRAM (RFC 5802, 7677).

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"
#include "codec/address/jid.h"
#include "shell/verifier/verifier.h"

namespace muster {
namespace {

constexpr std::size_t kServerNonceBytes = 18;

// RFC 6120 section 6.3.8: empty, or the bare JID of who authenticates.
bool may_act_as(std::string_view authzid, const Address& account) {
  if (authzid.empty()) return true;
  const auto address = parse_jid(authzid);
  return address && *address == account;
}

}  // namespace

// --- steps ---------------------------------------------------------------------------------------

// A mechanism begins an exchange, and ends one that was under way.
Verifier::Exchange* Verifier::begin(const AskSasl& ask, bool has_tls) {
  if (!ask.mechanism) {
    const auto found = exchanges_.find(ask.link.number());
    return found == exchanges_.end() ? nullptr : &found->second;
  }
  Exchange exchange;
  std::string_view name = *ask.mechanism;
  exchange.binds = name.ends_with("-PLUS");
  exchange.offered_binding = has_tls;
  if (exchange.binds) name.remove_suffix(5);
  exchange.mechanism = name == "PLAIN"         ? Mechanism::plain
                       : name == "SCRAM-SHA-1" ? Mechanism::scram_sha1
                                               : Mechanism::scram_sha256;
  exchange.domain = ask.domain;
  return &exchanges_.insert_or_assign(ask.link.number(), std::move(exchange)).first->second;
}

void Verifier::ask(const AskSasl& ask, const BindingSource& bindings) {
  if (ask.abort) return forget(ask.link);
  Exchange* exchange = begin(ask, bindings != nullptr);
  if (exchange == nullptr) return fail(ask.link, SaslError::malformed_request);
  if (!ask.data) {
    // All our mechanisms begin with the client: it is asked to (RFC 4422 section 5).
    if (ask.mechanism) return send_challenge(ask.link, {});
    return fail(ask.link, SaslError::malformed_request);
  }
  auto message = from_base64(*ask.data == "=" ? std::string_view() : std::string_view(*ask.data));
  if (!message) return fail(ask.link, SaslError::incorrect_encoding);
  if (exchange->mechanism == Mechanism::plain) {
    take_plain(ask.link, *exchange, *message);
  } else if (!exchange->began) {
    take_scram_first(ask.link, *exchange, *message, bindings);
  } else {
    take_scram_final(ask.link, *exchange, *message);
  }
  cleanse(*message);
}

void Verifier::send_challenge(LinkId link, std::string_view message) {
  effects_.answers.push_back(
      SaslAnswered{link, SaslAnswered::Outcome::challenge, base64_of(message), {}, {}});
}

void Verifier::succeed(LinkId link, Exchange& exchange, std::string_view message) {
  effects_.answers.push_back(SaslAnswered{
      link, SaslAnswered::Outcome::success, base64_of(message), std::move(exchange.account), {}});
  forget(link);
}

void Verifier::fail(LinkId link, SaslError why) {
  effects_.answers.push_back(SaslAnswered{link, SaslAnswered::Outcome::failure, {}, {}, why});
  forget(link);
}

void Verifier::sasl_stored(LinkId link, const AccountReply& reply) {
  Exchange& exchange = exchanges_.at(link.number());
  std::visit(Overloaded{
                 [&](const CredentialsLoaded& loaded) {
                   if (exchange.mechanism == Mechanism::plain) {
                     plain_loaded(link, exchange, loaded);
                   } else {
                     scram_loaded(link, exchange, loaded);
                   }
                 },
                 [&](const AccountCreated&) { succeed(link, exchange, {}); },
                 [&](const AccountRefused&) {
                   // Somebody else was first with this account: her password is the one.
                   exchange.ticket = ask_store(ForSasl{link}, LoadCredentials{exchange.account});
                 },
                 [&](const auto&) { fail(link, SaslError::temporary_auth_failure); },
             },
             reply);
}

void Verifier::sasl_worked(LinkId link, PasswordResult result) {
  Exchange& exchange = exchanges_.at(link.number());
  std::visit(Overloaded{
                 [&](bool is_the_one) {
                   if (is_the_one && exchange.known) return succeed(link, exchange, {});
                   fail(link, SaslError::not_authorized);
                 },
                 [&](Credentials& credentials) {
                   exchange.ticket = ask_store(
                       ForSasl{link}, CreateAccount{exchange.account, std::move(credentials),
                                                    settings_.default_policy, true});
                 },
                 [&](PasswordResult::Busy) { fail(link, SaslError::temporary_auth_failure); },
             },
             result.outcome);
}

// --- PLAIN ---------------------------------------------------------------------------------------

// RFC 4616 section 2: [authzid] NUL authcid NUL passwd.
void Verifier::take_plain(LinkId link, Exchange& exchange, std::string_view message) {
  const std::size_t first = message.find('\0');
  const std::size_t second =
      first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos ||
      message.find('\0', second + 1) != std::string_view::npos || second == first + 1 ||
      second + 1 == message.size()) {
    return fail(link, SaslError::malformed_request);
  }
  const std::string_view authzid = message.substr(0, first);
  std::string scratch;
  const auto local = canonical_localpart(message.substr(first + 1, second - first - 1), scratch);
  auto password = prepared_password(message.substr(second + 1));
  if (!local || !password) return fail(link, SaslError::not_authorized);
  exchange.account = Address::of_canonical(*local, exchange.domain);
  if (!may_act_as(authzid, exchange.account)) return fail(link, SaslError::invalid_authzid);
  exchange.password = std::move(*password);
  exchange.ticket = ask_store(ForSasl{link}, LoadCredentials{exchange.account});
}

void Verifier::plain_loaded(LinkId link, Exchange& exchange, const CredentialsLoaded& loaded) {
  exchange.known = loaded.credentials.has_value();
  if (!exchange.known && settings_.auto_accounts && !exchange.claimed) {
    exchange.claimed = true;
    exchange.ticket = ask_workers(
        ForSasl{link}, DeriveCredentials{exchange.account,
                                         Secret(std::string(exchange.password.view())), ha1_kept_});
    return;
  }
  // Where HA1 is kept, an unknown account seems to have one; where it is not, to have none.
  const bool by_ha1 =
      exchange.known ? loaded.credentials->ha1_sha256.has_value() : ha1_kept_.sha256;
  if (!by_ha1) {
    ScramKeys<32> keys =
        exchange.known ? loaded.credentials->scram_sha256 : decoy_keys<32>(exchange.account.text());
    exchange.ticket =
        ask_workers(ForSasl{link}, CheckPassword{std::move(keys), std::move(exchange.password)});
    return;
  }
  const DigestBytes<32> wanted = exchange.known
                                     ? *loaded.credentials->ha1_sha256
                                     : decoy_keys<32>(exchange.account.text()).stored_key;
  const DigestBytes<32> said = ha1_of<32>(exchange.account, exchange.password.view());
  if (same_secret(bytes_of(said), bytes_of(wanted)) && exchange.known) {
    succeed(link, exchange, {});
  } else {
    fail(link, SaslError::not_authorized);
  }
}

// --- SCRAM ---------------------------------------------------------------------------------------

// Of an account that is none: always the same, and of no password.
template <std::size_t kBytes>
ScramKeys<kBytes> Verifier::decoy_keys(std::string_view name) const {
  const std::string hash = std::to_string(kBytes);
  const auto salt = hmac_of<32>(keys_.decoys, {"salt ", hash, " ", name});
  const auto key = hmac_of<32>(keys_.decoys, {"key ", hash, " ", name});
  ScramKeys<kBytes> keys;
  keys.salt = bytes_of(salt).substr(0, kScramSaltBytes);
  keys.iterations = kScramIterations;
  std::copy_n(key.begin(), kBytes, keys.stored_key.begin());
  return keys;
}

// RFC 5802 section 6: what the peer says of channel binding must fit what it was offered; "y" from
// a peer that was offered it means that somebody between hid the offer.
void Verifier::take_scram_first(LinkId link, Exchange& exchange, std::string_view message,
                                const BindingSource& bindings) {
  using Binding = ScramFirst::Binding;
  const auto first = parse_scram_first(message);
  if (!first) return fail(link, SaslError::malformed_request);
  if (exchange.binds != (first->binding == Binding::used)) {
    return fail(link, SaslError::malformed_request);
  }
  if (first->binding == Binding::unoffered && exchange.offered_binding) {
    return fail(link, SaslError::not_authorized);
  }
  std::string cbind_input(first->gs2_header);
  if (exchange.binds) {
    const auto data = bindings == nullptr ? std::nullopt : bindings(first->binding_type);
    if (!data) return fail(link, SaslError::not_authorized);
    cbind_input.append(*data);
  }
  exchange.gs2_and_data = base64_of(cbind_input);
  std::string scratch;
  const auto local = canonical_localpart(first->username, scratch);
  if (local) exchange.account = Address::of_canonical(*local, exchange.domain);
  exchange.name = local ? exchange.account.text() : first->username + "@" + exchange.domain;
  if (!may_act_as(first->authzid, exchange.account)) {
    return fail(link, SaslError::invalid_authzid);
  }
  exchange.began = true;
  exchange.bare = first->bare;
  exchange.nonce.assign(first->nonce).append(base64_of(random_bytes(kServerNonceBytes)));
  if (local) {
    exchange.ticket = ask_store(ForSasl{link}, LoadCredentials{exchange.account});
  } else {
    scram_loaded(link, exchange, {});
  }
}

void Verifier::scram_loaded(LinkId link, Exchange& exchange, const CredentialsLoaded& loaded) {
  exchange.known = loaded.credentials.has_value();
  if (!exchange.known && settings_.auto_accounts) return fail(link, SaslError::not_authorized);
  if (exchange.mechanism == Mechanism::scram_sha1) {
    exchange.keys = exchange.known ? loaded.credentials->scram_sha1 : decoy_keys<20>(exchange.name);
  } else {
    exchange.keys =
        exchange.known ? loaded.credentials->scram_sha256 : decoy_keys<32>(exchange.name);
  }
  exchange.server_first = std::visit(
      [&](const auto& keys) {
        return scram_server_first(exchange.nonce, keys.salt, keys.iterations);
      },
      exchange.keys);
  send_challenge(link, exchange.server_first);
}

void Verifier::take_scram_final(LinkId link, Exchange& exchange, std::string_view message) {
  const auto final = parse_scram_final(message);
  if (!final) return fail(link, SaslError::malformed_request);
  if (final->nonce != exchange.nonce || final->channel_binding != exchange.gs2_and_data) {
    return fail(link, SaslError::not_authorized);
  }
  const std::string signed_text =
      scram_auth_message(exchange.bare, exchange.server_first, final->without_proof);
  const bool proved =
      std::visit([&](const auto& keys) { return scram_proves(keys, signed_text, final->proof); },
                 exchange.keys);
  if (!proved || !exchange.known) return fail(link, SaslError::not_authorized);
  const std::string last = std::visit(
      [&](const auto& keys) { return scram_server_final(keys, signed_text); }, exchange.keys);
  succeed(link, exchange, last);
}

}  // namespace muster
