// What the shards of two servers say to each other, as bytes: written, read, and refused.
#include "server/load_control/told_between.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/value_bytes.h"

namespace muster {
namespace load_control_told_between_test {

using value::ByteWriter;

const Address kAlice = Address::of_canonical("alice", "example.com");
const Address kBob = Address::of_canonical("bob", "example.org");
const Address kDesk = Address::of_canonical("alice", "example.com", "desk");
constexpr SipRequestId kRequest{7, 9};
constexpr UnixTime kThen = UnixTime::at(Duration::seconds(1'700'000'000));

// --- one of each, all that it has other than by default ------------------------------------------

Concerns concerns() {
  return {{kAlice, kBob}, {kBob}, {kAlice}, {kBob, kAlice}, {kBob}, 255};
}

std::vector<PresenceSource> sources() {
  return {XmppSource{"desk", true, -5, share("'><show>away</show></presence>"), kThen},
          XmppSource{"car", false, 0, share("' type='unavailable'/>"), kThen},
          PublicationSource{share("<presence/>"), 77},
          RegistrationSource{{"phone", "sip:alice@192.0.2.1", 500}}};
}

StanzaForUser stanza() {
  StanzaForUser stanza;
  stanza.kind = StanzaKind::iq;
  stanza.type = "get";
  stanza.id = "i1";
  stanza.from = kBob;
  stanza.to = kDesk;
  stanza.xml = "<iq/>";
  stanza.asked_by_sip = 300;
  stanza.has_body = true;
  stanza.delayed_since = kThen;
  stanza.phones_had_it = true;
  return stanza;
}

RequestForUser request() {
  RequestForUser request;
  request.kind = RequestForUser::Kind::disco_items;
  request.id = "i2";
  request.from = kBob.with_resource("car");
  request.to = kDesk;
  request.xml = "<iq>\n</iq>";
  return request;
}

PageMessage message() {
  PageMessage message;
  message.from = kBob;
  message.to = kAlice;
  message.text = {"text/plain", "de", "subject", "call", std::string("a\0b", 3), kThen, 60};
  message.request_shard = ShardId(3);
  message.request = kRequest;
  message.server = ~std::uint64_t{0};
  message.xmpp_id = "m1";
  message.xmpp_to = kDesk;
  message.taken_by_session = true;
  message.transit = 5;
  return message;
}

RelationChanged relation() {
  RelationChanged changed;
  changed.user = kAlice;
  changed.contact = kBob;
  changed.change = {true,
                    12,
                    {Subscription::none_pending_in, true, false},
                    {kBob, {Subscription::both, false, true}, "Bob", {"friends", "work"}}};
  changed.shown = {SubscriptionVerb::subscribe, SubscriptionVerb::unsubscribed};
  changed.stanza = "<presence type='unsubscribed'/>";
  changed.stanza_verb = SubscriptionVerb::unsubscribed;
  return changed;
}

PageMessageAnswered answered() {
  return {kRequest, 486, ShardId(3), 11};
}

std::vector<std::string> one_of_each() {
  return {write_concerns(concerns()),
          write_presence(kAlice, sources()),
          write_event(stanza(), 1),
          write_event(request(), 1),
          write_event(message(), 2),
          write_event(relation(), 1),
          write_answer(ShardId(3), answered())};
}

// What was said, or an empty one.
template <class T>
T read(const std::string& said) {
  std::optional<Said> read = read_said(said);
  EXPECT_TRUE(read && std::holds_alternative<T>(*read));
  return read && std::holds_alternative<T>(*read) ? std::get<T>(*std::move(read)) : T();
}
template <class E>
E read_event(const E& event, std::uint8_t servers = 1) {
  const auto said = read<EventSaid>(write_event(event, servers));
  EXPECT_EQ(said.servers, servers);
  EXPECT_TRUE(std::holds_alternative<E>(said.event));
  return std::holds_alternative<E>(said.event) ? std::get<E>(said.event) : E();
}

// --- there and back ------------------------------------------------------------------------------

TEST(ToldBetween, ConcernsAreReadAsTheyWereSaid) {
  const auto read_back = read<Concerns>(write_concerns(concerns()));
  EXPECT_EQ(read_back.watched, concerns().watched);
  EXPECT_EQ(read_back.unwatched, concerns().unwatched);
  EXPECT_EQ(read_back.present, concerns().present);
  EXPECT_EQ(read_back.served, concerns().served);
  EXPECT_EQ(read_back.not_served, concerns().not_served);
  EXPECT_EQ(read_back.last_of, 255);
}

TEST(ToldBetween, PresenceIsReadAsItWasSaid) {
  const auto presence = read<PresenceElsewhere>(write_presence(kAlice, sources()));
  EXPECT_EQ(presence.account, kAlice);
  ASSERT_EQ(presence.sources.size(), 4u);
  const auto& there = std::get<XmppSource>(presence.sources[0]);
  EXPECT_EQ(there.resource, "desk");
  EXPECT_TRUE(there.available);
  EXPECT_EQ(there.priority, -5);
  EXPECT_EQ(*there.after, "'><show>away</show></presence>");
  EXPECT_EQ(there.changed, kThen);
  const auto& left = std::get<XmppSource>(presence.sources[1]);
  EXPECT_EQ(left.resource, "car");
  EXPECT_FALSE(left.available);
  EXPECT_EQ(*left.after, "' type='unavailable'/>");
  const auto& published = std::get<PublicationSource>(presence.sources[2]);
  EXPECT_EQ(*published.document, "<presence/>");
  EXPECT_EQ(published.number, 77u);
  EXPECT_EQ(std::get<RegistrationSource>(presence.sources[3]).registration,
            (Registration{"phone", "sip:alice@192.0.2.1", 500}));
}

TEST(ToldBetween, NoPresenceIsSomethingToSay) {
  const auto presence = read<PresenceElsewhere>(write_presence(kAlice, {}));
  EXPECT_EQ(presence.account, kAlice);
  EXPECT_TRUE(presence.sources.empty());
}

TEST(ToldBetween, AStanzaIsReadAsItWasSaid) {
  const StanzaForUser there = read_event(stanza());
  EXPECT_EQ(there.kind, StanzaKind::iq);
  EXPECT_EQ(there.type, "get");
  EXPECT_EQ(there.id, "i1");
  EXPECT_EQ(there.from, kBob);
  EXPECT_EQ(there.to, kDesk);
  EXPECT_EQ(there.xml, "<iq/>");
  EXPECT_EQ(there.asked_by_sip, 300u);
  EXPECT_TRUE(there.has_body);
  EXPECT_EQ(there.delayed_since, kThen);
  EXPECT_TRUE(there.phones_had_it);
}

TEST(ToldBetween, ARequestIsReadAsItWasSaid) {
  const RequestForUser there = read_event(request());
  EXPECT_EQ(there.kind, RequestForUser::Kind::disco_items);
  EXPECT_EQ(there.id, "i2");
  EXPECT_EQ(there.from, kBob.with_resource("car"));
  EXPECT_EQ(there.to, kDesk);
  EXPECT_EQ(there.xml, "<iq>\n</iq>");
}

TEST(ToldBetween, AMessageIsReadAsItWasSaid) {
  const PageMessage there = read_event(message(), 2);
  EXPECT_EQ(there.from, kBob);
  EXPECT_EQ(there.to, kAlice);
  EXPECT_EQ(there.text.content_type, "text/plain");
  EXPECT_EQ(there.text.language, "de");
  EXPECT_EQ(there.text.subject, "subject");
  EXPECT_EQ(there.text.call_id, "call");
  EXPECT_EQ(there.text.body, std::string("a\0b", 3));
  EXPECT_EQ(there.text.date, kThen);
  EXPECT_EQ(there.text.expires, 60u);
  EXPECT_EQ(there.request_shard, ShardId(3));
  EXPECT_EQ(there.request, kRequest);
  EXPECT_EQ(there.server, ~std::uint64_t{0});
  EXPECT_EQ(there.xmpp_id, "m1");
  EXPECT_EQ(there.xmpp_to, kDesk);
  EXPECT_TRUE(there.taken_by_session);
  EXPECT_EQ(there.transit, 5u);
}

TEST(ToldBetween, ARelationIsReadAsItWasSaid) {
  const RelationChanged there = read_event(relation());
  const RelationChanged said = relation();
  EXPECT_EQ(there.user, kAlice);
  EXPECT_EQ(there.contact, kBob);
  EXPECT_TRUE(there.change.changed);
  EXPECT_EQ(there.change.version, 12u);
  EXPECT_EQ(there.change.before, said.change.before);
  EXPECT_EQ(there.change.after.contact, kBob);
  EXPECT_EQ(there.change.after.relation, said.change.after.relation);
  EXPECT_EQ(there.change.after.name, "Bob");
  EXPECT_EQ(there.change.after.groups, said.change.after.groups);
  EXPECT_EQ(there.shown, said.shown);
  EXPECT_EQ(there.stanza, said.stanza);
  EXPECT_EQ(there.stanza_verb, SubscriptionVerb::unsubscribed);
}

// Where she is known by nobody, there is nobody to name.
TEST(ToldBetween, WhatIsNotSaidIsReadAsNothing) {
  StanzaForUser plain;
  plain.to = kAlice;
  const StanzaForUser there = read_event(plain);
  EXPECT_TRUE(there.from.empty());
  EXPECT_EQ(there.delayed_since, std::nullopt);
  EXPECT_TRUE(there.xml.empty());
}

TEST(ToldBetween, AnAnswerIsReadAsItWasSaid) {
  const auto there = read<PageMessageAnswered>(write_answer(ShardId(3), answered()));
  EXPECT_EQ(there.request, kRequest);
  EXPECT_EQ(there.status, 486);
  EXPECT_EQ(there.shard, ShardId(3));
  EXPECT_EQ(there.server, 11u);
}

// --- who is to read it ---------------------------------------------------------------------------

TEST(ToldBetween, EachSaysWhoIsToReadIt) {
  const auto all = reader_of(write_concerns(concerns()));
  EXPECT_TRUE(all && !all->once && std::holds_alternative<ConcernsSaid>(all->who));
  const auto shard = reader_of(write_answer(ShardId(3), answered()));
  ASSERT_TRUE(shard && shard->once && std::holds_alternative<ShardId>(shard->who));
  EXPECT_EQ(std::get<ShardId>(shard->who), ShardId(3));
  const auto read_by = [](const std::string& said, const Address& user, bool once) {
    const auto reader = reader_of(said);
    ASSERT_TRUE(reader && std::holds_alternative<std::string_view>(reader->who));
    EXPECT_EQ(std::get<std::string_view>(reader->who), user.bare());
    EXPECT_EQ(reader->once, once);
  };
  read_by(write_presence(kAlice, sources()), kAlice, false);
  // By the home shard of whom it comes from, a session or not.
  read_by(write_event(stanza(), 1), kBob, true);
  read_by(write_event(request(), 1), kBob, true);
  read_by(write_event(message(), 1), kBob, true);
  read_by(write_event(relation(), 1), kAlice, true);
}

// Of a pair by that of either, whose side it is.
TEST(ToldBetween, ARelationGoesByOneOfThePair) {
  for (const Address& by : {relation().user, relation().contact}) {
    const std::string said = write_relation(relation(), by);
    const auto reader = reader_of(said);
    ASSERT_TRUE(reader && std::holds_alternative<std::string_view>(reader->who));
    EXPECT_EQ(std::get<std::string_view>(reader->who), by.bare());
    const auto there = read<EventSaid>(said);
    EXPECT_EQ(std::get<RelationChanged>(there.event).user, relation().user);
  }
  const Address nobody = Address::of_canonical("nobody", "example.com");
  EXPECT_FALSE(read_said(write_relation(relation(), nobody)).has_value());
}

TEST(ToldBetween, WhatIsNoneOfTheseIsForNobody) {
  for (const std::string said : {"", "\x0f", "\x14", "what?"})
    EXPECT_FALSE(reader_of(said).has_value()) << said;
  EXPECT_FALSE(reader_of(write_answer(ShardId(3), answered()).substr(0, 1)).has_value());
  EXPECT_FALSE(reader_of(write_presence(kAlice, {}).substr(0, 8)).has_value());
  EXPECT_FALSE(reader_of(std::string("\x11\0", 2)).has_value()) << "no user";
}

TEST(ToldBetween, TheUserOfAnEventIsWhomItIsFor) {
  EXPECT_EQ(user_of(stanza()), kDesk);
  EXPECT_EQ(user_of(request()), kDesk);
  EXPECT_EQ(user_of(message()), kAlice);
  EXPECT_EQ(user_of(relation()), kAlice);
}

// --- what is refused -----------------------------------------------------------------------------

TEST(ToldBetween, WhatIsCutShortIsRefused) {
  for (const std::string& said : one_of_each()) {
    ASSERT_TRUE(read_said(said).has_value());
    for (std::size_t bytes = 0; bytes < said.size(); ++bytes)
      EXPECT_FALSE(read_said(said.substr(0, bytes)).has_value()) << int{said[0]} << " " << bytes;
  }
}

TEST(ToldBetween, WhatHasMoreBehindItIsRefused) {
  for (const std::string& said : one_of_each())
    EXPECT_FALSE(read_said(said + '\0').has_value()) << int{said[0]};
}

TEST(ToldBetween, WhatIsNoneOfTheseIsRefused) {
  for (const char kind : {'\0', '\x0f', '\x14', '\x7f'}) {
    std::string said = write_presence(kAlice, {});
    said[0] = kind;
    EXPECT_FALSE(read_said(said).has_value()) << int{kind};
  }
}

// Behind the user of 17 bytes, its size and the kind; of an event, the servers are there.
constexpr std::size_t kBehindUser = 19;
// The same of the sender of 15 bytes.
constexpr std::size_t kBehindSender = 17;

TEST(ToldBetween, WhatIsOutOfItsRangeIsRefused) {
  const auto with = [](std::string said, std::size_t at, char byte) {
    EXPECT_NE(said.at(at), byte);
    said[at] = byte;
    return read_said(said).has_value();
  };
  ASSERT_EQ(kAlice.bare().size() + 2, kBehindUser);
  const std::string event = write_event(stanza(), 1);
  ASSERT_EQ(kBob.bare().size() + 2, kBehindSender);
  EXPECT_FALSE(with(event, kBehindSender + 1, 4)) << "there are four events";
  EXPECT_FALSE(with(event, kBehindSender + 2, 3)) << "there are three kinds of stanzas";
  EXPECT_TRUE(with(event, kBehindSender + 2, 1));
  EXPECT_FALSE(with(event, event.size() - 1, 2)) << "a truth is 0 or 1";
  EXPECT_TRUE(with(event, event.size() - 1, 0));
  const std::string presence = write_presence(kAlice, {sources()[2]});
  EXPECT_FALSE(with(presence, kBehindUser + 1, 3)) << "there are three kinds of sources";
  EXPECT_FALSE(with(presence, kBehindUser, 2)) << "there is but one";
  const std::string changed = write_event(relation(), 1);
  EXPECT_FALSE(with(changed, changed.size() - 1, 4)) << "there are four verbs";
  EXPECT_TRUE(with(changed, changed.size() - 1, 0));
}

TEST(ToldBetween, ACountOfMoreThanThereIsIsRefused) {
  std::string said = "\x10";
  ByteWriter out(said);
  out.number(~std::uint64_t{0});
  EXPECT_FALSE(read_said(said).has_value());
}

std::string presence_of(std::string_view account) {
  std::string said = "\x11";
  ByteWriter out(said);
  out.text(account);
  out.number(0);
  return said;
}

TEST(ToldBetween, PresenceIsOfAUser) {
  EXPECT_TRUE(read_said(presence_of("alice@example.com")).has_value());
  for (const std::string_view account :
       {"Alice@example.com", "alice@EXAMPLE.com", "alice@example.com/desk", "example.com", "alice@",
        "@example.com", ""})
    EXPECT_FALSE(read_said(presence_of(account)).has_value()) << account;
}

std::string served(std::string_view account) {
  std::string said = "\x10";
  ByteWriter out(said);
  for (int list = 0; list < 3; ++list)
    out.number(0);
  out.number(1);
  out.text(account);
  out.number(0);
  out.number(0);
  return said;
}

TEST(ToldBetween, ConcernsAreOfUsers) {
  EXPECT_EQ(read<Concerns>(served("alice@example.com")).served, std::vector<Address>{kAlice});
  for (const std::string_view account :
       {"Alice@example.com", "alice@example.com/desk", "example.com", ""})
    EXPECT_FALSE(read_said(served(account)).has_value()) << account;
}

TEST(ToldBetween, AnEventIsFromTheUserInFrontOfIt) {
  std::string said = write_event(stanza(), 1);
  ASSERT_EQ(said.substr(2, 3), "bob");
  said.replace(2, 3, "bop");
  EXPECT_FALSE(read_said(said).has_value());
}

TEST(ToldBetween, AnEventIsForAUser) {
  StanzaForUser to_domain = stanza();
  to_domain.to = Address::of_canonical({}, "example.com");
  EXPECT_FALSE(read_said(write_event(to_domain, 1)).has_value());
  to_domain.to = Address();
  EXPECT_FALSE(read_said(write_event(to_domain, 1)).has_value());
}

// RFC 7622 section 3.1: an Address has no longer part.
TEST(ToldBetween, ASessionHasANameThatSessionsMayHave) {
  const auto named = [](std::size_t bytes) {
    const XmppSource session{std::string(bytes, 'a'), true, 0, share("'/>"), kThen};
    return read_said(write_presence(kAlice, {session})).has_value();
  };
  EXPECT_TRUE(named(1));
  EXPECT_TRUE(named(Address::kPartBytesMax));
  EXPECT_FALSE(named(Address::kPartBytesMax + 1));
  EXPECT_FALSE(named(0));
}

// --- how much ------------------------------------------------------------------------------------

TEST(ToldBetween, OfTooMuchPresenceWhatHasNoRoomIsLeftOut) {
  const auto read_back = [](const std::vector<std::size_t>& sizes) {
    std::vector<PresenceSource> published;
    for (const std::size_t bytes : sizes)
      published.emplace_back(PublicationSource{share(std::string(bytes, 'x')), 1});
    const std::string said = write_presence(kAlice, published);
    EXPECT_LT(said.size(), kPresenceBytesMax + 100);
    std::vector<std::size_t> left;
    for (const PresenceSource& source : read<PresenceElsewhere>(said).sources)
      left.push_back(std::get<PublicationSource>(source).document->size());
    return left;
  };
  using Sizes = std::vector<std::size_t>;
  constexpr std::size_t kHalf = kPresenceBytesMax / 2;
  EXPECT_EQ(read_back({kHalf - 50, kHalf - 50}), (Sizes{kHalf - 50, kHalf - 50}));
  EXPECT_EQ(read_back({kHalf - 50, kHalf + 51}), (Sizes{kHalf - 50}));
  EXPECT_EQ(read_back({kHalf, kHalf + 1, 10}), (Sizes{kHalf, 10})) << "what is behind it has room";
  EXPECT_EQ(read_back({kPresenceBytesMax + 1}), Sizes());
}

}  // namespace load_control_told_between_test
}  // namespace muster
