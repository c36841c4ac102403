// The registrar of this shard's users: RFC 3261 section 10.3, with the flows of RFC 5626 and the
// Path of RFC 3327. It owns the bindings; they are in memory only, their phones renew them.
//
// A binding is found again by instance and reg-id where the phone has outbound (RFC 5626 section
// 6), else by its Contact (RFC 3261 section 19.1.4). It goes when its time is over, when the link
// that it came by is lost, and with its account. Each change of what the account is registered with
// is told to presence_db (RegistrationsChanged): one registration for each phone, by a name that is
// the same as long as the phone is: made of its instance id, or, without one, of its first Contact.
// The name is a hash: it becomes a resource, and who sees it need not know the device by its id.
//
// Who moves to another server may close the link that her phone registered by before she is seen
// there. So that nobody sees the phone go, its registration is told on until then, or for
// kOnTheWayMax; but it is reached no more.
//
// What the RFCs leave open: third-party registrations are refused (403); Contacts that are no SIP
// URIs too (400), for nobody here could reach them; so is a REGISTER with a Path from a phone that
// does not say that it knows Path (420, RFC 3327 section 5.3). GRUUs (RFC 5627) are not given.
//
// Limits: registrations_per_user_max (403), expires_min (423), registration_time_max (granted at
// most), registration_bytes_max (513) of Limits.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "base/unordered.h"
#include "server/outbox.h"
#include "server/shard.h"
#include "server/sip_presence/links.h"
#include "server/sip_presence/request.h"

namespace muster {

struct Binding {
  std::uint64_t number = 0;  // names it among all of this shard
  std::uint64_t age = 0;     // the greater, the later it was made or renewed
  std::string phone;         // the name of its phone
  std::string uri;
  std::string params;  // of the Contact, as the 200 lists them: all but expires
  std::string instance;
  std::uint32_t reg_id = 0;  // 0: found by its URI
  std::string path;          // as rows of Route
  std::string call_id;
  std::uint32_t cseq = 0;
  std::uint16_t thousandths = 0;  // its q, 0 if it has none
  Flow flow;
  bool lost = false;  // its link is, and its user is on the way to another server
  Instant expires;
};
// RFC 3261 section 19.1.4.
bool is_same_uri(const Binding& binding, const sip::Uri& uri);

class Registrar {
 public:
  static constexpr Duration kOnTheWayMax = Duration::seconds(30);

  explicit Registrar(Shard& shard) : shard_(shard) {}

  // A REGISTER.
  void register_(Now now, const Request& request, Outbox& out);

  // Whether it does; nothing comes of it here.
  void on(Now now, const PhoneRegisters& registers, Outbox& out);
  void on(Now now, const FlowLost& lost, Outbox& out);
  // Whom it proxied here cannot be reached any more.
  void on(Now now, const ServerGone& gone, Outbox& out);
  void on(Now now, const AccountGone& gone, Outbox& out);
  // She is told to go to another server; she is served here.
  void leaves(const Address& account);
  void stays(const Address& account, Outbox& out);
  // All its bindings go.
  void drop(const Address& account, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const { return deadlines_.next(); }

  // One binding for each phone of the account, the latest (RFC 5626 section 7: never two of one
  // phone at a time). The pointers hold until the next change.
  std::vector<const Binding*> phones_of(const Address& account) const;
  // The latest binding of that phone that is older than `age`: another flow to it.
  const Binding* older_binding(const Address& account, std::string_view phone,
                               std::uint64_t age) const;
  const Binding* find(const Address& account, std::uint64_t number) const;

 private:
  using Bindings = std::vector<Binding>;

  static constexpr Instant kNever =
      Instant::at(Duration::microseconds(std::numeric_limits<std::int64_t>::max()));
  struct Account {
    Bindings bindings;
    bool leaves = false;
    Instant look = kNever;  // the earliest entry in deadlines_
  };

  // What a REGISTER asks for.
  struct Wanted {
    sip::Uri uri;
    std::string params;
    std::string_view instance;
    std::uint32_t reg_id = 0;
    std::uint16_t thousandths = 0;
    std::uint32_t seconds = 0;  // granted; 0: to be removed
  };
  struct Asked {
    std::string_view call_id;
    std::uint32_t cseq = 0;
    bool star = false;
    bool outbound = false;  // a flow of RFC 5626 is registered
    std::vector<Wanted> contacts;
    std::string path_rows;  // as they are answered
    std::string route_rows;
  };

  // read_register.cc: false if the request is answered.
  bool read(const Request& request, Asked& asked, Outbox& out) const;
  bool read_path(const Request& request, Asked& asked, Outbox& out) const;
  bool read_contacts(const Request& request, Asked& asked, Outbox& out) const;
  bool read_outbound(const Request& request, Asked& asked, Outbox& out) const;
  std::optional<std::uint32_t> seconds_for(const Request& request,
                                           const sip::NameAddr& contact) const;

  bool renews_all(Now now, const Address& account, const sip::Message& message) const;

  // registrar.cc
  bool apply(Now now, const Request& request, const Asked& asked, Bindings& bindings, Outbox& out);
  bool apply_one(Now now, const Request& request, const Asked& asked, const Wanted& wanted,
                 std::uint64_t first_age, Bindings& bindings);
  const Bindings* bindings_of(const Address& account) const;
  void commit(const Address& account, Bindings bindings, Outbox& out);
  void confirm(Now now, const Request& request, const Asked& asked, Outbox& out) const;
  void append_service_route(std::string& rows, const Request& request) const;

  Shard& shard_;
  UnorderedMap<Address, Account> accounts_;
  std::set<std::pair<LinkKey, Address>> by_link_;
  std::uint64_t next_number_ = 1;
  Deadlines<Address> deadlines_;
};

}  // namespace muster
