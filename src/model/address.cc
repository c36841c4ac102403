#include "model/address.h"

#include "base/check.h"

namespace muster {

Address Address::of_canonical(std::string_view local, std::string_view domain,
                              std::string_view resource) {
  MUSTER_CHECK(!domain.empty());
  MUSTER_CHECK(local.size() <= kPartBytesMax && domain.size() <= kPartBytesMax &&
               resource.size() <= kPartBytesMax);
  Address address;
  address.text_.reserve(local.size() + domain.size() + resource.size() + 2);
  if (!local.empty()) address.text_.append(local).append(1, '@');
  address.text_.append(domain);
  address.local_bytes_ = static_cast<std::uint16_t>(local.size());
  address.bare_bytes_ = static_cast<std::uint16_t>(address.text_.size());
  if (!resource.empty()) address.text_.append(1, '/').append(resource);
  return address;
}

std::string_view Address::domain() const {
  return bare().substr(has_local() ? local_bytes_ + 1u : 0u);
}

std::string_view Address::resource() const {
  return has_resource() ? std::string_view(text_).substr(bare_bytes_ + 1u) : std::string_view();
}

Address Address::to_bare() const {
  Address address;
  address.text_ = bare();
  address.local_bytes_ = local_bytes_;
  address.bare_bytes_ = bare_bytes_;
  return address;
}

Address Address::with_resource(std::string_view resource) const {
  MUSTER_CHECK(!empty());
  MUSTER_CHECK(resource.size() <= kPartBytesMax);
  Address address;
  address.text_.reserve(bare_bytes_ + resource.size() + 1u);
  address.text_ = bare();
  address.local_bytes_ = local_bytes_;
  address.bare_bytes_ = bare_bytes_;
  if (!resource.empty()) address.text_.append(1, '/').append(resource);
  return address;
}

}  // namespace muster
