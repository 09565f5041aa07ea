#include "server/http/negotiation.h"

#include <algorithm>
#include <array>

#include "server/interaction/answer.h"

namespace varde::http {
namespace {

enum class Kind { json, xml, none };

struct MediaRow {
  std::string_view name;
  Kind kind;
};
constexpr std::array kMedia{
    MediaRow{"json", Kind::json},
    MediaRow{"application/fhir+json", Kind::json},
    MediaRow{"application/json", Kind::json},
    MediaRow{"text/json", Kind::json},
    MediaRow{"xml", Kind::xml},
    MediaRow{"application/fhir+xml", Kind::xml},
    MediaRow{"application/xml", Kind::xml},
    MediaRow{"text/xml", Kind::xml},
    MediaRow{"*/*", Kind::json},
    MediaRow{"application/*", Kind::json},
    MediaRow{"text/html", Kind::json},  // a browser gets JSON it can show
};

Kind kind_of(std::string_view media) {
  const auto found = std::ranges::find(kMedia, media, &MediaRow::name);
  return found == kMedia.end() ? Kind::none : found->kind;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// Thousandths; 1000 when not said.
int quality(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  std::string_view text = parameters.substr(at + 2);
  int value = 0, digits = -1;
  for (const char c : text) {
    if (c == '.' && digits < 0)
      digits = 0;
    else if (c >= '0' && c <= '9' && digits < 3)
      value = value * 10 + (c - '0'), digits += digits >= 0;
    else
      break;
  }
  for (int i = std::max(digits, 0); i < 3; ++i) value *= 10;
  return std::min(value, 1000);
}

}  // namespace

Result<Form> wanted_form(const interaction::Request& request) {
  Form out;
  for (const auto& [name, value] : request.query)
    if (name == "_pretty") out.pretty = value == "true";
  for (const auto& [name, value] : request.query) {
    if (name != "_format") continue;
    std::string media = value.substr(0, value.find(';'));
    std::ranges::replace(media, ' ', '+');  // "application/fhir+json" unescaped in a query
    const Kind kind = kind_of(media);
    if (kind == Kind::none || !interaction::is_our_version(value))
      return fail(Fault::not_acceptable, "_format is json or xml, of FHIR 4.0.", "_format");
    out.xml = kind == Kind::xml;
    return out;
  }
  if (request.accept.empty()) return out;
  int best = 0;
  for (std::string_view list = request.accept; !list.empty();) {
    const std::size_t comma = list.find(',');
    const std::string_view one = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    const std::size_t semicolon = one.find(';');
    const Kind kind = interaction::is_our_version(one) ? kind_of(trimmed(one.substr(0, semicolon))) : Kind::none;
    const int weight = semicolon == std::string_view::npos ? 1000 : quality(one.substr(semicolon));
    if (kind == Kind::none || weight <= best) continue;
    best = weight, out.xml = kind == Kind::xml;
  }
  if (best == 0)
    return fail(Fault::not_acceptable, "Answers come as application/fhir+json or application/fhir+xml, of FHIR 4.0.");
  return out;
}

bool names_fhir(std::string_view media) {
  return media.find('/') != std::string_view::npos && media.find('*') == std::string_view::npos &&
         media != "text/html" && kind_of(media) != Kind::none;
}

}  // namespace varde::http
