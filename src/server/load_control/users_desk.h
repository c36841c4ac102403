// The lists of users that operators ask this server for: its own, or that of another server, which
// it is told in chunks (documents.h). A list is given in pages; the last that came is kept for the
// next page, as it was.
//
// Limits: kQuestionsMax pages wait for a list, and one more is refused; each kAnswerTimeMax at
// most. One list is kept, kKeptTime from its last page on.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.h"
#include "model/cluster/document.h"
#include "server/admin_events.h"
#include "server/cluster_port.h"
#include "server/ports.h"
#include "server/vocabulary.h"

namespace muster {

class UsersDesk {
 public:
  static constexpr Duration kAnswerTimeMax = Duration::seconds(20);
  static constexpr Duration kKeptTime = Duration::seconds(60);
  static constexpr std::size_t kQuestionsMax = 64;

  // True: that server is to be asked for its list, if it is not already.
  bool ask(Now now, Ticket ticket, cluster::Incarnation of, const Address& after);
  bool waits_for(cluster::Incarnation of) const;
  // Sorted by their addresses.
  void came(Now now, cluster::Incarnation of, std::vector<cluster::User> users);
  void failed(cluster::Incarnation of);
  void wake(Now now);

  std::vector<AnswerAdmin> take_answered();
  std::optional<Instant> next_deadline() const;

 private:
  struct Question {
    Ticket ticket;
    cluster::Incarnation of;
    Address after;
    Instant until;
  };
  struct Kept {
    cluster::Incarnation of;
    std::vector<cluster::User> users;
    Instant until;
  };

  void answer(Now now, Ticket ticket, const Address& after);
  void refuse(Ticket ticket);

  std::vector<Question> waiting_;  // in the order of their ends
  std::optional<Kept> kept_;
  std::vector<AnswerAdmin> answered_;
};

}  // namespace muster
