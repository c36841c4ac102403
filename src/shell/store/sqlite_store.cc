#include "shell/store/sqlite_store.h"

#include <utility>
#include <variant>

#include "shell/store/sqlite_schema.h"

namespace muster {
namespace {

class StoreGroup final : public sqlite::Group {
 public:
  StoreGroup(const std::vector<StoreTask>& tasks, sqlite::Requests& requests)
      : Group(tasks.size()), results(tasks.size()), tasks_(tasks), requests_(requests) {}

  std::vector<StoreResult> results;

  bool only_reads(std::size_t place) const override {
    return sqlite::Requests::only_reads(tasks_[place]);
  }
  // This is LoadUser{create}, and there was no account.
  bool must_write(std::size_t place) const override {
    const auto* request = std::get_if<StoreRequest>(&tasks_[place]);
    const auto* load = request == nullptr ? nullptr : std::get_if<LoadUser>(request);
    if (load == nullptr || !load->create) return false;
    const auto* loaded = std::get_if<UserLoaded>(&std::get<StoreReply>(results[place]));
    return loaded != nullptr && !loaded->exists;
  }
  void carry_out(std::size_t place, bool may_write) override {
    results[place] = requests_.carry_out(tasks_[place], may_write);
  }
  void fail(std::size_t place, const sqlite::Trouble& trouble) override {
    results[place] = StoreTasks::failed(tasks_[place], {trouble.why});
  }

 private:
  const std::vector<StoreTask>& tasks_;
  sqlite::Requests& requests_;
};

}  // namespace

SqliteStore::SqliteStore(const Options& options) : file_(options, sqlite::store_schema()) {}

Result<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(const Options& options) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(options));
  if (const auto& trouble = store->file_.database().trouble()) {
    return Failure{options.path + ": " + trouble->text};
  }
  return store;
}

std::vector<StoreResult> SqliteStore::carry_out(const std::vector<StoreTask>& tasks) {
  StoreGroup group(tasks, requests_);
  file_.carry_out(group);
  return std::move(group.results);
}

}  // namespace muster
