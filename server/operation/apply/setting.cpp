#include "server/operation/apply/setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir-model/element/reference.h"
#include "fhir-model/terminology/compose.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"

namespace varde::operation::apply {

namespace {

struct Who {
  std::string_view parameter;
  std::string_view types;  ///< blank between
};
constexpr std::array kWho{
    Who{"subject", " Patient Practitioner Organization Location Device Group "},
    Who{"encounter", " Encounter "},
    Who{"practitioner", " Practitioner PractitionerRole "},
    Who{"organization", " Organization "},
};
constexpr std::array<std::string_view, 5> kWords{"userType", "userLanguage", "userTaskContext", "setting",
                                                 "settingContext"};
constexpr std::array<std::string_view, 3> kDefinitions{"ActivityDefinition", "PlanDefinition", "Questionnaire"};

}  // namespace

std::string Setting::reference_of(std::string_view name) const {
  const auto found = references_.find(name);
  return found == references_.end() ? std::string() : found->second;
}

fhir::TypeId Setting::subject_type() const { return fhir::parse_reference(subject()).type; }

std::string Setting::now() const { return interaction::fhir_instant(view_.now()); }

Result<void> Setting::take(std::string_view name, const std::string& text) {
  const auto who = std::find_if(kWho.begin(), kWho.end(), [&](const Who& row) { return row.parameter == name; });
  const auto parsed = fhir::parse_reference(text);
  const std::string type(parsed.type == fhir::TypeId::none ? std::string_view() : fhir::row_of(parsed.type).name);
  if (type.empty() || who->types.find(" " + type + " ") == std::string_view::npos)
    return fail(Fault::parameter_malformed,
                fmt::format("{} is a reference such as {}/[id].", name,
                            name == "subject" ? "Patient" : who->types.substr(1, who->types.find(' ', 1) - 1)),
                std::string(name));
  const std::string id = view_.own_id(text, parsed.type);
  auto tree = id.empty() ? std::nullopt : view_.tree(parsed.type, id);
  if (!tree)
    return fail(Fault::reference_unresolved, fmt::format("There is no such {} here.", type), std::string(name));
  const std::string reference = type + "/" + id;
  references_.emplace(name, reference);
  const auto& kept = resources_.insert_or_assign(reference, std::make_unique<fhir::Tree>(std::move(*tree))).first;
  variables_.emplace_back(name, fhirpath::Collection{kept->second->root()});
  if (name == "subject" && type == "Patient")
    variables_.emplace_back("patient", fhirpath::Collection{kept->second->root()});
  return {};
}

Result<void> Setting::read(const Input& input) {
  const auto subjects = input.all("subject");
  if (subjects.empty())
    return fail(Fault::required_missing, "Say whom it is applied to: subject=Patient/[id].", "subject");
  if (subjects.size() > 1) return fail(Fault::not_supported, "It is applied to one subject at a time.", "subject");
  for (const Who& who : kWho)
    if (const auto text = input.one(who.parameter)) FHIR_TRY(take(who.parameter, *text));
  for (const auto name : {"patient", "encounter", "practitioner", "organization"})
    if (std::none_of(variables_.begin(), variables_.end(), [&](const auto& known) { return known.first == name; }))
      variables_.emplace_back(name, fhirpath::Collection{});
  surroundings_ = fhir::Tree::of("Parameters");
  for (const std::string_view word : kWords) {
    fhirpath::Collection values;
    for (const Element parameter : input.elements(word))
      values.emplace_back(surroundings_->edit().add_copy("parameter", parameter).choice("value"));
    if (values.empty())
      for (auto& text : input.all(word)) values.emplace_back(std::move(text));
    variables_.emplace_back(word, std::move(values));
  }
  return {};
}

Result<void> Setting::bind(const std::string& name, std::string_view reference) {
  const Element found = resolve(reference);
  if (!found) return fail(Fault::reference_unresolved, fmt::format("What {} refers to is not here.", name), name);
  std::erase_if(variables_, [&](const auto& known) { return known.first == name; });
  variables_.emplace_back(name, fhirpath::Collection{found});
  environment_.reset();
  return {};
}

Element Setting::resolve(std::string_view reference) {
  if (const auto known = resources_.find(reference); known != resources_.end())
    return known->second ? known->second->root() : Element{};
  auto& kept = resources_[std::string(reference)];
  const auto parsed = fhir::parse_reference(reference);
  const std::string id = parsed.type == fhir::TypeId::none ? "" : view_.own_id(reference, parsed.type);
  if (auto tree = id.empty() ? std::nullopt : view_.tree(parsed.type, id))
    kept = std::make_unique<fhir::Tree>(std::move(*tree));
  return kept ? kept->root() : Element{};
}

Result<Element> Setting::definition(std::string_view canonical, Element holder) {
  if (canonical.starts_with('#')) {
    for (const Element contained : holder.each("contained"))
      if (contained["id"].value() == canonical.substr(1)) return contained;
    return fail(Fault::reference_unresolved, "The plan contains nothing of that id.", "PlanDefinition");
  }
  if (const auto known = resources_.find(canonical); known != resources_.end() && known->second)
    return known->second->root();
  const auto keep = [&](fhir::Tree tree) {
    auto& kept = resources_[std::string(canonical)];
    kept = std::make_unique<fhir::Tree>(std::move(tree));
    return kept->root();
  };
  const auto bar = canonical.rfind('|');
  const auto url = canonical.substr(0, bar), version = bar == std::string_view::npos ? "" : canonical.substr(bar + 1);
  for (const std::string_view type : kDefinitions)
    if (auto tree = interaction::stored_by_url(fhir::find_type(type), url, version, base_, view_))
      return keep(std::move(*tree));
  const auto parsed = fhir::parse_reference(canonical);
  const std::string id = parsed.type == fhir::TypeId::none ? "" : view_.own_id(canonical, parsed.type);
  if (auto tree = id.empty() ? std::nullopt : view_.tree(parsed.type, id)) return keep(std::move(*tree));
  return fail(Fault::reference_unresolved, fmt::format("The definition {} is not stored here.", canonical),
              "PlanDefinition.action.definition");
}

const fhirpath::Environment& Setting::environment() {
  if (environment_) return *environment_;
  environment_.emplace();
  auto& all = *environment_;
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(view_.now().time_since_epoch()).count();
  all.clock = [milliseconds] { return static_cast<std::int64_t>(milliseconds); };
  all.offset_minutes = static_cast<int>(view_.zone().offset_at(view_.now()).count());
  all.resolve = [this](std::string_view reference) { return resolve(reference); };
  all.member_of = [this](std::string_view set, std::string_view system, std::string_view code) -> std::optional<bool> {
    const Element stored = terms_.stored(set);
    if (!stored || stored.type_name() != "ValueSet") return std::nullopt;
    const auto found = terminology::member(stored, system, code, terms_.written(), budget_.get());
    if (found == terminology::Membership::unknown) return std::nullopt;
    return found == terminology::Membership::in;
  };
  all.variables = variables_;
  all.budget = budget_.get();
  return all;
}

Result<fhirpath::Collection> Setting::evaluate(std::string_view text, Element definition, const std::string& place) {
  const auto expression = fhirpath::compile(text);
  if (!expression)
    return fail(Fault::business_rule, "The expression is no FHIRPath: " + expression.error().diagnostics, place);
  fhirpath::Environment with = environment();
  with.variables.emplace_back("definition", fhirpath::Collection{definition});
  auto found = fhirpath::evaluate(*expression, resources_.at(subject())->root(), with);
  FHIR_TRY(budget_->within());
  if (!found) return fail(Fault::business_rule, "The expression has no answer: " + found.error().diagnostics, place);
  return found;
}

Result<fhirpath::Collection> Setting::evaluate(Element expression, Element definition) {
  const auto language = expression["language"].value();
  if (language != "text/fhirpath")
    return fail(Fault::not_supported,
                fmt::format("Expressions are read in text/fhirpath, not in {}.", language.empty() ? "none" : language),
                expression.path());
  if (!expression["expression"])
    return fail(Fault::not_supported, "The expression itself must stand in the definition, not in a library.",
                expression.path());
  return evaluate(expression["expression"].value(), definition, expression.path());
}

}  // namespace varde::operation::apply
