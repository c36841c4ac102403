#include "server/record/orders.h"

#include "base/overloaded.h"
#include "server/record/values.h"

namespace muster::record {
namespace {

// Where `hidden` stands in `bytes`; npos: nowhere.
std::size_t find_hidden(std::string_view bytes, std::string_view hidden) {
  if (hidden.empty()) return std::string_view::npos;
  std::size_t at = bytes.find(hidden);
  while (at != std::string_view::npos && at != 0 && bytes[at - 1] != '>')
    at = bytes.find(hidden, at + 1);
  return at;
}

void fold_words(Digest& digest, const SendBytes& send, std::string_view hidden) {
  fold(digest, send.link);
  const std::string_view bytes = send.bytes;
  const std::size_t at = find_hidden(bytes, hidden);
  if (at == std::string_view::npos) return digest.fold(bytes);
  digest.fold(bytes.substr(0, at));
  digest.fold(std::uint64_t{hidden.size()});
  digest.fold(bytes.substr(at + hidden.size()));
}

void fold_hand_over(Digest& digest, const HandOver& over) {
  const StreamOnTheMove& stream = over.stream;
  fold(digest, over.link);
  fold(digest, over.to);
  fold(digest, stream.account);
  fold(digest, stream.domain);
  fold(digest, stream.secure);
  fold(digest, stream.web_socket);
  digest.fold(std::uint64_t{stream.success_xml.size()});
  digest.fold(std::uint64_t{stream.unread.size()});
}

void fold_sasl(Digest& digest, const AskSasl& ask) {
  fold(digest, ask.link);
  fold(digest, ask.domain);
  fold(digest, ask.mechanism);
  fold(digest, ask.data.has_value());
  fold(digest, ask.abort);
}

void fold_digest(Digest& digest, const AskDigest& ask) {
  fold(digest, ask.ticket);
  fold(digest, ask.method);
  fold(digest, ask.realm);
  fold(digest, ask.request_uri);
  digest.fold(std::uint64_t{ask.authorizations.size()});
}

void fold_registration(Digest& digest, const AskRegistration& ask) {
  fold(digest, ask.link);
  fold(digest, ask.id);
  fold(digest, ask.account);
  fold(digest, ask.change);
}

}  // namespace

std::string_view hidden_part(const Input& input) {
  if (const auto* answered = std::get_if<SaslAnswered>(&input)) return answered->data;
  if (const auto* arrived = std::get_if<LinkArrived>(&input)) return arrived->stream.success_xml;
  return {};
}

OrderMark mark_of(const Order& order, std::string_view hidden) {
  Digest digest;
  std::visit(Overloaded{
                 [&](const SendBytes& send) { fold_words(digest, send, hidden); },
                 [&](const HandOver& over) { fold_hand_over(digest, over); },
                 [&](const AskSasl& ask) { fold_sasl(digest, ask); },
                 [&](const AskDigest& ask) { fold_digest(digest, ask); },
                 [&](const AskRegistration& ask) { fold_registration(digest, ask); },
                 [&](const ToShard& to) {
                   fold(digest, to.to);
                   digest.fold(std::uint64_t{to.event.index()});
                 },
                 [&](const auto& other) { fold(digest, other); },
             },
             static_cast<const AnyOrder&>(order));
  return {static_cast<std::uint8_t>(order.index()), static_cast<std::uint32_t>(digest.value())};
}

}  // namespace muster::record
