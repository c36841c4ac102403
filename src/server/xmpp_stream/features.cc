#include "server/xmpp_stream/features.h"

#include "codec/cluster/names.h"

namespace muster {
namespace {

// XEP-0440: every one that a -PLUS mechanism can be used with on this link.
void append_channel_bindings(std::string& xml, const Negotiation& negotiation) {
  xml.append("<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>");
  if (negotiation.exporter) xml.append("<channel-binding type='tls-exporter'/>");
  if (negotiation.unique) xml.append("<channel-binding type='tls-unique'/>");
  xml.append("<channel-binding type='tls-server-end-point'/></sasl-channel-binding>");
}

void append_mechanisms(std::string& xml, const Settings& settings, bool secure) {
  xml.append("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>");
  for (const SaslMechanism& mechanism : kSaslMechanisms) {
    if (why_not_offered(mechanism.name, settings, secure)) continue;
    xml.append("<mechanism>").append(mechanism.name).append("</mechanism>");
  }
  xml.append("</mechanisms>");
}

// Where TLS is required it is the only offer (section 5.3.1). Over WebSocket it is none (RFC 7395
// section 3.9).
void append_before_login(std::string& xml, const Settings& settings, const Stream& stream) {
  const bool may = may_log_in(settings, stream.secure);
  if (!stream.secure && settings.tls_offered && !stream.web_socket) {
    xml.append("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>");
    if (!may) xml.append("<required/>");
    xml.append("</starttls>");
  }
  if (!may) return;
  append_mechanisms(xml, settings, stream.secure);
  if (stream.secure) append_channel_bindings(xml, *stream.negotiation);
  if (settings.in_band_registration) {
    xml.append("<register xmlns='http://jabber.org/features/iq-register'/>");
  }
}

}  // namespace

std::optional<SaslError> why_not_offered(std::string_view mechanism, const Settings& settings,
                                         bool secure) {
  for (const SaslMechanism& known : kSaslMechanisms) {
    if (known.name != mechanism) continue;
    const bool offered = known.binds_channel ? secure : may_log_in(settings, secure);
    if (offered) return std::nullopt;
    return SaslError::encryption_required;
  }
  return SaslError::invalid_mechanism;
}

std::string features_xml(const Settings& settings, const Stream& stream) {
  std::string xml = "<stream:features>";
  if (traits_of(stream.state).authenticated) {
    // RFC 3921's session is a no-op that old peers still ask for. RFC 6121 sections 2.6.1 and
    // 3.4.1 for the last two.
    xml.append(
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
        "<sm xmlns='urn:xmpp:sm:3'/>"
        "<ver xmlns='urn:xmpp:features:rosterver'/>"
        "<sub xmlns='urn:xmpp:features:pre-approval'/>");
    if (settings.cluster) {
      xml.append("<redirection xmlns='").append(cluster::kNsCluster).append("'/>");
    }
  } else {
    append_before_login(xml, settings, stream);
  }
  xml.append("</stream:features>");
  return xml;
}

}  // namespace muster
