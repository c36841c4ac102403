// The tags, branches and Call-IDs that muster mints carry the shard and the slot of what they name,
// so that a message finds it without a search; and 80 random bits, so that nobody else can say them
// (RFC 3261 section 19.3). Whoever reads one still compares it with the one it minted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/prng.h"
#include "server/vocabulary.h"

namespace muster {

struct SipName {
  ShardId shard;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

// Of fixed length, only [0-9a-z].
std::string mint_sip_name(const SipName& name, Prng& prng);
void append_sip_name(std::string& out, const SipName& name, Prng& prng);
// Nothing if `text` was not minted here.
std::optional<SipName> read_sip_name(std::string_view text);

// The branch of the top Via behind its cookie (RFC 3261 section 8.1.1.7); empty if it has none.
std::string_view own_branch_of(std::string_view message);

// Before the branch of a request that leaves through another server than the one that asks
// something (sip_message/proxying.cc): whose it is. Of fixed length, only [0-9a-z].
inline constexpr std::size_t kProxiedMarkBytes = 17;
std::string proxied_mark(std::uint64_t server);
// Of what stands behind the cookie.
std::optional<std::uint64_t> read_proxied_mark(std::string_view branch);

}  // namespace muster
