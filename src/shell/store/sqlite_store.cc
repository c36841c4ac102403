#include "shell/store/sqlite_store.h"

#include <utility>

#include "shell/store/sql_group.h"
#include "shell/store/sqlite_schema.h"

namespace muster {
namespace {

// A group of tasks on its way through the file.
class StoreGroup final : public sqlite::Group {
 public:
  StoreGroup(const std::vector<StoreTask>& all, sql::Requests& requests, sql::Fences& fences)
      : Group(all.size()), tasks(all), requests_(requests), fences_(fences) {
    fences_.act_as(all);
  }

  bool only_reads(std::size_t place) const override { return tasks.only_reads(place); }
  bool must_write(std::size_t place) const override { return tasks.wants_account(place); }
  void begin_writing() override { fences_.check(); }
  void carry_out(std::size_t place, bool may_write) override {
    tasks.carry_out(place, requests_, fences_, may_write);
  }
  void fail(std::size_t place, const sqlite::Trouble& trouble) override {
    tasks.fail(place, trouble);
  }

  sql::TasksOfGroup tasks;

 private:
  sql::Requests& requests_;
  sql::Fences& fences_;
};

}  // namespace

SqliteStore::SqliteStore(const Options& options, Company company)
    : file_(options, sqlite::store_schema()), fences_(file_.database(), company) {}

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
  return std::move(group.tasks.results);
}

}  // namespace muster
