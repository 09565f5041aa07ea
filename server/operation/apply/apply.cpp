/// PlanDefinition/$apply and ActivityDefinition/$apply. Nothing is stored: what is made is a draft that somebody looks
/// at first. Sources: https://hl7.org/fhir/R4/plandefinition-operation-apply.html,
/// https://hl7.org/fhir/R4/activitydefinition-operation-apply.html
#include "server/interaction/answer.h"
#include "server/operation/apply/activity.h"
#include "server/operation/apply/plan.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

using apply::Setting;

/// The stored one of the path, or the one that the parameter `name` brings.
Result<fhir::Tree> definition_of(const Request& request, const View& view, const Input& input, std::string_view name) {
  const auto given = input.elements(name);
  if (!request.id.empty()) {
    if (!given.empty() || input.one(name))
      return fail(Fault::parameter_malformed, "The address says which definition; leave the parameter out.",
                  std::string(name));
    const auto version = interaction::find_live(view, request.type, request.id);
    FHIR_TRY(version);
    return View::tree(*version);
  }
  if (given.empty() || given.front()["resource"].type() != request.type)
    return fail(Fault::required_missing, "Send the definition as a resource in the parameter, or use [id]/$apply.",
                std::string(name));
  return fhir::Tree::copy_of(given.front()["resource"]);
}

using Make = Result<fhir::Tree> (*)(fhir::Element definition, Setting&);

Result<fhir::Tree> make_checked_activity(fhir::Element definition, Setting& setting) {
  auto made = apply::make_activity(definition, setting);
  FHIR_TRY(made);
  FHIR_TRY(apply::check_made(made->root(), setting));
  return made;
}

/// `name`: of the parameter that brings the definition.
Result<Response> applied(const Request& request, const View& view, std::string_view name, Make make) {
  const auto input = Input::read(request, {name, "subject", "encounter", "practitioner", "organization", "userType",
                                           "userLanguage", "userTaskContext", "setting", "settingContext"});
  FHIR_TRY(input);
  const auto definition = definition_of(request, view, *input, name);
  FHIR_TRY(definition);
  Setting setting(view, request);
  FHIR_TRY(setting.read(*input));
  const auto made = make(definition->root(), setting);
  FHIR_TRY(made);
  return interaction::answer_with(made->root());
}

}  // namespace

Result<Response> apply_plan(const Request& request, const View& view, const Context&) {
  return applied(request, view, "planDefinition", apply::make_plan);
}

Result<Response> apply_activity(const Request& request, const View& view, const Context&) {
  return applied(request, view, "activityDefinition", make_checked_activity);
}

}  // namespace varde::operation
