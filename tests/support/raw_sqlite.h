// Another program at the store's file: whatever SQL a test wants.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace muster::testing {

class RawSqlite {
 public:
  explicit RawSqlite(const std::string& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &connection_), SQLITE_OK);
  }
  ~RawSqlite() { sqlite3_close(connection_); }
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;

  void run(const std::string& sql) {
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK)
        << sql << ": " << error;
    sqlite3_free(error);
  }

  // The first cell of what it finds.
  std::string cell(const std::string& sql) {
    std::string found;
    const auto keep = [](void* to, int, char** cells, char**) {
      *static_cast<std::string*>(to) = cells[0] == nullptr ? "" : cells[0];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(connection_, sql.c_str(), keep, &found, nullptr), SQLITE_OK) << sql;
    return found;
  }

 private:
  sqlite3* connection_ = nullptr;
};

}  // namespace muster::testing
