#include "codec/xmpp/errors.h"

#include <array>

#include "base/check.h"
#include "codec/xml/writer.h"

namespace muster {
namespace {

constexpr std::array<std::string_view, 25> kStreamErrors = {
    "bad-format",
    "bad-namespace-prefix",
    "conflict",
    "connection-timeout",
    "host-gone",
    "host-unknown",
    "improper-addressing",
    "internal-server-error",
    "invalid-from",
    "invalid-namespace",
    "invalid-xml",
    "not-authorized",
    "not-well-formed",
    "policy-violation",
    "remote-connection-failed",
    "reset",
    "resource-constraint",
    "restricted-xml",
    "see-other-host",
    "system-shutdown",
    "undefined-condition",
    "unsupported-encoding",
    "unsupported-feature",
    "unsupported-stanza-type",
    "unsupported-version",
};

constexpr std::array<std::string_view, 11> kSaslErrors = {
    "aborted",
    "account-disabled",
    "credentials-expired",
    "encryption-required",
    "incorrect-encoding",
    "invalid-authzid",
    "invalid-mechanism",
    "malformed-request",
    "mechanism-too-weak",
    "not-authorized",
    "temporary-auth-failure",
};

struct StanzaCondition {
  std::string_view name;
  std::string_view type;
};
constexpr std::array<StanzaCondition, 22> kStanzaErrors = {{
    {"bad-request", "modify"},
    {"conflict", "cancel"},
    {"feature-not-implemented", "cancel"},
    {"forbidden", "auth"},
    {"gone", "cancel"},
    {"internal-server-error", "cancel"},
    {"item-not-found", "cancel"},
    {"jid-malformed", "modify"},
    {"not-acceptable", "modify"},
    {"not-allowed", "cancel"},
    {"not-authorized", "auth"},
    {"policy-violation", "modify"},
    {"recipient-unavailable", "wait"},
    {"redirect", "modify"},
    {"registration-required", "auth"},
    {"remote-server-not-found", "cancel"},
    {"remote-server-timeout", "wait"},
    {"resource-constraint", "wait"},
    {"service-unavailable", "cancel"},
    {"subscription-required", "auth"},
    {"undefined-condition", "cancel"},
    {"unexpected-request", "wait"},
}};

void append_condition(std::string& out, std::string_view name, std::string_view ns) {
  out.append(1, '<').append(name).append(" xmlns='").append(ns).append("'/>");
}

void append_text(std::string& out, std::string_view text, std::string_view ns) {
  if (text.empty()) return;
  out.append("<text xmlns='").append(ns).append("' xml:lang='en'>");
  xml::append_escaped(out, text);
  out.append("</text>");
}

constexpr std::string_view kStreamErrorNs = "urn:ietf:params:xml:ns:xmpp-streams";
constexpr std::string_view kStanzaErrorNs = "urn:ietf:params:xml:ns:xmpp-stanzas";

}  // namespace

std::string_view name_of(StreamError error) {
  return kStreamErrors[static_cast<std::size_t>(error)];
}

StreamError stream_error_of(xml::Error error) {
  const std::string_view condition = xml::stream_error_condition(error);
  for (std::size_t i = 0; i < kStreamErrors.size(); ++i) {
    if (kStreamErrors[i] == condition) return static_cast<StreamError>(i);
  }
  MUSTER_UNREACHABLE("the XML codec names conditions of RFC 6120");
}

std::string stream_error_xml(StreamError error, std::string_view text, std::string_view detail) {
  std::string out = "<stream:error>";
  append_condition(out, name_of(error), kStreamErrorNs);
  append_text(out, text, kStreamErrorNs);
  out.append(detail).append("</stream:error>");
  return out;
}

std::string see_other_host_xml(std::string_view where) {
  std::string out = "<stream:error>";
  xml::Writer writer(out);
  writer.open("see-other-host").attribute("xmlns", kStreamErrorNs).text(where).close();
  return out.append("</stream:error>");
}

std::string_view name_of(SaslError error) {
  return kSaslErrors[static_cast<std::size_t>(error)];
}

std::string sasl_failure_xml(SaslError error) {
  std::string out = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><";
  out.append(name_of(error)).append("/></failure>");
  return out;
}

std::string_view name_of(StanzaError error) {
  return kStanzaErrors[static_cast<std::size_t>(error)].name;
}

std::string_view type_of(StanzaError error) {
  return kStanzaErrors[static_cast<std::size_t>(error)].type;
}

std::string stanza_error_xml(StanzaError error, std::string_view text) {
  std::string out = "<error type='";
  out.append(type_of(error)).append("'>");
  append_condition(out, name_of(error), kStanzaErrorNs);
  append_text(out, text, kStanzaErrorNs);
  out.append("</error>");
  return out;
}

}  // namespace muster
