#include "server/interaction/capabilities.h"

#include <algorithm>
#include <array>
#include <set>

#include "fhir-model/definitions/compartments.h"
#include "fhir-model/json/json.h"
#include "fhir-model/text/lower.h"
#include "server/interaction/patch.h"
#include "server/interaction/text.h"
#include "server/search/own_parameters.h"

namespace varde::interaction {
namespace {

/// Opens an element of an array with its comma.
void open(std::string& out) { out += out.back() == '[' ? "{" : ",{"; }

/// Of the system (`type` empty), or of a type and its instances.
bool is_offered(const Route& route, std::string_view type) {
  if (!route.is_operation()) return false;
  const std::string_view first = route.pattern.substr(0, route.pattern.find('/'));
  return type.empty() ? first.starts_with('$') : first == type || first == "{type}";
}

/// An operation of a type and of its instances is listed once.
void append_operations(std::string& out, std::string_view type, std::span<const Route> routes) {
  std::set<std::string_view> listed;
  for (const Route& route : routes) {
    if (!is_offered(route, type) || !listed.insert(route.definition).second) continue;  // a name may be two operations
    out += listed.size() == 1 ? ",\"operation\":[{" : ",{";
    append_json_member(out, "name", route.operation());
    append_json_member(out, "definition", route.definition);
    out += '}';
  }
  if (!listed.empty()) out += ']';
}

/// `name`: of a member that lists texts; left out when there are none.
void append_texts(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.append(",\"").append(name).append("\":[");
  for (const std::string& text : texts) {
    if (out.back() != '[') out += ',';
    fhir::write_json_string(text, out);
  }
  out += ']';
}

bool is_reference(const search::Parameter& parameter) { return parameter.kind == fhir::SearchKind::reference; }

std::vector<std::string> includes_of(fhir::TypeId type, const search::OwnParameters& own) {
  std::vector<std::string> found;
  for (const search::Parameter& parameter : search::parameters_of(type).all)
    if (is_reference(parameter))
      found.push_back(std::string(fhir::row_of(type).name) + ":" + std::string(parameter.code));
  for (const auto& one : own.of(type))
    if (one->is_used() && is_reference(one->parameter))
      found.push_back(std::string(fhir::row_of(type).name) + ":" + one->row.code);
  if (!found.empty()) found.insert(found.begin(), "*");
  return found;
}

bool may_point_to(const search::Parameter& parameter, std::string_view type) {
  std::string_view rest = parameter.targets;
  while (!rest.empty()) {
    const std::size_t blank = rest.find(' ');
    if (rest.substr(0, blank) == type) return true;
    rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
  }
  return rest.empty() && parameter.targets.empty();
}

/// Every parameter of other types that may point to a resource of this one.
std::vector<std::string> reverse_includes_of(fhir::TypeId target, const search::OwnParameters& own) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < fhir::types().size(); ++i) {
    const auto type = static_cast<fhir::TypeId>(i);
    if (!fhir::is_resource(type)) continue;
    for (const search::Parameter& parameter : search::parameters_of(type).all)
      if (is_reference(parameter) && may_point_to(parameter, fhir::row_of(target).name))
        found.push_back(std::string(fhir::row_of(type).name) + ":" + std::string(parameter.code));
    for (const auto& one : own.of(type))
      if (one->is_used() && is_reference(one->parameter) && may_point_to(one->parameter, fhir::row_of(target).name))
        found.push_back(std::string(fhir::row_of(type).name) + ":" + one->row.code);
  }
  if (!found.empty()) found.insert(found.begin(), "*");
  return found;
}

std::vector<std::string> profiles_of(fhir::TypeId type, std::span<const SupportedProfile> profiles) {
  std::vector<std::string> found;
  for (const SupportedProfile& profile : profiles)
    if (profile.type == type) found.push_back(profile.url);
  return found;
}

void append_type(std::string& out, fhir::TypeId type, std::span<const Route> routes, const Context& context,
                 const search::OwnParameters& own) {
  const std::string_view name = fhir::row_of(type).name;
  open(out);
  append_json_member(out, "type", name);
  append_json_member(out, "profile", "http://hl7.org/fhir/StructureDefinition/" + std::string(name));
  append_texts(out, "supportedProfile", profiles_of(type, context.supported_profiles));
  out += ",\"interaction\":[";
  for (const Route& route : routes) {
    if (route.code.empty() || !route.pattern.starts_with("{type}")) continue;
    open(out);
    append_json_member(out, "code", route.code);
    out += '}';
  }
  // "versioned": If-Match is honoured, not demanded. References may point to other servers, and are not followed there.
  out +=
      "],\"versioning\":\"versioned\",\"readHistory\":true,\"updateCreate\":true,\"conditionalCreate\":true,"
      "\"conditionalRead\":\"full-support\",\"conditionalUpdate\":true,\"referencePolicy\":[\"literal\",\"logical\"]";
  append_json_member(out, "conditionalDelete", context.limits.most_deleted == 1 ? "single" : "multiple");
  append_texts(out, "searchInclude", includes_of(type, own));
  append_texts(out, "searchRevInclude", reverse_includes_of(type, own));
  out += ",\"searchParam\":[";
  for (const search::Parameter& parameter : search::parameters_of(type).all) {
    open(out);
    append_json_member(out, "name", parameter.code);
    append_json_member(out, "type", search::name_of(parameter.kind));
    out += '}';
  }
  for (const auto& one : own.of(type)) {
    if (!one->is_used()) continue;
    open(out);
    append_json_member(out, "name", one->row.code);
    if (!one->row.url.empty()) append_json_member(out, "definition", one->row.url);
    append_json_member(out, "type", one->row.kind);
    out += '}';
  }
  out += ']';
  append_operations(out, name, routes);
  out += '}';
}

}  // namespace

std::string capabilities(const std::string& base, const Software& software, std::span<const Route> routes,
                         const Context& context, const search::OwnParameters& own) {
  std::string out = "{\"resourceType\":\"CapabilityStatement\"";
  out.reserve(300'000);
  append_json_member(out, "status", "active");
  append_json_member(out, "date", software.released);
  append_json_member(out, "kind", "instance");
  out += ",\"software\":{";
  append_json_member(out, "name", "Varde");
  append_json_member(out, "version", software.version);
  out += "},\"implementation\":{";
  append_json_member(out, "description", "FHIR server and message gateway for digital home follow-up");
  append_json_member(out, "url", base);
  out += "}";
  append_json_member(out, "fhirVersion", "4.0.1");
  out += ",\"format\":[\"json\",\"application/fhir+json\",\"xml\",\"application/fhir+xml\"],\"patchFormat\":[";
  for (const std::string_view format : kPatchFormats) {
    if (out.back() != '[') out += ',';
    fhir::write_json_string(format, out);
  }
  out += "],\"rest\":[{";
  append_json_member(out, "mode", "server");
  append_json_member(
      out, "documentation",
      "Send searches that hold a national identity number as POST [type]/_search: URLs are logged everywhere. "
      "A patch that changes data and does not bring a narrative lets go of a generated one, which could now be wrong; "
      "in a batch or transaction a patch is Parameters, or a Binary that holds a JSON Patch. "
      "An update joins the tags and security labels that it brings to those that are there, and keeps the profiles "
      "where "
      "it brings none; an Observation that the follow-up has judged gets the level as a tag of "
      "https://varde.example/fhir/CodeSystem/alert-level. "
      "A Subscription is kept as off, since it would have no effect; an active SearchParameter is searched by as soon "
      "as it is listed here; a StructureDefinition is what $validate knows, not what a write is held to.");
  if (!context.security.empty()) out += ",\"security\":" + context.security;
  out += ",\"resource\":[";
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    if (const auto type = static_cast<fhir::TypeId>(i); fhir::is_resource(type))
      append_type(out, type, routes, context, own);
  out += "],\"interaction\":[{\"code\":\"transaction\"},{\"code\":\"batch\"}";
  for (const Route& route : routes) {
    if (route.code.empty() || route.pattern.starts_with("{type}")) continue;
    out += ",{";
    append_json_member(out, "code", route.code);
    out += '}';
  }
  out += ']';
  append_operations(out, {}, routes);
  std::vector<std::string> compartments;
  for (const fhir::TypeId type : fhir::compartments()) {
    const auto code = fhir::text::lower_ascii(fhir::row_of(type).name);
    compartments.push_back("http://hl7.org/fhir/CompartmentDefinition/" + code);
  }
  append_texts(out, "compartment", compartments);
  out += "}]}";
  return out;
}

}  // namespace varde::interaction
