#include "model/subscription.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/print_relation.h"

namespace muster {
namespace model_subscription_test {

using enum Subscription;
using enum SubscriptionVerb;

// Appendix A.1's names, in the order of its list and of its tables.
constexpr std::array<std::string_view, kSubscriptions> kStates = {
    // clang-format off
    "\"None\"",
    "\"None + Pending Out\"",
    "\"None + Pending In\"",
    "\"None + Pending Out+In\"",
    "\"To\"",
    "\"To + Pending In\"",
    "\"From\"",
    "\"From + Pending Out\"",
    "\"Both\"",
    // clang-format on
};

std::string_view words(Subscription s) {
  return kStates[static_cast<std::size_t>(s)];
}

std::vector<Subscription> all_states() {
  std::vector<Subscription> all;
  for (int s = 0; s < kSubscriptions; ++s)
    all.push_back(static_cast<Subscription>(s));
  return all;
}

// One row of a table of appendix A, in the RFC's words.
struct Row {
  Subscription before = none;
  std::string pass;   // MUST, M.N. or S.N.
  std::string after;  // a state, "no state change" or "pre-approval"
  int pass_note = 0;  // [1], [2]
};

std::string take_note(std::string cell, int& note) {
  const std::size_t at = cell.find(" [");
  if (at == std::string::npos) return cell;
  note = cell[at + 2] - '0';
  return cell.substr(0, at);
}

Subscription state_named(std::string_view name) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == name) return static_cast<Subscription>(i);
  }
  ADD_FAILURE() << "no state of appendix A.1: " << name;
  return none;
}

// The table as it stands in the RFC, cut from there (tests/golden/rfc6121).
std::vector<Row> table(int number) {
  std::ifstream file(std::string(MUSTER_TESTS_DIR) + "/golden/rfc6121/table_" +
                     std::to_string(number) + ".txt");
  EXPECT_TRUE(file.is_open()) << "table " << number;
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.find("|  \"") == std::string::npos) continue;
    std::vector<std::string> cells;
    std::size_t begin = line.find('|');
    for (std::size_t end = 0; (end = line.find('|', begin + 1)) != std::string::npos; begin = end) {
      const std::string cell = line.substr(begin + 1, end - begin - 1);
      const std::size_t first = cell.find_first_not_of(' ');
      cells.push_back(cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    }
    EXPECT_EQ(cells.size(), 3u) << line;
    Row row;
    row.before = state_named(cells.at(0));
    row.pass = take_note(cells.at(1), row.pass_note);
    int ignored = 0;
    row.after = take_note(cells.at(2), ignored);
    rows.push_back(row);
  }
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(kSubscriptions)) << "table " << number;
  return rows;
}

Subscription after_of(const Row& row) {
  if (row.after == "no state change" || row.after == "pre-approval") return row.before;
  return state_named(row.after);
}

constexpr std::array<SubscriptionVerb, 4> kVerbs = {subscribe, unsubscribe, subscribed,
                                                    unsubscribed};

// Each state that a record can hold, listed or not.
std::vector<Relation> relations_in(Subscription s) {
  return {{s, false, false}, {s, false, true}};
}

TEST(SubscriptionTables, Rfc6121AppendixA2Outbound) {
  for (std::size_t i = 0; i < kVerbs.size(); ++i) {
    for (const Row& row : table(static_cast<int>(2 + i))) {
      for (const Relation& before : relations_in(row.before)) {
        const Outbound out = send_subscription(before, kVerbs[i]);
        const std::string where =
            std::string(name_of(kVerbs[i])) + " in " + std::string(words(row.before));
        EXPECT_EQ(out.route, row.pass == "MUST") << where;
        EXPECT_EQ(out.after.subscription, after_of(row)) << where;
        EXPECT_EQ(out.after.approved, row.after == "pre-approval") << where;
      }
    }
  }
}

TEST(SubscriptionTables, Rfc6121AppendixA3Inbound) {
  for (std::size_t i = 0; i < kVerbs.size(); ++i) {
    for (const Row& row : table(static_cast<int>(6 + i))) {
      for (const Relation& before : relations_in(row.before)) {
        const Inbound in = receive_subscription(before, kVerbs[i]);
        const std::string where =
            std::string(name_of(kVerbs[i])) + " in " + std::string(words(row.before));
        EXPECT_EQ(in.deliver, row.pass == "MUST") << where;
        EXPECT_EQ(in.after, (Relation{after_of(row), before.approved, before.listed})) << where;
        // Table 6, note 2: "Server SHOULD auto-reply with subscribed". Table 7, note 1: "Server
        // SHOULD auto-reply with unsubscribed". Note 1 of table 6 is about pre-approval.
        std::optional<SubscriptionVerb> reply;
        if (kVerbs[i] == subscribe && row.pass_note == 2) reply = subscribed;
        if (kVerbs[i] == unsubscribe && row.pass_note == 1) reply = unsubscribed;
        EXPECT_EQ(in.reply, reply) << where;
      }
    }
  }
}

// Section 3.4.2, what follows rule 4: with the flag, `subscribe` is answered and not delivered.
TEST(PreApproval, AnswersARequestAtOnce) {
  const std::array<std::pair<Subscription, Subscription>, 6> becomes = {{
      {none, from},
      {none_pending_out, from_pending_out},
      {to, both},
      // No sequence of stanzas leads to these; they are safe all the same.
      {none_pending_in, from},
      {none_pending_out_in, from_pending_out},
      {to_pending_in, both},
  }};
  for (const auto& [before, after] : becomes) {
    const Inbound in = receive_subscription({before, true, true}, subscribe);
    EXPECT_FALSE(in.deliver) << words(before);
    EXPECT_EQ(in.reply, subscribed) << words(before);
    EXPECT_EQ(in.after.subscription, after) << words(before);
    EXPECT_TRUE(in.after.listed);
  }
}

// "If the server maintains such a record, it will always include the 'approved' attribute, until
// and unless the user sends a presence stanza of type unsubscribed" (section 3.4.2).
TEST(PreApproval, LastsUntilUnsubscribedIsSent) {
  Relation relation = send_subscription({}, subscribed).after;
  EXPECT_EQ(relation, (Relation{none, true, true}));
  relation = receive_subscription(relation, subscribe).after;
  EXPECT_EQ(relation, (Relation{from, true, true}));
  relation = receive_subscription(relation, unsubscribe).after;
  EXPECT_EQ(relation, (Relation{none, true, true}));
  relation = send_subscription(relation, subscribe).after;
  EXPECT_EQ(relation, (Relation{none_pending_out, true, true}));
  relation = receive_subscription(relation, subscribe).after;
  EXPECT_EQ(relation, (Relation{from_pending_out, true, true}));
  relation = send_subscription(relation, unsubscribed).after;
  EXPECT_EQ(relation, (Relation{none_pending_out, false, true}));
}

// Section 3.2.2 rule 2: the pre-approval goes, and the contact does not hear of it.
TEST(PreApproval, CancelledWithoutAWord) {
  for (const Subscription s : {none, none_pending_out, to}) {
    const Outbound out = send_subscription({s, true, true}, unsubscribed);
    EXPECT_FALSE(out.route) << words(s);
    EXPECT_EQ(out.after, (Relation{s, false, true})) << words(s);
  }
}

// Section 3.4.2 rule 1: silently ignored.
TEST(PreApproval, NothingWhereTheContactSeesTheUserAlready) {
  for (const Subscription s : {from, from_pending_out, both}) {
    for (const Relation& before : relations_in(s)) {
      const Outbound out = send_subscription(before, subscribed);
      EXPECT_FALSE(out.route) << words(s);
      EXPECT_EQ(out.after, before) << words(s);
    }
  }
}

// What makes a roster item: section 3.1.2 (subscribe), 3.1.5 and 3.4.2 rule 4 (subscribed). A
// request that comes in does not (3.1.3, security warning); nor does the end of anything.
TEST(Listed, BySubscribeAndSubscribedOnly) {
  for (const Subscription s : all_states()) {
    const Relation before{s, false, false};
    EXPECT_TRUE(send_subscription(before, subscribe).after.listed) << words(s);
    EXPECT_EQ(send_subscription(before, subscribed).after.listed, !is_seen_by(before.subscription))
        << words(s);
    EXPECT_FALSE(send_subscription(before, unsubscribe).after.listed) << words(s);
    EXPECT_FALSE(send_subscription(before, unsubscribed).after.listed) << words(s);
    for (const SubscriptionVerb verb : kVerbs) {
      EXPECT_FALSE(receive_subscription(before, verb).after.listed) << words(s);
    }
  }
}

// Appendix A.1 says of each state who sees whom and who has asked; its name says so too.
TEST(Subscription, StatesMeanWhatTheirNamesSay) {
  const auto has = [](std::string_view name, std::string_view part) {
    return name.find(part) != std::string_view::npos;
  };
  for (const Subscription s : all_states()) {
    const std::string_view name = words(s);
    EXPECT_EQ(sees(s), has(name, "To") || has(name, "Both")) << name;
    EXPECT_EQ(is_seen_by(s), has(name, "From") || has(name, "Both")) << name;
    EXPECT_EQ(is_pending_out(s), has(name, "Pending Out")) << name;
    EXPECT_EQ(is_pending_in(s), has(name, "In\"") && has(name, "Pending")) << name;
  }
}

TEST(Subscription, VerbsHaveTheNamesOfTheirStanzas) {
  EXPECT_EQ(name_of(subscribe), "subscribe");
  EXPECT_EQ(name_of(unsubscribe), "unsubscribe");
  EXPECT_EQ(name_of(subscribed), "subscribed");
  EXPECT_EQ(name_of(unsubscribed), "unsubscribed");
  for (const SubscriptionVerb verb : kVerbs)
    EXPECT_EQ(subscription_verb(name_of(verb)), verb);
  EXPECT_EQ(subscription_verb("unavailable"), std::nullopt);
  EXPECT_EQ(subscription_verb(""), std::nullopt);
  EXPECT_EQ(subscription_verb("Subscribe"), std::nullopt);
}

TEST(Relation, BlankIfItSaysNothing) {
  EXPECT_TRUE(Relation{}.blank());
  EXPECT_FALSE((Relation{none, true, false}).blank());
  EXPECT_FALSE((Relation{none, false, true}).blank());
  EXPECT_FALSE((Relation{none_pending_in, false, false}).blank());
}

}  // namespace model_subscription_test
}  // namespace muster
