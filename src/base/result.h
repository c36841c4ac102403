// A value, or why there is none. For a failing world and for input that may be wrong; broken code
// is base/check.h. (g++ 12 has no std::expected.)
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"

namespace muster {

// Wraps an error on its way into a Result, so that T and E may be the same type.
template <class E>
struct Failure {
  E error;
};
template <class E>
Failure(E) -> Failure<E>;

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(Failure<E> failure)                                            // NOLINT: implicit
      : held_(std::in_place_index<1>, std::move(failure.error)) {}

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The value; asking for it when there is none is a bug of the caller.
  T& value() & { return *checked(std::get_if<0>(&held_)); }
  const T& value() const& { return *checked(std::get_if<0>(&held_)); }
  T&& value() && { return std::move(*checked(std::get_if<0>(&held_))); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  E& error() { return *checked(std::get_if<1>(&held_)); }
  const E& error() const { return *checked(std::get_if<1>(&held_)); }

 private:
  template <class P>
  static P checked(P pointer) {
    MUSTER_CHECK(pointer != nullptr);
    return pointer;
  }

  std::variant<T, E> held_;
};

// Success without a value.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(Failure<E> failure) : error_(std::move(failure.error)) {}  // NOLINT: implicit

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const E& error() const {
    MUSTER_CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace muster
