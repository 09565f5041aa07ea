/// Observation/{id}/$evaluate: why a reading has its colour.
#include "server/followup/explanation.h"
#include "server/interaction/answer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");

fhir::Editor add_part(fhir::Editor parent, std::string_view name) {
  auto added = parent.add("part");
  added.set("name", name);
  return added;
}

void add_finding(fhir::Editor value, const followup::RuleFinding& found) {
  auto finding = add_part(value, "finding");
  add_part(finding, "rule").set("valueString", found.rule);
  add_part(finding, "zone").set("valueCode", followup::code(found.zone));
  add_part(finding, "text").set("valueString", found.text);
  for (const auto& reading : found.seen) add_part(finding, "seen").add("valueReference").set("reference", reading);
}

void add_value(fhir::Editor parameters, const followup::ExplainedValue& explained) {
  auto value = parameters.add("parameter");
  value.set("name", "value");
  add_part(value, "text").set("valueString", explained.text);
  add_part(value, "zone").set("valueCode", followup::code(explained.zone));
  if (!explained.limits.empty()) add_part(value, "limits").set("valueString", explained.limits);
  if (!explained.plan.empty()) add_part(value, "plan").add("valueReference").set("reference", explained.plan);
  for (const auto& asked : explained.asked) {
    auto rule = add_part(value, "asked");
    add_part(rule, "rule").set("valueString", asked.rule);
    add_part(rule, "settings").set("valueString", asked.settings);
  }
  for (const auto& found : explained.findings) add_finding(value, found);
}

}  // namespace

Result<Response> evaluate(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  const auto version = interaction::find_live(view, kObservation, request.id);
  FHIR_TRY(version);
  const auto explanation = followup::explain(view, *version);
  auto tree = fhir::Tree::of("Parameters");
  auto parameters = tree.edit();
  const auto add = [&](std::string_view name) {
    auto parameter = parameters.add("parameter");
    parameter.set("name", name);
    return parameter;
  };
  add("text").set("valueString", explanation.text);
  if (explanation.level) add("level").set("valueCode", followup::code(*explanation.level));
  if (explanation.stored) add("stored").set("valueCode", followup::code(*explanation.stored));
  for (const auto& value : explanation.values) add_value(parameters, value);
  return interaction::answer_with(tree.root());
}

}  // namespace varde::operation
