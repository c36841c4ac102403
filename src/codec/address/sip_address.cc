#include "codec/address/sip_address.h"

#include "codec/address/domain.h"
#include "codec/address/escape.h"
#include "codec/address/jid.h"

namespace muster {

Result<Address, AddressError> address_of_sip_uri(std::string_view user, std::string_view host,
                                                 std::string_view gr) {
  std::string escaped_scratch;
  std::string local_scratch;
  std::string_view local;
  if (!user.empty()) {
    const auto escaped = localpart_of_sip_user(user, escaped_scratch);
    if (!escaped) return Failure{escaped.error()};
    const auto canonical = canonical_localpart(*escaped, local_scratch);
    if (!canonical) return Failure{canonical.error()};
    local = *canonical;
  }
  std::string domain_scratch;
  const auto domain = canonical_domainpart(host, domain_scratch);
  if (!domain) return Failure{domain.error()};

  std::string decoded_scratch;
  std::string resource_scratch;
  std::string_view resource;
  if (!gr.empty()) {
    const auto canonical =
        canonical_resourcepart(resourcepart_of_gruu(gr, decoded_scratch), resource_scratch);
    if (!canonical) return Failure{canonical.error()};
    resource = *canonical;
  }
  return Address::of_canonical(local, *domain, resource);
}

void append_sip_uri(std::string& out, const Address& address) {
  out += "sip:";
  if (address.has_local()) {
    append_sip_user(out, address.local());
    out += '@';
  }
  append_ascii_domain(out, address.domain());
  if (address.has_resource()) {
    append_gruu(out += ";gr=", address.resource());
  }
}

void append_pres_uri(std::string& out, const Address& address) {
  out += "pres:";
  if (address.has_local()) {
    append_pres_user(out, address.local());
    out += '@';
  }
  append_ascii_domain(out, address.domain());
}

}  // namespace muster
