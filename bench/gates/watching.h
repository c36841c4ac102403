// A server, presentities with an XMPP session each, and SIP watchers of them. It counts what
// arrives, and fails when something does not.
//
// Of the accounts lone0, lone1, ... the first are the presentities, all after them watch. Dialog i
// has the Call-ID "<i>"; the dialogs are spread evenly over the presentities.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "phones.h"
#include "runs.h"
#include "server.h"
#include "sessions.h"

namespace gates {

class Watching {
 public:
  static constexpr std::size_t kSubscribesInFlight = 1'024;

  Watching(const Setting& setting, std::size_t dialogs);

  const Server& server() const { return server_; }

  // Returns when each dialog has its 200 and its NOTIFY.
  void subscribe_all();

  // So many changes, of all presentities at once; each makes the next one when all watchers have
  // heard of her last.
  enum class By : std::uint8_t { xmpp, publish };
  void change(std::size_t changes, By by);

  // First NOTIFYs and responses that came again: the server repeats what it has no answer to.
  std::size_t repeated() const { return repeated_; }

 private:
  struct Dialog {
    std::size_t cseq = 0;  // of the last NOTIFY
    bool accepted = false;
  };
  struct Presentity {
    std::size_t outstanding = 0;  // of what a change brings
    std::size_t changes = 0;
    std::string etag;
  };

  void hear(const Heard& heard);
  void hear_published(std::size_t number, const Heard& heard);
  void finish_one(std::size_t presentity);
  std::string subscribe(std::size_t dialog) const;
  std::string publish(std::size_t presentity) const;
  std::size_t presentity_of(std::size_t dialog) const { return dialog / dialogs_each_; }
  void read();

  Server server_;
  Sessions sessions_;
  Phones phones_;
  std::vector<Presentity> presentities_;
  std::vector<Dialog> dialogs_;
  std::size_t dialogs_each_;
  std::size_t watchers_;
  std::vector<std::size_t> ready_;  // presentities whose last change all have heard of
  std::size_t accepted_ = 0;
  std::size_t notified_ = 0;
  std::size_t repeated_ = 0;
};

}  // namespace gates
