#include "codec/sip/header_name.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::sip {
namespace sip_header_name_test {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

TEST(HeaderNames, EachIsFoundInAnyCase) {
  for (std::size_t i = 0; i + 1 < kHeaderNames; ++i) {
    const auto name = static_cast<HeaderName>(i);
    ASSERT_FALSE(text_of(name).empty()) << i;
    EXPECT_EQ(find_header_name(text_of(name)), name) << text_of(name);
    EXPECT_EQ(find_header_name(upper(text_of(name))), name) << text_of(name);
    EXPECT_EQ(find_header_name(std::string(text_of(name)) + "x"), HeaderName::other);
  }
  EXPECT_EQ(find_header_name("cALL-iD"), HeaderName::call_id);
  EXPECT_EQ(find_header_name("Subscription-State"), HeaderName::subscription_state);
}

TEST(HeaderNames, EveryLetterCounts) {
  for (std::size_t i = 0; i + 1 < kHeaderNames; ++i) {
    const auto name = static_cast<HeaderName>(i);
    for (std::size_t at = 0; at < text_of(name).size(); ++at) {
      for (const char wrong :
           {'q', '-', '\r', '\0', '\x7f', static_cast<char>(text_of(name)[at] ^ 1),
            static_cast<char>(text_of(name)[at] ^ '\x40'),
            static_cast<char>(text_of(name)[at] ^ '\x80')}) {
        std::string text(text_of(name));
        if (text[at] == wrong) continue;
        text[at] = wrong;
        EXPECT_NE(find_header_name(text), name) << text;
      }
    }
  }
}

TEST(HeaderNames, PrefixesBeginTheirRows) {
  EXPECT_EQ(prefix_of(HeaderName::call_id), "Call-ID: ");
  EXPECT_EQ(prefix_of(HeaderName::content_transfer_encoding), "Content-Transfer-Encoding: ");
}

// RFC 3261 sections 7.3.3 and 20; RFC 6665 section 8.4 for o and u.
TEST(HeaderNames, CompactForms) {
  const std::string letters = "iemlcfoskutv";
  const HeaderName names[] = {HeaderName::call_id,      HeaderName::content_encoding,
                              HeaderName::contact,      HeaderName::content_length,
                              HeaderName::content_type, HeaderName::from,
                              HeaderName::event,        HeaderName::subject,
                              HeaderName::supported,    HeaderName::allow_events,
                              HeaderName::to,           HeaderName::via};
  for (std::size_t i = 0; i < letters.size(); ++i) {
    EXPECT_EQ(find_header_name(letters.substr(i, 1)), names[i]) << letters[i];
    EXPECT_EQ(find_header_name(upper(letters.substr(i, 1))), names[i]) << letters[i];
  }
  for (char c = '!'; c <= '~'; ++c) {
    if (letters.find(static_cast<char>(c | 0x20)) != std::string::npos && c >= 'A') continue;
    EXPECT_EQ(find_header_name(std::string(1, c)), HeaderName::other) << c;
  }
}

TEST(HeaderNames, OthersAreOther) {
  for (const auto text : {"", "X-Via", "Vi", "Viaa", "C%6Fntact", "Too", "From ", "\xc3"}) {
    EXPECT_EQ(find_header_name(text), HeaderName::other) << text;
  }
}

// RFC 3261 section 7.3.1: the four of authentication are not lists, though they have commas.
TEST(HeaderNames, ListsAreThoseOfTheGrammar) {
  for (const auto name :
       {HeaderName::via, HeaderName::contact, HeaderName::route, HeaderName::record_route,
        HeaderName::accept, HeaderName::allow, HeaderName::supported, HeaderName::require,
        HeaderName::proxy_require, HeaderName::unsupported, HeaderName::allow_events,
        HeaderName::path, HeaderName::service_route, HeaderName::warning}) {
    EXPECT_TRUE(is_list(name)) << text_of(name);
  }
  for (const auto name :
       {HeaderName::from, HeaderName::to, HeaderName::cseq, HeaderName::call_id, HeaderName::date,
        HeaderName::authorization, HeaderName::proxy_authorization, HeaderName::www_authenticate,
        HeaderName::proxy_authenticate, HeaderName::subject, HeaderName::event,
        HeaderName::other}) {
    EXPECT_FALSE(is_list(name)) << text_of(name);
  }
}

}  // namespace sip_header_name_test
}  // namespace muster::sip
