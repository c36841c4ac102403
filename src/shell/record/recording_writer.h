// The file of a recording, and the thread that writes it. Shards give it blocks; what waits to be
// written has a bound, for a disk may be slower than the service: past it, or when the disk is full
// or fails, recording ends, with one line in the log that says how far it goes. The service goes
// on.
//
// The file is made for its owner alone (mode 0600) and never written over another: it holds what
// users said to each other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "server/record/blocks.h"
#include "server/record/recorder.h"
#include "shell/fd.h"

namespace muster {

class RecordingWriter : public record::BlockSink {
 public:
  static constexpr std::size_t kWaitingBytesMax = std::size_t{64} * 1024 * 1024;

  // The error is one line for the operator.
  static Result<std::unique_ptr<RecordingWriter>, std::string> create(const std::string& path,
                                                                      const record::Head& head);
  // Writes what waits, and how it ended. No shard gives it blocks any more.
  ~RecordingWriter() override;
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;

  // From any thread.
  bool take(std::string block) override;
  void give_up(record::Ending why) override;

 private:
  RecordingWriter(std::string path, Fd fd);
  void run();
  // True: all of it is in the file. Else none, and the recording is over.
  bool write(const std::string& block);
  void end(record::Ending why, const std::string& words);

  std::string path_;
  Fd fd_;
  std::uint64_t written_bytes_ = 0;  // of whole blocks
  std::atomic<bool> over_{false};    // takes no more blocks
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::optional<record::Ending> why_;  // it is to end
  std::thread thread_;
};

}  // namespace muster
