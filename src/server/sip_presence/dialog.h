// A SIP dialog as the one who was called keeps it (RFC 3261 section 12): what it takes to know
// requests in it again and to write our own. The rows that are the same in each of our requests
// are written once; a request is then a copy of them and its CSeq row.
//
// Limit: what a request may make us keep is a parameter of begin(); with more there is no dialog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/sip/message.h"
#include "codec/sip/methods.h"
#include "server/sip_presence/request.h"

namespace muster {

class Dialog {
 public:
  // What a 2xx to `request` makes (section 12.1.1). `target` is the URI of its Contact;
  // `contact_row` ours; `own_rows` go into each of our requests. Nothing if it brought more than
  // `bytes_max` that we would have to keep.
  static std::optional<Dialog> begin(const Request& request, std::string_view target,
                                     std::string_view local_tag, std::string_view contact_row,
                                     std::string_view own_rows, std::size_t bytes_max);

  // Whether `request` is in this dialog (section 12.2.2); tags and Call-ID are compared byte by
  // byte.
  bool has(const Request& request) const;
  // Whether a request with that CSeq is in order; it then is the latest (section 12.2.2).
  bool takes(std::uint32_t cseq);
  // A target refresh (section 12.2.2).
  void retarget(std::string_view target) { target_ = target; }
  // Whether `own_rows` are those that it was begun with.
  bool says(std::string_view own_rows) const { return text_.ends_with(own_rows); }

  std::string_view local_tag() const { return text_view(local_tag_at_, local_tag_bytes_); }
  std::string_view contact_row() const { return text_view(contact_at_, contact_bytes_); }

  // The next request of ours (section 12.2.1.1): its Request-URI, and its rows up to CSeq.
  std::string_view request_uri() const {
    return router_bytes_ == 0 ? std::string_view(target_) : text_view(0, router_bytes_);
  }
  std::size_t rows_bytes() const { return text_.size() + target_.size(); }
  void append_rows(std::string& out, sip::Method method);

 private:
  std::string_view text_view(std::uint32_t at, std::uint32_t bytes) const {
    return std::string_view(text_).substr(at, bytes);
  }
  void append_route(const sip::Message& request);

  std::string target_;
  // The URI of a strict router, if the first hop is one; then the rows.
  std::string text_;
  std::uint32_t router_bytes_ = 0;
  std::uint32_t call_id_at_ = 0;
  std::uint32_t call_id_bytes_ = 0;
  std::uint32_t local_tag_at_ = 0;
  std::uint32_t local_tag_bytes_ = 0;
  std::uint32_t remote_tag_at_ = 0;
  std::uint32_t remote_tag_bytes_ = 0;
  std::uint32_t contact_at_ = 0;
  std::uint32_t contact_bytes_ = 0;
  std::uint32_t cseq_ = 0;         // of our latest request
  std::uint32_t remote_cseq_ = 0;  // of theirs
};

}  // namespace muster
