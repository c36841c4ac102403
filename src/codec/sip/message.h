// One SIP message (RFC 3261 section 7) as views into its bytes: the start line, the header rows in
// their order, the body. Values are read on demand (values.h, via.h, name_addr.h, auth.h, media.h).
//
// A Message owns its index of rows and nothing else; the bytes must outlive it.
// Parsing allocates nothing and is total: any bytes give a Message or a ParseError. What is wrong
// with a message that could still be answered is no error but a `defect`, which check.h turns into
// the answer.
//
// Lines end in CRLF alone, as section 7 demands; a CR or LF by itself in the header section is
// `bare_line_break`: a sender who sees other lines than we do gets no answer made of its lines.
//
// Limits: kHeaderSectionBytesMax and kHeadersMax; past the first the bytes are no message to us,
// past the second the rest of the rows is not looked at and the defect says so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "codec/sip/header_name.h"
#include "codec/sip/lexer.h"
#include "codec/sip/limits.h"
#include "codec/sip/methods.h"
#include "codec/sip/status.h"

namespace muster::sip {

// Why bytes are no message. Nothing can be answered to them.
enum class ParseError : std::uint8_t {
  empty,            // nothing but line breaks: a keep-alive
  not_sip,          // neither a request line nor a status line, or a status outside 100-699
  bare_line_break,  // a CR or LF of its own in the header section
  too_large,        // a header section of more than kHeaderSectionBytesMax
};

// What is wrong with a message that was read all the same: the first such thing.
enum class Defect : std::uint8_t {
  none,
  request_line,      // more or less than Method SP Request-URI SP SIP-Version
  header_row,        // a row without a field name and a colon; it is not among the headers
  too_many_headers,  // rows beyond kHeadersMax are not among the headers
  no_empty_line,     // the header section does not end; there is no body
  content_length,    // several, or not a number
  body_too_short,    // fewer bytes than Content-Length says (RFC 3261 section 18.3)
};

class Message {
 public:
  struct Header {
    HeaderName name = HeaderName::other;
    std::string_view raw_name;  // as it came: "Via", "v", "vIa"
    std::string_view value;     // without white space at its ends; folds inside stay
  };

  class RowRange;    // the values of all rows of one name
  class ValueRange;  // the values of one name, rows split at their commas if is_list(name)
  class HeaderRange;

  // Of no bytes.
  Message() { first_.fill(kNoRow); }  // NOLINT: rows_ is set as far as row_count_ says
  // Copying costs by the number of rows, not by kHeadersMax.
  Message(const Message& other) { *this = other; }  // NOLINT: what is not copied is not read
  Message& operator=(const Message& other);

  bool is_request() const { return status_ == 0; }
  bool is_response() const { return status_ != 0; }
  Defect defect() const { return defect_; }

  // Of a request; `other` and empty for a response.
  Method method() const { return method_; }
  std::string_view method_text() const { return is_request() ? start_[0].in(bytes_) : ""; }
  std::string_view request_uri() const { return is_request() ? start_[1].in(bytes_) : ""; }

  // Of a response; for a request the status is 0.
  Status status() const { return status_of(status_); }
  std::string_view reason() const { return is_response() ? start_[1].in(bytes_) : ""; }

  // "SIP/2.0" as it came; versions are case-insensitive (RFC 3261 section 7.1).
  std::string_view version() const { return start_[2].in(bytes_); }

  // The value of the first row of that name. An unknown header is found by its text.
  std::optional<std::string_view> header(HeaderName name) const;
  std::optional<std::string_view> header(std::string_view name) const;
  bool has(HeaderName name) const { return first_[static_cast<std::size_t>(name)] != kNoRow; }
  // The number of rows.
  std::size_t count(HeaderName name) const;

  RowRange rows(HeaderName name) const;
  ValueRange values(HeaderName name) const;
  // The first element of the first row: the top Via, the first Route.
  std::optional<std::string_view> first_value(HeaderName name) const;
  HeaderRange headers() const;

  // As many bytes as Content-Length says; without one, all that follow the empty line (RFC 3261
  // section 18.3). Empty if there is a defect of the length.
  std::string_view body() const { return body_.in(bytes_); }
  // The message without the line breaks before it and the bytes after its body.
  std::string_view bytes() const { return bytes_.substr(begin_, end_ - begin_); }

 private:
  friend class MessageParser;

  static constexpr std::uint8_t kNoRow = 0xff;
  static_assert(kHeadersMax < kNoRow);

  struct Span {
    std::uint32_t at = 0;
    std::uint32_t bytes = 0;
    std::string_view in(std::string_view all) const { return {all.data() + at, bytes}; }
  };
  struct Row {
    std::uint32_t name_at;
    std::uint32_t value_at;
    std::uint16_t name_bytes;
    std::uint16_t value_bytes;
    HeaderName name;
    std::uint8_t next;  // the next row of this name
  };

  std::string_view value_of(const Row& row) const {
    return {bytes_.data() + row.value_at, row.value_bytes};
  }
  std::string_view name_of(const Row& row) const {
    return {bytes_.data() + row.name_at, row.name_bytes};
  }

  std::string_view bytes_;  // all that were parsed
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::array<Span, 3> start_;  // method, Request-URI, version; or nothing, reason, version
  Span body_;
  std::uint16_t status_ = 0;
  Method method_ = Method::other;
  Defect defect_ = Defect::none;
  std::uint8_t row_count_ = 0;
  std::array<std::uint8_t, kHeaderNames> first_;
  std::array<Row, kHeadersMax> rows_;  // the first row_count_ are set
};

// `bytes` are one datagram, or one message that the framer cut out of a stream (framer.h).
Result<Message, ParseError> parse_message(std::string_view bytes);
// Into `message`, which is of no bytes yet.
std::optional<ParseError> parse_message(std::string_view bytes, Message& message);

class Message::RowRange {
 public:
  class Iterator {
   public:
    Iterator(const Message* message, std::uint8_t row) : message_(message), row_(row) {}
    std::string_view operator*() const { return message_->value_of(message_->rows_[row_]); }
    Iterator& operator++() {
      row_ = message_->rows_[row_].next;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.row_ == b.row_; }

   private:
    const Message* message_;
    std::uint8_t row_;
  };

  RowRange(const Message* message, std::uint8_t first) : message_(message), first_(first) {}
  Iterator begin() const { return {message_, first_}; }
  Iterator end() const { return {message_, kNoRow}; }

 private:
  const Message* message_;
  std::uint8_t first_;
};

class Message::ValueRange {
 public:
  struct End {};
  class Iterator {
   public:
    Iterator(RowRange rows, bool split) : row_(rows.begin()), rows_end_(rows.end()), split_(split) {
      open_row();
    }
    std::string_view operator*() const { return value_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    friend bool operator==(const Iterator& it, End) { return it.done_; }

   private:
    void open_row();
    void advance();

    RowRange::Iterator row_;
    RowRange::Iterator rows_end_;
    bool split_;
    bool done_ = false;
    ListCursor list_;
    std::string_view value_;
  };

  ValueRange(RowRange rows, bool split) : rows_(rows), split_(split) {}
  Iterator begin() const { return {rows_, split_}; }
  End end() const { return {}; }

 private:
  RowRange rows_;
  bool split_;
};

class Message::HeaderRange {
 public:
  class Iterator {
   public:
    Iterator(const Message* message, std::size_t row) : message_(message), row_(row) {}
    Header operator*() const {
      const Row& row = message_->rows_[row_];
      return {row.name, message_->name_of(row), message_->value_of(row)};
    }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.row_ == b.row_; }

   private:
    const Message* message_;
    std::size_t row_;
  };

  explicit HeaderRange(const Message* message) : message_(message) {}
  Iterator begin() const { return {message_, 0}; }
  Iterator end() const { return {message_, message_->row_count_}; }

 private:
  const Message* message_;
};

inline Message::RowRange Message::rows(HeaderName name) const {
  return {this, first_[static_cast<std::size_t>(name)]};
}
inline Message::ValueRange Message::values(HeaderName name) const {
  return {rows(name), is_list(name)};
}
inline Message::HeaderRange Message::headers() const {
  return HeaderRange(this);
}

}  // namespace muster::sip
