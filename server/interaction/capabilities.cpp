#include "server/interaction/capabilities.h"

#include <algorithm>
#include <array>

#include "fhir-model/json/json.h"
#include "server/interaction/patch.h"
#include "server/interaction/routes.h"
#include "server/interaction/text.h"
#include "server/search/parameter.h"

namespace varde::interaction {
namespace {

std::string_view kind_name(fhir::SearchKind kind) {
  constexpr std::array<std::string_view, 9> kNames{"number",    "date",     "string", "token",  "reference",
                                                   "composite", "quantity", "uri",    "special"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// Opens an element of an array with its comma.
void open(std::string& out) { out += out.back() == '[' ? "{" : ",{"; }

bool is_offered(const OfferedOperation& operation, std::string_view type) {
  return operation.type == type || (operation.type == "Resource" && !type.empty());
}

void append_operations(std::string& out, std::string_view type, std::span<const OfferedOperation> operations) {
  if (std::ranges::none_of(operations, [&](const auto& o) { return is_offered(o, type); })) return;
  out += ",\"operation\":[";
  for (const OfferedOperation& operation : operations) {
    if (!is_offered(operation, type)) continue;
    open(out);
    append_json_member(out, "name", operation.name);
    append_json_member(out, "definition", operation.definition);
    out += '}';
  }
  out += ']';
}

void append_type(std::string& out, fhir::TypeId type, std::span<const OfferedOperation> operations) {
  const std::string_view name = fhir::row_of(type).name;
  open(out);
  append_json_member(out, "type", name);
  append_json_member(out, "profile", "http://hl7.org/fhir/StructureDefinition/" + std::string(name));
  out += ",\"interaction\":[";
  for (const Route& route : routes()) {
    if (route.code.empty()) continue;
    open(out);
    append_json_member(out, "code", route.code);
    out += '}';
  }
  out +=
      "],\"versioning\":\"versioned-update\",\"readHistory\":true,\"updateCreate\":true,\"conditionalCreate\":true,"
      "\"conditionalRead\":\"full-support\",\"conditionalUpdate\":true,\"conditionalDelete\":\"single\","
      "\"referencePolicy\":[\"literal\",\"logical\",\"local\"]";
  const auto& parameters = search::parameters_of(type).all;
  const auto is_reference = [](const auto& p) { return p.kind == fhir::SearchKind::reference; };
  if (std::ranges::any_of(parameters, is_reference)) {
    out += ",\"searchInclude\":[";
    for (const search::Parameter& parameter : parameters) {
      if (!is_reference(parameter)) continue;
      if (out.back() != '[') out += ',';
      fhir::write_json_string(std::string(name) + ":" + std::string(parameter.code), out);
    }
    out += ']';
  }
  out += ",\"searchParam\":[";
  for (const search::Parameter& parameter : parameters) {
    open(out);
    append_json_member(out, "name", parameter.code);
    append_json_member(out, "type", kind_name(parameter.kind));
    out += '}';
  }
  out += ']';
  append_operations(out, name, operations);
  out += '}';
}

}  // namespace

std::string capabilities(const std::string& base, const Software& software,
                         std::span<const OfferedOperation> operations) {
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
      "Send searches that hold a national identity number as POST [type]/_search: URLs are logged everywhere.");
  out += ",\"resource\":[";
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    if (const auto type = static_cast<fhir::TypeId>(i); fhir::is_resource(type)) append_type(out, type, operations);
  out += "],\"interaction\":[{\"code\":\"transaction\"},{\"code\":\"batch\"}]";
  append_operations(out, {}, operations);
  out += ",\"compartment\":[\"http://hl7.org/fhir/CompartmentDefinition/patient\"]}]}";
  return out;
}

}  // namespace varde::interaction
