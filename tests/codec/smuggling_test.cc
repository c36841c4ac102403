// Streams that framer and parser might see differently, or that break a rule somewhere in between:
// no stanza may come out that a parser of the whole stream does not see at that very place.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "support/grind.h"
#include "support/xml_oracle.h"
#include "support/xml_stream.h"

namespace muster::xml {
namespace codec_smuggling_test {

using namespace std::string_view_literals;

constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
constexpr std::string_view kSmuggled = "<iq id='smuggled'/>";

struct Case {
  std::string_view name;
  std::string_view content;     // % stands for a stanza that must not come out
  std::string_view transcript;  // empty where it waits for the end of the stanza
};

std::string fill(std::string_view content) {
  std::string out(kHeader);
  for (const char c : content) {
    if (c == '%') {
      out += kSmuggled;
    } else {
      out += c;
    }
  }
  return out;
}

constexpr std::string_view kNotWellFormed = "error not_well_formed\n";
constexpr std::string_view kRestricted = "error restricted_xml\n";
constexpr std::string_view kEncoding = "error unsupported_encoding\n";

const Case kCases[] = {
    {"end tag in CDATA", "<a><![CDATA[</a>%]]></a>",
     "stanza {jabber:client}a \"</a><iq id='smuggled'/>\"\n"},
    {"end tag in an attribute", "<a b='</a>%'/>", kNotWellFormed},
    {"> in an attribute, then a stanza in it", "<a b='>&lt;iq/>'/>",
     "stanza {jabber:client}a [b=><iq/>]\n"},
    {"/> in an attribute", "<a b='/>'>%</a>",
     "stanza {jabber:client}a [b=/>] ({jabber:client}iq [id=smuggled])\n"},
    {"quotes in quotes", "<a b='\"' c=\"'>\">%</a>",
     "stanza {jabber:client}a [b=\"] [c='>] ({jabber:client}iq [id=smuggled])\n"},
    {"an odd quote", "<a b='\">%</a><c d='\"/>'/>\"/>%", kNotWellFormed},
    {"quotes in an end tag", "<a></a '>%'>", kNotWellFormed},
    {"quotes in text", "<a>'</a>\"", "stanza {jabber:client}a \"'\"\nerror bad_format\n"},
    {"an unquoted value that ends in a slash", "<a b=/>%", kNotWellFormed},
    {"a slash before a space", "<a/ >%</a>", kNotWellFormed},
    {"two slashes", "<a//>%", kNotWellFormed},
    {"a tag in a tag", "<a <b>%</b>></a>", kNotWellFormed},
    {"premature end of the stream", "<a></a></stream:stream>%", "stanza {jabber:client}a\nend\n"},
    {"end of the stream inside a stanza", "<a></stream:stream>%</a>", kNotWellFormed},
    {"end of the stream, then as its own child", "<a></a></stream:stream><stream:stream>%",
     "stanza {jabber:client}a\nend\n"},
    {"crossed end tags", "<a><b></a>%</b>", kNotWellFormed},
    {"another end tag", "<a></b>%", kNotWellFormed},
    {"an end tag without a name", "<a></>%", kNotWellFormed},
    {"a space before the name of a tag", "< a>%</a>", kNotWellFormed},
    {"a space before the name of an end tag", "<a></ a>%", kNotWellFormed},
    {"a comment with a stanza", "<a><!--</a>%--></a>", kRestricted},
    {"a comment that XML ends elsewhere", "<a><!--> % --></a>", kRestricted},
    {"an instruction with a stanza", "<a><?b </a>% ?></a>", kRestricted},
    {"a declaration between stanzas", "<a/><?xml version='1.0'?>%",
     "stanza {jabber:client}a\nerror restricted_xml\n"},
    {"a DTD", "<!DOCTYPE a [<!ENTITY b '%'>]><a>&b;</a>", kRestricted},
    {"an entity", "<a>&b;</a>%", kRestricted},
    {"a CDATA section in lower case", "<a><![cdata[</a>%]]></a>", kRestricted},
    {"a CDATA section that never opens", "<a><![CDATA</a>%]]></a>", kRestricted},
    {"a CDATA section outside", "<![CDATA[%]]>", "error bad_format\n"},
    {"CDATA in CDATA", "<a><![CDATA[<![CDATA[]]>%]]></a>", kNotWellFormed},
    {"]]> in text", "<a>]]></a>%", kNotWellFormed},
    {"]]> in an attribute", "<a b=']]>'/>", "stanza {jabber:client}a [b=]]>]\n"},
    {"]]] before >", "<a><![CDATA[]]]></a>", "stanza {jabber:client}a \"]\"\n"},
    {"an overlong <", "<a>\xc0\xbc/a>%</a>", kEncoding},
    {"an overlong >", "<a b='1'\xc0\xbe%</a>", kEncoding},
    {"an overlong NUL", "<a>\xc0\x80</a>%", kEncoding},
    {"a lead byte that would swallow the quote", "<a b='\xe2'/>%", kEncoding},
    {"a lead byte that would swallow <", "<a>\xc3</a>%", kEncoding},
    {"a surrogate half", "<a>\xed\xa0\x80</a>%", kEncoding},
    {"a surrogate pair", "<a>\xed\xa0\xbd\xed\xb8\x80</a>%", kEncoding},
    {"a surrogate by reference", "<a>&#xD800;</a>%", kNotWellFormed},
    {"beyond Unicode", "<a>\xf4\x90\x80\x80</a>%", kEncoding},
    {"no character of XML", "<a>\xef\xbf\xbe</a>%", kNotWellFormed},
    {"Latin-1", "<a>\xe9t\xe9</a>%", kEncoding},
    {"NUL in text", "<a>\0</a>%"sv, kNotWellFormed},
    {"NUL in a tag", "<a\0b>%</a>"sv, kNotWellFormed},
    {"NUL between stanzas", "<a/>\0%"sv, "stanza {jabber:client}a\nerror bad_format\n"},
    {"UTF-16 inside", "<\0a\0/\0>\0%"sv, ""},
    {"UTF-7", "<a>+ADw-/a+AD4-</a>", "stanza {jabber:client}a \"+ADw-/a+AD4-\"\n"},
    {"a byte order mark between stanzas", "<a/>\xef\xbb\xbf%",
     "stanza {jabber:client}a\nerror bad_format\n"},
    {"a space that is none of XML's", "<a/>\xc2\xa0%",
     "stanza {jabber:client}a\nerror bad_format\n"},
    {"a vertical tab between stanzas", "<a/>\x0b%", "stanza {jabber:client}a\nerror bad_format\n"},
    {"text between stanzas", "<a/>text%", "stanza {jabber:client}a\nerror bad_format\n"},
    {"a prefix from the stanza before", "<a xmlns:p='u'/><p:b/>",
     "stanza {jabber:client}a\nerror not_well_formed\n"},
    {"the stream prefix bound anew", "<a xmlns:stream='u'><b></stream:stream>%</a>",
     kNotWellFormed},
    {"a second stream inside", "<stream:stream>%</stream:stream>",
     "stanza {http://etherx.jabber.org/streams}stream ({jabber:client}iq [id=smuggled])\n"},
};

class Smuggling : public testing::TestWithParam<Case> {};

TEST_P(Smuggling, brings_no_stanza_that_is_not_one) {
  const std::string stream = fill(GetParam().content);
  StanzaParser parser;
  const std::string transcript = test::grind(stream, [&](const test::Pieces& pieces) {
    test::XmlStreamReader reader(parser);
    for (const std::string_view piece : pieces)
      reader.read(piece);
    return reader.transcript();
  });
  const std::size_t header_line = transcript.find('\n') + 1;
  EXPECT_EQ(transcript.substr(header_line), GetParam().transcript);

  test::XmlStreamReader reader(parser);
  reader.read(stream);
  const auto seen = test::XmlOracle::first_level_elements(stream);
  ASSERT_LE(reader.stanzas().size(), seen.size());
  for (std::size_t i = 0; i < reader.stanzas().size(); ++i) {
    EXPECT_EQ(reader.stanzas()[i].begin, seen[i].begin);
    EXPECT_EQ(reader.stanzas()[i].end, seen[i].end);
  }
}

std::string test_name(const testing::TestParamInfo<Case>& row) {
  std::string name = std::to_string(row.index) + "_";
  for (const char c : row.param.name)
    name += is_alpha(c) || is_digit(c) ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Xml, Smuggling, testing::ValuesIn(kCases), test_name);

}  // namespace codec_smuggling_test
}  // namespace muster::xml
