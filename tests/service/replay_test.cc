// A service that is recorded, and what a replay of the recording comes to.
#include "sim/replay/replay.h"

#include "server/record/blocks.h"
#include "server/value_bytes.h"
#include "service/user_agents.h"
#include "sim/replay/words.h"

using ::testing::AllOf;
using ::testing::HasSubstr;

namespace muster::testing {
namespace service_replay_test {

class Kept : public record::BlockSink {
 public:
  bool take(std::string block) override {
    blocks.push_back(std::move(block));
    return true;
  }
  void give_up(record::Ending) override { ADD_FAILURE() << "the recording is given up"; }

  std::vector<std::string> blocks;
};

// Some of all that the service does: streams that move to another shard, rosters, subscriptions,
// watchers, publications, registrations, messages, deadlines, a store that fails, an operator, and
// the end.
class Recorded : public ::testing::Test {
 protected:
  Recorded() {
    service.settings.auto_accounts = true;
    service.settings.in_band_registration = true;
    service.recording = &kept;
    service.start();
  }

  void live() {
    Messenger juliet(service, "juliet/balcony");
    Messenger nurse(service, "nurse/kitchen");
    Phone romeo(service, "romeo", 6001);
    juliet.say("<presence to='nurse@example.com' type='subscribe'/>");
    nurse.say("<presence to='juliet@example.com' type='subscribed'/>");
    romeo.subscribe("juliet", 600);
    juliet.say("<presence to='romeo@example.com' type='subscribed'/>");
    juliet.say("<presence><show>away</show><status>at mass</status></presence>");
    romeo.enroll(600);
    romeo.publish(pidf_of("romeo", "phone", "open"), 600);
    romeo.message("juliet", "by and by");
    juliet.say("<message to='romeo@example.com'><body>anon</body></message>");
    romeo.heard();
    register_account();
    service.break_store(StoreFailed{StoreFailed::Why::busy});
    romeo.publish(pidf_of("romeo", "phone", "closed"), 600);
    service.break_store(std::nullopt);
    service.administer(ListWatchers{Service::address("juliet@example.com")});
    nurse.vanish();
    service.pass(Duration::minutes(12));
    romeo.heard();
    service.stop();
    service.flush_recording();
  }

  // In pieces, as reads come.
  void register_account() {
    const auto link = service.connect(LinkUse::xmpp);
    const std::string_view text =
        "<stream:stream to='example.com' xmlns='jabber:client' version='1.0'"
        " xmlns:stream='http://etherx.jabber.org/streams'>"
        "<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>tybalt</username>"
        "<password>princeofcats</password></query></iq>";
    for (const char& byte : text)
      service.say(link, {&byte, 1});
  }

  std::string bytes() const { return recording_of(service, kept); }

 public:
  static std::string recording_of(const Service& service, const Kept& kept) {
    std::string all = record::head_block({"a test", 2, service.settings});
    for (const std::string& block : kept.blocks)
      all += block;
    return all + record::end_block({record::Ending::in_order, ""});
  }

  static sim::ReplayOutcome replay(const std::string& bytes, sim::TellStep tell = {}) {
    auto recording = record::Recording::read(bytes);
    if (!recording) return {sim::ReplayOutcome::Kind::broken, recording.error(), 0, 0};
    return sim::Replay(*recording, std::move(tell)).run();
  }

  // All that peers said on links, read after read.
  static std::string said_in(const std::string& bytes) {
    auto recording = record::Recording::read(bytes);
    std::string said;
    for (record::Steps& steps : recording->shards) {
      while (const auto step = steps.next()) {
        const auto* input = std::get_if<Input>(&step->fact);
        const auto* received = input == nullptr ? nullptr : std::get_if<BytesReceived>(input);
        if (received != nullptr) said += received->bytes;
      }
    }
    return said;
  }

 protected:
  // Changes what is recorded, and makes the checksums right again. The first place that has `what`.
  void plant(std::string_view what, std::string_view instead) {
    ASSERT_EQ(what.size(), instead.size());
    for (std::string& block : kept.blocks) {
      const std::size_t at = block.find(what);
      if (at == std::string::npos) continue;
      block.replace(at, what.size(), instead);
      value::ByteReader header(block);
      header.byte();
      const ShardId shard(header.byte());
      header.raw(6);
      const auto number = header.fixed<std::uint64_t>();
      record::seal_block(block, record::BlockKind::steps, shard, number);
      return;
    }
    FAIL() << "nothing has " << what;
  }

  Kept kept;
  Service service;
};

using Kind = sim::ReplayOutcome::Kind;

TEST_F(Recorded, ComesToTheSameOrders) {
  live();
  const sim::ReplayOutcome outcome = replay(bytes());
  EXPECT_EQ(outcome.kind, Kind::same) << outcome.words;
  EXPECT_EQ(outcome.waiting, 0u);
  EXPECT_GT(outcome.steps, 300u);
}

// PLAIN and XEP-0077, in two reads, wherever they are cut.
TEST(RecordedSplits, HaveNoPasswordHoweverItIsRead) {
  const std::string_view plain =
      "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
      " mechanism='PLAIN'>AHR5YmFsdABzM2NyZXQ=</auth>";
  const std::string_view change =
      "<iq type='set' id='1'><query xmlns='jabber:iq:register'><username>tybalt</username>"
      "<password>s3cret</password></query></iq>";
  const std::string_view header =
      "<stream:stream to='example.com' xmlns='jabber:client' version='1.0'"
      " xmlns:stream='http://etherx.jabber.org/streams'>";
  for (const std::string_view said : {plain, change}) {
    for (std::size_t cut = 0; cut < said.size(); ++cut) {
      Kept kept;
      Service service;
      service.settings.auto_accounts = true;
      service.settings.in_band_registration = true;
      service.recording = &kept;
      service.start();
      const auto link = service.connect(LinkUse::xmpp);
      service.say(link, header);
      service.say(link, said.substr(0, cut));
      service.say(link, said.substr(cut));
      service.flush_recording();
      const std::string all = Recorded::recording_of(service, kept);
      const std::string kept_words = Recorded::said_in(all);
      EXPECT_EQ(kept_words.find("s3cret"), std::string::npos) << cut;
      EXPECT_EQ(kept_words.find("zM2NyZX"), std::string::npos) << cut;
      EXPECT_NE(kept_words.find(said.substr(0, 50)), std::string::npos) << cut;
      EXPECT_EQ(Recorded::replay(all).kind, Kind::same) << cut;
    }
  }
}

TEST_F(Recorded, HasNoPassword) {
  live();
  const std::string said = said_in(bytes());
  EXPECT_EQ(said.find("princeofcats"), std::string::npos);
  EXPECT_NE(said.find("<username>tybalt</username><password>xxxxxxxxxxxx<"), std::string::npos);
}

TEST_F(Recorded, IsToldInWords) {
  live();
  std::string lines;
  replay(bytes(), [&](const std::string& line) { lines += line + "\n"; });
  EXPECT_THAT(lines, HasSubstr("shard 0, step 0, at 1000.000000 s: Started\n    AskStore"));
  EXPECT_THAT(lines, AllOf(HasSubstr("(juliet@example.com, 127.0.0.9:40000): "),
                           HasSubstr("\"<presence><show>away"),
                           HasSubstr("LinkArrived link "), HasSubstr("FromShard shard 1: "),
                           HasSubstr(" HandOver link "), HasSubstr("AskStore ticket "),
                           HasSubstr(": LoadUser of juliet@example.com"), HasSubstr("at mass"),
                           HasSubstr("DeadlineHit"), HasSubstr("Stopped")));
}

TEST_F(Recorded, AByteOfAStanzaMakesADifference) {
  live();
  plant("at mass", "at ease");
  const sim::ReplayOutcome outcome = replay(bytes());
  EXPECT_EQ(outcome.kind, Kind::different);
  EXPECT_THAT(outcome.words, AllOf(HasSubstr("BytesReceived link"), HasSubstr("juliet@example.com"),
                                   HasSubstr("at ease"),
                                   HasSubstr("says something else than when it was recorded: ")));
}

// The word that the nurse is to be allowed, turned into one of the same size.
TEST_F(Recorded, AnotherStanzaMakesADifference) {
  live();
  plant("type='subscribed'", "type='subscribeX'");
  const sim::ReplayOutcome outcome = replay(bytes());
  EXPECT_EQ(outcome.kind, Kind::different);
  EXPECT_THAT(outcome.words, HasSubstr("order 1"));
}

TEST_F(Recorded, OtherSettingsMakeADifference) {
  live();
  service.settings.limits.publication_time_max = Duration::seconds(61);
  EXPECT_EQ(replay(bytes()).kind, Kind::different);
}

TEST_F(Recorded, CutAfterAnyBlockGoesAsFarAsThat) {
  service.flush_recording();
  live();
  std::string all = record::head_block({"a test", 2, service.settings});
  std::uint64_t steps = 0;
  for (const std::string& block : kept.blocks) {
    all += block;
    const sim::ReplayOutcome outcome = replay(all);
    EXPECT_EQ(outcome.kind, Kind::same) << outcome.words;
    EXPECT_GE(outcome.steps, steps);
    steps = outcome.steps;
  }
}

// Half of the shards is not enough: the other half waits for what they made.
TEST_F(Recorded, AShardThatIsMissingIsWaitedFor) {
  live();
  std::string one = record::head_block({"a test", 2, service.settings});
  for (const std::string& block : kept.blocks) {
    if (block[1] == 0) one += block;
  }
  const sim::ReplayOutcome cut = replay(one);
  EXPECT_EQ(cut.kind, Kind::same) << cut.words;
  EXPECT_EQ(cut.waiting, 1u);
  const sim::ReplayOutcome whole = replay(one + record::end_block({record::Ending::in_order, ""}));
  EXPECT_EQ(whole.kind, Kind::different);
  EXPECT_THAT(whole.words, HasSubstr("what it got from another shard was not made there"));
}

// --- one shard by itself -------------------------------------------------------------------------

// Whose inputs the test gives.
class OneShard : public Recorded {
 protected:
  struct Nobody {
    void carry_out(Order&&) {}
  };

  OneShard() {
    kept.blocks.clear();
    turn.input(service.now(), Started{});
  }
  static LinkOpened link_opened(LinkId link) {
    LinkOpened opened;
    opened.link = link;
    opened.use = LinkUse::sip;
    return opened;
  }
  sim::ReplayOutcome replay_it(sim::TellStep tell = {}) {
    recorder.flush();
    return replay(record::head_block({"a test", 1, service.settings}) + kept.blocks[0],
                  std::move(tell));
  }

  record::Recorder recorder{ShardId(0), Prng::seed_of(1), kept};
  PresenceServer server{ShardId(0), 1, service.settings, Prng(recorder.words())};
  Nobody nobody;
  Turn<Nobody> turn{server, nobody, &recorder};
};

TEST_F(OneShard, AReplyOfTheStoreMakesADifference) {
  turn.input(service.now(),
             StoreAnswered{Ticket(1), PublicationsLoaded{{Service::address("a@example.com")}}});
  EXPECT_EQ(replay_it().kind, Kind::same);
  plant("a@example.com", "b@example.com");
  const sim::ReplayOutcome outcome = replay_it();
  EXPECT_EQ(outcome.kind, Kind::different);
  EXPECT_THAT(outcome.words, AllOf(HasSubstr("shard 0, step 1, "),
                                   HasSubstr("StoreAnswered ticket 1: PublicationsLoaded"),
                                   HasSubstr("LoadUser of b@example.com")));
}

TEST_F(OneShard, AnOrderMoreOrLessIsSaid) {
  const Input opened = link_opened({0, 1});
  recorder.record(service.now(), opened, std::vector<Order>{CloseLink{LinkId{0, 1}}});
  EXPECT_THAT(replay_it().words, HasSubstr("order 1 was CloseLink when it was recorded; now there"
                                           " is none"));
}

TEST_F(OneShard, RandomWordsThatAreNotDrawnMakeADifference) {
  recorder.words().next();
  recorder.record(service.now(), LinkFailed{Ticket(1)}, {});
  EXPECT_THAT(replay_it().words, HasSubstr("another number of random words"));
}

TEST_F(OneShard, ADeadlineThatHasNotComeMakesADifference) {
  recorder.record(service.now(), DeadlineHit{}, {});
  EXPECT_THAT(replay_it().words, HasSubstr("its deadline has not come"));
}

class Impossible : public OneShard, public ::testing::WithParamInterface<int> {};

TEST_P(Impossible, IsNotWhatAServerRecords) {
  const std::array<Input, 4> inputs = {
      StoreAnswered{Ticket(99), PolicySet{}}, FromShard{ShardId(7), AccountKept{}},
      link_opened({record::kLinkSlotsMax, 1}), link_opened({0, 0})};
  recorder.record(service.now(), inputs[static_cast<std::size_t>(GetParam())], {});
  EXPECT_EQ(replay_it().kind, Kind::broken);
}
INSTANTIATE_TEST_SUITE_P(Each, Impossible, ::testing::Range(0, 4));

TEST_F(OneShard, TheLastSlotIsALinks) {
  turn.input(service.now(), link_opened({record::kLinkSlotsMax - 1, 1}));
  EXPECT_EQ(replay_it().kind, Kind::same);
}

TEST_F(OneShard, OfLongTextsTheBeginningIsTold) {
  turn.input(service.now(), link_opened({0, 1}));
  turn.input(service.now(), BytesReceived{LinkId{0, 1}, std::string(sim::kTextBytesMax, 'a')});
  turn.input(service.now(), BytesReceived{LinkId{0, 1}, std::string(sim::kTextBytesMax + 1, 'b')});
  std::string lines;
  replay_it([&](const std::string& line) { lines += line + "\n"; });
  EXPECT_THAT(lines, AllOf(HasSubstr("a\"\n"), HasSubstr("b\" and 1 bytes\n")));
}

TEST_F(OneShard, ALinkIsNotOpenedTwice) {
  turn.input(service.now(), link_opened({0, 1}));
  recorder.record(service.now(), link_opened({0, 2}), {});
  EXPECT_EQ(replay_it().kind, Kind::broken);
}

}  // namespace service_replay_test
}  // namespace muster::testing
