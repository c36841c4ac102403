#include "shell/record/recording_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "shell/log.h"

namespace muster {
namespace {

using record::Ending;

std::string_view words_of(Ending why) {
  switch (why) {
    case Ending::in_order: return "the server stopped";
    case Ending::disk_full: return "the disk is full";
    case Ending::disk_failed: return "the disk fails";
    case Ending::disk_slow: return "the disk is too slow";
    case Ending::too_large: return "a step is too large";
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<RecordingWriter>, std::string> RecordingWriter::create(
    const std::string& path, const record::Head& head) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd.valid()) {
    const char* why =
        errno == EEXIST ? "it is there already, and is not written over" : std::strerror(errno);
    return Failure{"cannot record to " + path + ": " + why};
  }
  std::unique_ptr<RecordingWriter> writer(new RecordingWriter(path, std::move(fd)));
  if (!writer->write(record::head_block(head))) {
    return Failure{"cannot record to " + path + ": " + std::strerror(errno)};
  }
  writer->thread_ = std::thread([self = writer.get()] { self->run(); });
  return writer;
}

RecordingWriter::RecordingWriter(std::string path, Fd fd)
    : path_(std::move(path)), fd_(std::move(fd)) {}

RecordingWriter::~RecordingWriter() {
  if (!thread_.joinable()) return;
  give_up(Ending::in_order);
  thread_.join();
}

bool RecordingWriter::take(std::string block) {
  if (over_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  if (why_) return false;
  if (waiting_bytes_ + block.size() > kWaitingBytesMax) {
    why_ = Ending::disk_slow;
    over_.store(true, std::memory_order_relaxed);
    changed_.notify_one();
    return false;
  }
  waiting_bytes_ += block.size();
  waiting_.push_back(std::move(block));
  changed_.notify_one();
  return true;
}

void RecordingWriter::give_up(Ending why) {
  const std::lock_guard lock(mutex_);
  if (!why_) why_ = why;
  over_.store(true, std::memory_order_relaxed);
  changed_.notify_one();
}

// --- the writer's thread -------------------------------------------------------------------------

void RecordingWriter::run() {
  std::vector<std::string> blocks;
  while (true) {
    std::optional<Ending> why;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !waiting_.empty() || why_; });
      blocks.swap(waiting_);
      waiting_bytes_ = 0;
      if (blocks.empty()) why = why_;
    }
    if (why) return end(*why, {});
    for (const std::string& block : blocks) {
      if (write(block)) continue;
      const int error = errno;
      const Ending failed =
          error == ENOSPC || error == EDQUOT ? Ending::disk_full : Ending::disk_failed;
      give_up(failed);
      return end(failed, std::strerror(error));
    }
    blocks.clear();
  }
}

bool RecordingWriter::write(const std::string& block) {
  std::string_view left = block;
  while (!left.empty()) {
    const ssize_t bytes = ::write(fd_.get(), left.data(), left.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) {
      const int error = errno;
      // The half of a block is of no use, and would stand before the end.
      [[maybe_unused]] const int cut = ::ftruncate(fd_.get(), static_cast<off_t>(written_bytes_));
      ::lseek(fd_.get(), static_cast<off_t>(written_bytes_), SEEK_SET);
      errno = error;
      return false;
    }
    left.remove_prefix(static_cast<std::size_t>(bytes));
  }
  written_bytes_ += block.size();
  return true;
}

void RecordingWriter::end(Ending why, const std::string& words) {
  const std::string reason = std::string(words_of(why)) + (words.empty() ? "" : ": " + words);
  const std::string goes =
      "it goes as far as its first " + std::to_string(written_bytes_) + " bytes, which are whole";
  if (why != Ending::in_order) {
    write_log({Log::Level::warning, "recording-ended", path_, reason + "; " + goes});
  }
  write(record::end_block({why, words}));
}

}  // namespace muster
