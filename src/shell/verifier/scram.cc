#include "shell/verifier/scram.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "shell/crypto.h"

namespace muster {
namespace {

// value-safe-char and what a saslname escapes (section 7): "=2C" is a comma, "=3D" an equals sign.
std::optional<std::string> unescape_saslname(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return std::nullopt;
    if (text[i] != '=') {
      name.push_back(text[i]);
      continue;
    }
    const std::string_view escape = text.substr(i, 3);
    if (escape != "=2C" && escape != "=3D") return std::nullopt;
    name.push_back(escape == "=2C" ? ',' : '=');
    i += 2;
  }
  if (name.empty()) return std::nullopt;
  return name;
}

// Takes what is before the next comma off `rest`, and the comma; all of it if there is none.
std::string_view take_part(std::string_view& rest) {
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const std::string_view part = rest.substr(0, comma);
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return part;
}

// "x=value": the value, if it is there.
std::optional<std::string_view> value_of(char name, std::string_view part) {
  if (part.size() < 3 || part[0] != name || part[1] != '=') return std::nullopt;
  return part.substr(2);
}

bool is_nonce(std::string_view text) {
  return text.size() <= kNonceBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
           return c >= 0x21 && c <= 0x7e && c != ',';
         });
}

// gs2-header; `message` is left at what follows it.
bool take_gs2_header(std::string_view& message, ScramFirst& first) {
  const std::string_view whole = message;
  const std::string_view flag = take_part(message);
  if (flag == "n") {
    first.binding = ScramFirst::Binding::unsupported;
  } else if (flag == "y") {
    first.binding = ScramFirst::Binding::unoffered;
  } else if (const auto type = value_of('p', flag)) {
    first.binding = ScramFirst::Binding::used;
    first.binding_type = *type;
  } else {
    return false;
  }
  const std::string_view authzid = take_part(message);
  if (!authzid.empty()) {
    const auto value = value_of('a', authzid);
    auto name = value ? unescape_saslname(*value) : std::nullopt;
    if (!name) return false;
    first.authzid = std::move(*name);
  }
  first.gs2_header = whole.substr(0, whole.size() - message.size());
  return true;
}

// Of every extension: "x=value".
bool are_attributes(std::string_view extensions) {
  while (!extensions.empty()) {
    const std::string_view part = take_part(extensions);
    if (part.size() < 3 || !is_alpha(part[0]) || part[1] != '=') return false;
  }
  return true;
}

constexpr std::string_view kClientKey = "Client Key";
constexpr std::string_view kServerKey = "Server Key";

}  // namespace

// A mandatory extension ("m=") is where the username should be: we know none, and fail (section
// 5.1).
std::optional<ScramFirst> parse_scram_first(std::string_view message) {
  ScramFirst first;
  if (!take_gs2_header(message, first)) return std::nullopt;
  first.bare = message;
  const auto username = value_of('n', take_part(message));
  auto name = username ? unescape_saslname(*username) : std::nullopt;
  const auto nonce = value_of('r', take_part(message));
  if (!name || !nonce || !is_nonce(*nonce) || !are_attributes(message)) return std::nullopt;
  first.username = std::move(*name);
  first.nonce = *nonce;
  return first;
}

std::optional<ScramFinal> parse_scram_final(std::string_view message) {
  ScramFinal final;
  const std::size_t last = message.rfind(",p=");
  if (last == std::string_view::npos) return std::nullopt;
  auto proof = from_base64(message.substr(last + 3));
  if (!proof) return std::nullopt;
  final.proof = std::move(*proof);
  final.without_proof = message.substr(0, last);
  std::string_view rest = final.without_proof;
  const auto binding = value_of('c', take_part(rest));
  const auto nonce = value_of('r', take_part(rest));
  if (!binding || !nonce || !are_attributes(rest)) return std::nullopt;
  final.channel_binding = *binding;
  final.nonce = *nonce;
  return final;
}

std::string scram_server_first(std::string_view nonce, std::string_view salt,
                               std::uint32_t iterations) {
  std::string message = "r=";
  message.append(nonce).append(",s=").append(base64_of(salt));
  return message.append(",i=").append(std::to_string(iterations));
}

std::string scram_auth_message(std::string_view client_first_bare, std::string_view server_first,
                               std::string_view client_final_without_proof) {
  std::string message(client_first_bare);
  message.append(1, ',').append(server_first);
  return message.append(1, ',').append(client_final_without_proof);
}

template <std::size_t kBytes>
bool scram_proves(const ScramKeys<kBytes>& keys, std::string_view auth_message,
                  std::string_view proof) {
  if (proof.size() != kBytes) return false;
  const DigestBytes<kBytes> signature = hmac_of<kBytes>(bytes_of(keys.stored_key), {auth_message});
  DigestBytes<kBytes> client_key;
  for (std::size_t i = 0; i < kBytes; ++i) {
    client_key[i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(proof[i]) ^ signature[i]);
  }
  const DigestBytes<kBytes> stored_key = hash_of<kBytes>({bytes_of(client_key)});
  cleanse(client_key);
  return same_secret(bytes_of(stored_key), bytes_of(keys.stored_key));
}

template <std::size_t kBytes>
std::string scram_server_final(const ScramKeys<kBytes>& keys, std::string_view auth_message) {
  return "v=" + base64_of(bytes_of(hmac_of<kBytes>(bytes_of(keys.server_key), {auth_message})));
}

template <std::size_t kBytes>
ScramKeys<kBytes> scram_keys(std::string_view password, std::string salt,
                             std::uint32_t iterations) {
  DigestBytes<kBytes> salted = pbkdf2_of<kBytes>(password, salt, iterations);
  ScramKeys<kBytes> keys;
  keys.salt = std::move(salt);
  keys.iterations = iterations;
  DigestBytes<kBytes> client_key = hmac_of<kBytes>(bytes_of(salted), {kClientKey});
  keys.stored_key = hash_of<kBytes>({bytes_of(client_key)});
  keys.server_key = hmac_of<kBytes>(bytes_of(salted), {kServerKey});
  cleanse(salted);
  cleanse(client_key);
  return keys;
}

template bool scram_proves(const ScramKeys<20>&, std::string_view, std::string_view);
template bool scram_proves(const ScramKeys<32>&, std::string_view, std::string_view);
template std::string scram_server_final(const ScramKeys<20>&, std::string_view);
template std::string scram_server_final(const ScramKeys<32>&, std::string_view);
template ScramKeys<20> scram_keys<20>(std::string_view, std::string, std::uint32_t);
template ScramKeys<32> scram_keys<32>(std::string_view, std::string, std::uint32_t);

}  // namespace muster
