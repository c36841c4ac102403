#include "codec/sip/multipart.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster::sip {
namespace sip_multipart_test {

std::optional<Multipart> open(std::string_view type, std::string_view body) {
  return Multipart::open(parse_media_type(type).value(), body);
}

struct Parts {
  std::vector<std::string> bodies;
  bool complete = false;
};

Parts parts_of(std::string_view type, std::string_view body) {
  auto multipart = open(type, body);
  EXPECT_TRUE(multipart) << type;
  Parts parts;
  while (const auto part = multipart->next())
    parts.bodies.emplace_back(part->body);
  EXPECT_FALSE(multipart->next());
  parts.complete = multipart->complete();
  return parts;
}

using Bodies = std::vector<std::string>;

// RFC 2046 section 5.1.1.
TEST(Multiparts, ExampleOfTheRfc) {
  const std::string_view body =
      "This is the preamble.  It is to be ignored\r\n"
      "\r\n"
      "--simple boundary\r\n"
      "\r\n"
      "This is implicitly typed plain US-ASCII text.\r\n"
      "It does NOT end with a linebreak.\r\n"
      "--simple boundary\r\n"
      "Content-type: text/plain; charset=us-ascii\r\n"
      "\r\n"
      "It DOES end with a linebreak.\r\n"
      "\r\n"
      "--simple boundary--\r\n"
      "\r\n"
      "This is the epilogue.  It is also to be ignored.\r\n";
  auto multipart = open("multipart/mixed; boundary=\"simple boundary\"", body);
  ASSERT_TRUE(multipart);
  const auto first = multipart->next();
  EXPECT_EQ(first->body,
            "This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.");
  EXPECT_TRUE(first->content_type()->is("text", "plain"));
  EXPECT_EQ(first->header(HeaderName::content_type), std::nullopt);
  const auto second = multipart->next();
  EXPECT_EQ(second->body, "It DOES end with a linebreak.\r\n");
  EXPECT_EQ(second->content_type()->params.value("charset"), "us-ascii");
  EXPECT_FALSE(multipart->next());
  EXPECT_TRUE(multipart->complete());
}

TEST(Multiparts, DelimitersAreWholeLines) {
  EXPECT_EQ(parts_of("multipart/mixed;boundary=b",
                     "--b\r\n\r\nx --b\r\n--bb\r\n--b x\r\n--b \t\r\n\r\ny\r\n--b--")
                .bodies,
            (Bodies{"x --b\r\n--bb\r\n--b x", "y"}));
  EXPECT_EQ(parts_of("multipart/mixed;boundary=b", "--b\r\n\r\na\n--b\r\n--b--").bodies,
            (Bodies{"a\n--b"}));
}

TEST(Multiparts, EmptyAndHeaderOnlyParts) {
  EXPECT_EQ(parts_of("multipart/mixed;boundary=b", "--b\r\n\r\n\r\n--b--").bodies, (Bodies{""}));
  EXPECT_EQ(parts_of("multipart/mixed;boundary=b", "--b\r\n--b--").bodies, (Bodies{""}));
  auto multipart = open("multipart/mixed;boundary=b", "--b\r\nContent-ID: <1>\r\n--b--");
  const auto part = multipart->next();
  EXPECT_EQ(part->header(HeaderName::content_id), "<1>");
  EXPECT_EQ(part->body, "");
  EXPECT_EQ(parts_of("multipart/mixed;boundary=b", "--b--").bodies, Bodies{});
  EXPECT_TRUE(parts_of("multipart/mixed;boundary=b", "--b--").complete);
}

// RFC 2046 section 5.1.2.
TEST(Multiparts, CutShort) {
  const Parts cut = parts_of("multipart/mixed;boundary=b", "--b\r\n\r\nx\r\n--b\r\n\r\nyz");
  EXPECT_EQ(cut.bodies, (Bodies{"x", "yz"}));
  EXPECT_FALSE(cut.complete);
  const Parts none = parts_of("multipart/mixed;boundary=b", "nothing here");
  EXPECT_EQ(none.bodies, Bodies{});
  EXPECT_FALSE(none.complete);
}

TEST(Multiparts, NestInside) {
  auto outer = open("multipart/mixed;boundary=o",
                    "--o\r\nContent-Type: multipart/related;boundary=i;start=\"<r>\"\r\n\r\n"
                    "--i\r\nContent-ID: <r>\r\n\r\nroot\r\n--o\r\n\r\nnext\r\n--o--");
  const auto first = outer->next();
  const auto type = first->content_type();
  EXPECT_EQ(related_start(*type), "<r>");
  auto inner = Multipart::open(*type, first->body);
  EXPECT_EQ(inner->next()->body, "root");
  EXPECT_FALSE(inner->next());
  EXPECT_FALSE(inner->complete());
  EXPECT_EQ(outer->next()->body, "next");
}

TEST(Multiparts, Boundaries) {
  EXPECT_FALSE(open("text/plain;boundary=b", ""));
  EXPECT_FALSE(open("multipart/mixed", ""));
  EXPECT_FALSE(open("multipart/mixed;boundary=\"\"", ""));
  EXPECT_FALSE(open("multipart/mixed;boundary=\"a \"", ""));
  EXPECT_FALSE(open("multipart/mixed;boundary=\"a;b\"", ""));
  EXPECT_TRUE(open("multipart/mixed;boundary=\"gc0pJq0M:08jU534c0p\"", ""));
  const std::string at_limit(kBoundaryBytesMax, 'x');
  EXPECT_TRUE(open("multipart/mixed;boundary=" + at_limit, ""));
  EXPECT_FALSE(open("multipart/mixed;boundary=x" + at_limit, ""));
}

TEST(Multiparts, PartsHaveALimit) {
  std::string body;
  for (std::size_t i = 0; i < kPartsMax; ++i)
    body += "--b\r\n\r\nx\r\n";
  const Parts all = parts_of("multipart/mixed;boundary=b", body + "--b--");
  EXPECT_EQ(all.bodies.size(), kPartsMax);
  EXPECT_TRUE(all.complete);
  const Parts more = parts_of("multipart/mixed;boundary=b", body + "--b\r\n\r\ny\r\n--b--");
  EXPECT_EQ(more.bodies.size(), kPartsMax);
  EXPECT_FALSE(more.complete);
}

}  // namespace sip_multipart_test
}  // namespace muster::sip
