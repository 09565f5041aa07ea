#include "server/operation/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "fhir-model/element/reference.h"
#include "fhir-model/json/json.h"
#include "fhir-model/text/name.h"
#include "fhir-model/time/span.h"
#include "fhir-model/view/data_types.h"
#include "server/interaction/answer.h"
#include "server/interaction/person.h"
#include "server/operation/codes.h"

namespace varde::operation {

namespace view = fhir::view;

namespace {

std::string text_of(fhir::Element parameter) {
  const auto value = parameter.choice("value");
  if (value.has_value()) return std::string(value.value());
  const auto token = [](std::string_view system, std::string_view code) {
    return system.empty() ? std::string(code) : fmt::format("{}|{}", system, code);
  };
  if (const auto coding = view::Coding::of(value)) return token(coding.system(), coding.code());
  if (const auto identifier = view::Identifier::of(value)) return token(identifier.system(), identifier.value());
  if (const auto period = view::Period::of(value))
    return fmt::format("{}/{}", period.start().text(), period.end().text());
  if (const auto coded = view::CodeableConcept::of(value)) {
    const auto coding = coded.coding().front();
    return token(coding.system(), coding.code());
  }
  if (const auto reference = view::Reference::of(value)) {
    const auto identifier = reference.identifier();
    return reference.reference() ? std::string(reference.reference()) : token(identifier.system(), identifier.value());
  }
  return {};
}

bool is_general(std::string_view name) { return name == "_format" || name == "_pretty"; }

Result<Subject> by_identifier(const interaction::View& view, std::string_view token, const std::string& name) {
  const auto bar = token.find('|');
  if (bar == std::string_view::npos)
    return fail(Fault::parameter_malformed, "an identifier is given as system|value", name);
  const auto found = interaction::person_with(view, token.substr(0, bar), token.substr(bar + 1));
  if (found.several) return fail(Fault::parameter_malformed, "the identifier belongs to more than one Patient", name);
  const auto patient = found.patient ? view.current(found.patient->key) : std::nullopt;  // as far as it may be seen
  return patient ? Subject{patient->patient, patient->id} : Subject{};
}

Result<Subject> by_reference(const interaction::View& view, const std::string& text, const std::string& name) {
  const auto reference = fhir::parse_reference(text);
  const bool is_bare_id = text.find('/') == std::string::npos;
  static const auto kPatient = fhir::find_resource_type("Patient");
  if (!is_bare_id && reference.type != kPatient)
    return fail(Fault::parameter_malformed, "a patient is given as Patient/[id]", name);
  const std::string id(is_bare_id ? std::string_view(text) : reference.id);
  return Subject{view.patient_key(id), id};
}

/// The parameter that a resource is which was sent as the body itself: the one of its type.
/// https://hl7.org/fhir/R4/operations.html#request
std::string_view parameter_for(std::string_view type, std::initializer_list<std::string_view> known) {
  struct Row {
    std::string_view type, name;
  };
  constexpr std::array kRows{Row{"ValueSet", "valueSet"}, Row{"CodeSystem", "codeSystem"},
                             Row{"ConceptMap", "conceptMap"}, Row{"StructureDefinition", "definition"},
                             Row{"", "resource"}};
  for (const auto& row : kRows)
    if ((row.type.empty() || row.type == type) && std::find(known.begin(), known.end(), row.name) != known.end())
      return row.name;
  return {};
}

/// What an operation may be told several times; of all else the first would count and the others be lost.
constexpr std::array<std::string_view, 23> kRepeated{"patient",
                                                     "patient.identifier",
                                                     "patient:identifier",
                                                     "subject",
                                                     "subject.identifier",
                                                     "subject:identifier",
                                                     "property",
                                                     "replaces",
                                                     "generalPractitioner",
                                                     "code",
                                                     "coding",
                                                     "codeableConcept",
                                                     "colour",
                                                     "designation",
                                                     "period",
                                                     "statistic",
                                                     "concept",
                                                     "conceptMap",
                                                     "measure",
                                                     "message",
                                                     "meta",
                                                     "questionnaire",
                                                     "resource"};

Result<void> refuse_contradiction(const std::vector<std::pair<std::string, std::string>>& values) {
  std::map<std::string_view, std::string_view> said;
  for (const auto& [name, value] : values) {
    if (value.empty() || std::ranges::find(kRepeated, name) != kRepeated.end()) continue;
    if (const auto [first, is_new] = said.emplace(name, value); !is_new && first->second != value)
      return fail(Fault::parameter_malformed, fmt::format("{} is said twice, and differently", name), name);
  }
  return {};
}

}  // namespace

Result<Input> Input::read(const interaction::Request& request, std::initializer_list<std::string_view> known) {
  Input input;
  const auto add = [&](std::string_view name, std::string value, std::string place) -> Result<void> {
    if (is_general(name)) return {};
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fail(Fault::parameter_unknown,
                  fmt::format("the operation has no parameter {}; it takes {}", fhir::text::repeatable(name),
                              fmt::join(known, ", ")),
                  std::move(place));
    input.values_.emplace_back(name, std::move(value));
    return {};
  };
  for (const auto& [name, value] : request.query) FHIR_TRY(add(name, value, name));
  FHIR_TRY(refuse_contradiction(input.values_));
  if (request.body.empty()) return input;

  auto parsed = interaction::parse_body(request);
  FHIR_TRY(parsed);
  if (parsed->root().type_name() != "Parameters") {
    const auto name = parameter_for(parsed->root().type_name(), known);
    if (name.empty()) return fail(Fault::parameter_malformed, "an operation is posted with a Parameters resource");
    auto parameters = fhir::Tree::of("Parameters");
    auto parameter = parameters.edit().add("parameter");
    parameter.set("name", name);
    parameter.add_copy("resource", parsed->root());
    parsed = std::move(parameters);
  }
  input.body_ = std::make_shared<fhir::Tree>(std::move(*parsed));
  for (const auto parameter : input.body_->root().each("parameter")) {
    const auto name = parameter["name"].value();
    FHIR_TRY(add(name, text_of(parameter), parameter.path()));
    if (!parameter.choice("value") && !parameter["resource"] && !parameter["part"])
      return fail(Fault::parameter_malformed, fmt::format("{} has no value", fhir::text::repeatable(name)),
                  parameter.path());
  }
  FHIR_TRY(refuse_contradiction(input.values_));
  return input;
}

std::vector<std::string> Input::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : values_)
    if (key == name && !value.empty()) found.push_back(value);
  return found;
}

std::optional<std::string> Input::one(std::string_view name) const {
  auto found = all(name);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<fhir::Element> Input::elements(std::string_view name) const {
  std::vector<fhir::Element> found;
  if (!body_) return found;
  for (const auto parameter : body_->root().each("parameter"))
    if (parameter["name"].value() == name) found.push_back(parameter);
  return found;
}

Result<bool> Input::flag(std::string_view name) const {
  const auto text = one(name);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return fail(Fault::parameter_malformed, fmt::format("{} is true or false", name), std::string(name));
}

Result<std::size_t> Input::count(std::string_view name, std::size_t otherwise, std::size_t most) const {
  const auto text = one(name);
  if (!text) return otherwise;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number == 0 || number > most)
    return fail(Fault::parameter_malformed, fmt::format("{} is a whole number from 1 to {}", name, most),
                std::string(name));
  return number;
}

Result<std::vector<Subject>> subjects_of(const Input& input, const interaction::View& view) {
  std::vector<Subject> subjects;
  const auto add = [&](Result<Subject> subject) -> Result<void> {
    FHIR_TRY(subject);
    const auto same = [&](const Subject& other) { return other.id == subject->id && other.key == subject->key; };
    if (std::none_of(subjects.begin(), subjects.end(), same)) subjects.push_back(std::move(*subject));
    return {};
  };
  for (const std::string name :
       {"patient", "subject", "patient.identifier", "subject.identifier", "patient:identifier", "subject:identifier"})
    for (const auto& value : input.all(name))
      for (const auto& text : alternatives(value)) {
        // A Reference by identifier in a Parameters resource arrives as system|value.
        const bool is_identifier = name.ends_with("identifier") || text.find('|') != std::string::npos;
        FHIR_TRY(add(is_identifier ? by_identifier(view, text, name) : by_reference(view, text, name)));
      }
  if (subjects.empty())
    return fail(Fault::required_missing, "say which patient: patient=Patient/[id], or POST with patient.identifier",
                "patient");
  return subjects;
}

Result<Subject> subject_of(const Input& input, const interaction::View& view) {
  auto subjects = subjects_of(input, view);
  FHIR_TRY(subjects);
  if (subjects->size() > 1) return fail(Fault::parameter_malformed, "this operation is about one patient", "patient");
  return std::move(subjects->front());
}

Result<storage::Instant> end_of(std::string_view text, const time::Zone& zone) {
  const auto span = time::read_span(text, zone);
  if (!span) return fail(Fault::value_malformed, "a FHIR date or time is expected, such as 2026-11-22");
  return span->end;
}

Result<Span> parse_period(std::string_view text, const time::Zone& zone) {
  const auto slash = text.find('/');
  const auto start = text.substr(0, slash), end = slash == std::string_view::npos ? start : text.substr(slash + 1);
  // An open side of a Period: further than any measurement.
  auto from = start.empty() ? followup::parse_instant("1900", zone) : followup::parse_instant(start, zone);
  auto to = end.empty() ? followup::parse_instant("9999-12-31", zone) : end_of(end, zone);
  if (!from || !to)
    return fail(Fault::parameter_malformed, "a period is given as start/end, such as 2026-01-01/2026-01-31", "period");
  if (*from >= *to) return fail(Fault::parameter_malformed, "the period ends before it begins", "period");
  return Span{*from, *to};
}

}  // namespace varde::operation
