#include "codec/pidf/values.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace muster::pidf {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

// Takes a text apart from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}

  bool done() const { return rest_.empty(); }
  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly so many digits, whose value is within the bounds; else -1.
  int number(std::size_t digits, int least, int most) {
    const std::string_view taken = rest_.substr(0, digits);
    if (taken.size() != digits || !std::all_of(taken.begin(), taken.end(), is_digit)) return -1;
    rest_.remove_prefix(digits);
    const int value = *parse_number<int>(taken);
    return value >= least && value <= most ? value : -1;
  }
  // One digit or more.
  bool digits() {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(count);
    return count != 0;
  }

 private:
  std::string_view rest_;
};

int days_of(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool skip_date(Cursor& cursor) {
  const int year = cursor.number(4, 1, 9999);
  if (year < 0 || !cursor.skip('-')) return false;
  const int month = cursor.number(2, 1, 12);
  if (month < 0 || !cursor.skip('-')) return false;
  return cursor.number(2, 1, days_of(year, month)) > 0;
}

bool skip_time(Cursor& cursor) {
  if (cursor.number(2, 0, 23) < 0 || !cursor.skip(':')) return false;
  if (cursor.number(2, 0, 59) < 0 || !cursor.skip(':')) return false;
  if (cursor.number(2, 0, 59) < 0) return false;
  return !cursor.skip('.') || cursor.digits();
}

// Nothing, "Z", or up to fourteen hours either way.
bool skip_zone(Cursor& cursor) {
  if (cursor.skip('Z') || (!cursor.skip('+') && !cursor.skip('-'))) return true;
  const int hours = cursor.number(2, 0, 14);
  if (hours < 0 || !cursor.skip(':')) return false;
  return cursor.number(2, 0, hours == 14 ? 0 : 59) >= 0;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

// The pattern is 0(.[0-9]{0,3})? or 1(.0{0,3})?.
std::optional<std::uint16_t> read_priority(std::string_view text) {
  const std::string_view decimals = text.size() > 2 ? text.substr(2) : std::string_view();
  const bool one = text.starts_with('1');
  if (!one && !text.starts_with('0')) return std::nullopt;
  if ((text.size() > 1 && text[1] != '.') || decimals.size() > 3) return std::nullopt;
  int thousandths = one ? 1000 : 0;
  int weight = 100;
  for (const char c : decimals) {
    if (!is_digit(c)) return std::nullopt;
    thousandths += (c - '0') * weight;
    weight /= 10;
  }
  if (thousandths > 1000) return std::nullopt;
  return static_cast<std::uint16_t>(thousandths);
}

std::string write_priority(std::uint16_t thousandths) {
  if (thousandths >= 1000) return "1";
  if (thousandths == 0) return "0";
  std::string text = std::to_string(1000 + thousandths);
  text.replace(0, 1, "0.");
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

bool is_date_time(std::string_view text) {
  Cursor cursor(text);
  return skip_date(cursor) && cursor.skip('T') && skip_time(cursor) && skip_zone(cursor) &&
         cursor.done();
}

// The pattern is [a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*.
bool is_language(std::string_view text) {
  if (text.size() > kLanguageBytesMax) return false;
  bool first = true;
  for (;;) {
    const std::string_view subtag = text.substr(0, text.find('-'));
    if (subtag.empty() || subtag.size() > 8) return false;
    for (const char c : subtag) {
      if (!is_alpha(c) && (first || !is_digit(c))) return false;
    }
    if (subtag.size() == text.size()) return true;
    text.remove_prefix(subtag.size() + 1);
    first = false;
  }
}

std::string_view first_language(std::string_view languages) {
  const std::string_view first = trim(languages.substr(0, languages.find(',')));
  return is_language(first) ? first : std::string_view();
}

}  // namespace muster::pidf
