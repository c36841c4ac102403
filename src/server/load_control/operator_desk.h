// What operators asked of this server and only other servers can answer: figures of theirs, and
// orders to the main. They are asked over their links, and whoever has not answered within
// kAnswerTimeMax is waited for no longer: what is known goes to the operator.
//
// Limit: kQuestionsMax questions wait; one more gets what is known at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/time.h"
#include "codec/cluster/directed.h"
#include "server/admin_events.h"
#include "server/ports.h"
#include "server/vocabulary.h"

namespace muster {

class OperatorDesk {
 public:
  static constexpr Duration kAnswerTimeMax = Duration::milliseconds(250);
  static constexpr std::size_t kQuestionsMax = 64;

  enum class Of : std::uint8_t { figures, order };

  bool has_room() const { return questions_.size() < kQuestionsMax; }
  // There must be room. `reply` is what is known; whoever is in `asked` may add to it. The number
  // of the question, from 1.
  std::uint64_t open(Now now, Of of, Ticket ticket, AdminReply reply,
                     std::set<cluster::Incarnation> asked);
  // What is of a question that is not there any more, or of another kind, is passed over.
  void told(cluster::Incarnation by, const cluster::FiguresTold& told);
  void told(cluster::Incarnation by, std::uint64_t number, AdminReply::Outcome outcome);
  // That server cannot answer any question, or could not be asked this one.
  void lost(cluster::Incarnation server);
  void lost(cluster::Incarnation server, std::uint64_t number);
  void wake(Now now);

  std::vector<AnswerAdmin> take_answered();
  std::optional<Instant> next_deadline() const;

 private:
  struct Question {
    Of of;
    Ticket ticket;
    AdminReply reply;
    std::set<cluster::Incarnation> waiting;
    Instant until;
  };
  // Nothing: it does not wait for that server.
  Question* find(Of of, cluster::Incarnation by, std::uint64_t number);

  std::map<std::uint64_t, Question> questions_;
  std::uint64_t next_ = 1;
};

}  // namespace muster
