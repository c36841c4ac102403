// The parameters of a header value: *( SEMI generic-param ) of RFC 3261 section 25.1, views.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "codec/sip/lexer.h"

namespace muster::sip {

struct Param {
  std::string_view name;   // as it came; names are case-insensitive (section 7.3.1)
  std::string_view value;  // as it came, a quoted-string with its quotes; empty if there is none
  bool has_value = false;

  bool is(std::string_view wanted) const { return equals_ignoring_case(name, wanted); }
  bool is_quoted() const { return !value.empty() && value.front() == '"'; }
  // The value without quotes and escapes, in `buffer` if it had any.
  std::string_view text(std::string& buffer) const;
};

// Reads `;name=value` at the cursor. False if there is no ";" there; `malformed` is set if what
// follows the ";" is no parameter.
inline bool take_param(Cursor& cursor, Param& param, bool& malformed) {
  if (!cursor.eat_separator(';')) return false;
  param.name = cursor.take_token();
  param.has_value = !param.name.empty() && cursor.eat_separator('=');
  param.value = {};
  if (param.has_value) {
    param.value = cursor.peek() == '"' ? cursor.take_quoted() : cursor.take(kParamValue);
  }
  malformed = param.name.empty() || (param.has_value && param.value.empty());
  return true;
}

// Twice the same name is looked for among so many parameters of one value; an attacker's ten
// thousand parameters must not cost ten thousand squared.
inline constexpr std::size_t kDistinctParamsMax = 32;

// Parameters that were read to their end once; iterating them cannot fail.
class Params {
 public:
  struct End {};
  class Iterator {
   public:
    explicit Iterator(std::string_view text) : cursor_(text) { ++*this; }
    const Param& operator*() const { return param_; }
    const Param* operator->() const { return &param_; }
    Iterator& operator++() {
      bool malformed = false;
      done_ = !take_param(cursor_, param_, malformed) || malformed;
      return *this;
    }
    friend bool operator==(const Iterator& it, End) { return it.done_; }

   private:
    Cursor cursor_;
    Param param_;
    bool done_ = false;
  };

  Params() = default;
  // Takes the parameters at the cursor and moves it behind them; nothing if they are malformed or
  // if one name comes twice among the first kDistinctParamsMax (section 7.3.1 forbids it).
  static std::optional<Params> take(Cursor& cursor) {
    return take(cursor, [](const Param&) {});
  }
  // The same, showing each parameter to `visit` on the way.
  template <class Visit>
  static std::optional<Params> take(Cursor& cursor, Visit visit) {
    if (cursor.at_end()) return Params();
    return take_some(cursor, visit);
  }

  Iterator begin() const { return Iterator(text_); }
  End end() const { return {}; }
  bool empty() const { return text_.empty(); }
  // As they came, from the first ";" on.
  std::string_view text() const { return text_; }

  std::optional<Param> find(std::string_view name) const;
  // The raw value of `name`; empty if it is absent or has none.
  std::string_view value(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }

 private:
  explicit Params(std::string_view text) : text_(text) {}

  template <class Visit>
  static std::optional<Params> take_some(Cursor& cursor, Visit visit) {
    struct Name {  // a string_view would be cleared first
      const char* data;
      std::size_t bytes;
    };
    const Cursor start = cursor;
    std::array<Name, kDistinctParamsMax> names;  // NOLINT: the first `seen` are set
    std::size_t seen = 0;
    Param param;
    bool malformed = false;
    while (take_param(cursor, param, malformed)) {
      if (malformed) return std::nullopt;
      for (std::size_t i = 0; i < seen; ++i) {
        if (param.is({names[i].data, names[i].bytes})) return std::nullopt;
      }
      if (seen < names.size()) names[seen++] = {param.name.data(), param.name.size()};
      visit(param);
    }
    return Params(start.rest().substr(0, cursor.offset() - start.offset()));
  }

  std::string_view text_;
};

}  // namespace muster::sip
