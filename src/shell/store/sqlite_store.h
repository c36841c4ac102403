// The durable store of users in one SQLite file, which several processes may share. What becomes of
// a group of tasks, and when the world fails: sqlite_file.h. That a full disk keeps nobody from
// reading keeps nobody from logging in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "shell/store/sql_fences.h"
#include "shell/store/sql_requests.h"
#include "shell/store/sqlite_file.h"
#include "shell/store/store_backend.h"

namespace muster {

class SqliteStore : public StoreBackend {
 public:
  using Options = sqlite::Database::Options;
  using Company = sql::Company;

  static constexpr int kGroupAttemptsMax = sqlite::File::kGroupAttemptsMax;

  // Opens the file, makes it if there is none. The error is one line for the operator.
  static Result<std::unique_ptr<SqliteStore>, std::string> open(const Options& options,
                                                                Company company = Company::alone);

  std::vector<StoreResult> carry_out(const std::vector<StoreTask>& group) override;
  std::string trouble() const override { return file_.trouble(); }

 private:
  SqliteStore(const Options& options, Company company);

  sqlite::File file_;
  sql::Requests requests_{file_.database()};
  sql::Fences fences_;
};

}  // namespace muster
