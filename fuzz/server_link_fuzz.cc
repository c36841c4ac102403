// Any bytes on a link from another server, cut where the first bytes of the input say: the frames
// are those of the whole, and what control says is written as it was read. Then the same bytes to
// a server's links: whatever comes, what is handed up is in the order of its numbers, each once;
// and they are as good as new for the next link of a peer that keeps the rules.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "codec/cluster/frame.h"
#include "server/load_control/server_links.h"

namespace muster {
namespace {

using cluster::Incarnation;
using cluster::Lane;

constexpr Now kNow{Instant::at(Duration::seconds(1)), {}};

using Frames = std::vector<std::pair<Lane, std::string>>;

void check_control(std::string_view payload) {
  const auto control = cluster::read_control(payload);
  if (!control) return;
  const auto* hello = std::get_if<cluster::Hello>(&*control);
  if (hello != nullptr && hello->format != cluster::kFrameFormat) return;
  std::string again;
  cluster::append_control(again, *control);
  MUSTER_CHECK(again.substr(cluster::kFrameHeaderBytes) == payload);
}

// `step` bytes come at a time.
Frames frames_of(std::string_view stream, std::size_t step) {
  Frames frames;
  cluster::FrameReader reader;
  reader.open_lanes();
  while (!stream.empty() && !reader.error()) {
    const std::string piece(stream.substr(0, step));
    stream.remove_prefix(piece.size());
    std::string_view rest = piece;
    while (const auto frame = reader.next(rest)) {
      if (frame->lane == Lane::control) check_control(frame->payload);
      frames.emplace_back(frame->lane, frame->payload);
    }
    MUSTER_CHECK(reader.unfinished_bytes() <=
                 cluster::kFrameHeaderBytes + cluster::kPayloadBytesMax);
  }
  return frames;
}

class Older {
 public:
  Older() {
    cluster::Directory all;
    for (const std::uint64_t one : {4u, 5u})
      all.members.push_back({{one == 4 ? "sip:s4" : "sip:s5", {}, {}, {}},
                             Incarnation(one),
                             cluster::Role::running,
                             Duration::seconds(2)});
    links_.know(kNow, all, Incarnation(4), out_);
    links_.send(Incarnation(5), Lane::directed, "waits");
  }
  void open(LinkId link) {
    links_.on(kNow, LinkOpened{link, LinkUse::server, Transport::tls, {}, {}, {}}, out_);
  }
  void hear(LinkId link, std::string_view bytes) {
    links_.on(kNow, BytesReceived{link, bytes}, out_);
    while (const auto what = links_.next(kNow, out_)) {
      const auto* came = std::get_if<ServerLinks::Came>(&*what);
      if (came != nullptr && came->lane == Lane::directed) directed_.emplace_back(came->payload);
    }
    links_.flush(kNow, out_);
    out_.orders().clear();
  }
  bool is_up() const { return links_.is_up(Incarnation(5)); }
  const std::vector<std::string>& directed() const { return directed_; }

 private:
  ServerLinkSettings settings_;
  Prng prng_{Prng::seed_of(1)};
  Outbox out_{ShardId()};
  ServerLinks links_{settings_, prng_};
  std::vector<std::string> directed_;
};

constexpr std::uint64_t kNewest = ~std::uint64_t{0};

// A link of the highest number there is leaves no room for a newer one.
bool takes_newest(const Frames& frames) {
  if (frames.empty() || frames[0].first != Lane::control) return false;
  const auto control = cluster::read_control(frames[0].second);
  const auto* hello = control ? std::get_if<cluster::Hello>(&*control) : nullptr;
  return hello != nullptr && hello->link == kNewest;
}

void check_links(std::string_view stream, const Frames& frames) {
  Older older;
  older.open({1, 1});
  older.hear({1, 1}, stream);
  std::vector<std::string> numbered;
  for (const auto& [lane, payload] : frames) {
    if (lane != Lane::directed) continue;
    const auto said = cluster::read_directed(payload);
    if (said && said->number == numbered.size() + 1) numbered.emplace_back(said->said);
  }
  MUSTER_CHECK(older.directed().size() <= numbered.size());
  MUSTER_CHECK(std::equal(older.directed().begin(), older.directed().end(), numbered.begin()));
  if (takes_newest(frames)) return;
  std::string hello;
  cluster::append_control(
      hello,
      cluster::Hello{.from = 5, .to = 4, .link = kNewest, .received = 1, .svr_id = "sip:s5"});
  older.open({2, 1});
  older.hear({2, 1}, hello);
  MUSTER_CHECK(older.is_up());
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = muster::frames_of(stream, size);
  MUSTER_CHECK(muster::frames_of(stream, data[0] + std::size_t{1}) == whole);
  muster::check_links(stream, whole);
  return 0;
}
