// The part of ConfigReader that reads what makes a server one of a cluster: [cluster] and [load].

#include <algorithm>
#include <array>

#include "app/config/config_reader.h"
#include "app/config/quantity.h"
#include "app/data/server_place.h"
#include "codec/address/domain.h"
#include "codec/address/ip.h"
#include "codec/address/jid.h"
#include "shell/store/cluster_postgres.h"

namespace muster {
namespace {

using cluster::LoadIndex;
using cluster::PlacingPolicy;

// Where in a table something is wrong with `key`, or with what is not there.
toml::source_position place_of(const toml::table& table, std::string_view key) {
  const toml::node* item = table.get(key);
  return begin_of(item == nullptr ? static_cast<const toml::node&>(table) : *item);
}

}  // namespace

// --- [cluster] -----------------------------------------------------------------------------------

void ConfigReader::read_cluster(const Value& value) {
  ClusterSettings& settings = cluster_.settings;
  ServerCertificateFiles& files = cluster_.certificate;
  const std::size_t errors = errors_.size();
  read_section(value,
               {
                   {"id", [&](const Value& v) { read_server_id(v); }},
                   {"standby", [&](const Value& v) { read_flag(v, settings.standby); }},
                   {"host_name", [&](const Value& v) { read_host_name(v); }},
                   {"listen", [&](const Value& v) { read_link(v); }},
                   {"document_watchers", [&](const Value& v) { read_document_watchers(v); }},
                   {"database",
                    [&](const Value& v) {
                      const auto text = v.item.value_exact<std::string_view>();
                      if (text && text->empty()) return;
                      config_.cluster_database = path(v).value_or("");
                    }},
                   {"shared_key",
                    [&](const Value& v) { read_any_file(v, Holds::key, cluster_.shared_key); }},
                   {"certificate",
                    [&](const Value& v) { read_any_file(v, Holds::certificate, files.chain); }},
                   {"key", [&](const Value& v) { read_any_file(v, Holds::key, files.key); }},
                   {"ca", [&](const Value& v) { read_any_file(v, Holds::certificate, files.ca); }},
                   {"lease_time",
                    [&](const Value& v) {
                      read_time(v, kLeaseTimeMin, kLeaseTimeMax, settings.lease_time);
                    }},
                   {"renew_after",
                    [&](const Value& v) {
                      read_time(v, kRenewAfterMin, kRenewAfterMax, settings.renew_after);
                    }},
               });
  cluster_.is_wrong = errors_.size() > errors;
}

void ConfigReader::read_server_id(const Value& value) {
  const auto text = value.item.value_exact<std::string_view>();
  if (!text || (!text->empty() && !is_server_id(*text))) {
    std::string allowed(kServerIdForm);
    allowed += R"(, or "": this server is alone)";
    return refuse(value, allowed);
  }
  config_.server_id = *text;
}

void ConfigReader::read_host_name(const Value& value) {
  const auto text = value.item.value_exact<std::string_view>();
  if (text && text->empty()) return;
  std::string scratch;
  if (!text || !canonical_domain(*text, scratch)) {
    return refuse(value, R"(a name of this server alone, as "s1.example.com")");
  }
  cluster_.settings.host_name = *canonical_domain(*text, scratch);
}

void ConfigReader::read_document_watchers(const Value& value) {
  constexpr std::string_view kAllowed = R"(a list of accounts, as ["noc@example.com"])";
  const toml::array* accounts = value.item.as_array();
  if (accounts == nullptr) return refuse(value, kAllowed);
  for (const toml::node& account : *accounts) {
    const auto address = parse_jid(account.value_exact<std::string_view>().value_or(""));
    if (!address || !address->has_local() || address->has_resource()) {
      return refuse(value, kAllowed);
    }
    cluster_.settings.document_watchers.push_back(*address);
  }
}

void ConfigReader::read_link(const Value& value) {
  const auto text = value.item.value_exact<std::string_view>();
  const auto endpoint = text ? parse_endpoint(*text) : std::nullopt;
  if (!endpoint || endpoint->ip.is_unspecified()) {
    return refuse(value,
                  R"("ADDRESS:PORT" to which the other servers connect, as "192.0.2.1:5270")");
  }
  cluster_.link = *endpoint;
}

void ConfigReader::settle_cluster(const toml::table& file) {
  static const toml::table kNone;
  const toml::table* table = file["cluster"].as_table();
  const toml::table& cluster = table == nullptr ? kNone : *table;
  if (cluster_.is_wrong) return;
  if (config_.server_id.empty()) return check_alone(cluster);
  check_one_of_many(cluster);
  take_credentials(cluster);
  cluster_.settings.self.link = cluster_.link;
  config_.server.cluster = {cluster_.link};
  config_.server.settings.cluster = cluster_.settings;
}

// Whoever says more of a cluster means one.
void ConfigReader::check_alone(const toml::table& cluster) {
  const ServerCertificateFiles& files = cluster_.certificate;
  for (const auto& [key, said] :
       {std::pair<std::string_view, bool>{"standby", cluster_.settings.standby},
        {"host_name", !cluster_.settings.host_name.empty()},
        {"document_watchers", !cluster_.settings.document_watchers.empty()},
        {"database", !config_.cluster_database.empty()},
        {"shared_key", !cluster_.shared_key.empty()},
        {"certificate", !files.chain.empty()},
        {"key", !files.key.empty()},
        {"ca", !files.ca.empty()}}) {
    if (!said) continue;
    return fail(place_of(cluster, key),
                "cluster." + std::string(key) + " means nothing without cluster.id");
  }
}

void ConfigReader::check_one_of_many(const toml::table& cluster) {
  const ClusterSettings& settings = cluster_.settings;
  const ServerOptions& server = config_.server;
  if (!config_.postgres.empty() && !config_.cluster_database.empty()) {
    fail(place_of(cluster, "database"),
         "cluster.database is a file of one machine; with store.postgres, what the servers of a"
         " cluster agree on is there too");
  }
  if (settings.lease_time < settings.renew_after * 2) {
    fail(place_of(cluster, cluster.contains("lease_time") ? "lease_time" : "renew_after"),
         "cluster.lease_time (" + duration_text(settings.lease_time) +
             ") is less than twice cluster.renew_after (" + duration_text(settings.renew_after) +
             "): no renewal may fail");
  }
  constexpr Duration kAnswer = cluster::PostgresClusterStore::kAnswerTimeMax;
  if (!config_.postgres.empty() && settings.lease_time <= settings.renew_after + kAnswer) {
    fail(place_of(cluster, cluster.contains("lease_time") ? "lease_time" : "renew_after"),
         "cluster.lease_time (" + duration_text(settings.lease_time) +
             ") is to be more than cluster.renew_after (" + duration_text(settings.renew_after) +
             ") plus " + duration_text(kAnswer) +
             " where store.postgres is given: so long the database may hang in a renewal, and the"
             " next one is to be in time");
  }
  for (const auto* listen : {&server.xmpp, &server.sip, &server.sips, &server.wss}) {
    if (!settings.host_name.empty() || listen->empty()) continue;
    if (!listen->front().ip.is_unspecified()) continue;
    return fail(place_of(cluster, "host_name"),
                "cluster.host_name is needed where [listen] has every address first: users are"
                " sent from one server to another by it");
  }
}

void ConfigReader::take_credentials(const toml::table& cluster) {
  const ServerCertificateFiles& files = cluster_.certificate;
  const bool certificate = !files.chain.empty() && !files.key.empty() && !files.ca.empty();
  const bool any = !files.chain.empty() || !files.key.empty() || !files.ca.empty();
  if (any != certificate || cluster_.shared_key.empty() != certificate) {
    return fail(
        place_of(cluster, "id"),
        "the servers of a cluster prove to each other who they are: by cluster.shared_key, or"
        " by cluster.certificate, key and ca, all three");
  }
  ClusterCredentials credentials = SharedKeyFile{cluster_.shared_key};
  if (certificate) credentials = files;
  if (certificates_ == Certificates::checked) {
    if (const auto loaded = ClusterTls::load(credentials); !loaded) {
      return fail(place_of(cluster, certificate ? "certificate" : "shared_key"), loaded.error());
    }
  }
  config_.server.cluster_credentials = std::move(credentials);
}

// --- [load] --------------------------------------------------------------------------------------

void ConfigReader::read_load(const Value& value) {
  constexpr std::array kIndices = {LoadIndex::paper, LoadIndex::measured};
  constexpr std::array kPolicies = {PlacingPolicy::lowest, PlacingPolicy::limit};
  cluster::LoadSettings& load = cluster_.settings.load;
  Keys keys = {
      {"index",
       [&](const Value& v) {
         if (const auto index = choice(v, {"paper", "measured"})) load.index = kIndices[*index];
       }},
      {"policy",
       [&](const Value& v) {
         if (const auto policy = choice(v, {"lowest", "limit"})) load.policy = kPolicies[*policy];
       }},
      {"max_level", [&](const Value& v) { read_max_level(v); }},
      {"launch", [&](const Value& v) { read_launch(v); }},
  };
  for (const LoadSetting& setting : load_settings()) {
    keys.push_back({setting.key, [&](const Value& v) { read_load_setting(v, setting); }});
  }
  read_section(value, keys);
  if (const toml::table* table = value.item.as_table()) check_load(*table);
}

void ConfigReader::read_max_level(const Value& value) {
  const auto number = value.item.value_exact<std::int64_t>();
  if (!number || *number < 0 || *number > kLoadLevelMax) {
    return refuse(value, "a number from 0 (no limit) to " + std::to_string(kLoadLevelMax));
  }
  auto& max_level = cluster_.settings.load.max_level;
  max_level.reset();
  if (*number > 0) max_level = {static_cast<std::uint32_t>(*number)};
}

void ConfigReader::read_launch(const Value& value) {
  const auto text = value.item.value_exact<std::string_view>();
  if (!text) return refuse(value, "a command, as the shell takes it");
  config_.server.launch = *text;
  cluster_.settings.load.launches = !text->empty();
}

void ConfigReader::read_load_setting(const Value& value, const LoadSetting& setting) {
  if (const auto* time = std::get_if<Duration cluster::LoadSettings::*>(&setting.field)) {
    const auto milliseconds = [](std::uint64_t n) {
      return Duration::milliseconds(static_cast<std::int64_t>(n));
    };
    return read_time(value, milliseconds(setting.least), milliseconds(setting.most),
                     cluster_.settings.load.**time);
  }
  const auto number = value.item.value_exact<std::int64_t>();
  const auto found = static_cast<std::uint64_t>(number.value_or(-1));
  if (!number || *number < 0 || found < setting.least || found > setting.most) {
    return refuse(value, "a number from " + setting.text(setting.least) + " to " +
                             setting.text(setting.most));
  }
  setting.set(cluster_.settings.load, found);
}

// A rule begins with the key that it is about, where it is about one.
void ConfigReader::check_load(const toml::table& load) {
  const std::string_view rule = broken_rule_of(cluster_.settings.load);
  if (rule.empty()) return;
  const std::string_view key = rule.substr(0, rule.find(' '));
  fail(place_of(load, key), "load: " + std::string(rule));
}

}  // namespace muster
