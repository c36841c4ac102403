// Reads the text of a configuration file table by table, and notes what is wrong with it. Behind
// read_config.h.
#pragma once

#include <toml++/toml.h>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"
#include "app/config/file_rights.h"
#include "app/config/limit_settings.h"
#include "app/config/load_settings.h"
#include "app/config/read_config.h"

namespace muster {

inline toml::source_position begin_of(const toml::node& item) {
  return item.source().begin;
}

inline constexpr std::string_view kTimeForm = R"(with its unit (ms, s, min, h), as "60 s")";

class ConfigReader {
 public:
  ConfigReader(std::string folder, Certificates certificates)
      : folder_(std::move(folder)), certificates_(certificates) {}

  // What could be read; it counts only if there are no errors.
  Config read(std::string_view text);
  ConfigErrors take_errors() { return std::move(errors_); }

 private:
  // A value with the name that an error calls it by: "limits.expires_min".
  struct Value {
    const toml::node& item;
    std::string name;
  };
  struct Key {
    std::string_view name;
    std::function<void(const Value&)> read;
  };
  using Keys = std::vector<Key>;
  using Words = std::vector<std::string_view>;

  void read_table(const toml::table& table, const std::string& name, const Keys& keys);
  void read_section(const Value& value, const Keys& keys);

  void read_domains(const Value& value);
  void read_domain(const toml::table& table);
  void read_domain_name(const Value& value, std::string& into);
  void check_domain(const toml::table& table, const CertificateFiles& files);
  void read_listen(const Value& value);
  void read_endpoints(const Value& value, std::vector<Endpoint>& into);
  void read_origins(const Value& value);
  void read_store(const Value& value);
  void read_postgres(const Value& value);
  void read_log(const Value& value);
  void read_policy(const Value& value);
  void read_limits(const Value& value);
  void read_limit(const Value& value, const LimitSetting& limit);
  void check_times(const toml::table& file);

  // config_cluster.cc
  void read_cluster(const Value& value);
  void read_server_id(const Value& value);
  void read_host_name(const Value& value);
  void read_document_watchers(const Value& value);
  void read_link(const Value& value);
  void read_load(const Value& value);
  void read_max_level(const Value& value);
  void read_launch(const Value& value);
  void read_load_setting(const Value& value, const LoadSetting& setting);
  void check_load(const toml::table& load);
  // Once all is read: whether this server is one of many, and can be.
  void settle_cluster(const toml::table& file);
  void check_alone(const toml::table& cluster);
  void check_one_of_many(const toml::table& cluster);
  void take_credentials(const toml::table& cluster);

  std::optional<std::string> path(const Value& value);
  void read_file(const Value& value, Holds what, std::string& into);
  // The same; "" is none.
  void read_any_file(const Value& value, Holds what, std::string& into);
  // The time's own unit is milliseconds.
  void read_time(const Value& value, Duration least, Duration most, Duration& into);
  std::optional<std::size_t> choice(const Value& value, const Words& words);
  void read_flag(const Value& value, bool& into);

  // The value is not what is allowed there.
  void refuse(const Value& value, std::string_view allowed);
  void refuse_key(const toml::key& key, const std::string& table, const Keys& known);
  void fail(const toml::source_position& at, std::string what);

  std::string folder_;
  Certificates certificates_;
  Config config_;
  // Of [cluster] and [load]; they count if there is an id.
  struct Cluster {
    ClusterSettings settings;
    Endpoint link{IpAddress::v4(127, 0, 0, 1), 0};
    std::string shared_key;
    ServerCertificateFiles certificate;
    bool is_wrong = false;  // something in [cluster]
  } cluster_;
  ConfigErrors errors_;
};

}  // namespace muster
