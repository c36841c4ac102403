#include "app/config/config_reader.h"

#include <algorithm>
#include <array>

#include "app/config/quantity.h"
#include "base/ascii.h"
#include "codec/address/domain.h"
#include "codec/address/ip.h"
#include "shell/store/postgres.h"
#include "shell/web_socket/request.h"

namespace muster {
namespace {

constexpr std::string_view kSizeForm = R"(in bytes, or with its unit (KiB, MiB), as "64 KiB")";
constexpr std::string_view kEndpointForm =
    R"("ADDRESS:PORT", as "192.0.2.1:5222" or "[2001:db8::1]:5222")";
constexpr std::string_view kConnectionForm =
    R"(what libpq takes, as "host=db.example.com dbname=muster passfile=/etc/muster/pgpass")";

}  // namespace

Config ConfigReader::read(std::string_view text) {
  try {
    const toml::table file = toml::parse(text);
    read_table(file, "",
               {
                   {"data",
                    [&](const Value& value) { config_.data = path(value).value_or(config_.data); }},
                   {"threads",
                    [&](const Value& value) {
                      const auto threads = value.item.value_exact<std::int64_t>();
                      if (!threads || *threads < 0 || *threads > kThreadsMax) {
                        return refuse(value, "a number from 0 (one for each core) to 255");
                      }
                      config_.threads = static_cast<std::uint8_t>(*threads);
                    }},
                   {"domain", [&](const Value& value) { read_domains(value); }},
                   {"listen", [&](const Value& value) { read_listen(value); }},
                   {"store", [&](const Value& value) { read_store(value); }},
                   {"log", [&](const Value& value) { read_log(value); }},
                   {"policy", [&](const Value& value) { read_policy(value); }},
                   {"limits", [&](const Value& value) { read_limits(value); }},
                   {"cluster", [&](const Value& value) { read_cluster(value); }},
                   {"load", [&](const Value& value) { read_load(value); }},
               });
    if (!file.contains("domain")) {
      fail({1, 1},
           "there is no [[domain]]: a service needs at least one, with name, certificate"
           " and key");
    }
    check_times(file);
    settle_cluster(file);
  } catch (const toml::parse_error& error) {
    fail(error.source().begin, "not TOML: " + std::string(error.description()));
  }
  return std::move(config_);
}

// --- tables --------------------------------------------------------------------------------------

void ConfigReader::read_table(const toml::table& table, const std::string& name, const Keys& keys) {
  for (const auto& [key, item] : table) {
    const auto known = std::find_if(keys.begin(), keys.end(),
                                    [&](const Key& one) { return one.name == key.str(); });
    if (known == keys.end()) {
      refuse_key(key, name, keys);
    } else {
      known->read({item, (name.empty() ? "" : name + ".") + std::string(key.str())});
    }
  }
}

void ConfigReader::read_section(const Value& value, const Keys& keys) {
  const toml::table* table = value.item.as_table();
  if (table == nullptr) return refuse(value, "a table, [" + value.name + "]");
  read_table(*table, value.name, keys);
}

// --- domains -------------------------------------------------------------------------------------

void ConfigReader::read_domains(const Value& value) {
  const toml::array* domains = value.item.as_array();
  const bool tables = domains != nullptr && !domains->empty() &&
                      std::all_of(domains->begin(), domains->end(),
                                  [](const toml::node& one) { return one.is_table(); });
  if (!tables) return refuse(value, "a [[domain]] for each domain");
  for (const toml::node& domain : *domains)
    read_domain(*domain.as_table());
}

void ConfigReader::read_domain(const toml::table& table) {
  CertificateFiles files;
  read_table(
      table, "domain",
      {
          {"name", [&](const Value& value) { read_domain_name(value, files.domain); }},
          {"certificate",
           [&](const Value& value) { read_file(value, Holds::certificate, files.chain); }},
          {"key", [&](const Value& value) { read_file(value, Holds::key, files.key); }},
          {"any_certificate_name", [&](const Value& value) { read_flag(value, files.any_name); }},
      });
  for (const std::string_view key : {"name", "certificate", "key"}) {
    if (!table.contains(key)) {
      fail(begin_of(table), "this [[domain]] has no " + std::string(key));
    }
  }
  check_domain(table, files);
  config_.server.settings.domains.push_back(files.domain);
  config_.server.certificates.push_back(std::move(files));
}

void ConfigReader::check_domain(const toml::table& table, const CertificateFiles& files) {
  const bool whole = !files.domain.empty() && !files.chain.empty() && !files.key.empty();
  if (!whole || certificates_ == Certificates::unchecked) return;
  if (const auto loaded = TlsContexts::load({files}); !loaded) {
    fail(begin_of(*table.get("certificate")), loaded.error());
  }
}

void ConfigReader::read_domain_name(const Value& value, std::string& into) {
  const auto text = value.item.value_exact<std::string_view>();
  if (!text) return refuse(value, R"(a string, as "example.com")");
  std::string scratch;
  const auto canonical = canonical_domain(*text, scratch);
  if (!canonical) {
    return refuse(
        value, "a domain, as \"example.com\" (" + std::string(describe(canonical.error())) + ")");
  }
  if (config_.server.settings.serves(*canonical)) {
    return fail(begin_of(value.item), "there is a [[domain]] of this name already");
  }
  into = *canonical;
}

// --- addresses, store, log, policy ---------------------------------------------------------------

void ConfigReader::read_listen(const Value& value) {
  ServerOptions& server = config_.server;
  read_section(value, {
                          {"xmpp", [&](const Value& v) { read_endpoints(v, server.xmpp); }},
                          {"sip", [&](const Value& v) { read_endpoints(v, server.sip); }},
                          {"sips", [&](const Value& v) { read_endpoints(v, server.sips); }},
                          {"wss", [&](const Value& v) { read_endpoints(v, server.wss); }},
                          {"wss_origins", [&](const Value& v) { read_origins(v); }},
                          {"links_per_address_max",
                           [&](const Value& v) {
                             const auto links = v.item.value_exact<std::int64_t>();
                             if (!links || *links < 1 || *links > kLinksPerAddressMax) {
                               return refuse(
                                   v, "a number from 1 to " + std::to_string(kLinksPerAddressMax));
                             }
                             server.links_per_address_max = static_cast<std::uint32_t>(*links);
                           }},
                      });
  if (server.xmpp.empty() && server.sip.empty() && server.sips.empty() && server.wss.empty()) {
    fail(begin_of(value.item), "xmpp, sip, sips and wss are all empty: nobody could connect");
  }
}

void ConfigReader::read_endpoints(const Value& value, std::vector<Endpoint>& into) {
  const std::string allowed = "an array of " + std::string(kEndpointForm);
  const toml::array* array = value.item.as_array();
  if (array == nullptr) return refuse(value, allowed);
  into.clear();
  for (const toml::node& item : *array) {
    const auto text = item.value_exact<std::string_view>();
    const auto endpoint = text ? parse_endpoint(*text) : std::nullopt;
    if (!endpoint) {
      refuse({item, value.name}, kEndpointForm);
    } else if (endpoint->port != 0 &&
               std::find(into.begin(), into.end(), *endpoint) != into.end()) {
      fail(begin_of(item), value.name + " has " + to_text(*endpoint) + " already");
    } else {
      into.push_back(*endpoint);
    }
  }
}

void ConfigReader::read_origins(const Value& value) {
  constexpr std::string_view kAllowed =
      R"(a list of origins, as ["https://chat.example.com"], or ["*"]: any)";
  const toml::array* origins = value.item.as_array();
  if (origins == nullptr) return refuse(value, kAllowed);
  for (const toml::node& item : *origins) {
    const auto origin = item.value_exact<std::string_view>();
    if (!origin || (*origin != "*" && !parse_origin(*origin)))
      return refuse({item, value.name}, kAllowed);
    config_.server.http_settings.origins.emplace_back(*origin);
  }
}

void ConfigReader::read_store(const Value& value) {
  read_section(value, {{"postgres", [&](const Value& v) { read_postgres(v); }}});
}

// An error does not cite the string that was found: there may be a password in it.
void ConfigReader::read_postgres(const Value& value) {
  const auto text = value.item.value_exact<std::string_view>();
  config_.postgres = text.value_or("");
  const auto unfit = text ? postgres::why_unfit(config_.postgres) : "what is no text";
  if (unfit) {
    fail(begin_of(value.item),
         value.name + ": found " + *unfit + "; allowed is " + std::string(kConnectionForm));
  }
}

void ConfigReader::read_log(const Value& value) {
  using enum Log::Level;
  constexpr std::array kLevels = {debug, info, warning, error};
  constexpr std::array kFormats = {LogFormat::text, LogFormat::json};
  read_section(value, {
                          {"level",
                           [&](const Value& v) {
                             const auto level = choice(v, {"debug", "info", "warning", "error"});
                             if (level) config_.log.level = kLevels[*level];
                           }},
                          {"format",
                           [&](const Value& v) {
                             const auto format = choice(v, {"text", "json"});
                             if (format) config_.log.format = kFormats[*format];
                           }},
                      });
}

void ConfigReader::read_policy(const Value& value) {
  using enum WatcherPolicy;
  constexpr std::array kPolicies = {ask, mutual, allow, deny};
  Settings& settings = config_.server.settings;
  read_section(
      value,
      {
          {"watchers",
           [&](const Value& v) {
             const auto policy = choice(v, {"ask", "mutual", "allow", "deny"});
             if (policy) settings.default_policy = kPolicies[*policy];
           }},
          {"sip_digest_sha256", [&](const Value& v) { read_flag(v, settings.sip_digest_sha256); }},
          {"sip_digest_md5", [&](const Value& v) { read_flag(v, settings.sip_digest_md5); }},
          {"in_band_registration",
           [&](const Value& v) { read_flag(v, settings.in_band_registration); }},
          {"tell_version", [&](const Value& v) { read_flag(v, config_.tell_version); }},
      });
  if (!settings.sip_digest_sha256 && !settings.sip_digest_md5) {
    fail(begin_of(value.item),
         "sip_digest_sha256 and sip_digest_md5 are both false: no phone could log in");
  }
}

// --- limits --------------------------------------------------------------------------------------

void ConfigReader::read_limits(const Value& value) {
  Keys keys;
  for (const LimitSetting& limit : limit_settings()) {
    keys.push_back({limit.key, [&](const Value& v) { read_limit(v, limit); }});
  }
  read_section(value, keys);
}

void ConfigReader::read_limit(const Value& value, const LimitSetting& limit) {
  const auto number = value.item.value_exact<std::int64_t>();
  const auto text = value.item.value_exact<std::string_view>();
  std::optional<std::uint64_t> found;
  if (limit.is_duration()) {
    const auto duration = text ? parse_duration(*text) : std::nullopt;
    if (duration) found = static_cast<std::uint64_t>(duration->in_microseconds());
  } else if (number && *number >= 0) {
    found = static_cast<std::uint64_t>(*number);
  } else if (limit.is_size() && text) {
    found = parse_size(*text);
  }
  if (!found || *found < limit.least || *found > limit.most) {
    const std::string range = "from " + limit.text(limit.least) + " to " + limit.text(limit.most);
    if (limit.is_duration()) return refuse(value, "a time " + range + " " + std::string(kTimeForm));
    if (limit.is_size()) return refuse(value, "a size " + range + " " + std::string(kSizeForm));
    return refuse(value, "a number " + range);
  }
  limit.set(config_.server.settings.limits, *found);
}

// RFC 3261 section 10.3 step 6, RFC 3903 section 6, RFC 6665 section 4.2.1.1: less than the least
// is answered 423; a most below it would leave nothing to ask for.
void ConfigReader::check_times(const toml::table& file) {
  const Limits& limits = config_.server.settings.limits;
  const toml::table* table = file["limits"].as_table();
  if (table == nullptr) return;
  const std::array<std::pair<std::string_view, Duration>, 3> most = {
      {{"subscription_time_max", limits.subscription_time_max},
       {"publication_time_max", limits.publication_time_max},
       {"registration_time_max", limits.registration_time_max}}};
  for (const auto& [key, time] : most) {
    if (limits.expires_min <= time) continue;
    const toml::node* at = table->get(table->contains(key) ? key : "expires_min");
    fail(begin_of(*at), "limits." + std::string(key) + " (" + duration_text(time) +
                            ") is less than limits.expires_min (" +
                            duration_text(limits.expires_min) + ")");
  }
}

}  // namespace muster
