#include "server/http/negotiation.h"

#include <algorithm>
#include <array>

#include "fhir-model/text/trim.h"
#include "server/interaction/answer.h"

namespace varde::http {
namespace {

enum class Kind { json, xml, other, none };

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

Kind kind_of(std::string_view media, std::string_view offered = {}) {
  const auto found = std::ranges::find(kMedia, media, &MediaRow::name);
  if (found != kMedia.end()) return found->kind;
  for (std::size_t at = 0; at < offered.size();) {
    const std::size_t end = std::min(offered.find(' ', at), offered.size());
    if (offered.substr(at, end - at) == media) return Kind::other;
    at = end + 1;
  }
  return Kind::none;
}

/// What _format may say in short.
struct ShortRow {
  std::string_view name, media;
};
constexpr std::array kShort{ShortRow{"svg", "image/svg+xml"}, ShortRow{"png", "image/png"},
                            ShortRow{"pdf", "application/pdf"}, ShortRow{"csv", "text/csv"}};
std::string in_full(std::string media) {
  const auto found = std::ranges::find(kShort, media, &ShortRow::name);
  return found == kShort.end() ? media : std::string(found->media);
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

/// ", or one of text/csv, image/png."
std::string also(std::string_view offered) {
  if (offered.empty()) return ".";
  std::string text = ", or one of ";
  for (const char c : offered) text += c == ' ' ? std::string(", ") : std::string(1, c);
  return text + ".";
}

}  // namespace

Result<Form> wanted_form(const interaction::Request& request, std::string_view offered) {
  Form out;
  for (const auto& [name, value] : request.query)
    if (name == "_pretty") out.pretty = value == "true";
  for (const auto& [name, value] : request.query) {
    if (name != "_format") continue;
    std::string media = value.substr(0, value.find(';'));
    std::ranges::replace(media, ' ', '+');  // "application/fhir+json" unescaped in a query
    media = in_full(std::move(media));
    const Kind kind = kind_of(media, offered);
    if (kind == Kind::none || !interaction::is_our_version(value))
      return fail(Fault::not_acceptable, "_format is json or xml, of FHIR 4.0" + also(offered), "_format");
    out.xml = kind == Kind::xml;
    if (kind == Kind::other) out.media = std::move(media);
    return out;
  }
  if (request.accept.empty()) return out;
  int best = 0;
  for (std::string_view list = request.accept; !list.empty();) {
    const std::size_t comma = list.find(',');
    const std::string_view one = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    const std::size_t semicolon = one.find(';');
    const auto media = fhir::text::trimmed(one.substr(0, semicolon), fhir::text::kHttpBlanks);
    const Kind kind = interaction::is_our_version(one) ? kind_of(media, offered) : Kind::none;
    const int weight = semicolon == std::string_view::npos ? 1000 : quality(one.substr(semicolon));
    if (kind == Kind::none || weight <= best) continue;
    best = weight, out.xml = kind == Kind::xml;
    out.media = kind == Kind::other ? media : std::string_view();
  }
  if (best == 0)
    return fail(Fault::not_acceptable,
                "Answers come as application/fhir+json or application/fhir+xml, of FHIR 4.0" + also(offered));
  return out;
}

bool names_other_forms(const interaction::Request& request) {
  const auto is_other = [](std::string_view media) {
    return kind_of(fhir::text::trimmed(media, fhir::text::kHttpBlanks)) == Kind::none;
  };
  for (const auto& [name, value] : request.query)
    if (name == "_format" && is_other(value)) return true;
  for (std::string_view list = request.accept; !list.empty();) {
    const std::size_t comma = list.find(',');
    if (is_other(list.substr(0, std::min(comma, list.find(';'))))) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

bool names_fhir(std::string_view media) {
  return media.find('/') != std::string_view::npos && media.find('*') == std::string_view::npos &&
         media != "text/html" && kind_of(media) != Kind::none;
}

}  // namespace varde::http
