#include "shell/verifier/verifier.h"

#include <utility>

#include "base/check.h"
#include "base/overloaded.h"

namespace muster {
namespace {

std::string key_of(std::string_view secret, std::string_view use) {
  return std::string(bytes_of(hmac_of<32>(secret, {use})));
}

}  // namespace

VerifierKeys VerifierKeys::of(std::string_view secret) {
  return {key_of(secret, "nonces"), key_of(secret, "decoys")};
}

Verifier::Verifier(Parts parts)
    : settings_(*parts.settings),
      keys_(std::move(parts.keys)),
      ha1_kept_(parts.ha1_kept),
      at_store_(parts.at_store),
      at_workers_(parts.at_workers),
      nonces_(keys_.nonces) {}

// --- questions of ours ---------------------------------------------------------------------------

std::uint64_t Verifier::ask_store(Purpose purpose, AccountRequest request) {
  const std::uint64_t ticket = next_ticket_++;
  purposes_.emplace(ticket, std::move(purpose));
  effects_.questions.push_back({at_store_, Ticket(ticket), std::move(request)});
  return ticket;
}

std::uint64_t Verifier::ask_workers(Purpose purpose,
                                    std::variant<CheckPassword, DeriveCredentials> work) {
  const std::uint64_t ticket = next_ticket_++;
  purposes_.emplace(ticket, std::move(purpose));
  effects_.jobs.push_back({at_workers_, Ticket(ticket), std::move(work)});
  return ticket;
}

std::optional<Verifier::Purpose> Verifier::take_purpose(Ticket ticket) {
  const auto found = purposes_.find(ticket.number());
  if (found == purposes_.end()) return std::nullopt;
  std::optional<Purpose> purpose = std::move(found->second);
  purposes_.erase(found);
  // An exchange that was forgotten, or begun anew, waits for this no more.
  if (const auto* sasl = std::get_if<ForSasl>(&*purpose)) {
    const auto exchange = exchanges_.find(sasl->link.number());
    if (exchange == exchanges_.end() || exchange->second.ticket != ticket.number()) {
      return std::nullopt;
    }
    exchange->second.ticket = 0;
  }
  return purpose;
}

void Verifier::answered(Now now, StoreThread::Answer answer) {
  const auto purpose = take_purpose(answer.ticket);
  if (!purpose) return;
  const AccountReply& reply = std::get<AccountReply>(answer.result);
  std::visit(Overloaded{
                 [&](const ForSasl& asked) { sasl_stored(asked.link, reply); },
                 [&](const ForDigest& asked) { digest_loaded(now, asked, reply); },
                 [&](const ForRegistration& asked) { registration_stored(asked, reply); },
             },
             *purpose);
}

void Verifier::answered(PasswordResult result) {
  auto purpose = take_purpose(result.ticket);
  if (!purpose) return;
  if (const auto* sasl = std::get_if<ForSasl>(&*purpose)) {
    sasl_worked(sasl->link, std::move(result));
  } else {
    registration_derived(std::get<ForRegistration>(std::move(*purpose)), std::move(result));
  }
}

// --- digest --------------------------------------------------------------------------------------

void Verifier::ask(Now now, AskDigest ask) {
  DigestReading reading = read_authorizations(ask, digest_algorithms(), nonces_, now.unix_time);
  if (reading.claim) {
    const Address account = reading.claim->account;
    ask_store(ForDigest{ask.ticket, std::move(ask.method), std::move(ask.realm),
                        std::move(*reading.claim)},
              LoadCredentials{account});
  } else if (reading.malformed) {
    effects_.answers.push_back(
        DigestAnswered{ask.ticket, DigestAnswered::Outcome::malformed, {}, {}});
  } else {
    challenge(now, ask.ticket, ask.realm, false);
  }
}

void Verifier::digest_loaded(Now now, const ForDigest& asked, const AccountReply& reply) {
  const auto* loaded = std::get_if<CredentialsLoaded>(&reply);
  if (loaded == nullptr) {
    effects_.answers.push_back(
        DigestAnswered{asked.ticket, DigestAnswered::Outcome::store_failed, {}, {}});
    return;
  }
  const bool proved = proves(asked.claim, asked.method, loaded->credentials, keys_.decoys);
  if (!proved || asked.claim.stale) {
    challenge(now, asked.ticket, asked.realm, proved);
  } else {
    effects_.answers.push_back(
        DigestAnswered{asked.ticket, DigestAnswered::Outcome::proved, asked.claim.account, {}});
  }
}

void Verifier::challenge(Now now, Ticket ticket, std::string_view realm, bool stale) {
  const std::string nonce = nonces_.make(now.unix_time, next_nonce_++, realm);
  effects_.answers.push_back(
      DigestAnswered{ticket,
                     DigestAnswered::Outcome::challenged,
                     {},
                     digest_challenges(realm, nonce, stale, digest_algorithms())});
}

DigestAlgorithms Verifier::digest_algorithms() const {
  return {settings_.sip_digest_sha256, settings_.sip_digest_md5};
}

// --- registration --------------------------------------------------------------------------------

void Verifier::ask(AskRegistration ask) {
  ForRegistration asked{ask.link, std::move(ask.id), std::move(ask.account), ask.change};
  auto password = prepared_password(ask.password);
  cleanse(ask.password);
  if (!password) return tell(asked, RegistrationAnswered::Outcome::not_acceptable);
  const Address account = asked.account;
  ask_workers(std::move(asked), DeriveCredentials{account, std::move(*password), ha1_kept_});
}

void Verifier::registration_derived(ForRegistration asked, PasswordResult result) {
  auto* credentials = std::get_if<Credentials>(&result.outcome);
  if (credentials == nullptr) return tell(asked, RegistrationAnswered::Outcome::store_failed);
  const Address account = asked.account;
  if (asked.change) {
    ask_store(std::move(asked), SetCredentials{account, std::move(*credentials)});
  } else {
    ask_store(std::move(asked), CreateAccount{account, std::move(*credentials),
                                              settings_.default_policy, settings_.auto_accounts});
  }
}

void Verifier::registration_stored(const ForRegistration& asked, const AccountReply& reply) {
  using Outcome = RegistrationAnswered::Outcome;
  std::visit(Overloaded{
                 [&](const AccountCreated&) { tell(asked, Outcome::done); },
                 [&](const CredentialsSet&) { tell(asked, Outcome::done); },
                 [&](const AccountRefused&) {
                   tell(asked, asked.change ? Outcome::refused : Outcome::conflict);
                 },
                 [&](const auto&) { tell(asked, Outcome::store_failed); },
             },
             reply);
}

void Verifier::tell(const ForRegistration& asked, RegistrationAnswered::Outcome outcome) {
  effects_.answers.push_back(RegistrationAnswered{asked.link, asked.id, outcome});
}

}  // namespace muster
