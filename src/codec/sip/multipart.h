// The parts of a multipart body (RFC 2046 section 5.1), whatever its subtype; views.
//
// Boundary lines at outer levels end inner multiparts by construction: the inner body is only what
// lies between the outer boundaries.
//
// No floor above takes a multipart apart: a PUBLISH with one, and a MESSAGE to XMPP sessions, is
// 415 with an Accept (RFC 3261 section 8.2.3), at which a sender says the same plainly; a MESSAGE
// to phones is carried as it came. What is here shows that such a message is read to its last octet
// (RFC 4475 section 3.1.1.11).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "codec/sip/header_name.h"
#include "codec/sip/media.h"

namespace muster::sip {

// RFC 2046 section 5.1.1.
inline constexpr std::size_t kBoundaryBytesMax = 70;
// Parts beyond these are not given.
inline constexpr std::size_t kPartsMax = 64;

struct Part {
  std::string_view header_section;  // its rows, may be empty
  std::string_view body;

  // The value of the first row of that name, without white space at its ends.
  std::optional<std::string_view> header(HeaderName name) const;
  // Its Content-Type; text/plain if it has none (section 5.1.1); nothing if it is malformed.
  std::optional<MediaType> content_type() const;
};

class Multipart {
 public:
  // `type` is the media type of `body`. Nothing if it is not multipart or has no good boundary.
  static std::optional<Multipart> open(const MediaType& type, std::string_view body);

  // The next part; nothing behind the last.
  std::optional<Part> next();
  // After next() gave nothing: whether the closing boundary was seen. Without it the last part was
  // cut short (section 5.1.2), and so were parts beyond kPartsMax.
  bool complete() const { return complete_; }

 private:
  Multipart(std::string boundary, std::string_view body)
      : boundary_(std::move(boundary)), body_(body) {}
  // Finds the next delimiter at or after `from`: where the part before it ends and where the line
  // behind it begins.
  struct Delimiter {
    std::size_t part_end;
    std::size_t next_line;
    bool closing;
  };
  std::optional<Delimiter> find_delimiter(std::size_t from) const;

  std::string boundary_;  // "--" and the boundary
  std::string_view body_;
  std::size_t at_ = 0;
  std::size_t parts_ = 0;
  bool started_ = false;
  bool done_ = false;
  bool complete_ = false;
};

// The "start" of multipart/related (RFC 2387 section 3.2): the Content-ID of its root part, angle
// brackets included; empty if it is the first part.
std::string related_start(const MediaType& type);

}  // namespace muster::sip
