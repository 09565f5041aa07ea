#include "server/interaction/answer.h"

#include <charconv>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"
#include "server/interaction/text.h"

namespace varde::interaction {

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

namespace {

bool is_json(const Request& request) {
  const std::string_view type = media_type(request.content_type);
  return type == "application/fhir+json" || type == "application/json" || type == "text/json";
}

bool is_xml(const Request& request) {
  const std::string_view type = media_type(request.content_type);
  return type == "application/fhir+xml" || type == "application/xml" || type == "text/xml";
}

}  // namespace

Return preferred_return(const Request& request, Return otherwise) {
  if (request.prefer.find("return=minimal") != std::string::npos) return Return::minimal;
  if (request.prefer.find("return=OperationOutcome") != std::string::npos) return Return::outcome;
  if (request.prefer.find("return=representation") != std::string::npos) return Return::representation;
  return otherwise;
}

bool prefers_lenient(const Request& request) { return request.prefer.find("handling=lenient") != std::string::npos; }

Result<fhir::Tree> parse_body(const Request& request) {
  if (!charset_is_utf8(request.content_type))
    return fail(Fault::content_type_unsupported, "FHIR is always UTF-8; leave charset out, or say utf-8.");
  if (is_json(request)) return fhir::parse_json(request.body);
  if (is_xml(request)) return fhir::parse_xml(request.body);
  return fail(Fault::content_type_unsupported,
              "Send the resource with Content-Type application/fhir+json or application/fhir+xml.");
}

void locate(const Request& request, Failure& failure) {
  if (is_json(request)) fhir::locate_json(request.body, failure);
  if (is_xml(request)) fhir::locate_xml(request.body, failure);
}

Result<fhir::Tree> parse_resource(const Request& request) {
  auto tree = parse_body(request);
  if (!tree) return tree;
  const fhir::Element root = tree->root();
  if (root.type() != request.type)
    return fail(Fault::value_malformed,
                "The URL says " + std::string(fhir::row_of(request.type).name) + ", the resource says " +
                    std::string(root.type_name()) + ".",
                std::string(root.type_name()));
  if (auto valid = fhir::require_valid(root); !valid) return tl::unexpected<Failure>(std::move(valid.error()));
  return tree;
}

Result<std::optional<std::int64_t>> if_match_version(const std::string& if_match) {
  if (if_match.empty()) return std::nullopt;
  std::string_view text = if_match;
  if (text.starts_with("W/")) text.remove_prefix(2);
  const bool quoted = text.size() > 2 && text.front() == '"' && text.back() == '"';
  if (quoted) text = text.substr(1, text.size() - 2);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || end != text.data() + text.size() || version < 1)
    return fail(Fault::version_malformed, "If-Match is the ETag of the version you read, such as W/\"3\".");
  return version;
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

Response answer_written(const Request& request, storage::Version version, int status) {
  std::string location = request.base;
  location += '/', location += fhir::row_of(version.type).name;
  location += '/', location += version.id;
  location += "/_history/", location += std::to_string(version.version);
  Response out = answer_with(std::move(version), status);
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
