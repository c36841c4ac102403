#include "codec/sip/message.h"

#include <algorithm>
#include <cstring>

#include "codec/sip/rows.h"

namespace muster::sip {

// Fills a Message from left to right.
class MessageParser {
 public:
  // Parses into `message`, which is of no bytes.
  // NOLINTNEXTLINE: last_ is set where first_ is
  MessageParser(std::string_view bytes, Message& message) : message_(message) {
    message_.bytes_ = bytes;
    message_.begin_ = skip_line_breaks(bytes);
    message_.end_ = bytes.size();
    // Rows are looked for no further than this.
    head_ = bytes.substr(0, message_.begin_ + kHeaderSectionBytesMax);
  }

  std::optional<ParseError> parse() {
    if (message_.begin_ == message_.bytes_.size()) return ParseError::empty;
    if (message_.bytes_.size() > kMessageBytesMax) return ParseError::too_large;
    bool bare = false;
    const std::size_t line_end = find_line_end(head_, message_.begin_, bare);
    if (bare) return ParseError::bare_line_break;
    // The bytes end, or our view of them does.
    if (line_end == std::string_view::npos)
      return is_cut() ? ParseError::too_large : ParseError::not_sip;
    const std::string_view line = head_.substr(message_.begin_, line_end - message_.begin_);
    const bool known =
        begins_as_status_line(line) ? read_status_line(line) : read_request_line(line);
    if (!known) return ParseError::not_sip;
    return read_rows(line_end + 2);
  }

 private:
  // The index of a Message is 32 bits wide.
  static constexpr std::size_t kMessageBytesMax = 1u << 30;

  bool is_cut() const { return head_.size() < message_.bytes_.size(); }

  Message::Span span_of(std::string_view part) const {
    return {static_cast<std::uint32_t>(part.data() - message_.bytes_.data()),
            static_cast<std::uint32_t>(part.size())};
  }

  void note(Defect defect) {
    if (message_.defect_ == Defect::none) message_.defect_ = defect;
  }

  // Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF. The SP before an empty phrase
  // may be missing (RFC 4475 section 3.1.1.13).
  bool read_status_line(std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return false;
    const std::string_view rest = line.substr(space + 1);
    if (rest.size() < 3 || (rest.size() > 3 && rest[3] != ' ')) return false;
    const auto status = parse_number<std::uint16_t>(rest.substr(0, 3));
    if (!status || *status < 100 || *status > 699) return false;
    message_.status_ = *status;
    message_.start_[1] = span_of(rest.substr(rest.size() > 3 ? 4 : 3));
    message_.start_[2] = span_of(line.substr(0, space));
    return true;
  }

  // Request-Line = Method SP Request-URI SP SIP-Version CRLF. With other white space it is still
  // recognised, so that it can be answered (RFC 4475 sections 3.1.2.8 to 3.1.2.10).
  bool read_request_line(std::string_view line) {
    Cursor cursor(line);
    const std::string_view method = cursor.take_token();
    if (method.empty() || !cursor.eat(' ')) return false;
    std::size_t end = line.size();
    while (end > cursor.offset() && is_wsp(line[end - 1]))
      --end;
    std::size_t space = end;
    while (space > cursor.offset() && !is_wsp(line[space - 1]))
      --space;
    if (space-- == cursor.offset()) return false;
    const std::string_view version = line.substr(space + 1, end - space - 1);
    if (!begins_as_status_line(version)) return false;
    const std::string_view uri = line.substr(cursor.offset(), space - cursor.offset());
    message_.method_ = find_method(method);
    message_.start_[0] = span_of(method);
    message_.start_[1] = span_of(uri);
    message_.start_[2] = span_of(version);
    if (uri.empty() || std::any_of(uri.begin(), uri.end(), is_wsp) || end != line.size() ||
        line[space] != ' ' || !is_version(version)) {
      note(Defect::request_line);
    }
    return true;
  }

  // "SIP" "/" 1*DIGIT "." 1*DIGIT
  static bool is_version(std::string_view version) {
    const std::string_view numbers = version.substr(4);
    const std::size_t dot = numbers.find('.');
    return dot != std::string_view::npos && parse_number<std::uint32_t>(numbers.substr(0, dot)) &&
           parse_number<std::uint32_t>(numbers.substr(dot + 1));
  }

  std::optional<ParseError> read_rows(std::size_t at) {
    RowScanner scanner(head_, at);
    RawRow row;
    while (true) {
      switch (scanner.next(row)) {
        case RowScanner::Found::row: add(row); break;
        case RowScanner::Found::empty_line: read_body(scanner.offset()); return std::nullopt;
        case RowScanner::Found::bare_line_break: return ParseError::bare_line_break;
        case RowScanner::Found::unfinished:
          if (is_cut()) return ParseError::too_large;
          note(Defect::no_empty_line);
          return std::nullopt;
      }
    }
  }

  void add(const RawRow& raw) {
    if (!raw.well_formed) return note(Defect::header_row);
    if (message_.row_count_ == kHeadersMax) return note(Defect::too_many_headers);
    const std::uint8_t index = message_.row_count_++;
    const HeaderName name = find_header_name(raw.name);
    const Message::Span name_span = span_of(raw.name);
    const Message::Span value_span = span_of(raw.value);
    message_.rows_[index] = {name_span.at,
                             value_span.at,
                             static_cast<std::uint16_t>(name_span.bytes),
                             static_cast<std::uint16_t>(value_span.bytes),
                             name,
                             Message::kNoRow};
    const auto slot = static_cast<std::size_t>(name);
    if (message_.first_[slot] == Message::kNoRow) {
      message_.first_[slot] = index;
    } else {
      message_.rows_[last_[slot]].next = index;
    }
    last_[slot] = index;
  }

  // RFC 3261 section 18.3 for datagrams; the framer gives just one message of a stream.
  void read_body(std::size_t at) {
    const std::size_t present = message_.bytes_.size() - at;
    std::size_t length = present;
    if (const auto text = message_.header(HeaderName::content_length)) {
      const auto number = parse_number<std::uint64_t>(*text);
      if (!number || message_.count(HeaderName::content_length) > 1) {
        note(Defect::content_length);
        length = 0;
      } else if (*number > present) {
        note(Defect::body_too_short);
        length = 0;
      } else {
        length = *number;
      }
    }
    message_.body_ = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length)};
    message_.end_ = at + length;
  }

  Message& message_;
  std::string_view head_;
  std::array<std::uint8_t, kHeaderNames> last_;
};

Result<Message, ParseError> parse_message(std::string_view bytes) {
  Result<Message, ParseError> result = Message();
  if (const auto error = parse_message(bytes, *result)) result = Failure{*error};
  return result;
}

std::optional<ParseError> parse_message(std::string_view bytes, Message& message) {
  return MessageParser(bytes, message).parse();
}

Message& Message::operator=(const Message& other) {
  if (this == &other) return *this;
  bytes_ = other.bytes_;
  begin_ = other.begin_;
  end_ = other.end_;
  start_ = other.start_;
  body_ = other.body_;
  status_ = other.status_;
  method_ = other.method_;
  defect_ = other.defect_;
  row_count_ = other.row_count_;
  first_ = other.first_;
  std::memcpy(rows_.data(), other.rows_.data(), row_count_ * sizeof(Row));
  return *this;
}

std::optional<std::string_view> Message::header(HeaderName name) const {
  const std::uint8_t row = first_[static_cast<std::size_t>(name)];
  if (row == kNoRow) return std::nullopt;
  return value_of(rows_[row]);
}

std::optional<std::string_view> Message::header(std::string_view name) const {
  const HeaderName known = find_header_name(name);
  if (known != HeaderName::other) return header(known);
  std::uint8_t row = first_[static_cast<std::size_t>(HeaderName::other)];
  for (; row != kNoRow; row = rows_[row].next) {
    if (equals_ignoring_case(name_of(rows_[row]), name)) return value_of(rows_[row]);
  }
  return std::nullopt;
}

std::size_t Message::count(HeaderName name) const {
  std::size_t rows = 0;
  std::uint8_t row = first_[static_cast<std::size_t>(name)];
  for (; row != kNoRow; row = rows_[row].next)
    ++rows;
  return rows;
}

std::optional<std::string_view> Message::first_value(HeaderName name) const {
  const auto values = this->values(name);
  const auto first = values.begin();
  if (first == values.end()) return std::nullopt;
  return *first;
}

void Message::ValueRange::Iterator::open_row() {
  while (!done_) {
    if (row_ == rows_end_) {
      done_ = true;
    } else if (!split_) {
      value_ = *row_;
      return;
    } else {
      list_ = ListCursor(*row_);
      if (const auto element = list_.next()) {
        value_ = *element;
        return;
      }
      ++row_;
    }
  }
}

void Message::ValueRange::Iterator::advance() {
  if (split_) {
    if (const auto element = list_.next()) {
      value_ = *element;
      return;
    }
  }
  ++row_;
  open_row();
}

}  // namespace muster::sip
