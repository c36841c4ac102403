#include "shell/store/cluster_sqlite.h"

#include <algorithm>
#include <utility>

#include "server/settings.h"
#include "shell/store/cluster_schema.h"

namespace muster::cluster {
namespace {

static_assert(SqliteClusterStore::kBusyTimeMax < ClusterSettings().renew_after);

class ClusterGroup final : public sqlite::Group {
 public:
  ClusterGroup(const std::vector<ClusterRequest>& tasks,
               std::function<ClusterReply(const ClusterRequest&)> reply_to)
      : Group(tasks.size()), replies(tasks.size()), tasks_(tasks), reply_to_(std::move(reply_to)) {}

  std::vector<ClusterReply> replies;

  bool only_reads(std::size_t place) const override { return Requests::only_reads(tasks_[place]); }
  // What it does not flush is lost only with all the servers that share the file: they are of one
  // machine.
  bool is_flushed(std::size_t place) const override {
    return Requests::outlasts_machine(tasks_[place]);
  }
  void carry_out(std::size_t place, bool) override { replies[place] = reply_to_(tasks_[place]); }
  void fail(std::size_t place, const sqlite::Trouble& trouble) override {
    replies[place] = StoreFailed{trouble.why};
  }

 private:
  const std::vector<ClusterRequest>& tasks_;
  std::function<ClusterReply(const ClusterRequest&)> reply_to_;
};

}  // namespace

SqliteClusterStore::SqliteClusterStore(Options options)
    : clock_(std::move(options.clock)),
      boot_id_(std::move(options.boot_id)),
      file_(options.file, cluster_schema()) {
  file_.database().set_busy_time_max(std::min(options.file.busy_time_max, kBusyTimeMax));
}

Result<std::unique_ptr<SqliteClusterStore>, std::string> SqliteClusterStore::open(Options options) {
  if (options.boot_id.empty()) return Failure{std::string("the kernel tells no boot id")};
  std::unique_ptr<SqliteClusterStore> store(new SqliteClusterStore(std::move(options)));
  if (const auto& trouble = store->file_.database().trouble()) {
    return Failure{store->file_.path() + ": " + trouble->text};
  }
  return store;
}

std::vector<ClusterReply> SqliteClusterStore::carry_out(const std::vector<ClusterRequest>& tasks) {
  ClusterGroup group(tasks, [this](const ClusterRequest& request) {
    return requests_.carry_out({boot_id_, clock_()}, request);
  });
  file_.carry_out(group);
  return std::move(group.replies);
}

}  // namespace muster::cluster
