#include "server/interaction/answer.h"

#include <algorithm>

#include "fhir-model/json/json.h"
#include "fhir-model/text/lower.h"
#include "fhir-model/text/trim.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"
#include "server/interaction/binary.h"
#include "server/interaction/text.h"
#include "server/interaction/write.h"

namespace varde::interaction {

using fhir::text::kHttpBlanks;
using fhir::text::trimmed;

namespace {

bool same_in_ascii(std::string_view left, std::string_view right) {
  return fhir::text::lower_ascii(left) == fhir::text::lower_ascii(right);
}

}  // namespace

std::string_view media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return content_type;
}

bool charset_is_utf8(std::string_view content_type) {
  const std::size_t at = content_type.find("charset=");
  if (at == std::string_view::npos) return true;
  std::string_view charset = content_type.substr(at + 8);
  charset = charset.substr(0, charset.find(';'));
  if (charset.starts_with('"') && charset.ends_with('"')) charset = charset.substr(1, charset.size() - 2);
  return charset == "utf-8" || charset == "UTF-8" || charset == "utf8";
}

bool is_our_version(std::string_view content_type) {
  constexpr std::string_view kName = "fhirversion=";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  const auto found = std::search(content_type.begin(), content_type.end(), kName.begin(), kName.end(),
                                 [&](char sent, char wanted) { return lower(sent) == wanted; });
  if (found == content_type.end()) return true;
  std::string_view version = content_type.substr(static_cast<std::size_t>(found - content_type.begin()) + kName.size());
  if (version.starts_with('"')) version.remove_prefix(1);
  version = version.substr(0, version.find_first_of("\" ;,"));
  return version == "4.0" || version == "4.0.0" || version == "4.0.1";
}

bool is_json(const Request& request) {
  const std::string_view type = media_type(request.content_type);
  return type == "application/fhir+json" || type == "application/json" || type == "text/json";
}

namespace {

bool is_xml(const Request& request) {
  const std::string_view type = media_type(request.content_type);
  return type == "application/fhir+xml" || type == "application/xml" || type == "text/xml";
}

}  // namespace

/// RFC 7240: names of preferences have no case, a value may stand in quotes, parameters follow a semicolon.
bool prefers(const Request& request, std::string_view name, std::string_view value) {
  std::string_view rest = request.prefer;
  while (!rest.empty()) {
    std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    item = item.substr(0, item.find(';'));
    const auto equals = std::min(item.find('='), item.size());
    if (!same_in_ascii(trimmed(item.substr(0, equals), kHttpBlanks), name)) continue;
    item = trimmed(item.substr(std::min(equals + 1, item.size())), kHttpBlanks);
    if (item.size() > 1 && item.front() == '"' && item.back() == '"') item = item.substr(1, item.size() - 2);
    return same_in_ascii(item, value);  // of two of that name the first counts
  }
  return false;
}

Return preferred_return(const Request& request, Return otherwise) {
  if (prefers(request, "return", "minimal")) return Return::minimal;
  if (prefers(request, "return", "OperationOutcome")) return Return::outcome;
  if (prefers(request, "return", "representation")) return Return::representation;
  return otherwise;
}

bool prefers_lenient(const Request& request) { return prefers(request, "handling", "lenient"); }

Result<fhir::Tree> parse_body(const Request& request) {
  if (!charset_is_utf8(request.content_type))
    return fail(Fault::content_type_unsupported, "FHIR is always UTF-8; leave charset out, or say utf-8.");
  if (!is_our_version(request.content_type))
    return fail(Fault::content_type_unsupported, "This server speaks FHIR R4: fhirVersion is 4.0, or left out.");
  if (!is_json(request) && !is_xml(request))
    return fail(Fault::content_type_unsupported,
                "Send the resource with Content-Type application/fhir+json or application/fhir+xml.");
  auto tree = is_json(request) ? fhir::parse_json(request.body) : fhir::parse_xml(request.body);
  // 404 is for a type in the address, not for one in the body.
  if (!tree && tree.error().fault == Fault::type_unknown) tree.error().fault = Fault::value_malformed;
  return tree;
}

void locate(const Request& request, Failure& failure) {
  if (is_json(request)) fhir::locate_json(request.body, failure);
  if (is_xml(request)) fhir::locate_xml(request.body, failure);
}

Result<fhir::Tree> parse_resource(const Request& request) {
  auto tree = brings_bytes(request) ? Result<fhir::Tree>(binary_of(request)) : parse_body(request);
  if (!tree) return tree;
  const fhir::Element root = tree->root();
  if (root.type() != request.type)
    return fail(Fault::value_malformed,
                "The URL says " + std::string(fhir::row_of(request.type).name) + ", the resource says " +
                    std::string(root.type_name()) + ".",
                std::string(root.type_name()));
  FHIR_TRY(fhir::require_valid(root, request.budget.get()));
  return tree;
}

std::string etag_of(std::int64_t version) { return "W/\"" + std::to_string(version) + "\""; }

Response answer_with(storage::Version version, int status) {
  Response out;
  out.status = status;
  out.etag = etag_of(version.version);
  out.last_modified = http_date(version.updated);
  out.body = std::move(version.bytes);
  return out;
}

Response answer_with(fhir::Element resource) {
  Response out;
  out.body = fhir::to_json(resource);
  return out;
}

Response answer_written(const Request& request, Written&& written) {
  const int status = written.status;
  std::string location = request.base;
  location += '/', location += fhir::row_of(written.version.type).name;
  location += '/', location += written.version.id;
  location += "/_history/", location += std::to_string(written.version.version);
  Response out = answer_with(std::move(written.version), status);
  out.location = std::move(location);
  switch (preferred_return(request)) {
    case Return::representation: break;
    case Return::minimal: out.body.clear(); break;
    case Return::outcome:
      out.body = informational_outcome(status == 201 ? "The resource was created." : "The resource was updated.");
      break;
  }
  return out;
}

Failure not_found(fhir::TypeId type) {
  return {Fault::not_found, "There is no " + std::string(fhir::row_of(type).name) + " with that id here."};
}

Failure gone(fhir::TypeId type) {
  return {Fault::gone,
          "This " + std::string(fhir::row_of(type).name) + " was deleted. Its earlier versions are below /_history."};
}

Result<storage::Version> find_live(const View& view, fhir::TypeId type, std::string_view id) {
  auto version = view.current(type, id);
  if (!version) return tl::unexpected<Failure>(not_found(type));
  if (version->method == storage::Method::remove) return tl::unexpected<Failure>(gone(type));
  return std::move(*version);
}

Failure none_matches(fhir::TypeId type) {
  return {Fault::not_found, "No " + std::string(fhir::row_of(type).name) + " matches the condition."};
}

std::string informational_outcome(std::string_view diagnostics) {
  std::string out =
      "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"information\",\"code\":\"informational\"";
  append_json_member(out, "diagnostics", diagnostics);
  return out += "}]}";
}

}  // namespace varde::interaction
