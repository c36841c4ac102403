#include "shell/store/postgres_statement.h"

#include <libpq-fe.h>

#include <utility>
#include <variant>

#include "base/ascii.h"
#include "base/check.h"
#include "base/overloaded.h"

namespace muster::postgres {
namespace {

template <std::size_t kBytes>
void put_number(std::array<char, kBytes>& into, std::uint64_t number) {
  for (std::size_t i = kBytes; i > 0; number >>= 8)
    into[--i] = static_cast<char>(number & 0xff);
}

std::string number_of_4(std::size_t number) {
  std::array<char, 4> bytes{};
  put_number(bytes, number);
  return {bytes.data(), bytes.size()};
}

}  // namespace

std::string with_numbers(std::string_view statement) {
  std::string out;
  int last = 0;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    if (statement[i] != '?') {
      out += statement[i];
      continue;
    }
    out += '$';
    const bool numbered = i + 1 < statement.size() && is_digit(statement[i + 1]);
    if (!numbered) out += std::to_string(++last);
  }
  return out;
}

// --- rows ----------------------------------------------------------------------------------------

void PreparedStatement::begin(std::span<const sql::Value> values) {
  rows_ = database_.found(*this, values);
  row_ = -1;
}

bool PreparedStatement::next() {
  return database_.ok() && rows_ != nullptr && ++row_ < PQntuples(rows_);
}

// Of as many bytes as it has: a bool is one.
std::int64_t PreparedStatement::integer(int column) const {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : blob(column))
    number = number << 8 | byte;
  return static_cast<std::int64_t>(number);
}

std::string_view PreparedStatement::text(int column) const {
  return {PQgetvalue(rows_, row_, column),
          static_cast<std::size_t>(PQgetlength(rows_, row_, column))};
}

sql::Blob PreparedStatement::blob(int column) const {
  const std::string_view bytes = text(column);
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

bool PreparedStatement::is_null(int column) const {
  return PQgetisnull(rows_, row_, column) == 1;
}

// --- parameters ----------------------------------------------------------------------------------

Parameters::Parameters(std::span<const sql::Value> values)
    : count_(static_cast<int>(values.size())) {
  MUSTER_CHECK(values.size() <= kMax);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto set = [&](const char* bytes, std::size_t length) {
      bytes_[i] = bytes;
      lengths_[i] = static_cast<int>(length);
      formats_[i] = 1;
    };
    // A null pointer would be NULL.
    const auto set_view = [&](const auto& view) {
      set(view.empty() ? "" : reinterpret_cast<const char*>(view.data()), view.size());
    };
    std::visit(Overloaded{
                   [&](sql::Null) { set(nullptr, 0); },
                   [&](std::int64_t number) {
                     put_number(numbers_[i], static_cast<std::uint64_t>(number));
                     set(numbers_[i].data(), numbers_[i].size());
                   },
                   [&](bool flag) {
                     numbers_[i][0] = flag ? 1 : 0;
                     set(numbers_[i].data(), 1);
                   },
                   [&](std::string_view text) { set_view(text); },
                   [&](sql::Blob blob) { set_view(blob); },
               },
               values[i]);
  }
}

// src/backend/utils/adt/arrayfuncs.c, array_recv: dimensions, whether there are nulls, the type of
// the elements; of each dimension its size and first index; of each element its length and bytes.
std::string array_of(std::span<const std::string_view> texts) {
  constexpr std::size_t kText = 25;  // its OID, pg_type.dat
  std::string out = number_of_4(1) + number_of_4(0) + number_of_4(kText) +
                    number_of_4(texts.size()) + number_of_4(1);
  for (const std::string_view text : texts)
    out.append(number_of_4(text.size())).append(text);
  return out;
}

}  // namespace muster::postgres
