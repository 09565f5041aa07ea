#include "server/interaction/binary.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "fhir-model/text/base64.h"
#include "server/interaction/answer.h"

namespace varde::interaction {

namespace {

constexpr std::string_view kAnyBytes = "application/octet-stream";
constexpr std::array<std::string_view, 6> kFhirMedia{
    "application/fhir+json", "application/fhir+xml", "application/json", "application/xml", "text/json", "text/xml"};

bool is_fhir(std::string_view media) { return std::ranges::find(kFhirMedia, media) != kFhirMedia.end(); }

/// What becomes a header comes from whoever stored the resource: nothing in it may begin another.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

std::string_view content_type_of(fhir::Element binary) {
  const std::string_view said = binary["contentType"].value();
  return said.find('/') == said.npos || !is_plain(said) ? kAnyBytes : said;
}

}  // namespace

bool asks_for_bytes(const Request& request) {
  const auto& path = request.path;
  const bool read = path.size() == 2 || (path.size() == 4 && path[2] == "_history");
  if ((request.method != "GET" && request.method != "HEAD") || !read || path[0] != "Binary") return false;
  if (path[1].empty() || path[1][0] == '_' || path[1][0] == '$') return false;
  for (const auto& [name, value] : request.query)
    if (name == "_format") return false;
  return std::ranges::none_of(kFhirMedia,
                              [&](std::string_view media) { return request.accept.find(media) != std::string::npos; });
}

Response native_answer(fhir::Element binary, Response answer) {
  answer.content_type = content_type_of(binary);
  answer.body = fhir::text::from_base64(binary["data"].value()).value_or("");
  answer.headers.emplace_back("Content-Security-Policy", "sandbox; default-src 'none'");
  if (const auto context = binary["securityContext"]["reference"].value(); !context.empty() && is_plain(context))
    answer.headers.emplace_back("X-Security-Context", context);
  return answer;
}

bool brings_bytes(const Request& request) {
  static const fhir::TypeId kBinary = fhir::find_resource_type("Binary");
  return request.type == kBinary && !request.content_type.empty() && !is_fhir(media_type(request.content_type));
}

fhir::Tree binary_of(const Request& request) {
  auto tree = fhir::Tree::of("Binary");
  auto binary = tree.edit();
  if (!request.id.empty()) binary.set("id", request.id);
  binary.set("contentType", request.content_type);
  if (!request.security_context.empty()) binary.ensure("securityContext").set("reference", request.security_context);
  if (!request.body.empty()) binary.set("data", fhir::text::to_base64(request.body));
  return tree;
}

}  // namespace varde::interaction
