#include "server/record/recording.h"

#include <gtest/gtest.h>

#include "server/record/recorder.h"
#include "server/record/values.h"

namespace muster::record {
namespace record_recording_test {

// A recording in memory.
class Kept : public BlockSink {
 public:
  explicit Kept(std::uint8_t shards = 1) {
    Settings settings;
    settings.domains = {"example.com"};
    bytes = head_block({"a test", shards, settings});
  }
  bool take(std::string block) override {
    if (full) return false;
    bytes += block;
    return true;
  }
  void give_up(Ending why) override { gave_up = why; }

  std::string bytes;
  bool full = false;
  std::optional<Ending> gave_up;
};

Now at(std::int64_t microseconds) {
  return {Instant::at(Duration::microseconds(microseconds)),
          UnixTime::at(Duration::microseconds(1'700'000'000'000'000 + 2 * microseconds))};
}

Address address(std::string_view text) {
  return *parse_jid(text);
}

constexpr LinkId kLink{7, 3};
constexpr Endpoint kHere{IpAddress::v4(127, 0, 0, 1), 5222};
constexpr Endpoint kThere{{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, 65'535};

RelationChange change() {
  return {true, 7, {Subscription::both, true, true}, {address("b@c.d"), {}, "n", {"g", "h"}}};
}

// One of each kind, with something in every member.
std::vector<Input> inputs() {
  std::vector<Input> all = {
      Started{},
      LinkOpened{kLink, LinkUse::sip, Transport::tls, kHere, kThere, Ticket(1u << 30),
                 std::vector<std::string>{"s1.example.com", "192.0.2.1"}},
      LinkFailed{Ticket(~std::uint64_t{0}), LinkUse::server},
      BytesReceived{kLink, "<a/>"},
      TlsStarted{kLink, false, true},
      LinkClosed{kLink},
      DatagramReceived{kHere, kThere, "OPTIONS"},
      SaslAnswered{kLink, SaslAnswered::Outcome::success, "", address("a@b.c"), SaslError::aborted},
      DigestAnswered{Ticket(4), DigestAnswered::Outcome::malformed, address("a@b.c"), {"x", "y"}},
      RegistrationAnswered{kLink, "id", RegistrationAnswered::Outcome::refused},
      ShardMeasured{{{1, 2}, {3, 4}, {5, 6}, {7, 8}}},
      DeadlineHit{},
      StopAsked{},
      LifeOver{},
  };
  const std::vector<StoreReply> replies = {
      UserLoaded{true,
                 WatcherPolicy::deny,
                 {{address("b@c.d"), {Subscription::to, false, true}, 9}},
                 {{"tag", "<presence/>", UnixTime::at(Duration::seconds(-1))}},
                 17},
      PublicationsLoaded{{address("b@c.d"), address("c.d")}},
      RosterLoaded{3, true, {change().after}},
      RosterItemSet{4, change().after},
      SubscriptionChanged{change(), {}, {SubscriptionVerb::unsubscribed}, {}, true},
      PendingLoaded{{{address("b@c.d"), "<presence/>"}}},
      PublicationStored{{"tag", "", {}}},
      PublicationRemoved{},
      PublicationsExpired{},
      PolicySet{},
      AccountRemoved{{{address("b@c.d"), change()}}},
      StoreRefused{StoreRefused::Why::too_many},
      StoreFailed{StoreFailed::Why::broken},
  };
  for (const StoreReply& reply : replies)
    all.emplace_back(StoreAnswered{Ticket(8), reply});
  const std::vector<AdminRequest> requests = {
      ListWatchers{address("b@c.d")},
      DecideWatcher{address("b@c.d"), address("c@c.d"), true},
      ChangePolicy{address("b@c.d"), WatcherPolicy::allow},
      DropAccount{address("b@c.d")},
      EndSessions{address("b@c.d")},
      ListServers{},
      FindUser{address("b@c.d")}};
  for (const AdminRequest& request : requests)
    all.emplace_back(AdminAsked{Ticket(9), request});
  return all;
}

std::string written(const Input& input) {
  std::string bytes;
  write_fact(bytes, input);
  return bytes;
}

TEST(Facts, OfEachKindAreReadAsTheyWereWritten) {
  for (const Input& input : inputs()) {
    const std::string bytes = written(input);
    ByteReader in(bytes);
    const auto fact = read_fact(in);
    ASSERT_TRUE(fact && in.left() == 0) << input.index();
    const auto* again = std::get_if<Input>(&*fact);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->index(), input.index());
    EXPECT_EQ(written(*again), bytes) << input.index();
  }
}

TEST(Facts, CutAnywhereAreNone) {
  for (const Input& input : inputs()) {
    const std::string bytes = written(input);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ByteReader in(std::string_view(bytes).substr(0, size));
      EXPECT_FALSE(read_fact(in)) << input.index() << " cut at " << size;
    }
  }
}

TEST(Facts, OfOtherShardsAreOnlyTheirPlaceInTheOrder) {
  StreamOnTheMove stream;
  stream.success_xml = "secret";
  const std::string bytes =
      written(LinkArrived{kLink, kHere, kThere, Transport::tls, stream, ShardId(2), LinkId{5, 6}});
  EXPECT_EQ(bytes.find("secret"), std::string::npos);
  ByteReader in(bytes);
  const auto fact = read_fact(in);
  const auto* next = fact ? std::get_if<NextLinkFrom>(&*fact) : nullptr;
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->from, ShardId(2));
  EXPECT_EQ(next->was, (LinkId{5, 6}));
  EXPECT_EQ(next->link, kLink);
  EXPECT_EQ(next->remote, kThere);
  const std::string event = written(FromShard{ShardId(3), UserUnwanted{address("a@b.c")}});
  ByteReader in_event(event);
  const auto from = read_fact(in_event);
  ASSERT_TRUE(from && std::holds_alternative<NextFrom>(*from));
  EXPECT_EQ(std::get<NextFrom>(*from).from, ShardId(3));
}

TEST(Facts, AddressesThatAreNotCanonicalAreNone) {
  std::string bytes = written(AdminAsked{Ticket(9), DropAccount{address("b@c.d")}});
  ASSERT_EQ(bytes.back(), 'd');
  bytes.back() = 'D';
  ByteReader in(bytes);
  EXPECT_FALSE(read_fact(in));
}

// --- steps ---------------------------------------------------------------------------------------

std::vector<Step> steps_in(std::string_view bytes, bool* broken = nullptr) {
  auto recording = Recording::read(bytes);
  std::vector<Step> steps;
  if (!recording) return steps;
  for (Steps& of_shard : recording->shards) {
    while (auto step = of_shard.next())
      steps.push_back(std::move(*step));
    if (broken != nullptr) *broken = *broken || of_shard.broken();
  }
  return steps;
}

TEST(Recording, HasTheStepsWithTheirTimesWordsAndOrders) {
  Kept kept;
  Recorder recorder(ShardId(0), Prng::seed_of(5), kept);
  const std::uint64_t first = recorder.words().next();
  const std::uint64_t second = recorder.words().next();
  const std::vector<Order> orders = {CloseLink{kLink}, Stopped{}};
  recorder.record(at(1'000), Started{}, {});
  recorder.record(at(1'000), LinkClosed{kLink}, orders);
  recorder.record(at(70'000'000), DeadlineHit{}, {});
  recorder.flush();
  kept.bytes += end_block({Ending::in_order, ""});
  const auto steps = steps_in(kept.bytes);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].words, (std::vector{first, second}));
  EXPECT_TRUE(steps[1].words.empty());
  EXPECT_EQ(steps[1].orders, (std::vector{mark_of(orders[0], {}), mark_of(orders[1], {})}));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].number, i);
    const Now expected = at(i < 2 ? 1'000 : 70'000'000);
    EXPECT_EQ(steps[i].now.instant, expected.instant);
    EXPECT_EQ(steps[i].now.unix_time, expected.unix_time);
  }
  EXPECT_EQ(Prng(Prng::seed_of(5)).next(), first);
}

std::string three_blocks() {
  Kept kept(2);
  Recorder one(ShardId(0), Prng::seed_of(1), kept);
  Recorder two(ShardId(1), Prng::seed_of(2), kept);
  for (const Input& input : inputs())
    one.record(at(1), input, {});
  one.flush();
  two.record(at(1), Started{}, {});
  two.flush();
  one.record(at(2), StopAsked{}, {});
  one.flush();
  return kept.bytes;
}

TEST(Recording, CutAnywhereGoesAsFarAsItsLastWholeBlock) {
  const std::string whole = three_blocks();
  const std::size_t all = steps_in(whole).size();
  EXPECT_EQ(all, inputs().size() + 2);
  std::size_t before = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    bool broken = false;
    const std::size_t found = steps_in(std::string_view(whole).substr(0, size), &broken).size();
    EXPECT_FALSE(broken);
    EXPECT_TRUE(found == before || found == all - 2 || found == all - 1) << size;
    EXPECT_GE(found, before);
    before = found;
  }
  EXPECT_EQ(before, all - 1);
}

TEST(Recording, AFlippedBitIsSeen) {
  const std::string whole = three_blocks();
  const std::size_t all = steps_in(whole).size();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    EXPECT_LT(steps_in(flipped).size(), all) << at;
  }
}

TEST(Recording, ABlockThatIsMissingInTheMiddleIsSeen) {
  Kept kept;
  Recorder recorder(ShardId(0), Prng::seed_of(1), kept);
  recorder.record(at(1), Started{}, {});
  recorder.flush();
  const std::size_t begin = kept.bytes.size();
  recorder.record(at(2), DeadlineHit{}, {});
  recorder.flush();
  const std::size_t end = kept.bytes.size();
  recorder.record(at(3), StopAsked{}, {});
  recorder.flush();
  kept.bytes.erase(begin, end - begin);
  bool broken = false;
  EXPECT_EQ(steps_in(kept.bytes, &broken).size(), 1u);
  EXPECT_TRUE(broken);
}

TEST(Recording, SaysWhatItIsNot) {
  EXPECT_EQ(Recording::read("").error(), "this is no recording of musterd");
  std::string block(kBlockHeaderBytes, '\0');
  block.append(kMagic).append(1, '\x63');
  seal_block(block, BlockKind::head, ShardId(0), 0);
  EXPECT_EQ(Recording::read(block).error(), "it was recorded in another version of the format");
}

TEST(Recording, KeepsTheSettings) {
  Head head{"a test", 3, {}};
  head.settings.domains = {"example.com", "example.net"};
  head.settings.auto_accounts = true;
  head.settings.version = "1.2";
  head.settings.limits.tuples_shown_max = 4'000'000'000;
  head.settings.limits.notify_interval_min = Duration::microseconds(-5);
  std::string block = head_block(head);
  std::string_view bytes = block;
  const auto again = read_head(*take_block(bytes));
  ASSERT_TRUE(again);
  EXPECT_EQ(head_block(*again), block);
  EXPECT_EQ(again->settings.limits.tuples_shown_max, 4'000'000'000);
  EXPECT_EQ(again->settings.domains.back(), "example.net");
}

TEST(Recording, OfWhoRecordedTheBeginningIsKept) {
  for (const std::size_t size : {kHeadTextBytesMax, kHeadTextBytesMax + 1}) {
    Head head{std::string(size, 'x'), 1, {}};
    head.settings.domains = {"example.com"};
    const std::string block = head_block(head);
    std::string_view bytes = block;
    const auto again = read_head(*take_block(bytes));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->recorder.size(), kHeadTextBytesMax);
  }
}

TEST(Recording, TimesThatNoClockSaysAreNone) {
  const auto steps_at = [](Now now) {
    Kept kept;
    Recorder recorder(ShardId(0), Prng::seed_of(1), kept);
    recorder.record(now, Started{}, {});
    recorder.flush();
    return steps_in(kept.bytes).size();
  };
  const Instant last = Instant::at(kTimeMax);
  const Instant beyond = last + Duration::microseconds(1);
  const UnixTime civil = UnixTime::at(kTimeMax);
  EXPECT_EQ(steps_at({last, civil}), 1u);
  EXPECT_EQ(steps_at({beyond, civil}), 0u);
  EXPECT_EQ(steps_at({last, civil + Duration::microseconds(1)}), 0u);
  EXPECT_EQ(steps_at({last, UnixTime::at(Duration::microseconds(-1))}), 0u);
}

// --- the end -------------------------------------------------------------------------------------

TEST(Recorder, DoesNothingOnceABlockIsNotTaken) {
  Kept kept;
  Recorder recorder(ShardId(0), Prng::seed_of(1), kept);
  recorder.record(at(1), Started{}, {});
  const std::size_t before = kept.bytes.size();
  kept.full = true;
  recorder.flush();
  kept.full = false;
  recorder.record(at(2), DeadlineHit{}, {});
  recorder.flush();
  EXPECT_EQ(kept.bytes.size(), before);
  EXPECT_FALSE(recorder.flush_at());
}

TEST(Recorder, EndsBeforeAStepThatIsTooLarge) {
  Kept kept;
  Recorder recorder(ShardId(0), Prng::seed_of(1), kept);
  recorder.record(at(1), Started{}, {});
  const std::string large(kBlockBytesMax, 'x');
  recorder.record(at(2), BytesReceived{kLink, large}, {});
  recorder.record(at(3), DeadlineHit{}, {});
  EXPECT_EQ(kept.gave_up, Ending::too_large);
  EXPECT_EQ(steps_in(kept.bytes).size(), 1u);
}

TEST(Recorder, GivesBlocksAwayBySizeAndByTime) {
  Kept kept;
  Recorder recorder(ShardId(0), Prng::seed_of(1), kept);
  const std::size_t before = kept.bytes.size();
  recorder.record(at(5), Started{}, {});
  EXPECT_EQ(kept.bytes.size(), before);
  EXPECT_EQ(recorder.flush_at(), at(5).instant + kBlockTimeMax);
  const std::string large(kBlockBytesWanted, 'x');
  recorder.record(at(6), BytesReceived{kLink, large}, {});
  EXPECT_GT(kept.bytes.size(), before);
  EXPECT_FALSE(recorder.flush_at());
}

TEST(Recorder, MasksAStreamThatArrivesFromWhereItIs) {
  Kept kept;
  Recorder recorder(ShardId(0), Prng::seed_of(1), kept);
  StreamOnTheMove stream;
  stream.unread = "<stream:stream><iq><query><password>";
  recorder.record(at(1), LinkArrived{kLink, kHere, kThere, Transport::tcp, stream, {}, {}}, {});
  recorder.record(at(2), BytesReceived{kLink, "secret</password></query></iq>"}, {});
  recorder.flush();
  EXPECT_EQ(kept.bytes.find("secret"), std::string::npos);
  EXPECT_NE(kept.bytes.find("xxxxxx</password>"), std::string::npos);
}

// --- orders --------------------------------------------------------------------------------------

TEST(OrderMarks, DoNotTellWhatWasMasked) {
  const auto same = [](const Order& a, const Order& b) { return mark_of(a, {}) == mark_of(b, {}); };
  EXPECT_TRUE(
      same(AskSasl{kLink, "d", "PLAIN", "abc", false}, AskSasl{kLink, "d", "PLAIN", "AAA", false}));
  EXPECT_FALSE(same(AskSasl{kLink, "d", "PLAIN", "abc", false},
                    AskSasl{kLink, "d", "PLAIN", std::nullopt, false}));
  EXPECT_TRUE(
      same(AskDigest{Ticket(1), "A", "r", "u", {"x"}}, AskDigest{Ticket(1), "A", "r", "u", {"y"}}));
  EXPECT_FALSE(
      same(AskDigest{Ticket(1), "A", "r", "u", {"x"}}, AskDigest{Ticket(1), "A", "r", "u", {}}));
  EXPECT_TRUE(same(AskRegistration{kLink, "i", address("a@b.c"), "p", true},
                   AskRegistration{kLink, "i", address("a@b.c"), "q", true}));
  EXPECT_FALSE(same(AskRegistration{kLink, "i", address("a@b.c"), "p", true},
                    AskRegistration{kLink, "i", address("b@b.c"), "p", true}));
}

TEST(OrderMarks, LeaveOutWhatAnswersSayToThePeer) {
  const auto mark = [](std::string words, std::string_view hidden) {
    return mark_of(SendBytes{kLink, std::move(words)}, hidden);
  };
  EXPECT_EQ(mark("<success>dj0x</success>", "dj0x"), mark("<success>AAAA</success>", "AAAA"));
  EXPECT_NE(mark("<success>dj0x</success>", "dj0x"), mark("<succes>AAAA</success>", "AAAA"));
  EXPECT_NE(mark("<success>dj0x</success>", ""), mark("<success>AAAA</success>", ""));
  // Only where it is the text of an element.
  EXPECT_EQ(mark("<chal>chal</chal>", "chal"), mark("<chal>AAAA</chal>", "AAAA"));
}

}  // namespace record_recording_test
}  // namespace muster::record
