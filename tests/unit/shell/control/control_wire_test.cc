#include "shell/control/control_wire.h"

#include <gtest/gtest.h>

namespace muster {
namespace control_control_wire_test {

const Address kAlice = Address::of_canonical("alice", "example.com");
const Address kBob = Address::of_canonical("bob", "example.com");

Credentials credentials() {
  Credentials made;
  made.scram_sha256 = {"salt \xff", 10'000, {}, {}};
  made.scram_sha256.stored_key[31] = 7;
  made.scram_sha1 = {"other", 4'096, {}, {}};
  made.scram_sha1.server_key[0] = 9;
  made.ha1_sha256.emplace()[5] = 3;
  return made;
}

// What it is read back as, written anew.
std::string again(const ControlRequest& request) {
  const auto read = parse_control_request(to_json(request));
  return read ? to_json(*read) : "malformed";
}
std::string again(const ControlReply& reply) {
  const auto read = parse_control_reply(to_json(reply));
  return read ? to_json(*read) : "malformed";
}

TEST(ControlWire, CarriesEachRequest) {
  const std::vector<ControlRequest> requests = {
      DescribeService{},
      CreateAccount{kAlice, credentials(), WatcherPolicy::mutual, false},
      SetCredentials{kAlice, credentials()},
      ListAccounts{"example.com", "al", 3},
      ListWatchers{kAlice},
      DecideWatcher{kAlice, kBob, true},
      ChangePolicy{kAlice, WatcherPolicy::deny},
      DropAccount{kAlice},
      ListServers{},
      FindUser{kAlice},
      ListUsers{"sip:s2.example.com", {}},
      ListUsers{"sip:s2.example.com", kAlice},
      OrderServer{OrderServer::What::release, "sip:s2.example.com"}};
  for (const ControlRequest& request : requests) {
    EXPECT_EQ(again(request), to_json(request));
    EXPECT_EQ(parse_control_request(to_json(request))->index(), request.index());
  }
  const auto read = parse_control_request(to_json(requests[1]));
  EXPECT_EQ(std::get<CreateAccount>(*read).credentials, credentials());
}

TEST(ControlWire, CarriesEachReply) {
  const Contact bob{kBob, {}, 7};
  const std::vector<ControlReply> replies = {
      ServiceDescription{"1", {"a.org", "b.org"}, WatcherPolicy::allow, false, 9},
      ControlDone{},
      AccountsListed{{{kAlice, WatcherPolicy::deny, true}}},
      WatchersListed{{bob}},
      ServersListed{{ServerSeen()}},
      UserPage{{{kAlice, cluster::PresType::xmpp, 0}, {kBob, cluster::PresType::both, 7}}},
      NotMain{"sip:s1.example.com"},
      ControlRefused{ControlRefused::Why::is_main},
      ControlRefused{ControlRefused::Why::no_lease},
      ControlRefused{ControlRefused::Why::too_busy}};
  for (const ControlReply& reply : replies) {
    EXPECT_EQ(again(reply), to_json(reply));
    EXPECT_EQ(parse_control_reply(to_json(reply))->index(), reply.index());
  }
}

TEST(ControlWire, RefusesWhatIsNone) {
  for (const char* line :
       {"", "{", "[]", "7", R"({"do":"fly"})", R"({"do":"list","domain":"a","after":""})",
        R"({"do":"list","domain":"a","after":"","limit":-1})", R"({"do":"watchers"})",
        R"({"do":"watchers","account":"example.com"})",
        R"({"do":"watchers","account":"a@example.com/r"})",
        R"({"do":"policy","account":"a@example.com","policy":"maybe"})",
        R"({"do":"order","what":"shoot","server":"sip:s1"})", R"({"do":"order","what":"drain"})",
        R"({"do":"set_credentials","account":"a@example.com","credentials":{}})"}) {
    EXPECT_FALSE(parse_control_request(line)) << line;
    EXPECT_FALSE(parse_control_reply(line)) << line;
  }
}

// The longest that there are fit: an account with all it can have, and a page of accounts.
TEST(ControlWire, HasRoomForWhatIsAsked) {
  const Address longest = Address::of_canonical(std::string(1'023, 'a'), std::string(1'023, 'b'));
  Credentials most = credentials();
  most.ha1_md5.emplace();
  EXPECT_LT(to_json(ControlRequest(CreateAccount{longest, most, WatcherPolicy::ask, false})).size(),
            kControlRequestBytesMax);
  const std::vector<AccountsListed::Account> page(kAccountsListedMax,
                                                  {longest, WatcherPolicy::ask, true});
  EXPECT_LT(to_json(ControlReply(AccountsListed{page})).size(), kControlReplyBytesMax);
}

}  // namespace control_control_wire_test
}  // namespace muster
