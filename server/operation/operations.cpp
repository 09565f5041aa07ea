#include "server/operation/operations.h"

#include <array>

namespace varde::operation {
namespace {

using interaction::Doing;
using interaction::Route;

Route row(std::string_view methods, Doing doing, std::string_view pattern, const decltype(Route::handler)& handler,
          std::string_view definition) {
  return {.methods = methods, .pattern = pattern, .handler = handler, .doing = doing, .definition = definition};
}
/// One that changes nothing: by GET as well, and read in a Bundle.
Route asks(std::string_view pattern, const interaction::Reader& handler, std::string_view definition) {
  return row("GET POST", Doing::read, pattern, handler, definition);
}
/// One whose answer is a curve for people, too.
Route draws(std::string_view pattern, const interaction::Reader& handler, std::string_view definition) {
  Route made = asks(pattern, handler, definition);
  made.media = "text/csv image/svg+xml image/png application/pdf";
  return made;
}
/// One whose answer is a table, too.
Route tabulates(std::string_view pattern, const interaction::Reader& handler, std::string_view definition) {
  Route made = asks(pattern, handler, definition);
  made.media = "text/csv application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  return made;
}
/// One whose answer is paper, too.
Route prints(std::string_view pattern, const interaction::Reader& handler, std::string_view definition) {
  Route made = asks(pattern, handler, definition);
  made.media = "application/pdf";
  return made;
}
/// One whose answer is text that is no FHIR, too.
Route hands_over(std::string_view pattern, const interaction::Reader& handler, std::string_view definition) {
  Route made = asks(pattern, handler, definition);
  made.media = "text/plain";
  return made;
}
/// One that changes what is stored: by POST alone.
Route changes(std::string_view pattern, const interaction::Writer& handler, std::string_view definition) {
  return row("POST", Doing::operate, pattern, handler, definition);
}

}  // namespace

std::span<const Route> followup_operations() {
  // clang-format off
  static const std::array kRows{
      asks    ("Observation/$lastn",   lastn,        "http://hl7.org/fhir/OperationDefinition/Observation-lastn"),
      asks    ("Observation/$stats",   stats,        "http://hl7.org/fhir/OperationDefinition/Observation-stats"),
      asks    ("Observation/{id}/$evaluate", evaluate, "https://varde.example/fhir/OperationDefinition/Observation-evaluate"),
      asks    ("ServiceRequest/$evaluate", dry_run_plan, "https://varde.example/fhir/OperationDefinition/ServiceRequest-evaluate"),
      draws   ("Patient/{id}/$trend",  trend,        "https://varde.example/fhir/OperationDefinition/Patient-trend"),
      asks    ("Patient/{id}/$followup-summary", followup_summary, "https://varde.example/fhir/OperationDefinition/Patient-followup-summary"),
      changes ("Patient/$enrol", enrol_many, "https://varde.example/fhir/OperationDefinition/Patient-enrol-many"),
      changes ("Patient/{id}/$enrol",  enrol,        "https://varde.example/fhir/OperationDefinition/Patient-enrol"),
      changes ("Patient/{id}/$pause",  pause,        "https://varde.example/fhir/OperationDefinition/Patient-pause"),
      changes ("Patient/{id}/$resume", resume,       "https://varde.example/fhir/OperationDefinition/Patient-resume"),
      changes ("Patient/{id}/$end",    end_followup, "https://varde.example/fhir/OperationDefinition/Patient-end"),
      tabulates("EpisodeOfCare/$benefit-report", benefit_report, "https://varde.example/fhir/OperationDefinition/EpisodeOfCare-benefit-report"),
      changes ("EpisodeOfCare/$import-benefits", import_benefits, "https://varde.example/fhir/OperationDefinition/EpisodeOfCare-import-benefits"),
      asks    ("Task/$worklist",         worklist_operation, "https://varde.example/fhir/OperationDefinition/Task-worklist"),
      changes ("Task/{id}/$take",        take_task,          "https://varde.example/fhir/OperationDefinition/Task-take"),
      changes ("Task/{id}/$delegate",    delegate_task,      "https://varde.example/fhir/OperationDefinition/Task-delegate"),
      changes ("Task/{id}/$comment",     comment_task,       "https://varde.example/fhir/OperationDefinition/Task-comment"),
      changes ("Task/{id}/$snooze",      snooze_task,        "https://varde.example/fhir/OperationDefinition/Task-snooze"),
      changes ("Task/{id}/$close",       close_task,         "https://varde.example/fhir/OperationDefinition/Task-close"),
      changes ("Patient/{id}/$start-plan",    start_plan_of_template, "https://varde.example/fhir/OperationDefinition/Patient-start-plan"),
      changes ("CarePlan/{id}/$approve",      approve_plan,      "https://varde.example/fhir/OperationDefinition/CarePlan-approve"),
      changes ("CarePlan/{id}/$return",       return_plan,       "https://varde.example/fhir/OperationDefinition/CarePlan-return"),
      changes ("CarePlan/{id}/$put-in-force", put_plan_in_force, "https://varde.example/fhir/OperationDefinition/CarePlan-put-in-force"),
      prints  ("CarePlan/{id}/$paper",        plan_paper,        "https://varde.example/fhir/OperationDefinition/CarePlan-paper"),
      asks    ("CarePlan/{id}/$zones",        plan_zones,        "https://varde.example/fhir/OperationDefinition/CarePlan-zones"),
      hands_over("CarePlan/{id}/$planer",     plan_as_planer,    "https://varde.example/fhir/OperationDefinition/CarePlan-planer"),
      changes ("Task/{id}/$journal",     copy_task_to_journal, "https://varde.example/fhir/OperationDefinition/Task-journal"),
      asks    ("Composition/$journal",     journal_feed,        "https://varde.example/fhir/OperationDefinition/Composition-journal"),
      changes ("Composition/$acknowledge", acknowledge_journal, "https://varde.example/fhir/OperationDefinition/Composition-acknowledge"),
      changes ("Patient/{id}/$set-state", set_state,         "https://varde.example/fhir/OperationDefinition/Patient-set-state"),
      changes ("Patient/{id}/$lend",   lend_device,   "https://varde.example/fhir/OperationDefinition/Patient-lend"),
      prints  ("Patient/{id}/$loan-form", loan_form, "https://varde.example/fhir/OperationDefinition/Patient-loan-form"),
      changes ("Device/{id}/$return",  return_device, "https://varde.example/fhir/OperationDefinition/Device-return"),
      changes ("Device/{id}/$clean",   clean_device,  "https://varde.example/fhir/OperationDefinition/Device-clean"),
      changes ("Device/{id}/$lost",    lose_device,   "https://varde.example/fhir/OperationDefinition/Device-lost"),
  };
  // clang-format on
  return kRows;
}

std::span<const Route> resource_operations() {
  // clang-format off
  static const std::array kRows{
      asks    ("Patient/$everything",      everything_of_all, "http://hl7.org/fhir/OperationDefinition/Patient-everything"),
      asks    ("Patient/{id}/$everything", everything, "http://hl7.org/fhir/OperationDefinition/Patient-everything"),
      asks    ("Encounter/{id}/$everything",     everything, "http://hl7.org/fhir/OperationDefinition/Encounter-everything"),
      asks    ("EpisodeOfCare/{id}/$everything", everything, "https://varde.example/fhir/OperationDefinition/EpisodeOfCare-everything"),
      asks    ("Patient/$match",           match,       "http://hl7.org/fhir/OperationDefinition/Patient-match"),
      row("GET", Doing::read, "Composition/$document", document, "http://hl7.org/fhir/OperationDefinition/Composition-document"),
      changes ("Composition/$document", document_kept, "http://hl7.org/fhir/OperationDefinition/Composition-document"),
      row("GET", Doing::read, "Composition/{id}/$document", document, "http://hl7.org/fhir/OperationDefinition/Composition-document"),
      changes ("Composition/{id}/$document", document_kept, "http://hl7.org/fhir/OperationDefinition/Composition-document"),
      asks    ("PlanDefinition/$apply",          apply_plan,     "http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply"),
      asks    ("PlanDefinition/{id}/$apply",     apply_plan,     "http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply"),
      asks    ("ActivityDefinition/$apply",      apply_activity, "http://hl7.org/fhir/OperationDefinition/ActivityDefinition-apply"),
      asks    ("ActivityDefinition/{id}/$apply", apply_activity, "http://hl7.org/fhir/OperationDefinition/ActivityDefinition-apply"),
      asks    ("Questionnaire/$populate",               populate, "https://varde.example/fhir/OperationDefinition/Questionnaire-populate"),
      asks    ("Questionnaire/{id}/$populate",          populate, "https://varde.example/fhir/OperationDefinition/Questionnaire-populate"),
      asks    ("QuestionnaireResponse/$extract",        extract,  "https://varde.example/fhir/OperationDefinition/QuestionnaireResponse-extract"),
      asks    ("QuestionnaireResponse/{id}/$extract",   extract,  "https://varde.example/fhir/OperationDefinition/QuestionnaireResponse-extract"),
      asks    ("$meta",                    meta_of_all, "http://hl7.org/fhir/OperationDefinition/Resource-meta"),
      asks    ("{type}/$meta",             meta_of_all, "http://hl7.org/fhir/OperationDefinition/Resource-meta"),
      asks    ("{type}/{id}/$meta",        meta,        "http://hl7.org/fhir/OperationDefinition/Resource-meta"),
      changes ("{type}/{id}/$meta-add",    meta_add,    "http://hl7.org/fhir/OperationDefinition/Resource-meta-add"),
      changes ("{type}/{id}/$meta-delete", meta_delete, "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete"),
      asks    ("$validate",             validate, "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
      asks    ("{type}/$validate",      validate, "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
      asks    ("{type}/{id}/$validate", validate, "http://hl7.org/fhir/OperationDefinition/Resource-validate"),
      asks    ("$diff",                    diff_resources, "https://varde.example/fhir/OperationDefinition/Resource-diff"),
      asks    ("{type}/{id}/$diff",        diff_versions,  "https://varde.example/fhir/OperationDefinition/Resource-diff"),
  };
  // clang-format on
  return kRows;
}

std::span<const Route> terminology_operations() {
  // clang-format off
  static const std::array kRows{
      asks    ("ValueSet/$expand",               expand,                  "http://hl7.org/fhir/OperationDefinition/ValueSet-expand"),
      asks    ("ValueSet/{id}/$expand",          expand,                  "http://hl7.org/fhir/OperationDefinition/ValueSet-expand"),
      asks    ("ValueSet/$validate-code",        validate_code_in_set,    "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code"),
      asks    ("ValueSet/{id}/$validate-code",   validate_code_in_set,    "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code"),
      asks    ("CodeSystem/$lookup",             lookup,                  "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup"),
      asks    ("CodeSystem/$validate-code",      validate_code_in_system, "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code"),
      asks    ("CodeSystem/{id}/$validate-code", validate_code_in_system, "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code"),
      asks    ("CodeSystem/$subsumes",           subsumes,                "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes"),
      asks    ("ConceptMap/$translate",          translate,               "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate"),
      asks    ("ConceptMap/{id}/$translate",     translate,               "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate"),
      changes ("$closure",                       closure,                 "http://hl7.org/fhir/OperationDefinition/ConceptMap-closure"),
      changes ("ConceptMap/$closure",            closure,                 "http://hl7.org/fhir/OperationDefinition/ConceptMap-closure"),
      asks    ("StructureDefinition/$snapshot",      snapshot, "http://hl7.org/fhir/OperationDefinition/StructureDefinition-snapshot"),
      asks    ("StructureDefinition/{id}/$snapshot", snapshot, "http://hl7.org/fhir/OperationDefinition/StructureDefinition-snapshot"),
      asks    ("CodeSystem/{id}/$subsumes",      subsumes,                "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes"),
  };
  // clang-format on
  return kRows;
}

}  // namespace varde::operation
