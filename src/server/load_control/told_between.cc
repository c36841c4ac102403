#include "server/load_control/told_between.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/values.h"

namespace muster::value {

template <>
inline constexpr std::size_t kParts<Concerns> = 6;
template <>
inline constexpr std::size_t kParts<XmppSource> = 5;
template <>
inline constexpr std::size_t kParts<PublicationSource> = 2;
template <>
inline constexpr std::size_t kParts<RegistrationSource> = 1;
template <>
inline constexpr std::size_t kParts<Registration> = 3;
template <>
inline constexpr std::size_t kParts<StanzaForUser> = 10;
template <>
inline constexpr std::size_t kParts<RequestForUser> = 5;
template <>
inline constexpr std::size_t kParts<PageMessage> = 10;
template <>
inline constexpr std::size_t kParts<PageMessageText> = 7;
template <>
inline constexpr std::size_t kParts<PageMessageAnswered> = 4;
template <>
inline constexpr std::size_t kParts<RelationChanged> = 6;
template <>
inline constexpr std::size_t kParts<RelationChange> = 4;
template <>
inline constexpr std::size_t kParts<RosterItem> = 4;
template <>
inline constexpr std::size_t kParts<Relation> = 3;

template <>
inline constexpr StanzaKind kLast<StanzaKind> = StanzaKind::iq;
template <>
inline constexpr auto kLast<RequestForUser::Kind> = RequestForUser::Kind::disco_items;
template <>
inline constexpr Subscription kLast<Subscription> = Subscription::both;
template <>
inline constexpr SubscriptionVerb kLast<SubscriptionVerb> = SubscriptionVerb::unsubscribed;

}  // namespace muster::value

namespace muster {
namespace {

using value::ByteReader;
using value::ByteWriter;

enum class ToldKind : std::uint8_t { concerns = 16, presence = 17, event = 18, answer = 19 };

std::string begin(ToldKind kind) {
  return std::string(1, static_cast<char>(kind));
}

std::optional<ToldKind> read_kind(ByteReader& in) {
  const std::uint8_t kind = in.byte();
  if (kind < static_cast<std::uint8_t>(ToldKind::concerns) ||
      kind > static_cast<std::uint8_t>(ToldKind::answer)) {
    return std::nullopt;
  }
  return static_cast<ToldKind>(kind);
}

bool is_user(const Address& address) {
  return address.has_local() && !address.has_resource();
}

Said read_concerns(ByteReader& in) {
  auto concerns = value::read<Concerns>(in);
  for (const auto* accounts : {&concerns.watched, &concerns.unwatched, &concerns.present,
                               &concerns.served, &concerns.not_served}) {
    if (!std::all_of(accounts->begin(), accounts->end(), is_user)) in.fail();
  }
  return concerns;
}

// A session of hers, by the name of its resource.
bool is_session(const Address& account, const XmppSource& source) {
  const auto full = parse_jid(std::string(account.bare()) + "/" + source.resource);
  return full && full->resource() == source.resource;
}

Said read_presence(ByteReader& in) {
  PresenceElsewhere presence{value::read<Address>(in), {}};
  if (!is_user(presence.account)) in.fail();
  presence.sources = value::read<std::vector<PresenceSource>>(in);
  for (const PresenceSource& source : presence.sources) {
    const auto* xmpp = std::get_if<XmppSource>(&source);
    if (xmpp != nullptr && !is_session(presence.account, *xmpp)) in.fail();
  }
  return presence;
}

bool goes_by(const UserEvent& event, std::string_view account) {
  const auto* relation = std::get_if<RelationChanged>(&event);
  const bool by_contact = relation != nullptr && relation->contact.text() == account;
  return by_contact || sender_of(event).bare() == account;
}

std::string write_event_by(std::string_view account, const UserEvent& event, std::uint8_t servers) {
  std::string said = begin(ToldKind::event);
  ByteWriter out(said);
  out.text(account);
  out.byte(servers);
  value::write(out, event);
  return said;
}

// The address in front is for finding the way; it is the event's own.
Said read_event(ByteReader& in) {
  const std::string_view account = in.text();
  EventSaid said;
  const std::uint8_t servers = in.byte();
  said.event = value::read<UserEvent>(in);
  said.servers = servers;
  if (!user_of(said.event).has_local() || !goes_by(said.event, account)) in.fail();
  return said;
}

Said read_answer(ByteReader& in) {
  in.byte();
  return value::read<PageMessageAnswered>(in);
}

}  // namespace

const Address& user_of(const UserEvent& event) {
  struct {
    const Address& operator()(const RelationChanged& changed) const { return changed.user; }
    const Address& operator()(const StanzaForUser& stanza) const { return stanza.to; }
    const Address& operator()(const RequestForUser& request) const { return request.to; }
    const Address& operator()(const PageMessage& message) const { return message.to; }
  } of;
  return std::visit(of, event);
}

const Address& sender_of(const UserEvent& event) {
  struct {
    const Address& operator()(const RelationChanged& changed) const { return changed.user; }
    const Address& operator()(const StanzaForUser& stanza) const { return stanza.from; }
    const Address& operator()(const RequestForUser& request) const { return request.from; }
    const Address& operator()(const PageMessage& message) const { return message.from; }
  } of;
  const Address& sender = std::visit(of, event);
  return sender.empty() ? user_of(event) : sender;
}

std::string write_concerns(const Concerns& concerns) {
  std::string said = begin(ToldKind::concerns);
  ByteWriter out(said);
  value::write(out, concerns);
  return said;
}

std::string write_presence(const Address& account, const std::vector<PresenceSource>& sources) {
  std::string written;
  std::size_t count = 0;
  for (const PresenceSource& source : sources) {
    const std::size_t before = written.size();
    ByteWriter out(written);
    value::write(out, source);
    if (written.size() > kPresenceBytesMax) {
      written.resize(before);
      continue;
    }
    ++count;
  }
  std::string said = begin(ToldKind::presence);
  ByteWriter out(said);
  out.text(account.bare());
  out.number(count);
  out.raw(written);
  return said;
}

std::string write_event(const UserEvent& event, std::uint8_t servers) {
  return write_event_by(sender_of(event).bare(), event, servers);
}

std::string write_relation(const RelationChanged& changed, const Address& by) {
  return write_event_by(by.bare(), changed, 1);
}

std::string write_answer(ShardId to, const PageMessageAnswered& answered) {
  std::string said = begin(ToldKind::answer);
  ByteWriter out(said);
  out.byte(to.number());
  value::write(out, answered);
  return said;
}

std::optional<Reader> reader_of(std::string_view said) {
  ByteReader in(said);
  const std::optional<ToldKind> kind = read_kind(in);
  if (!kind) return std::nullopt;
  Reader reader;
  reader.once = *kind == ToldKind::event || *kind == ToldKind::answer;
  if (*kind == ToldKind::answer) {
    reader.who = ShardId(in.byte());
  } else if (*kind != ToldKind::concerns) {
    const std::string_view account = in.text();
    if (account.empty()) in.fail();
    reader.who = account;
  }
  return in.failed() ? std::nullopt : std::optional(reader);
}

std::optional<Said> read_said(std::string_view said) {
  ByteReader in(said);
  const std::optional<ToldKind> kind = read_kind(in);
  if (!kind) return std::nullopt;
  std::optional<Said> read;
  switch (*kind) {
    case ToldKind::concerns: read = read_concerns(in); break;
    case ToldKind::presence: read = read_presence(in); break;
    case ToldKind::event: read = read_event(in); break;
    case ToldKind::answer: read = read_answer(in); break;
  }
  if (in.failed() || in.left() > 0) return std::nullopt;
  return read;
}

}  // namespace muster
