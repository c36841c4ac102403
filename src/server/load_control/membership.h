// A server's place in the cluster: its lease, who the others are, and which of them is main
// (design, "Leases and fencing"; server/cluster_port.h says what a lease is).
//
// The lease is renewed every ClusterSettings::renew_after; what the store answers is all that is
// known of the others. A server that runs takes the main's flag where nobody has it, or where who
// has it let its lease run out. The main buries who is gone, in three steps, each of which needs
// the one before: declared gone, it may ask nothing more; fenced in the store of users, nothing
// that it had under way lands there; forgotten, its users are free.
//
// A server that learns that it was declared gone itself orders Fenced, and is over: its driver ends
// this life and begins another, with empty memory. What others are told of users is never told by
// two lives of one server.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "base/time.h"
#include "server/cluster_port.h"
#include "server/load_control/cluster_ticket.h"
#include "server/outbox.h"
#include "server/settings.h"

namespace muster {

class Membership {
 public:
  enum class State : std::uint8_t {
    apart,    // has no lease yet
    member,   // has one
    leaving,  // ends it
    over,     // left, or fenced
  };

  explicit Membership(const ClusterSettings& settings) : settings_(settings) {}

  void on(Now now, const Started& started, Outbox& out);
  void on(Now now, const ClusterAnswered& answered, Outbox& out);
  void on(Now now, const ServerFenced& fenced, Outbox& out);
  void wake(Now now, Outbox& out);
  std::optional<Instant> next_deadline() const;

  // Ends the lease, in order: nobody is served any more.
  void leave(Now now, Outbox& out);

  // That server has another role, as the store said.
  void role_set(cluster::Incarnation of, cluster::Role role);
  // The store knows more than the directory: it is read anew.
  void look_again(Now now);

  State state() const { return state_; }
  cluster::Incarnation self() const { return self_; }
  // As the store last told it.
  const cluster::Directory& directory() const { return directory_; }
  bool is_main() const { return self_ != cluster::Incarnation() && directory_.main == self_; }

 private:
  using Subject = ClusterSubject;

  static void ask(Outbox& out, Subject subject, cluster::ClusterRequest request,
                  cluster::Incarnation of = {});
  void ask_lease(Now now, Outbox& out);
  void answered(Now now, cluster::Incarnation of, const cluster::LeaseTaken& taken, Outbox& out);
  void answered(Now now, cluster::Incarnation of, const cluster::LeaseRenewed& renewed,
                Outbox& out);
  void answered(Now now, cluster::Incarnation of, const cluster::LeaseEnded& ended, Outbox& out);
  void answered(Now now, cluster::Incarnation of, const cluster::MainTaken& taken, Outbox& out);
  void answered(Now now, cluster::Incarnation of, const cluster::ServerIsGone& gone, Outbox& out);
  void answered(Now now, cluster::Incarnation of, const cluster::ServerForgotten& forgotten,
                Outbox& out);
  void came_to_nothing(Now now, Subject subject, cluster::Incarnation of, Outbox& out);
  void tell_refused(const cluster::ClusterRefused& refused, Outbox& out);
  void fenced(Outbox& out);
  // The lease runs from when it was asked for.
  void lease_holds();
  void tend(Now now, Outbox& out);
  void seek_main(Outbox& out);
  void bury(const cluster::Member& member, Outbox& out);

  const ClusterSettings& settings_;
  State state_ = State::apart;
  cluster::Incarnation self_;
  cluster::Directory directory_;
  // Of the question about the lease, of which there is one at a time.
  bool lease_asked_ = false;
  Instant asked_at_;
  Instant ask_at_;
  Instant holds_until_;
  bool lapse_told_ = false;
  bool refusal_told_ = false;
  bool main_asked_ = false;
  std::set<cluster::Incarnation> burying_;
};

}  // namespace muster
