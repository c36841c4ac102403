#include "sim/world/model_verifier.h"

#include <charconv>
#include <utility>

#include "base/digest.h"
#include "codec/address/jid.h"
#include "codec/sip/auth.h"

namespace muster::sim {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Address account_of(std::string_view name, std::string_view domain) {
  const auto parsed = parse_jid(std::string(name) + "@" + std::string(domain));
  return parsed ? parsed->to_bare() : Address();
}

SaslAnswered refused(const AskSasl& ask, SaslError why) {
  SaslAnswered answered;
  answered.link = ask.link;
  answered.why = why;
  return answered;
}

}  // namespace

std::string proof_of(std::string_view password, std::string_view context) {
  std::uint64_t hash = hash_bytes(context, hash_bytes(password));
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4)
    text[i] = "0123456789abcdef"[hash & 15];
  return text;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text.push_back(k <= bytes.size() - i ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=');
  }
  return text;
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
  }
  return bytes;
}

std::string_view scram_attribute(std::string_view message, char name) {
  while (!message.empty()) {
    const std::size_t comma = message.find(',');
    const std::string_view part = message.substr(0, comma);
    if (part.size() >= 2 && part[0] == name && part[1] == '=') return part.substr(2);
    if (comma == std::string_view::npos) break;
    message.remove_prefix(comma + 1);
  }
  return {};
}

void ModelVerifier::set_password(const Address& account, std::string password) {
  passwords_[account] = std::move(password);
}

bool ModelVerifier::knows(const Address& account, std::string_view proof,
                          std::string_view context) const {
  if (trusting) return !account.empty();
  const auto found = passwords_.find(account);
  return found != passwords_.end() && proof == proof_of(found->second, context);
}

// --- SASL ----------------------------------------------------------------------------------------

std::optional<SaslAnswered> ModelVerifier::ask(ServerId server, ShardId shard,
                                               const AskSasl& question) {
  const Place place{server, shard, question.link};
  if (question.abort) {
    exchanges_.erase(place);
    return std::nullopt;
  }
  const std::string message = from_base64(question.data.value_or(std::string()));
  if (!question.mechanism) return scram_final(place, question, message);
  exchanges_.erase(place);
  if (*question.mechanism == "PLAIN") return plain(question, message);
  return scram_first(place, question, message);
}

SaslAnswered ModelVerifier::plain(const AskSasl& question, std::string_view message) {
  const std::size_t name = message.find('\0');
  const std::size_t password = name == std::string_view::npos ? name : message.find('\0', name + 1);
  if (password == std::string_view::npos) return refused(question, SaslError::malformed_request);
  SaslAnswered answered;
  answered.link = question.link;
  answered.account = account_of(message.substr(name + 1, password - name - 1), question.domain);
  if (!knows(answered.account, proof_of(message.substr(password + 1), {}), {})) {
    return refused(question, SaslError::not_authorized);
  }
  answered.outcome = SaslAnswered::Outcome::success;
  return answered;
}

SaslAnswered ModelVerifier::scram_first(const Place& place, const AskSasl& question,
                                        std::string_view message) {
  const std::string_view name = scram_attribute(message, 'n');
  const std::string_view theirs = scram_attribute(message, 'r');
  if (name.empty() || theirs.empty()) return refused(question, SaslError::malformed_request);
  Exchange& exchange = exchanges_[place];
  exchange.account = account_of(name, question.domain);
  exchange.nonce = std::string(theirs) + random_.token(12);
  SaslAnswered answered;
  answered.link = question.link;
  answered.outcome = SaslAnswered::Outcome::challenge;
  answered.data = to_base64("r=" + exchange.nonce + ",s=c2FsdA==,i=4096");
  return answered;
}

SaslAnswered ModelVerifier::scram_final(const Place& place, const AskSasl& question,
                                        std::string_view message) {
  const auto found = exchanges_.find(place);
  if (found == exchanges_.end()) return refused(question, SaslError::malformed_request);
  const Exchange exchange = std::move(found->second);
  exchanges_.erase(found);
  const bool same_nonce = scram_attribute(message, 'r') == exchange.nonce;
  if (!same_nonce || !knows(exchange.account, scram_attribute(message, 'p'), exchange.nonce)) {
    return refused(question, SaslError::not_authorized);
  }
  SaslAnswered answered;
  answered.link = question.link;
  answered.outcome = SaslAnswered::Outcome::success;
  answered.account = exchange.account;
  answered.data = to_base64("v=" + exchange.nonce);
  return answered;
}

void ModelVerifier::forget(ServerId server, ShardId shard, LinkId link) {
  exchanges_.erase({server, shard, link});
}

void ModelVerifier::asker_dies(ServerId server) {
  std::erase_if(exchanges_, [&](const auto& entry) { return std::get<0>(entry.first) == server; });
}

// --- SIP digest ----------------------------------------------------------------------------------

// A nonce is the second at which it was made: good for kNonceLife, in all processes.
std::string ModelVerifier::nonce_of(Now now) const {
  return "n" + std::to_string(now.unix_time.since_epoch().in_seconds());
}

DigestAnswered ModelVerifier::ask(Now now, const AskDigest& question) {
  DigestAnswered answered;
  answered.ticket = question.ticket;
  sip::Challenge challenge;
  challenge.realm = question.realm;
  challenge.nonce = nonce_of(now);
  for (const std::string& value : question.authorizations) {
    const auto credentials = sip::parse_credentials(value);
    if (!credentials || credentials->realm != question.realm) continue;
    const Address account = account_of(credentials->username, question.realm);
    const std::string context = credentials->nonce + question.method + credentials->uri;
    if (!knows(account, credentials->response, context)) continue;
    std::int64_t made = 0;
    std::from_chars(credentials->nonce.data() + 1,
                    credentials->nonce.data() + credentials->nonce.size(), made);
    const Duration age = now.unix_time.since_epoch() - Duration::seconds(made);
    challenge.stale = !trusting && age > kNonceLife;
    if (challenge.stale) break;
    answered.outcome = DigestAnswered::Outcome::proved;
    answered.account = account;
    return answered;
  }
  sip::append_challenge(answered.challenges.emplace_back(), challenge);
  return answered;
}

// --- in-band registration ------------------------------------------------------------------------

RegistrationAnswered ModelVerifier::ask(const AskRegistration& question) {
  RegistrationAnswered answered{question.link, question.id, RegistrationAnswered::Outcome::done};
  if (!question.change && passwords_.contains(question.account) && !trusting) {
    answered.outcome = RegistrationAnswered::Outcome::conflict;
  } else {
    passwords_[question.account] = question.password;
  }
  return answered;
}

}  // namespace muster::sim
