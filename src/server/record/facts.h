// The inputs of a shard as a recording holds them.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "server/ports.h"
#include "server/value_bytes.h"

namespace muster::record {

// The next event of that shard to this one.
struct NextFrom {
  ShardId from;
};
// The next order of that shard that hands a link over to this one, where it was called `was`.
struct NextLinkFrom {
  ShardId from;
  LinkId was;
  LinkId link;
  Endpoint local;
  Endpoint remote;
  Transport transport = Transport::tcp;
};
using Fact = std::variant<Input, NextFrom, NextLinkFrom>;

// Appends the kind of the input and what it says. What a peer said in bytes comes last, as it was
// said: it is the caller's to mask (masks.h). What SaslAnswered has for the peer is masked here.
void write_fact(std::string& out, const Input& input);

// Views in what is read are of the reader's bytes. Nothing: it is none, and `in` has failed.
std::optional<Fact> read_fact(value::ByteReader& in);

}  // namespace muster::record
