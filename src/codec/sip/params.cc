#include "codec/sip/params.h"

namespace muster::sip {

std::string_view Param::text(std::string& buffer) const {
  if (!is_quoted()) return value;
  const std::string_view inside = value.substr(1, value.size() - 2);
  if (inside.find_first_of("\\\r\n") == std::string_view::npos) return inside;
  buffer.clear();
  append_unquoted(buffer, value);
  return buffer;
}

std::optional<Param> Params::find(std::string_view name) const {
  for (const Param& param : *this) {
    if (param.is(name)) return param;
  }
  return std::nullopt;
}

std::string_view Params::value(std::string_view name) const {
  const auto param = find(name);
  return param ? param->value : std::string_view();
}

}  // namespace muster::sip
