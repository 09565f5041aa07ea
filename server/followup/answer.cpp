#include "server/followup/answer.h"

#include <algorithm>
#include <array>
#include <map>

#include "server/followup/codes.h"
#include "server/followup/evaluation.h"
#include "server/followup/in_force.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/unbound.h"

namespace varde::followup {

namespace {

const fhir::TypeId kObservation = fhir::find_resource_type("Observation");
const fhir::TypeId kQuestionnaireResponse = fhir::find_resource_type("QuestionnaireResponse");

/// https://hl7.org/fhir/R4/extension-ordinalvalue.html
constexpr std::string_view kOrdinal = "http://hl7.org/fhir/StructureDefinition/ordinalValue";

using Keys = std::map<std::string, storage::ResourceKey>;

/// "http://…/esas|2.0" is every version of that questionnaire.
std::string_view questionnaire_of(fhir::Element response) {
  const auto canonical = response["questionnaire"].value();
  return canonical.substr(0, canonical.find('|'));
}

bool is_answered(fhir::Element response) {
  const auto status = response["status"].value();
  return status == "completed" || status == "amended";
}

/// All that was answered to it, however often it was asked.
struct Question {
  fhir::Element item;  ///< the first of that linkId
  std::vector<fhir::Element> answers;
};
using Questions = std::map<std::string, Question>;  ///< by measure

/// Items may stand in items and below answers.
void add_answers(fhir::Element parent, std::string_view questionnaire, Questions& questions) {
  for (const fhir::Element item : parent.each("item")) {
    for (const fhir::Element answer : item.each("answer")) {
      if (answer.choice("value")) {
        auto& question = questions[std::string(questionnaire).append("|").append(item["linkId"].value())];
        if (question.answers.empty()) question.item = item;
        question.answers.push_back(answer);
      }
      add_answers(answer, questionnaire, questions);
    }
    add_answers(item, questionnaire, questions);
  }
}

/// In the shape that an Observation or a component takes: a number wherever the answer has one.
void set_value(fhir::Editor place, fhir::Element answer) {
  const auto value = answer.choice("value");
  const auto name = value.name();
  const auto number = [&](std::string_view literal) {
    auto quantity = place.add("valueQuantity");
    quantity.set("value", literal);
    quantity.set("system", codes::kUcum);
    quantity.set("code", "{score}");
  };
  if (name == "valueInteger" || name == "valueDecimal") return number(value.value());
  if (name == "valueBoolean") return number(value.value() == "true" ? "1" : "0");
  if (name == "valueQuantity") {
    place.add_copy("valueQuantity", value);
    return;
  }
  if (name != "valueCoding") {  // told of: a number was expected
    place.set("valueString", value.value());
    return;
  }
  if (const auto ordinal = value.extension(kOrdinal)) return number(ordinal["valueDecimal"].value());
  place.add("valueCodeableConcept").add_copy("coding", value);
}

/// One answer is its value; several are components, of which the worst counts: a good one hides no other.
fhir::Tree observation_of(const interaction::View& view, const interaction::Stored& stored, const Question& question,
                          std::string_view status) {
  const auto& [item, answers] = question;
  const auto response = stored.resource;
  fhir::Tree tree(kObservation);
  auto observation = tree.edit();
  for (const auto label : response["meta"].each("security")) observation.ensure("meta").add_copy("security", label);
  add_reference(observation, "derivedFrom", "QuestionnaireResponse/" + stored.version.id);
  observation.set("status", status);
  add_coding(observation.add("category"), codes::kCategory, "survey");
  auto code = add_coding(observation.add("code"), questionnaire_of(response), item["linkId"].value());
  if (const auto text = item["text"].value(); !text.empty()) code.set("text", text);
  add_reference(observation, "subject", "Patient/" + view.patient_id(stored.version.patient));
  if (const auto authored = response["authored"].value(); !authored.empty())
    observation.set("effectiveDateTime", authored);
  if (answers.size() == 1) {
    set_value(observation, answers.front());
    return tree;
  }
  for (const auto answer : answers) {
    auto component = observation.add("component");
    component.add_copy("code", tree.root()["code"]);
    set_value(component, answer);
  }
  return tree;
}

/// By what they measure; what somebody else has derived from the response has a code of its own.
Keys derived_from(const interaction::View& view, const interaction::Stored& stored) {
  Keys derived;
  if (!stored.previous) return derived;
  const auto parameter = storage::parameter_key("Observation", "derived-from");
  for (const auto key : view.referring(parameter, kQuestionnaireResponse, stored.version.id))
    if (const auto tree = view.tree(key)) {
      const auto system = tree->root()["code"]["coding"]["system"].value();
      if (!system.empty() &&
          (system == questionnaire_of(stored.previous) || system == questionnaire_of(stored.resource)))
        derived.emplace(measure_key(tree->root()["code"]), key);
    }
  return derived;
}

/// Whether the plan asks about it: somebody has set limits.
bool is_planned(const interaction::View& view, storage::PatientKey patient, const std::string& measure) {
  const auto plan = limits_in_force(view, patient, measure, view.now());
  return plan.unreadable || !plan.limits.ranges.empty();
}

bool has_same_value(fhir::Element a, fhir::Element b) {
  const auto one = a.choice("value"), other = b.choice("value");
  return one.name() == other.name() && one.value() == other.value() && one["value"].value() == other["value"].value() &&
         one["code"].value() == other["code"].value() &&
         one["coding"]["code"].value() == other["coding"]["code"].value();
}

bool says_the_same(fhir::Element a, fhir::Element b) {
  const auto ones = a.each("component"), others = b.each("component");
  return has_same_value(a, b) && std::equal(ones.begin(), ones.end(), others.begin(), others.end(), has_same_value) &&
         a["effectiveDateTime"].value() == b["effectiveDateTime"].value() &&
         a["subject"]["reference"].value() == b["subject"]["reference"].value();
}

Result<void> correct(interaction::Act& act, const interaction::Stored& stored, const Question& question,
                     storage::ResourceKey key) {
  const auto version = act.current(key);
  const auto before = act.tree(*version);
  auto now = observation_of(act, stored, question, "corrected");
  const auto status = before.root()["status"].value();
  if (says_the_same(before.root(), now.root()) && status != "entered-in-error") return {};
  return act.update(now.edit(), version->id).map([](const auto&) {});
}

Result<void> withdraw(interaction::Act& act, storage::ResourceKey key) {
  const auto version = act.current(key);
  auto tree = act.tree(*version);
  if (tree.root()["status"].value() == "entered-in-error") return {};
  tree.edit().set("status", "entered-in-error");
  return act.update(tree.edit(), version->id).map([](const auto&) {});
}

}  // namespace

Result<void> follow_answers(interaction::Act& act, const interaction::Stored& stored) {
  const auto patient = stored.version.patient;
  auto derived = derived_from(act, stored);
  Questions questions;
  const bool is_said = stored.resource && is_answered(stored.resource);
  if (is_said && stored.resource["subject"] && !is_test_data(stored.resource) && !is_known(act, patient))
    FHIR_TRY(tell_unbound(act, stored));
  const bool counts = is_said && patient != storage::PatientKey::none;
  const auto questionnaire = stored.resource ? questionnaire_of(stored.resource) : std::string_view{};
  if (counts && !questionnaire.empty()) add_answers(stored.resource, questionnaire, questions);
  for (const auto& [measure, question] : questions) {
    if (const auto known = derived.find(measure); known != derived.end()) {
      FHIR_TRY(correct(act, stored, question, known->second));
      derived.erase(known);
    } else if (is_planned(act, patient, measure)) {
      auto tree = observation_of(act, stored, question, "final");
      FHIR_TRY(act.create(tree.edit()));
    }
  }
  for (const auto& [measure, key] : derived) FHIR_TRY(withdraw(act, key));
  return {};
}

}  // namespace varde::followup
