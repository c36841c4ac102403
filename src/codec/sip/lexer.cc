#include "codec/sip/lexer.h"

#include <algorithm>

namespace muster::sip {

namespace {

template <class IsBad>
bool any_low_byte(std::string_view text, IsBad is_bad) {
  std::size_t at = find_low_byte(text, 0);
  while (at < text.size()) {
    if (is_bad(text[at])) return true;
    at = find_low_byte(text, at + 1);
  }
  return false;
}

}  // namespace

bool has_line_break(std::string_view text) {
  return any_low_byte(text, [](char c) { return c == '\r' || c == '\n'; });
}

bool breaks_a_row(std::string_view text) {
  return any_low_byte(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_all(std::string_view text, unsigned classes) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [classes](char c) { return is_in(c, classes); });
}

namespace {

constexpr bool is_lws_byte(char c) {
  return is_wsp(c) || c == '\r' || c == '\n';
}

}  // namespace

void append_unfolded(std::string& out, std::string_view text) {
  if (!has_line_break(text)) {
    out.append(text);
    return;
  }
  std::size_t from = 0;
  while (true) {
    const std::size_t at = text.find_first_of("\r\n", from);
    if (at == std::string_view::npos) break;
    // The white space around a fold is part of it.
    std::size_t end = at;
    while (end > from && is_wsp(text[end - 1]))
      --end;
    out.append(text, from, end - from);
    out.push_back(' ');
    from = at;
    while (from < text.size() && is_lws_byte(text[from]))
      ++from;
  }
  out.append(text, from);
}

void append_unquoted(std::string& out, std::string_view quoted) {
  if (quoted.size() < 2) return;
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find_first_of("\\\r\n") == std::string_view::npos) {
    out.append(inside);
    return;
  }
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) {
      out.push_back(inside[++i]);
    } else if (inside[i] == '\r' || inside[i] == '\n') {
      while (i + 1 < inside.size() && is_lws_byte(inside[i + 1]))
        ++i;
      out.push_back(' ');
    } else {
      out.push_back(inside[i]);
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '\r' || c == '\n') {
      out.push_back(' ');
      continue;
    }
    // qdtext has no control characters; quoted-pair has them all but CR and LF.
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    if (c == '"' || c == '\\' || control) out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

std::string_view Cursor::take_quoted() {
  const std::size_t from = at_;
  if (!eat('"')) return {};
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return text_.substr(from, at_ - from);
    }
    if (c == '\\') {
      // quoted-pair: any ASCII but CR and LF (section 25.1); NUL too (RFC 4475 section 3.1.1.2).
      if (at_ + 1 == text_.size()) break;
      const char escaped = text_[at_ + 1];
      if (escaped == '\r' || escaped == '\n' || static_cast<unsigned char>(escaped) > 0x7f) break;
      at_ += 2;
    } else if (c == '\r') {
      if (!is_fold(at_)) break;
      at_ += 3;
    } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) {
      break;
    } else {
      ++at_;
    }
  }
  at_ = from;
  return {};
}

std::optional<std::string_view> ListCursor::next() {
  if (done_) return std::nullopt;
  // Most rows hold one element.
  std::size_t end = rest_.find(',');
  if (end != std::string_view::npos && rest_.substr(0, end).find_first_of("\"<") < end) {
    bool bracketed = false;
    Cursor cursor(rest_);
    while (!cursor.at_end() && (bracketed || cursor.peek() != ',')) {
      const char c = cursor.peek();
      if (c == '"' && !bracketed) {
        // A quote that does not end is for the element's parser to refuse.
        const std::size_t quoted = cursor.take_quoted().size();
        cursor.advance(quoted == 0 ? cursor.rest().size() : 0);
        continue;
      }
      if (c == '<') bracketed = true;
      if (c == '>') bracketed = false;
      cursor.advance(1);
    }
    end = cursor.at_end() ? std::string_view::npos : cursor.offset();
  }
  const std::string_view element = rest_.substr(0, end);
  done_ = end == std::string_view::npos;
  if (!done_) rest_.remove_prefix(end + 1);
  return trim_lws(element);
}

}  // namespace muster::sip
