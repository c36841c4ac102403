#include "app/config/read_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "app/config/limit_settings.h"
#include "app/config/load_settings.h"
#include "app/config/quantity.h"
#include "app/data/server_place.h"
#include "codec/xml/limits.h"
#include "shell/links.h"
#include "shell/store/cluster_postgres.h"

namespace muster {
namespace config_read_config_test {

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
  EXPECT_EQ(server.wss, is.server.wss);
  EXPECT_EQ(server.http_settings.origins, is.server.http_settings.origins);
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
  // A file may grant this; nothing does that says no word of it.
  EXPECT_FALSE(settings.in_band_registration);
  EXPECT_FALSE(Settings{}.in_band_registration);
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

// Pages of its domains, and of itself, may connect; who may besides is said.
TEST(ReadConfig, PagesThatMayConnectAreNamedByTheirOrigins) {
  const auto origins = [](const std::string& listed) {
    const auto config =
        parse(kDomain + "[listen]\nwss = [\"127.0.0.1:0\"]\nwss_origins = " + listed +
              "\n[cluster]\nid = \"s1\"\nhost_name = \"s1.a.org\"\nshared_key = \"k\"\n");
    if (!config.ok()) return std::vector{config_errors_text("f", config.error())};
    return server_options(*config).http_settings.origins;
  };
  using Origins = std::vector<std::string>;
  EXPECT_EQ(origins("[]"), (Origins{"https://a.org", "https://s1.a.org"}));
  EXPECT_EQ(origins("[\"http://localhost:8080\", \"*\"]"),
            (Origins{"http://localhost:8080", "*", "https://a.org", "https://s1.a.org"}));
  for (const char* bad :
       {"\"*\"", "[1]", "[\"chat.example.com\"]", "[\"https://a.org/\"]", "[\"https://\"]",
        "[\"ftp://a.org\"]", "[\"https://a.org:99999\"]", "[\"https://a.org:443\"]",
        "[\"http://a.org:80\"]", "[\"https://::1\"]"}) {
    const Origins told = origins(bad);
    ASSERT_EQ(told.size(), 1u) << bad;
    EXPECT_NE(told[0].find("listen.wss_origins"), std::string::npos) << told[0];
    EXPECT_NE(told[0].find("a list of origins"), std::string::npos) << told[0];
  }
}

// --- a server of a cluster -----------------------------------------------------------------------

const std::string kLoopback = "[listen]\nxmpp = [\"127.0.0.1:0\"]\nsip = []\nsips = []\n";
const std::string kOfMany = kDomain + kLoopback + "[cluster]\nid = \"s1\"\n";
const std::string kShared = kOfMany + "shared_key = \"cluster.key\"\n";

TEST(Cluster, TheSampleSaysTheDefaults) {
  const auto config = parse(whole_sample());
  ASSERT_TRUE(config.ok());
  EXPECT_FALSE(config->server.settings.cluster);
  EXPECT_EQ(config->server_id, "");
  // The same, of one that is of a cluster.
  const std::string text = std::regex_replace(
      std::regex_replace(whole_sample(), std::regex("\nid = \"\""), "\nid = \"s1\""),
      std::regex("\nshared_key = \"\"\n(?:.*\n)"), "\nshared_key = \"k\"\n");
  const std::string named =
      std::regex_replace(text, std::regex("\nhost_name = \"\""), "\nhost_name = \"s1.a.org\"");
  const auto one = parse(named);
  ASSERT_TRUE(one.ok()) << wrong_with(named);
  const ClusterSettings& said = one->server.settings.cluster.value();
  const ClusterSettings is;
  EXPECT_EQ(said.standby, is.standby);
  EXPECT_EQ(said.lease_time, is.lease_time);
  EXPECT_EQ(said.renew_after, is.renew_after);
  EXPECT_EQ(said.load.index, is.load.index);
  EXPECT_EQ(said.load.policy, is.load.policy);
  EXPECT_EQ(said.load.max_level, is.load.max_level);
  for (const LoadSetting& setting : load_settings())
    EXPECT_EQ(setting.get(said.load), setting.get(is.load)) << setting.key;
}

TEST(Cluster, AServerIsNamedByItsHostOrItsId) {
  const auto svr_id = [](const std::string& more) {
    const auto config = parse(kShared + more);
    if (!config.ok()) return config_errors_text("f", config.error());
    return server_options(*config).settings.cluster.value().self.svr_id;
  };
  EXPECT_EQ(svr_id(""), "sip:s1.a.org");
  EXPECT_EQ(svr_id("host_name = \"North.a.org\"\n"), "sip:north.a.org");
}

TEST(Cluster, DocumentWatchersAreAccounts) {
  const auto config = parse(kShared + "document_watchers = [\"Noc@example.com\", \"b@a.org\"]\n");
  ASSERT_TRUE(config.ok());
  const std::vector<Address> both = {Address::of_canonical("noc", "example.com"),
                                     Address::of_canonical("b", "a.org")};
  EXPECT_EQ(config->server.settings.cluster.value().document_watchers, both);
  for (const char* bad : {"\"noc@example.com\"", "[\"example.com\"]", "[\"a@b/c\"]", "[1]"}) {
    const std::string wrong = wrong_with(kShared + "document_watchers = " + bad + "\n");
    EXPECT_NE(wrong.find("cluster.document_watchers"), std::string::npos) << bad << wrong;
    EXPECT_NE(wrong.find("a list of accounts"), std::string::npos) << bad << wrong;
  }
}

TEST(Cluster, LinksAreWhereItIsSaid) {
  const auto config = parse(kShared + "listen = \"127.0.0.1:5270\"\n");
  ASSERT_TRUE(config.ok());
  const Endpoint at{IpAddress::v4(127, 0, 0, 1), 5270};
  EXPECT_EQ(config->server.cluster, std::vector<Endpoint>{at});
  EXPECT_EQ(config->server.settings.cluster->self.link, at);
  EXPECT_NE(wrong_with(kShared + "listen = \"0.0.0.0:5270\"\n").find("cluster.listen"),
            std::string::npos);
}

TEST(Cluster, ServersProveWhoTheyAre) {
  EXPECT_NE(wrong_with(kOfMany).find("f:10:6: the servers of a cluster prove to each other"),
            std::string::npos)
      << wrong_with(kOfMany);
  EXPECT_EQ(wrong_with(kShared), "nothing");
  const std::string files = "certificate = \"c\"\nkey = \"k\"\nca = \"a\"\n";
  EXPECT_EQ(wrong_with(kOfMany + files), "nothing");
  EXPECT_NE(wrong_with(kShared + files), "nothing");
  EXPECT_NE(wrong_with(kOfMany + "certificate = \"c\"\nkey = \"k\"\n"), "nothing");
  const auto config = parse(kOfMany + files);
  const auto& held = config->server.cluster_credentials.value();
  EXPECT_EQ(std::get<ServerCertificateFiles>(held).ca, "/etc/muster/a");
}

TEST(Cluster, WhatIsSaidOfNoneIsAMistake) {
  for (const char* said : {"standby = true", "host_name = \"s1.a.org\"", "database = \"c.db\"",
                           "document_watchers = [\"a@b\"]", "shared_key = \"k\"", "ca = \"a\""}) {
    const std::string wrong = wrong_with(kDomain + "[cluster]\n" + std::string(said) + "\n");
    EXPECT_NE(wrong.find("means nothing without cluster.id"), std::string::npos) << said;
  }
}

TEST(Cluster, WhoListensEverywhereHasAName) {
  const std::string everywhere = kDomain + "[cluster]\nid = \"s1\"\nshared_key = \"cluster.key\"\n";
  EXPECT_NE(wrong_with(everywhere).find("cluster.host_name is needed"), std::string::npos);
  EXPECT_EQ(wrong_with(everywhere + "host_name = \"s1.a.org\"\n"), "nothing");
}

TEST(Cluster, WithItsUsersInPostgresAllIsThere) {
  const std::string postgres = "[store]\npostgres = \"host=db\"\n";
  EXPECT_EQ(wrong_with(kShared + postgres), "nothing");
  const auto config = parse(kShared + postgres);
  EXPECT_EQ(config->postgres, "host=db");
  EXPECT_EQ(config->server_id, "s1");
  const std::string wrong = wrong_with(kShared + "database = \"c.db\"\n" + postgres);
  EXPECT_NE(wrong.find("cluster.database is a file of one machine"), std::string::npos) << wrong;
}

TEST(Cluster, AnIdHasAMost) {
  const auto wrong = [](std::size_t bytes) {
    return wrong_with(kDomain + kLoopback + "[cluster]\nshared_key = \"k\"\nid = \"" +
                      std::string(bytes, 'a') + "\"\n");
  };
  EXPECT_EQ(wrong(kServerIdBytesMax), "nothing");
  EXPECT_NE(wrong(kServerIdBytesMax + 1).find("cluster.id: found"), std::string::npos);
}

TEST(Cluster, ALeaseIsRenewedTwiceInItsTime) {
  const auto wrong = [](Duration lease, Duration renew) {
    return wrong_with(kShared + "lease_time = \"" + duration_text(lease) + "\"\nrenew_after = \"" +
                      duration_text(renew) + "\"\n");
  };
  const Duration step = Duration::milliseconds(1);
  EXPECT_EQ(wrong(kLeaseTimeMax, kRenewAfterMax), "nothing");
  EXPECT_EQ(wrong(kLeaseTimeMin, kRenewAfterMin), "nothing");
  EXPECT_NE(wrong(kLeaseTimeMax + step, kRenewAfterMax).find("cluster.lease_time: "),
            std::string::npos);
  EXPECT_NE(wrong(kLeaseTimeMin - step, kRenewAfterMin).find("cluster.lease_time: "),
            std::string::npos);
  EXPECT_NE(wrong(kLeaseTimeMax, kRenewAfterMax + step).find("cluster.renew_after: "),
            std::string::npos);
  EXPECT_NE(wrong(kLeaseTimeMax, kRenewAfterMin - step).find("cluster.renew_after: "),
            std::string::npos);
  EXPECT_EQ(wrong(kRenewAfterMax * 2, kRenewAfterMax), "nothing");
  EXPECT_NE(wrong(kRenewAfterMax * 2 - step, kRenewAfterMax).find("is less than twice"),
            std::string::npos);
}

// A database that hangs once costs no lease.
TEST(Cluster, InPostgresALeaseOutlastsARenewalThatIsNotAnswered) {
  const auto wrong = [](Duration lease, Duration renew, const std::string& store) {
    return wrong_with(kShared + "lease_time = \"" + duration_text(lease) + "\"\nrenew_after = \"" +
                      duration_text(renew) + "\"\n" + store);
  };
  const std::string postgres = "[store]\npostgres = \"host=db\"\n";
  const Duration step = Duration::milliseconds(1);
  const Duration hangs = cluster::PostgresClusterStore::kAnswerTimeMax;
  const Duration renew = Duration::milliseconds(700);
  EXPECT_EQ(wrong(renew + hangs + step, renew, postgres), "nothing");
  EXPECT_NE(wrong(renew + hangs, renew, postgres)
                .find("cluster.lease_time (1700 ms) is to be more than cluster.renew_after (700 ms)"
                      " plus 1 s where store.postgres is given"),
            std::string::npos)
      << wrong(renew + hangs, renew, postgres);
  EXPECT_EQ(wrong(renew + hangs, renew, ""), "nothing");
}

// Another server is not known before its lease is read: who waits for that waits longer.
TEST(Cluster, WhoIsRenewedLateIsStillAwaited) {
  EXPECT_LT(kRenewAfterMax, ServerLinkSettings().unknown_time_max);
}

// --- load ----------------------------------------------------------------------------------------

std::string load(const std::string& said) {
  return kShared + "[load]\n" + said + "\n";
}

TEST(Load, EachSettingHasALeastAndAMost) {
  for (const LoadSetting& setting : load_settings()) {
    const auto wrong = [&](std::uint64_t value) {
      const std::string text = setting.text(value);
      // Beside a mark that is lower than it may be there is nothing to see of its own bounds.
      const std::string low = setting.key == "high_mark" ? "low_mark = 0\n" : "";
      return wrong_with(load(low + std::string(setting.key) + " = " +
                             (setting.is_duration() ? "\"" + text + "\"" : text)));
    };
    if (setting.key != "low_mark") {
      EXPECT_EQ(wrong(setting.most), "nothing") << setting.key;
    }
    EXPECT_EQ(wrong(setting.least), "nothing") << setting.key;
    EXPECT_NE(wrong(setting.most + 1).find("load." + std::string(setting.key) + ": found"),
              std::string::npos)
        << setting.key;
    if (setting.least > 0) {
      EXPECT_NE(wrong(setting.least - 1).find("load." + std::string(setting.key) + ": found"),
                std::string::npos)
          << setting.key;
    }
  }
}

TEST(Load, ABrokenRuleIsToldWithItsLine) {
  EXPECT_EQ(wrong_with(load("high_mark = 50")),
            "f:12:1: load: low_mark is at most half of high_mark\n");
  EXPECT_EQ(wrong_with(load("high_mark = 50\nlow_mark = 26")),
            "f:14:12: load: low_mark is at most half of high_mark\n");
  EXPECT_EQ(wrong_with(load("high_mark = 50\nlow_mark = 25")), "nothing");
}

TEST(Load, ALevelHasAMost) {
  const auto limit = [](std::uint64_t n) {
    return parse(load("max_level = " + std::to_string(n)));
  };
  EXPECT_FALSE(limit(0)->server.settings.cluster->load.max_level);
  EXPECT_EQ(limit(kLoadLevelMax)->server.settings.cluster->load.max_level->value, kLoadLevelMax);
  EXPECT_FALSE(limit(kLoadLevelMax + std::uint64_t{1}).ok());
  EXPECT_EQ(server_options(*limit(7)).settings.cluster->self.max_level->value, 7u);
}

TEST(Load, IsMeasuredAndPlacedByNames) {
  const auto config = parse(load("index = \"measured\"\npolicy = \"limit\""));
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->server.settings.cluster->load.index, cluster::LoadIndex::measured);
  EXPECT_EQ(config->server.settings.cluster->load.policy, cluster::PlacingPolicy::limit);
  EXPECT_NE(wrong_with(load("policy = \"highest\"")), "nothing");
}

}  // namespace config_read_config_test
}  // namespace muster
