#include "codec/sip/message.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster::sip {
namespace sip_message_test {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

constexpr std::string_view kOptions =
    "OPTIONS sip:carol@chicago.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKhjhs8ass877\r\n"
    "Max-Forwards: 70\r\n"
    "To: <sip:carol@chicago.com>\r\n"
    "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710\r\n"
    "CSeq: 63104 OPTIONS\r\n"
    "Contact: <sip:alice@pc33.atlanta.com>\r\n"
    "Accept: application/sdp\r\n"
    "Content-Length: 0\r\n\r\n";

ParseError error_of(std::string_view bytes) {
  const auto message = parse_message(bytes);
  EXPECT_FALSE(message.ok()) << bytes;
  return message.error();
}

// Keeps the bytes for as long as the tests run.
Message parsed(std::string_view bytes) {
  static std::deque<std::string> kept;
  return parse_message(kept.emplace_back(bytes)).value();
}

std::string values_of(const Message& message, HeaderName name) {
  std::string joined;
  for (const auto value : message.values(name))
    joined.append(value).append("|");
  return joined;
}

// Start line and rows, the empty line added.
std::string with_rows(std::string_view rows) {
  return "OPTIONS sip:a@b SIP/2.0\r\n" + std::string(rows) + "\r\n";
}

TEST(Messages, ARequest) {
  const Message message = parsed(kOptions);
  EXPECT_TRUE(message.is_request());
  EXPECT_FALSE(message.is_response());
  EXPECT_EQ(message.defect(), Defect::none);
  EXPECT_EQ(message.method(), Method::options);
  EXPECT_EQ(message.method_text(), "OPTIONS");
  EXPECT_EQ(message.request_uri(), "sip:carol@chicago.com");
  EXPECT_EQ(message.version(), "SIP/2.0");
  EXPECT_EQ(message.header(HeaderName::call_id), "a84b4c76e66710");
  EXPECT_EQ(message.header("cseq"), "63104 OPTIONS");
  EXPECT_EQ(message.header(HeaderName::event), std::nullopt);
  EXPECT_EQ(message.header("X-None"), std::nullopt);
  EXPECT_EQ(message.body(), "");
  EXPECT_EQ(message.bytes(), kOptions);
  EXPECT_EQ(message.reason(), "");
}

TEST(Messages, AResponse) {
  const Message message = parsed("SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP a\r\n\r\nbody");
  EXPECT_TRUE(message.is_response());
  EXPECT_EQ(message.status(), Status::not_found);
  EXPECT_EQ(message.reason(), "Not Found");
  EXPECT_EQ(message.version(), "SIP/2.0");
  EXPECT_EQ(message.method(), Method::other);
  EXPECT_EQ(message.method_text(), "");
  EXPECT_EQ(message.request_uri(), "");
  EXPECT_EQ(message.body(), "body");
}

TEST(Messages, StatusLines) {
  EXPECT_EQ(parsed("SIP/2.0 100 \r\n\r\n").reason(), "");
  EXPECT_EQ(parsed("SIP/2.0 100\r\n\r\n").status(), Status::trying);
  EXPECT_EQ(parsed("sip/2.0 699 x y \r\n\r\n").reason(), "x y ");
  EXPECT_EQ(number_of(parsed("SIP/2.0 699 x\r\n\r\n").status()), 699);
  for (const auto line :
       {"SIP/2.0 99 x", "SIP/2.0 099 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0 20 x",
        "SIP/2.0 -20 x", "SIP/2.0  200 OK", "SIP/2.0", "SIP/2.0 ", "SIP/2.0 200x"}) {
    EXPECT_EQ(error_of(line + "\r\n\r\n"s), ParseError::not_sip) << line;
  }
}

// RFC 4475 sections 3.1.2.8 to 3.1.2.10: to be answered, so it is still read.
TEST(Messages, RequestLinesThatCanBeAnswered) {
  for (const auto line :
       {"INVITE  sip:a@b SIP/2.0", "INVITE sip:a@b  SIP/2.0", "INVITE sip:a@b SIP/2.0 ",
        "INVITE sip:a@b; lr SIP/2.0", "INVITE\tsip:a@b SIP/2.0", "INVITE sip:a@b\tSIP/2.0",
        "INVITE sip:a@b SIP/2", "INVITE sip:a@b SIP/x.0", "INVITE  SIP/2.0"}) {
    const auto message = parse_message(line + "\r\n\r\n"s);
    if (line == "INVITE\tsip:a@b SIP/2.0"s) {
      EXPECT_FALSE(message.ok());  // no method by itself
      continue;
    }
    ASSERT_TRUE(message.ok()) << line;
    EXPECT_EQ(message->method(), Method::invite) << line;
    EXPECT_EQ(message->defect(), Defect::request_line) << line;
  }
  EXPECT_EQ(parsed("INVITE sip:a@b SIP/7.12\r\n\r\n").defect(), Defect::none);
}

TEST(Messages, WhatIsNotSip) {
  for (const auto text : {"GET / HTTP/1.1\r\n\r\n", "INVITE\r\n\r\n", "INVITE sip:a@b\r\n\r\n",
                          "SIP/2.0\r\n\r\n", " INVITE sip:a@b SIP/2.0\r\n\r\n", "x", "INVITE",
                          "INVITE sip:a@b SIP/2.0", "\r", "in:vite sip:a@b SIP/2.0\r\n\r\n"}) {
    EXPECT_EQ(error_of(text), ParseError::not_sip) << text;
  }
  EXPECT_EQ(error_of("\0\0\0\0"sv), ParseError::not_sip);
}

TEST(Messages, KeepAlivesAreEmpty) {
  EXPECT_EQ(error_of(""), ParseError::empty);
  EXPECT_EQ(error_of("\r\n"), ParseError::empty);
  EXPECT_EQ(error_of("\r\n\r\n"), ParseError::empty);
}

TEST(Messages, LineBreaksBeforeTheStartLineAreSkipped) {
  const std::string bytes = "\r\n\r\n" + std::string(kOptions);
  EXPECT_EQ(parsed(bytes).bytes(), kOptions);
  EXPECT_EQ(parsed(bytes).request_uri(), "sip:carol@chicago.com");
}

// RFC 3261 section 7: lines end in CRLF.
TEST(Messages, BareLineBreaksInTheHeaderSection) {
  for (const auto text :
       {"OPTIONS sip:a@b SIP/2.0\nVia: x\n\n", "OPTIONS sip:a@b SIP/2.0\r\nSubject: a\nb\r\n\r\n",
        "OPTIONS sip:a@b SIP/2.0\r\nSubject: a\rb\r\n\r\n",
        "OPTIONS sip:a@b SIP/2.0\r\nSubject: a\r\r\n\r\n",
        "OPTIONS sip:a@b SIP/2.0\r\n\nSubject: a\r\n\r\n", "OPTIONS sip:a@b\r SIP/2.0\r\n\r\n",
        "OPTIONS sip:a@b SIP/2.0\r\nSubject: a\n\r\n\r\n"}) {
    EXPECT_EQ(error_of(text), ParseError::bare_line_break) << text;
  }
  EXPECT_EQ(parsed(with_rows("l: 3\r\n") + "\r\r\n").body(), "\r\r\n");
}

TEST(Messages, NamesInAnyFormAreOne) {
  const Message message = parsed(with_rows("v: 1\r\nVIA: 2,3\r\nSubject : x\r\nvia\t:4\r\n"));
  EXPECT_EQ(message.count(HeaderName::via), 3u);
  EXPECT_EQ(values_of(message, HeaderName::via), "1|2|3|4|");
  EXPECT_EQ(message.first_value(HeaderName::via), "1");
  EXPECT_EQ(message.header(HeaderName::subject), "x");
  std::string names;
  for (const Message::Header header : message.headers())
    names.append(header.raw_name).append(" ");
  EXPECT_EQ(names, "v VIA Subject via ");
}

TEST(Messages, FoldsBelongToTheirRow) {
  const Message message =
      parsed(with_rows("Subject: a\r\n b\r\n\tc\r\nTo:\r\n x\r\nDate: d\r\n \r\nEvent: e\r\n"));
  EXPECT_EQ(message.header(HeaderName::subject), "a\r\n b\r\n\tc");
  EXPECT_EQ(message.header(HeaderName::to), "x");
  EXPECT_EQ(message.header(HeaderName::date), "d");
  EXPECT_EQ(message.header(HeaderName::event), "e");
}

// RFC 3261 section 7.3.1: equivalent groups of rows.
TEST(Messages, ListsOverSeveralRows) {
  const auto three = {
      "Route: <sip:alice@atlanta.com>\r\nSubject: Lunch\r\nRoute: <sip:bob@biloxi.com>\r\n"
      "Route: <sip:carol@chicago.com>\r\n",
      "Route: <sip:alice@atlanta.com>, <sip:bob@biloxi.com>\r\nRoute: <sip:carol@chicago.com>\r\n"
      "Subject: Lunch\r\n",
      "Subject: Lunch\r\nRoute: <sip:alice@atlanta.com>, <sip:bob@biloxi.com>,\r\n"
      "       <sip:carol@chicago.com>\r\n"};
  for (const auto rows : three) {
    const std::string bytes = with_rows(rows);
    EXPECT_EQ(values_of(parsed(bytes), HeaderName::route),
              "<sip:alice@atlanta.com>|<sip:bob@biloxi.com>|<sip:carol@chicago.com>|");
  }
}

TEST(Messages, ValuesOfWhatIsNoList) {
  const std::string bytes = with_rows(
      "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\nWWW-Authenticate: Digest a=b, c=d\r\n"
      "WWW-Authenticate: Digest e=f\r\nSupported:\r\nSupported: a\r\n");
  EXPECT_EQ(values_of(parsed(bytes), HeaderName::date), "Sat, 13 Nov 2010 23:29:00 GMT|");
  EXPECT_EQ(values_of(parsed(bytes), HeaderName::www_authenticate), "Digest a=b, c=d|Digest e=f|");
  EXPECT_EQ(values_of(parsed(bytes), HeaderName::supported), "a|");
  EXPECT_EQ(values_of(parsed(bytes), HeaderName::accept), "");
  EXPECT_EQ(parsed(bytes).first_value(HeaderName::accept), std::nullopt);
}

TEST(Messages, UnknownHeadersByTheirText) {
  const std::string bytes = with_rows("X-One: 1\r\nX-Two: 2\r\nx-one: 3\r\n");
  EXPECT_EQ(parsed(bytes).header("X-ONE"), "1");
  EXPECT_EQ(parsed(bytes).header("x-two"), "2");
  EXPECT_EQ(parsed(bytes).count(HeaderName::other), 3u);
}

TEST(Messages, BadRowsAreADefect) {
  for (const auto row :
       {"Foobar roobar", ": x", "a b: c", " leading: x", "@: x", "a", "a\r\n :b"}) {
    const std::string bytes = with_rows(row + "\r\nTo: x\r\n"s);
    const Message message = parsed(bytes);
    EXPECT_EQ(message.defect(), Defect::header_row) << row;
    EXPECT_EQ(message.header(HeaderName::to), "x") << row;
    EXPECT_EQ(message.count(HeaderName::other), 0u) << row;
  }
}

TEST(Messages, TheHeaderSectionMustEnd) {
  const Message cut = parsed("OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nTo: y\r\nFrom: z");
  EXPECT_EQ(cut.defect(), Defect::no_empty_line);
  EXPECT_EQ(cut.header(HeaderName::to), "y");
  EXPECT_EQ(cut.header(HeaderName::from), std::nullopt);
  EXPECT_EQ(cut.body(), "");
  EXPECT_EQ(parsed("OPTIONS sip:a@b SIP/2.0\r\n").defect(), Defect::no_empty_line);
  EXPECT_EQ(parsed("OPTIONS sip:a@b SIP/2.0\r\nTo: y\r").defect(), Defect::no_empty_line);
}

// RFC 3261 sections 18.3 and 20.14.
TEST(Messages, ContentLength) {
  EXPECT_EQ(parsed(with_rows("") + "abc").body(), "abc");
  EXPECT_EQ(parsed(with_rows("Content-Length: 2\r\n") + "abc").body(), "ab");
  EXPECT_EQ(parsed(with_rows("Content-Length: 2\r\n") + "abc").bytes().back(), 'b');
  EXPECT_EQ(parsed(with_rows("l: 0003\r\n") + "abc").body(), "abc");
  EXPECT_EQ(parsed(with_rows("l:\r\n 3\r\n") + "abc").body(), "abc");
  const auto defect = [](std::string_view rows) {
    const std::string bytes = with_rows(rows) + "abc";
    const Message message = parsed(bytes);
    EXPECT_TRUE(message.body().empty()) << rows;
    return message.defect();
  };
  EXPECT_EQ(defect("l: 4\r\n"), Defect::body_too_short);
  EXPECT_EQ(defect("l: 18446744073709551615\r\n"), Defect::body_too_short);
  EXPECT_EQ(defect("l: 18446744073709551616\r\n"), Defect::content_length);
  for (const auto rows :
       {"l: -1\r\n", "l: +3\r\n", "l: five\r\n", "l:\r\n", "l: 3 \r\nl: 3\r\n", "l: 1,2\r\n",
        "l: 0x3\r\n", "l: 3;a\r\n", "Content-Length: 3\r\nl: 2\r\n"}) {
    EXPECT_EQ(defect(rows), Defect::content_length) << rows;
  }
}

TEST(Messages, RowsHaveALimit) {
  std::string rows;
  for (std::size_t i = 0; i < kHeadersMax; ++i)
    rows += "X: " + std::to_string(i) + "\r\n";
  EXPECT_EQ(parsed(with_rows(rows)).defect(), Defect::none);
  EXPECT_EQ(parsed(with_rows(rows)).count(HeaderName::other), kHeadersMax);
  const std::string one_more = with_rows(rows + "To: x\r\n") + "body";
  const Message message = parsed(one_more);
  EXPECT_EQ(message.defect(), Defect::too_many_headers);
  EXPECT_EQ(message.header(HeaderName::to), std::nullopt);
  EXPECT_EQ(message.count(HeaderName::other), kHeadersMax);
  EXPECT_EQ(message.body(), "body");
}

TEST(Messages, TheHeaderSectionHasALimit) {
  const std::string frame = with_rows("X: \r\n");
  const std::string fill(kHeaderSectionBytesMax - frame.size(), 'x');
  const auto of_size = [&](std::size_t more) {
    return with_rows("X: " + fill + std::string(more, 'y') + "\r\n") + "body";
  };
  const std::string at = of_size(0);
  EXPECT_EQ(parsed(at).header("X")->size(), fill.size());
  EXPECT_EQ(parsed(at).body(), "body");
  EXPECT_EQ(parsed("\r\n" + at).body(), "body");
  EXPECT_EQ(error_of(of_size(1)), ParseError::too_large);
  EXPECT_EQ(error_of(std::string(kHeaderSectionBytesMax + 1, 'x')), ParseError::too_large);
  EXPECT_EQ(error_of(std::string(kHeaderSectionBytesMax, 'x')), ParseError::not_sip);
}

TEST(Messages, CopiesSayTheSame) {
  auto original = std::make_unique<Message>(parsed(kOptions));
  const Message copy = *original;
  original.reset();
  EXPECT_EQ(copy.header(HeaderName::call_id), "a84b4c76e66710");
  EXPECT_EQ(copy.bytes(), kOptions);
}

TEST(Messages, OfNoBytes) {
  const Message message;
  EXPECT_FALSE(message.header(HeaderName::call_id).has_value());
  EXPECT_EQ(message.bytes(), "");
}

}  // namespace sip_message_test
}  // namespace muster::sip
