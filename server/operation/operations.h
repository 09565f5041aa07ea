#pragma once
/// @file server/operation/operations.h
/// The operations that Varde has, one file each, and their rows in the table of routes.
/// Parameters of a GET stand in request.query; a POST carries a Parameters resource in request.body.
/// Source: https://hl7.org/fhir/R4/operations.html
#include <span>

#include "server/interaction/route.h"

namespace varde::operation {

using interaction::Context;
using interaction::Reads;
using interaction::Request;
using interaction::Response;
using interaction::View;
using interaction::Work;

Result<Response> lastn(const Request&, const View&, const Context&);
Result<Response> stats(const Request&, const View&, const Context&);
/// https://hl7.org/fhir/R4/patient-operation-everything.html
Result<Response> everything(const Request&, const View&, const Context&);
Result<Response> everything_of_all(const Request&, const View&, const Context&);
/// https://hl7.org/fhir/R4/patient-operation-match.html
Result<Response> match(const Request&, const View&, const Context&);
/// What makes one version of another, as a FHIRPath Patch.
Result<Response> diff_versions(const Request&, const View&, const Context&);
Result<Response> diff_resources(const Request&, const View&, const Context&);
/// https://hl7.org/fhir/R4/composition-operation-document.html
Result<Response> document(const Request&, const View&, const Context&);
Result<Work> document_kept(const Request&, const Context&, const Reads&);
/// What a definition becomes for somebody: https://hl7.org/fhir/R4/plandefinition-operation-apply.html
Result<Response> apply_plan(const Request&, const View&, const Context&);
Result<Response> apply_activity(const Request&, const View&, const Context&);
/// Forms: what is known goes into one, and what was answered comes out of it (SDC).
Result<Response> populate(const Request&, const View&, const Context&);
Result<Response> extract(const Request&, const View&, const Context&);
/// Why a reading has its colour.
Result<Response> evaluate(const Request&, const View&, const Context&);
/// How a follow-up stands, as a document.
Result<Response> followup_summary(const Request&, const View&, const Context&);
/// Many at once.
Result<Work> enrol_many(const Request&, const Context&, const Reads&);
/// What a changed plan would have said.
Result<Response> dry_run_plan(const Request&, const View&, const Context&);
Result<Response> trend(const Request&, const View&, const Context&);
Result<Work> enrol(const Request&, const Context&, const Reads&);
Result<Work> pause(const Request&, const Context&, const Reads&);
Result<Work> resume(const Request&, const Context&, const Reads&);
Result<Work> end_followup(const Request&, const Context&, const Reads&);

/// What is to be done, by urgency.
Result<Response> worklist_operation(const Request&, const View&, const Context&);
Result<Work> take_task(const Request&, const Context&, const Reads&);
Result<Work> delegate_task(const Request&, const Context&, const Reads&);
Result<Work> comment_task(const Request&, const Context&, const Reads&);
Result<Work> snooze_task(const Request&, const Context&, const Reads&);
Result<Work> close_task(const Request&, const Context&, const Reads&);
/// Equipment on loan.
Result<Work> lend_device(const Request&, const Context&, const Reads&);
Result<Work> return_device(const Request&, const Context&, const Reads&);
Result<Work> clean_device(const Request&, const Context&, const Reads&);
Result<Work> lose_device(const Request&, const Context&, const Reads&);
Result<Response> loan_form(const Request&, const View&, const Context&);
/// What the follow-up gave, in numbers.
Result<Response> benefit_report(const Request&, const View&, const Context&);
Result<Work> import_benefits(const Request&, const Context&, const Reads&);
/// The self-treatment plan (EBP), from a template into force.
Result<Work> start_plan_of_template(const Request&, const Context&, const Reads&);
Result<Work> approve_plan(const Request&, const Context&, const Reads&);
Result<Work> return_plan(const Request&, const Context&, const Reads&);
Result<Work> put_plan_in_force(const Request&, const Context&, const Reads&);
Result<Response> plan_paper(const Request&, const View&, const Context&);
Result<Response> plan_zones(const Request&, const View&, const Context&);
Result<Response> plan_as_planer(const Request&, const View&, const Context&);
/// What was done, to the municipality's journal; and how that reads it.
Result<Work> copy_task_to_journal(const Request&, const Context&, const Reads&);
Result<Response> journal_feed(const Request&, const View&, const Context&);
Result<Work> acknowledge_journal(const Request&, const Context&, const Reads&);
/// How the patient is, by the nurse's own judgement.
Result<Work> set_state(const Request&, const Context&, const Reads&);

/// https://hl7.org/fhir/R4/resource-operation-validate.html
Result<Response> validate(const Request&, const View&, const Context&);
/// https://hl7.org/fhir/R4/resource-operations.html
Result<Response> meta(const Request&, const View&, const Context&);
Result<Response> meta_of_all(const Request&, const View&, const Context&);
Result<Work> meta_add(const Request&, const Context&, const Reads&);
Result<Work> meta_delete(const Request&, const Context&, const Reads&);
/// https://hl7.org/fhir/R4/structuredefinition-operation-snapshot.html
Result<Response> snapshot(const Request&, const View&, const Context&);
/// https://hl7.org/fhir/R4/conceptmap-operation-closure.html
Result<Work> closure(const Request&, const Context&, const Reads&);
Result<Response> expand(const Request&, const View&, const Context&);
Result<Response> validate_code_in_set(const Request&, const View&, const Context&);
Result<Response> validate_code_in_system(const Request&, const View&, const Context&);
Result<Response> lookup(const Request&, const View&, const Context&);
Result<Response> subsumes(const Request&, const View&, const Context&);
Result<Response> translate(const Request&, const View&, const Context&);

std::span<const interaction::Route> followup_operations();
std::span<const interaction::Route> terminology_operations();
/// Those of every resource.
std::span<const interaction::Route> resource_operations();

}  // namespace varde::operation
