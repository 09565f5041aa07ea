#include "server/operation/asked_terms.h"

#include "server/interaction/answer.h"

#include <fmt/format.h>

namespace varde::operation {

namespace {

const fhir::TypeId kValueSet = fhir::find_resource_type("ValueSet");
const fhir::TypeId kCodeSystem = fhir::find_resource_type("CodeSystem");

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
  for (const std::string name : {"code", "coding", "codeableConcept"})  // of two, one would be lost
    if (input.all(name).size() > 1) return fail(Fault::parameter_malformed, "One code is asked about at a time.", name);
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

interaction::Response Answer::response() const { return interaction::answer_with(tree_.root()); }

}  // namespace varde::operation
