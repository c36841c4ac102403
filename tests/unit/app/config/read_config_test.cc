#include "app/config/read_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "app/config/limit_settings.h"
#include "codec/xml/limits.h"
#include "shell/links.h"

namespace muster {
namespace {

std::string sample() {
  std::ifstream file(MUSTER_SOURCE_DIR "/config/musterd.toml", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// With each "#key = value" in force.
std::string whole_sample() {
  static const std::regex kCommented("(^|\n)#(?=[a-z])");
  return std::regex_replace(sample(), kCommented, "$1");
}

Result<Config, ConfigErrors> parse(const std::string& text) {
  return parse_config(text, "/etc/muster", Certificates::unchecked);
}

std::string wrong_with(const std::string& text) {
  const auto config = parse(text);
  return config.ok() ? "nothing" : config_errors_text("f", config.error());
}

const std::string kDomain = "[[domain]]\nname = \"a.org\"\ncertificate = \"c\"\nkey = \"k\"\n";

// --- the sample ----------------------------------------------------------------------------------

TEST(Sample, SaysTheDefaultOfEachLimit) {
  const auto config = parse(whole_sample());
  ASSERT_TRUE(config.ok()) << wrong_with(whole_sample());
  const Limits& said = config->server.settings.limits;
  for (const LimitSetting& limit : limit_settings()) {
    EXPECT_EQ(limit.text(limit.get(said)), limit.text(limit.get(Limits{}))) << limit.key;
    EXPECT_NE(whole_sample().find("\n" + std::string(limit.key) + " = "), std::string::npos)
        << "the sample does not have " << limit.key;
  }
}

TEST(Sample, SaysTheDefaultOfAllElse) {
  const auto config = parse(whole_sample());
  ASSERT_TRUE(config.ok()) << wrong_with(whole_sample());
  const Config is;
  EXPECT_EQ(config->data, is.data);
  EXPECT_EQ(config->postgres, is.postgres);
  EXPECT_EQ(config->threads, is.threads);
  EXPECT_EQ(config->log.level, is.log.level);
  EXPECT_EQ(config->log.format, is.log.format);
  EXPECT_EQ(config->tell_version, is.tell_version);
  const ServerOptions& server = config->server;
  EXPECT_EQ(server.xmpp, is.server.xmpp);
  EXPECT_EQ(server.sip, is.server.sip);
  EXPECT_EQ(server.sips, is.server.sips);
  EXPECT_EQ(server.certificates.front().any_name, CertificateFiles{}.any_name);
  EXPECT_EQ(server.links_per_address_max, is.server.links_per_address_max);
  const Settings& settings = server.settings;
  EXPECT_EQ(settings.default_policy, is.server.settings.default_policy);
  EXPECT_EQ(settings.sip_digest_sha256, is.server.settings.sip_digest_sha256);
  EXPECT_EQ(settings.sip_digest_md5, is.server.settings.sip_digest_md5);
  EXPECT_EQ(settings.in_band_registration, is.server.settings.in_band_registration);
}

// What only `musterd dev` may do stays off, whatever a file says.
TEST(Sample, IsOfProduction) {
  const auto config = parse(whole_sample());
  ASSERT_TRUE(config.ok());
  const Settings& settings = config->server.settings;
  EXPECT_FALSE(settings.plain_without_tls);
  EXPECT_FALSE(settings.loopback_sip_trusted);
  EXPECT_FALSE(settings.auto_accounts);
  EXPECT_FALSE(settings.allow_all_watchers);
}

// --- limits of what may be said ------------------------------------------------------------------

// What a session kept is sent in one piece when it resumes: that must not cut its new link.
TEST(ReadConfig, WhatASessionKeepsFitsItsLink) {
  const auto said = [](std::string_view bytes) {
    return wrong_with(kDomain + "[limits]\nunacknowledged_bytes_max = " + std::string(bytes) +
                      "\n");
  };
  EXPECT_EQ(said(std::to_string(Links::kUnwrittenBytesMax / 2)), "nothing");
  EXPECT_NE(said(std::to_string(Links::kUnwrittenBytesMax / 2 + 1)), "nothing");
}

TEST(ReadConfig, EachLimitHasALeastAndAMost) {
  for (const LimitSetting& limit : limit_settings()) {
    const auto said = [&](std::uint64_t value) {
      const std::string text = limit.text(value);
      const bool bare = !limit.is_duration() && !limit.is_size();
      return wrong_with(kDomain + "[limits]\n" + std::string(limit.key) + " = " +
                        (bare ? text : "\"" + text + "\"") + "\n");
    };
    const std::uint64_t step = limit.is_duration() ? 1'000 : 1;
    const std::string allowed = "from " + limit.text(limit.least);
    // A most below limits.expires_min is refused for another reason.
    EXPECT_EQ(said(limit.least).find(allowed), std::string::npos) << limit.key;
    EXPECT_EQ(said(limit.most).find(allowed), std::string::npos) << limit.key;
    EXPECT_NE(said(limit.most + step).find(allowed), std::string::npos) << limit.key;
    if (limit.least >= step) {
      EXPECT_NE(said(limit.least - step).find(allowed), std::string::npos) << limit.key;
    }
    const std::uint64_t bound = limit.is_size() ? kSizeMax : kCountMax;
    if (!limit.is_duration()) {
      EXPECT_LE(limit.most, bound) << limit.key;
    }
  }
}

// A parser counts with 32 bits, and checks that it is not asked for more than it can.
TEST(ReadConfig, AStanzaIsNotLargerThanAParserCounts) {
  const auto stanza = [](std::size_t bytes) {
    return kDomain + "[limits]\nstanza_bytes_max = " + std::to_string(bytes) + "\n";
  };
  EXPECT_EQ(parse(stanza(xml::kParseBytesMax))->server.settings.limits.stanza_bytes_max,
            xml::kParseBytesMax);
  EXPECT_NE(wrong_with(stanza(xml::kParseBytesMax + 1)), "nothing");
}

TEST(ReadConfig, ThreadsHaveAMost) {
  const auto threads = [](int n) { return "threads = " + std::to_string(n) + "\n" + kDomain; };
  EXPECT_EQ(parse(threads(kThreadsMax))->threads, kThreadsMax);
  EXPECT_EQ(wrong_with(threads(kThreadsMax + 1)),
            "f:1:11: threads: found the integer 256; allowed is a number from 0 (one for each"
            " core) to 255\n");
  EXPECT_NE(wrong_with(threads(-1)), "nothing");
}

TEST(ReadConfig, LinksOfAnAddressHaveAMost) {
  const auto links = [](std::uint32_t n) {
    return kDomain + "[listen]\nlinks_per_address_max = " + std::to_string(n) + "\n";
  };
  EXPECT_EQ(parse(links(kLinksPerAddressMax))->server.links_per_address_max, kLinksPerAddressMax);
  EXPECT_NE(wrong_with(links(kLinksPerAddressMax + 1)).find("a number from 1 to 1000000"),
            std::string::npos);
  EXPECT_NE(wrong_with(links(0)), "nothing");
}

TEST(ReadConfig, TheStoreMayBePostgres) {
  const auto store = [](const std::string& postgres) {
    return kDomain + "[store]\npostgres = " + postgres + "\n";
  };
  EXPECT_EQ(parse(store("'host=db dbname=muster'"))->postgres, "host=db dbname=muster");
  const std::string allowed =
      "; allowed is what libpq takes, as \"host=db.example.com dbname=muster"
      " passfile=/etc/muster/pgpass\"\n";
  EXPECT_EQ(wrong_with(store("'hots=db'")),
            "f:6:12: store.postgres: found invalid connection option \"hots\"" + allowed);
  EXPECT_EQ(wrong_with(store("'host=db password=geheim'")),
            "f:6:12: store.postgres: found a connection string with a password" + allowed);
  EXPECT_EQ(wrong_with(store("5")), "f:6:12: store.postgres: found what is no text" + allowed);
}

// Neither is it told.
TEST(ReadConfig, ThePasswordOfADatabaseIsNoSetting) {
  for (const char* secret :
       {"host=db password=geheim", "postgres://u:geheim@db/muster",
        "host=db password=geheim and more", "host=db passwd geheim", "postgres://u:geheim/muster",
        "host=u:geheim@db dbname=muster", "dbname=postgres://u:geheim@db/m",
        "host=db user=u:geheim@db", "hostaddr=postgres://u:geheim"}) {
    const std::string wrong = wrong_with(kDomain + "[store]\npostgres = '" + secret + "'\n");
    EXPECT_EQ(wrong.find("f:6:12: store.postgres: "), 0u) << wrong;
    EXPECT_EQ(wrong.find("geheim"), std::string::npos) << wrong;
    EXPECT_EQ(wrong.find("more"), std::string::npos) << wrong;
  }
  for (const char* secret : {"['geheim']", "{ password = 'geheim' }", "2026-11-28"}) {
    const std::string wrong = wrong_with(kDomain + "[store]\npostgres = " + secret + "\n");
    EXPECT_EQ(wrong.find("f:6:12: store.postgres: found what is no text; allowed is "), 0u)
        << wrong;
    EXPECT_EQ(wrong.find("geheim"), std::string::npos) << wrong;
  }
}

TEST(ReadConfig, AFileHasAMost) {
  const std::string path = testing::TempDir() + "/muster-config-most.toml";
  const auto wrong_with_size = [&](std::size_t size) {
    std::ofstream(path, std::ios::binary) << kDomain + std::string(size - kDomain.size(), '\n');
    const auto config = read_config(path, Certificates::unchecked);
    return config.ok() ? "nothing" : config.error().front().text;
  };
  EXPECT_EQ(wrong_with_size(kConfigBytesMax), "nothing");
  EXPECT_EQ(wrong_with_size(kConfigBytesMax + 1), "cannot be read: it has more than 1048576 bytes");
}

TEST(ReadConfig, PathsAreRelativeToTheFile) {
  const auto config = parse("data = \"../d\"\n" + kDomain);
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->data, "/etc/d");
  EXPECT_EQ(config->server.certificates.front().key, "/etc/muster/k");
}

}  // namespace
}  // namespace muster
