#include "server/operation/terms.h"

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "server/search/find.h"

namespace varde::operation {

namespace {

const fhir::TypeId kValueSet = fhir::find_resource_type("ValueSet");
const fhir::TypeId kCodeSystem = fhir::find_resource_type("CodeSystem");
const fhir::TypeId kConceptMap = fhir::find_resource_type("ConceptMap");

std::unique_ptr<fhir::Tree> parsed(const std::string& bytes) {
  auto tree = fhir::parse_json(bytes);
  return tree ? std::make_unique<fhir::Tree>(std::move(*tree)) : nullptr;
}

std::string canonical_of(std::string_view url, std::string_view version) {
  return version.empty() ? std::string(url) : fmt::format("{}|{}", url, version);
}

Coded coded_of(fhir::Element coding) {
  return {std::string(coding["system"].value()), std::string(coding["version"].value()),
          std::string(coding["code"].value()), std::string(coding["display"].value())};
}

/// The resource in a parameter, when it is of the type that belongs there.
Result<fhir::Element> resource_in(const Input& input, std::string_view name, fhir::TypeId type) {
  for (const auto parameter : input.elements(name)) {
    if (parameter["resource"].type() != type)
      return fail(Fault::parameter_malformed, fmt::format("{} holds a {}.", name, fhir::row_of(type).name),
                  parameter.path());
    return parameter["resource"];
  }
  return fhir::Element{};
}

}  // namespace

std::optional<std::string> stored_by_url(fhir::TypeId type, std::string_view url, std::string_view version,
                                         std::string_view base, const interaction::View& view) {
  search::Parameters criteria{{"url", std::string(url)}, {"_sort", "-_lastUpdated"}, {"_count", "1"}};
  if (!version.empty()) criteria.emplace_back("version", version);
  const auto query = search::parse_query(type, criteria, {}, {.snapshot = view, .base = base, .now = view.now()});
  if (!query) return std::nullopt;
  auto found = search::find(*query, view, nullptr);
  if (!found || found->hits.empty()) return std::nullopt;
  return std::move(found->hits.front().bytes);
}

fhir::Element Terms::find(fhir::TypeId type, std::string_view url, std::string_view version) {
  const auto bytes = stored_by_url(type, url, version, base_, view_);
  if (!bytes) return {};
  auto& kept = read_[canonical_of(url, version)];
  kept = parsed(*bytes);
  return kept ? kept->root() : fhir::Element{};
}

fhir::Element Terms::stored(std::string_view canonical) {
  if (const auto known = read_.find(canonical); known != read_.end())
    return known->second ? known->second->root() : fhir::Element{};
  read_.emplace(canonical, nullptr);
  const auto bar = canonical.rfind('|');
  const auto url = canonical.substr(0, bar), version = bar == std::string_view::npos ? "" : canonical.substr(bar + 1);
  for (const fhir::TypeId type : {kValueSet, kCodeSystem, kConceptMap})
    if (const auto found = find(type, url, version)) return found;
  return {};
}

Result<fhir::Element> Terms::stored(fhir::TypeId type, std::string_view id) {
  const auto version = view_.current(type, id);
  if (!version) return fail(Fault::not_found, fmt::format("There is no such {}.", fhir::row_of(type).name));
  if (version->method == storage::Method::remove)
    return fail(Fault::gone, fmt::format("The {} has been deleted.", fhir::row_of(type).name));
  auto& kept = read_[fmt::format("{}/{}", fhir::row_of(type).name, id)];
  kept = parsed(version->bytes);
  return kept ? kept->root() : fhir::Element{};
}

terminology::Written Terms::written() {
  return [this](std::string_view canonical) { return stored(canonical); };
}

std::string_view AskedSystem::url() const {
  return written ? written["url"].value() : terminology::describe(known).url;
}

terminology::Codes AskedSystem::codes() const {
  return written ? terminology::Codes(written) : terminology::Codes(known);
}

Result<AskedSet> asked_set(const interaction::Request& request, const Input& input, Terms& terms) {
  const auto as_written = [](fhir::Element found) { return AskedSet{.written = found}; };
  if (!request.id.empty()) return terms.stored(kValueSet, request.id).map(as_written);
  const auto given = resource_in(input, "valueSet", kValueSet);
  FHIR_TRY(given);
  if (*given) return as_written(*given);
  const auto url = input.one("url");
  if (!url) return fail(Fault::required_missing, "Say which value set: url, or valueSet with the resource.", "url");
  const auto canonical = canonical_of(*url, input.one("valueSetVersion").value_or(""));
  if (const auto stored = terms.stored(canonical); stored.type() == kValueSet && stored) return as_written(stored);
  const auto known = terminology::find_value_set(canonical);
  if (known != terminology::ValueSetId::none) return AskedSet{.known = known};
  return fail(Fault::not_found, "The value set is not known here, or not in that version.", "url");
}

Result<AskedSystem> asked_system(const interaction::Request& request, const Input& input, std::string_view url,
                                 Terms& terms) {
  const auto as_written = [](fhir::Element found) { return AskedSystem{.written = found}; };
  if (!request.id.empty()) return terms.stored(kCodeSystem, request.id).map(as_written);
  const auto given = resource_in(input, "codeSystem", kCodeSystem);
  FHIR_TRY(given);
  if (*given) return as_written(*given);
  if (url.empty()) return fail(Fault::required_missing, "Say which code system the code is of.", "system");
  const auto canonical = canonical_of(url, input.one("version").value_or(""));
  if (const auto stored = terms.stored(canonical);
      stored && stored.type() == kCodeSystem && stored["content"].value() != "not-present")
    return as_written(stored);
  const auto known = terminology::find_code_system(canonical);
  if (known != terminology::SystemId::none) return AskedSystem{.known = known};
  return fail(Fault::not_found, "The code system is not known here, or not in that version.", "system");
}

Result<std::vector<Coded>> asked_codes(const Input& input) {
  std::vector<Coded> found;
  for (const auto parameter : input.elements("coding")) found.push_back(coded_of(parameter["valueCoding"]));
  for (const auto parameter : input.elements("codeableConcept"))
    for (const auto coding : parameter["valueCodeableConcept"].each("coding")) found.push_back(coded_of(coding));
  if (const auto token = input.one("coding"); token && input.elements("coding").empty()) {
    const auto bar = token->rfind('|');
    if (bar == std::string::npos)
      return fail(Fault::parameter_malformed, "In an address, coding is system|code.", "coding");
    found.push_back({token->substr(0, bar), {}, token->substr(bar + 1), input.one("display").value_or("")});
  }
  if (const auto code = input.one("code"))
    found.push_back({input.one("system").value_or(""), input.one("systemVersion").value_or(""), *code,
                     input.one("display").value_or("")});
  if (found.empty())
    return fail(Fault::required_missing, "Say which code: code with system, or coding, or codeableConcept.", "code");
  return found;
}

fhir::Editor Answer::add(std::string_view name) {
  auto parameter = tree_.edit().add("parameter");
  parameter.set("name", name);
  return parameter;
}

void Answer::add(std::string_view name, std::string_view value, std::string_view text) {
  if (!text.empty()) add(name).set(value, text);
}

void Answer::add_property(std::string_view code, std::string_view value, std::string_view text) {
  if (text.empty()) return;
  auto property = add("property");
  auto name = property.add("part");
  name.set("name", "code");
  name.set("valueCode", code);
  auto part = property.add("part");
  part.set("name", "value");
  part.set(value, text);
}

interaction::Response Answer::response() const {
  interaction::Response response;
  response.body = fhir::to_json(tree_.root());
  return response;
}

}  // namespace varde::operation
