#include "shell/store/sqlite_store.h"

#include <utility>
#include <variant>

#include "shell/store/sqlite_schema.h"

namespace muster {
namespace {

class StoreGroup final : public sqlite::Group {
 public:
  StoreGroup(const std::vector<StoreTask>& tasks, sqlite::Requests& requests,
             sqlite::Fences& fences)
      : Group(tasks.size()),
        results(tasks.size()),
        tasks_(tasks),
        requests_(requests),
        fences_(fences) {
    for (const StoreTask& task : tasks) {
      const auto* request = std::get_if<ServerRequest>(&task);
      if (request == nullptr) continue;
      if (const auto* act = std::get_if<ActAs>(request)) fences_.act_as(act->life);
    }
  }

  std::vector<StoreResult> results;

  bool only_reads(std::size_t place) const override {
    const auto* request = std::get_if<ServerRequest>(&tasks_[place]);
    return request == nullptr ? sqlite::Requests::only_reads(tasks_[place])
                              : std::holds_alternative<ActAs>(*request);
  }
  // This is LoadUser{create}, and there was no account.
  bool must_write(std::size_t place) const override {
    const auto* request = std::get_if<StoreRequest>(&tasks_[place]);
    const auto* load = request == nullptr ? nullptr : std::get_if<LoadUser>(request);
    if (load == nullptr || !load->create) return false;
    const auto* loaded = std::get_if<UserLoaded>(&std::get<StoreReply>(results[place]));
    return loaded != nullptr && !loaded->exists;
  }
  void begin_writing() override { fences_.check(); }
  void carry_out(std::size_t place, bool may_write) override {
    if (const auto* request = std::get_if<ServerRequest>(&tasks_[place])) {
      const auto* fence = std::get_if<FenceLife>(request);
      results[place] = fence == nullptr ? ServerReply(ActingAs{}) : fences_.fence(fence->life);
    } else {
      results[place] = requests_.carry_out(tasks_[place], may_write);
    }
  }
  void fail(std::size_t place, const sqlite::Trouble& trouble) override {
    results[place] = StoreTasks::failed(tasks_[place], {trouble.why});
  }

 private:
  const std::vector<StoreTask>& tasks_;
  sqlite::Requests& requests_;
  sqlite::Fences& fences_;
};

}  // namespace

SqliteStore::SqliteStore(const Options& options, Company company)
    : file_(options, sqlite::store_schema()),
      fences_(file_.database(), company == Company::one_of_many) {}

Result<std::unique_ptr<SqliteStore>, std::string> SqliteStore::open(const Options& options,
                                                                    Company company) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(options, company));
  if (const auto& trouble = store->file_.database().trouble()) {
    return Failure{options.path + ": " + trouble->text};
  }
  return store;
}

std::vector<StoreResult> SqliteStore::carry_out(const std::vector<StoreTask>& tasks) {
  StoreGroup group(tasks, requests_, fences_);
  file_.carry_out(group);
  return std::move(group.results);
}

}  // namespace muster
