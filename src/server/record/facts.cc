#include "server/record/facts.h"

#include <utility>

#include "base/overloaded.h"
#include "server/record/masks.h"
#include "server/record/values.h"

namespace muster::record {

namespace {

Fact read_link_arrived(ByteReader& in) {
  NextLinkFrom next;
  next.from = read<ShardId>(in);
  next.was = read<LinkId>(in);
  next.link = read<LinkId>(in);
  next.local = read<Endpoint>(in);
  next.remote = read<Endpoint>(in);
  next.transport = read<Transport>(in);
  return next;
}

template <class Held>
Fact read_held(ByteReader& in) {
  if constexpr (std::is_same_v<Held, FromShard>) {
    return NextFrom{read<ShardId>(in)};
  } else if constexpr (std::is_same_v<Held, LinkArrived>) {
    return read_link_arrived(in);
  } else if constexpr (std::is_same_v<Held, BytesReceived>) {
    const auto link = read<LinkId>(in);
    return Input(BytesReceived{link, in.text()});
  } else if constexpr (std::is_same_v<Held, DatagramReceived>) {
    const auto local = read<Endpoint>(in);
    const auto remote = read<Endpoint>(in);
    return Input(DatagramReceived{local, remote, in.text()});
  } else {
    return Input(read<Held>(in));
  }
}

template <std::size_t kAt = 0>
std::optional<Fact> read_kind(ByteReader& in, std::size_t kind) {
  if constexpr (kAt == std::variant_size_v<Input>) {
    in.fail();
    return std::nullopt;
  } else {
    if (kind != kAt) return read_kind<kAt + 1>(in, kind);
    return read_held<std::variant_alternative_t<kAt, Input>>(in);
  }
}

}  // namespace

void write_fact(std::string& bytes, const Input& input) {
  ByteWriter out(bytes);
  out.byte(static_cast<std::uint8_t>(input.index()));
  std::visit(Overloaded{
                 [&](const FromShard& from) { write(out, from.from); },
                 [&](const LinkArrived& arrived) {
                   write(out, arrived.from);
                   write(out, arrived.was);
                   write(out, arrived.link);
                   write(out, arrived.local);
                   write(out, arrived.remote);
                   write(out, arrived.transport);
                 },
                 [&](const BytesReceived& received) {
                   write(out, received.link);
                   out.text(received.bytes);
                 },
                 [&](const DatagramReceived& datagram) {
                   write(out, datagram.local);
                   write(out, datagram.remote);
                   out.text(datagram.bytes);
                 },
                 [&](const SaslAnswered& answered) {
                   SaslAnswered masked = answered;
                   mask_base64(masked.data);
                   write(out, masked);
                 },
                 [&](const auto& other) { write(out, other); },
             },
             input);
}

std::optional<Fact> read_fact(ByteReader& in) {
  auto fact = read_kind(in, in.byte());
  if (in.failed()) return std::nullopt;
  return fact;
}

}  // namespace muster::record
