// A prepared statement of PostgreSQL, its parameters and its rows, all in the binary format
// (PostgreSQL 15 manual, chapter 34.3): integers are big-endian, text and bytea as they are, and
// each parameter has the type that its place in the statement has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "shell/store/postgres.h"
#include "shell/store/sql.h"

namespace muster::postgres {

// "?" and "?1" are "$1".
std::string with_numbers(std::string_view statement);

class PreparedStatement final : public sql::Prepared {
 public:
  PreparedStatement(Database& database, std::string name, std::string_view text)
      : database_(database), name_(std::move(name)), text_(with_numbers(text)) {}

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }

  void begin(std::span<const sql::Value> values) override;
  bool next() override;
  void reset() override { rows_ = nullptr; }
  void run(std::span<const sql::Value> values) override { database_.run(*this, values); }

  std::int64_t integer(int column) const override;
  std::string_view text(int column) const override;
  sql::Blob blob(int column) const override;
  bool is_null(int column) const override;

 private:
  Database& database_;
  std::string name_;
  std::string text_;
  const pg_result* rows_ = nullptr;
  int row_ = -1;
};

// As libpq takes them; views of the values.
class Parameters {
 public:
  static constexpr std::size_t kMax = 16;

  explicit Parameters(std::span<const sql::Value> values);

  int count() const { return count_; }
  const char* const* bytes() const { return bytes_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  int count_;
  std::array<const char*, kMax> bytes_;
  std::array<int, kMax> lengths_;
  std::array<int, kMax> formats_;
  std::array<std::array<char, sizeof(std::int64_t)>, kMax> numbers_;
};

// text[], binary. Each view has fewer than 2^31 bytes.
std::string array_of(std::span<const std::string_view> texts);

}  // namespace muster::postgres
