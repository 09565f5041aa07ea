#include "server/followup/ebp/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "fhir-model/time/text.h"
#include "server/followup/codes.h"
#include "server/followup/ebp/text.h"
#include "server/followup/journal/entry.h"
#include "server/followup/parts.h"
#include "server/followup/task.h"
#include "server/followup/work/closing.h"
#include "server/storage/patients.h"

namespace varde::followup::ebp {
namespace {

const fhir::TypeId kCarePlan = fhir::find_resource_type("CarePlan");
const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
constexpr std::size_t kMostPlans = 50;  ///< that one replaces

/// What a GP writes who has nothing to add: the whole answer, without its capitals and stops.
constexpr std::array<std::string_view, 10> kYes{"godkjent",           "godkjennes",        "godkjenner",
                                                "planen er godkjent", "planen godkjennes", "jeg godkjenner planen",
                                                "godkjenner planen",  "ebp godkjent",      "ebp er godkjent",
                                                "ebp godkjennes"};

std::string subject_of(std::string_view plan_id) { return fmt::format("plan:{}", plan_id); }

struct Read {
  fhir::Tree tree;
  State state;
};
Result<Read> read(const PlanStep& step) {
  auto tree = step.act.tree(kCarePlan, step.id);
  if (!tree) return fail(Fault::not_found, "Planen finnes ikke (there is no such CarePlan)");
  const auto state = state_of(tree->root());
  if (!state)
    return fail(
        Fault::business_rule,
        "Dette er ingen egenbehandlingsplan: category mangler vkp-careplan-category-v090|2 (this CarePlan is no "
        "self-treatment plan)",
        "CarePlan.category");
  return Read{std::move(*tree), *state};
}

Result<void> save(const PlanStep& step, fhir::Tree& tree, State state, std::string_view comment) {
  set_state(tree.edit(), state, step.by, time::fhir_date_time(step.act.now(), step.act.zone()), comment);
  const ByItself a_step(step.act);
  return step.act.update(tree.edit(), step.id).map([](const auto&) {});
}

Result<void> go_on(const PlanStep& step, State to, std::string_view comment) {
  auto plan = read(step);
  FHIR_TRY(plan);
  if (plan->state == to && to != State::sent) return {};
  FHIR_TRY(check_step(plan->state, to));
  return save(step, plan->tree, to, comment);
}

storage::PatientKey patient_of(const interaction::View& view, fhir::Element plan) {
  const auto id = view.own_id(plan["subject"]["reference"].value(), kPatient);
  return storage::patients::survivor(view, view.patient_key(id));
}

// --- into force ------------------------------------------------------------------------------------------------------

std::set<std::string> measurements_of(const interaction::View& view, fhir::Element plan) {
  std::set<std::string> ids;
  for (const auto activity : plan.each("activity"))
    if (auto id = view.own_id(activity["reference"]["reference"].value(), kServiceRequest); !id.empty())
      ids.insert(std::move(id));
  return ids;
}

Result<void> set_measurement(interaction::Act& act, const std::string& id, std::string_view from, std::string_view to) {
  auto tree = act.tree(kServiceRequest, id);
  if (!tree || tree->root()["status"].value() != from) return {};
  tree->edit().set("status", to);
  return act.update(tree->edit(), id).map([](const auto&) {});
}

/// The plans that this one says it replaces, as far as they are in force.
std::vector<std::string> replaced_by(const interaction::View& view, fhir::Element plan) {
  std::vector<std::string> ids;
  for (const auto reference : plan.each("replaces")) {
    const auto id = view.own_id(reference["reference"].value(), kCarePlan);
    const auto other = id.empty() ? std::nullopt : view.tree(kCarePlan, id);
    if (other && state_of(other->root()) == State::in_force && ids.size() < kMostPlans) ids.push_back(id);
  }
  return ids;
}

/// Of one template a patient has one plan in force.
Result<void> refuse_second(const PlanStep& step, fhir::Element plan, const std::vector<std::string>& replaced) {
  const auto from = plan["instantiatesCanonical"].value();
  if (from.empty()) return {};
  for (const auto key :
       step.act.with_token(storage::parameter_key("CarePlan", "status"), "active", patient_of(step.act, plan))) {
    const auto other = step.act.tree(key);
    if (!other || !is_plan(other->root()) || other->root()["instantiatesCanonical"].value() != from) continue;
    const std::string id(other->root()["id"].value());
    if (id == step.id || std::find(replaced.begin(), replaced.end(), id) != replaced.end()) continue;
    return fail(Fault::business_rule,
                fmt::format("Pasienten har en slik plan i kraft, CarePlan/{0}: oppgi den i replaces (such a plan is in "
                            "force: name it in CarePlan.replaces)",
                            id),
                "CarePlan.replaces");
  }
  return {};
}

Result<void> supersede(const PlanStep& step, const std::string& id, const std::set<std::string>& kept) {
  auto& act = step.act;
  auto tree = act.tree(kCarePlan, id);
  if (!tree) return {};
  for (const auto& measurement : measurements_of(act, tree->root()))
    if (!kept.contains(measurement)) FHIR_TRY(set_measurement(act, measurement, "active", "revoked"));
  tree->edit().ensure("period").set("end", time::fhir_date_time(act.now(), act.zone()));
  return save({act, id, step.by}, *tree, State::superseded, fmt::format("Erstattet av CarePlan/{}.", step.id));
}

// --- the GP's answer -------------------------------------------------------------------------------------------------

std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
      out += out.empty() || out.back() == ' ' ? "" : " ";
    else if (c != '.' && c != '!' && c != ',')
      out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// The answer says no more than yes; a topic may stand before it.
bool says_yes(fhir::Element answer) {
  std::vector<std::string> said;
  for (const auto payload : answer.each("payload"))
    if (auto words = plain(payload["contentString"].value()); !words.empty()) said.push_back(std::move(words));
  if (said.empty() || said.size() > 2 || std::find(kYes.begin(), kYes.end(), said.back()) == kYes.end()) return false;
  return said.size() == 1 || said.front().find("ikke") == std::string::npos;
}

/// The plan that the letter was about; empty: it was about another thing.
std::string plan_in(const interaction::View& view, fhir::Element letter) {
  for (const auto about : letter.each("about"))
    if (auto id = view.own_id(about["reference"].value(), kCarePlan); !id.empty()) return id;
  return {};
}

Result<void> take_answer(interaction::Act& act, const std::string& plan_id, const interaction::Stored& stored) {
  const auto plan = act.tree(kCarePlan, plan_id);
  if (!plan || state_of(plan->root()) != State::sent) return {};
  const auto answer = stored.resource;
  if (says_yes(answer)) {
    auto by = fhir::Tree::of("Reference");
    const auto sender = answer["sender"];
    by.edit().set("display", sender["display"].value().empty() ? "Fastlegen" : sender["display"].value());
    if (sender["identifier"]) by.edit().add_copy("identifier", sender["identifier"]);
    return approve({act, plan_id, by.root()}, fmt::format("Svar i Communication/{}.", stored.version.id));
  }
  return raise_once(act, patient_of(act, plan->root()), subject_of(plan_id),
                    {act.patient_id(patient_of(act, plan->root())), "plan-answer", "urgent",
                     "Fastlegen har svart om egenbehandlingsplanen. Les svaret, og godkjenn planen eller endre den.",
                     "Communication/" + stored.version.id});
}

Result<void> follow_answer(interaction::Act& act, const interaction::Stored& stored) {
  const auto answer = stored.resource;
  if (!answer || answer["status"].value() != "completed") return {};
  for (const auto reference : answer.each("inResponseTo")) {
    const auto id = act.own_id(reference["reference"].value(), kCommunication);
    const auto letter = id.empty() ? std::nullopt : act.tree(kCommunication, id);
    if (!letter) continue;
    // An answer comes from whom the letter went to; the patient's own messages are another matter.
    if (!act.own_id(answer["sender"]["reference"].value(), kPatient).empty()) continue;
    if (const auto plan = plan_in(act, letter->root()); !plan.empty()) FHIR_TRY(take_answer(act, plan, stored));
  }
  return {};
}

Result<void> follow_force(interaction::Act& act, const interaction::Stored& stored, const Service& service) {
  const bool begins = state_of(stored.resource) == State::in_force && state_of(stored.previous) != State::in_force;
  const bool wanted = std::find(service.journal.begin(), service.journal.end(), "plan") != service.journal.end();
  if (!begins || !wanted) return {};
  const auto by = stored.resource.extension(codes::kPlanApproval).extension("by")["valueReference"];
  return journal::write(
             act, {versioned("CarePlan", stored.version.id, stored.version.version), "plan",
                   std::string(title_of(stored.resource)), "Patient/" + act.patient_id(stored.version.patient), by,
                   sections_of(act, stored.resource)})
      .map([](const auto&) {});
}

}  // namespace

Result<void> mark_sent(const PlanStep& step) { return go_on(step, State::sent, {}); }

Result<void> approve(const PlanStep& step, std::string_view comment) {
  FHIR_TRY(go_on(step, State::approved, comment));
  const auto plan = step.act.tree(kCarePlan, step.id);
  return settle(step.act, patient_of(step.act, plan->root()), subject_of(step.id), "completed", "Planen er godkjent");
}

Result<void> give_back(const PlanStep& step, std::string_view comment) {
  if (comment.empty())
    return fail(Fault::required_missing, "Si hva som skal endres (comment: what is to be changed)", "comment");
  FHIR_TRY(go_on(step, State::returned, comment));
  const auto plan = step.act.tree(kCarePlan, step.id);
  const auto patient = patient_of(step.act, plan->root());
  return raise_once(
      step.act, patient, subject_of(step.id),
      {step.act.patient_id(patient), "plan-answer", "urgent",
       fmt::format("Egenbehandlingsplanen er returnert av fastlegen: {}", comment), "CarePlan/" + step.id});
}

Result<void> put_in_force(const PlanStep& step, std::string_view reason) {
  auto plan = read(step);
  FHIR_TRY(plan);
  if (plan->state == State::in_force) return {};
  FHIR_TRY(check_step(plan->state, State::in_force));
  if (plan->state != State::approved && reason.empty())
    return fail(
        Fault::business_rule,
        fmt::format("Planen er {}, ikke godkjent av fastlegen: oppgi reason for å sette den i kraft likevel (the "
                    "plan is not approved: give a reason to put it in force all the same)",
                    norwegian(plan->state)),
        "reason");
  const auto replaced = replaced_by(step.act, plan->tree.root());
  FHIR_TRY(refuse_second(step, plan->tree.root(), replaced));
  const auto kept = measurements_of(step.act, plan->tree.root());
  for (const auto& id : replaced) FHIR_TRY(supersede(step, id, kept));
  for (const auto& id : kept) FHIR_TRY(set_measurement(step.act, id, "draft", "active"));
  if (!plan->tree.root()["period"]["start"])
    plan->tree.edit().ensure("period").set("start", time::fhir_date_time(step.act.now(), step.act.zone()));
  FHIR_TRY(save(step, plan->tree, State::in_force, reason));
  return settle(step.act, patient_of(step.act, plan->tree.root()), subject_of(step.id), "completed",
                "Planen er satt i kraft");
}

Result<void> check(interaction::Act& act, fhir::Element care_plan, fhir::Element previous) {
  if (act.principal().kind == access::Principal::Kind::ourselves || ByItself::is(act)) return {};
  const auto before = state_of(previous), now = state_of(care_plan);
  if (!before) return {};
  if (*before != State::draft && !is_plan(care_plan))
    return fail(Fault::business_rule,
                "En egenbehandlingsplan som er sendt eller i kraft, blir ikke en annen slags plan: trekk den tilbake, "
                "og lag en ny (a self-treatment plan that was sent or is in force does not become another kind of "
                "plan: revoke it, and make another)",
                "CarePlan.category");
  if (!now || *now == *before) return {};
  const bool waits = *before == State::sent || *before == State::returned;
  if (waits && *now == State::in_force)
    return fail(Fault::business_rule,
                "Planen er til godkjenning hos fastlegen: bruk CarePlan/[id]/$approve og $put-in-force (the plan waits "
                "for the GP: use $approve and $put-in-force)",
                "CarePlan.status");
  if (*before == State::superseded)
    return fail(Fault::business_rule,
                "En plan som er erstattet tas ikke i bruk igjen: lag en ny (a superseded plan does not come back: make "
                "a new one)",
                "CarePlan.status");
  if (*before == State::in_force && *now != State::superseded)
    return fail(Fault::business_rule,
                "En plan i kraft blir ikke utkast igjen: lag en ny som oppgir den i replaces, eller trekk den tilbake "
                "med status revoked (a plan in force is no draft again: make another that names it in replaces, or "
                "revoke it)",
                "CarePlan.status");
  return {};
}

Result<void> follow(interaction::Act& act, const interaction::Stored& stored, const Service& service) {
  if (stored.version.type == kCommunication) return follow_answer(act, stored);
  if (stored.version.type == kCarePlan) return follow_force(act, stored, service);
  return {};
}

}  // namespace varde::followup::ebp
