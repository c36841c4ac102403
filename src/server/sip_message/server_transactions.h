// The server transactions of one shard: requests that wait for their answer, and answers that wait
// for the request to come again. RFC 3261 section 17.2 with RFC 4320 and RFC 6026. Who uses them
// sends what is to be sent; this is what is known.
//
// A request that is not an INVITE is `trying` until it is answered; after kSipTryingTime it is
// `proceeding`, and 100 was said. Over a reliable transport its answer ends it; else it is
// `completed` until Timer J. An INVITE is answered when it comes (405): it begins as `completed`,
// sends its answer by Timer G until Timer H or its ACK, and is then `confirmed` until Timer I.
//
// Limits: Limits::sip_requests_per_shard_max of all states. At it, the oldest answer is forgotten
// before its time if it is at least kAnswerKeptMin old, else there is no room; nor is there beyond
// Limits::sip_request_bytes_per_shard_max of requests that are kept. kInvitesMax: answers to
// INVITEs are repeated without being asked for, so that many INVITEs with a forged source would
// make us send many answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/slot_table.h"
#include "base/time.h"
#include "base/unordered.h"
#include "codec/sip/read_request.h"
#include "model/address.h"
#include "server/sip_message/answer.h"
#include "server/sip_message/request_key.h"
#include "server/sip_message/timers.h"
#include "server/vocabulary.h"

namespace muster {

struct ServerTransaction {
  enum class State : std::uint8_t { trying, proceeding, completed, confirmed };

  // What is needed to answer.
  struct Request {
    Request(std::string_view bytes, const Flow& came_by) : read(bytes), flow(came_by) {}
    bool is_in_dialog() const { return !read.essentials.to.tag().empty(); }
    // What Limits::sip_request_bytes_per_shard_max counts.
    std::size_t bytes() const { return sizeof(Request) + read.bytes.size(); }

    sip::ReadRequest read;  // of an INVITE, without its body
    const Flow flow;
    Address sender{};  // who is being proved, or placed
  };

  bool waits() const { return state <= State::proceeding; }

  RequestKeys keys;
  std::unique_ptr<Request> request;  // while it waits, and of an INVITE
  SipAnswer answer;
  State state = State::trying;
  bool is_invite = false;
  bool untold = false;     // its sender is being proved, or placed: nobody was told of it yet
  std::uint8_t looks = 0;  // at the timers of its state so far
};

class ServerTransactions {
 public:
  // The longest pause between two transmissions of a request: who missed an answer that is older
  // has asked again.
  static constexpr Duration kAnswerKeptMin = kSipT2;
  static constexpr std::size_t kInvitesMax = 10'000;

  ServerTransactions(std::size_t max, std::size_t request_bytes_max)
      : max_(max), request_bytes_max_(request_bytes_max) {}

  ServerTransaction* find(SipRequestId id) { return table_.find(id); }
  // By RequestKeys::transaction and RequestKeys::request.
  std::optional<SipRequestId> find_same(std::uint64_t transaction) const;
  bool has_request(std::uint64_t request) const { return by_request_.contains(request); }

  // For one more request of so many bytes. Makes room if there is none; `forgotten` counts the
  // answers that went for it.
  bool has_room(Now now, std::size_t request_bytes, std::uint64_t& forgotten);
  bool has_room_for_invite() const { return invites_ < kInvitesMax; }

  // There must be room.
  std::pair<SipRequestId, ServerTransaction*> open(Now now, const RequestKeys& keys,
                                                   std::unique_ptr<ServerTransaction::Request>);
  std::pair<SipRequestId, ServerTransaction*> open_invite(
      Now now, const RequestKeys& keys, std::unique_ptr<ServerTransaction::Request>,
      SipAnswer answer);

  // The final answer was sent. It may end the transaction.
  void complete(Now now, SipRequestId id, SipAnswer answer);
  // An ACK came.
  void confirm(Now now, SipRequestId id);
  void forget(SipRequestId id);

  // What the timers ask for, one at a time; nothing if there is no more for now. The transaction is
  // there unless it ended.
  struct Due {
    enum class What : std::uint8_t { say_trying, answer_again, gave_up };
    What what = What::gave_up;
    SipRequestId id;
  };
  std::optional<Due> take_due(Now now);
  std::optional<Instant> next_deadline() const;

  std::size_t size() const { return table_.size(); }
  std::size_t waiting() const { return waiting_; }
  std::size_t request_bytes() const { return request_bytes_; }

 private:
  std::optional<Due> look_at_waiting(Now now, SipRequestId id);
  std::optional<Due> look_at_invite(Now now, SipRequestId id);
  void index(SipRequestId id, const RequestKeys& keys);
  void drop_request(ServerTransaction& transaction);

  std::size_t max_;
  std::size_t request_bytes_max_;
  std::size_t request_bytes_ = 0;
  SlotTable<ServerTransaction, SipRequestTag> table_;
  UnorderedMap<std::uint64_t, SipRequestId> by_transaction_;
  UnorderedMap<std::uint64_t, SipRequestId> by_request_;
  std::size_t waiting_ = 0;
  std::size_t invites_ = 0;
  TimerQueue<SipRequestId> answers_due_{kSipTryingTime};
  TimerQueue<SipRequestId> ends_{kSipTransactionTime};  // Timers H and J
  TimerQueue<SipRequestId> acknowledged_{kSipT4};       // Timer I
  BackoffTimers<SipRequestId> repetitions_;             // Timer G
};

}  // namespace muster
