#include "server/followup/in_force.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "fhir-model/element/reference.h"
#include "fhir-model/json/json.h"
#include "fhir-model/time/span.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/enrolment.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/plan_row.h"
#include "server/followup/unjudged.h"
#include "server/storage/followup.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");

// --- the row ---------------------------------------------------------------------------------------------------------

/// nullopt: it is damaged.
std::optional<PlanRow> row_of(const storage::LimitsRow& stored) try {
  return plan_row_from_text(stored.limits);
} catch (const Damaged&) {
  return std::nullopt;  // told of by a Task, and judged by the resource itself
}

/// What the row should have said, from the resource that it was made of.
std::optional<PlanRow> row_from_resource(const interaction::View& view, const storage::LimitsRow& stored) {
  const auto current = view.current(stored.resource);
  if (!current || current->method == storage::Method::remove) return std::nullopt;
  const auto tree = fhir::parse_json(current->bytes);  // damage is told of by a Task here: the reading must come in
  if (!tree) return std::nullopt;
  auto limits = limits_of(tree->root());
  if (!limits) return std::nullopt;
  for (auto& [measure, set, rules] : *limits)
    if (measure == stored.measure)
      return PlanRow{versioned("ServiceRequest", current->id, current->version),
                     period_of(view::ServiceRequest::of(tree->root()), view.zone()), std::move(set), std::move(rules)};
  return std::nullopt;
}

std::vector<storage::LimitsRow> rows_of(const interaction::View& view, storage::PatientKey patient,
                                        const std::string& measure) {
  if (patient == storage::PatientKey::none) return {};
  return storage::limits::of(view, patient, measure);
}

// --- one request has the say -----------------------------------------------------------------------------------------

std::vector<std::string> replaced_by(view::ServiceRequest request) {
  std::vector<std::string> ids;
  for (const auto replaced : request.replaces()) {
    const auto reference = fhir::parse_reference(replaced.reference());
    if (reference.type == kServiceRequest) ids.emplace_back(reference.id);
  }
  return ids;
}

Failure another_is_in_force(view::ServiceRequest request, const std::string& other, const std::string& measure) {
  const auto* known = find_measure(measure);
  return {
      Fault::business_rule,
      fmt::format("Pasienten har alt grenser for {1} i samme tidsrom, i ServiceRequest/{0}, og bare én plan gjelder: "
                  "oppgi den i replaces, trekk den tilbake, eller gi den en slutt i "
                  "occurrenceTiming.repeat.boundsPeriod (ServiceRequest/{0} sets limits for {2} of this patient in "
                  "the same period, and only one may have the say: name it in replaces, revoke it first, or give "
                  "it an end)",
                  other, known ? known->name : "det samme", known ? known->display : "the same measure"),
      request.element().path()};
}

Failure replaces_too_early(view::ServiceRequest request, const std::string& other) {
  return {Fault::business_rule,
          fmt::format("Denne begynner senere enn den ville avsluttet ServiceRequest/{0}: gi den en slutt i "
                      "occurrenceTiming.repeat.boundsPeriod, og utelat replaces (this request begins later than it "
                      "would end ServiceRequest/{0}: give that one its end and leave replaces out)",
                      other),
          request.element().path()};
}

/// What would change when, or whether, the limits count, and is not looked at when a reading is judged.
Result<void> require_understood(view::ServiceRequest request) {
  const auto refuse = [](fhir::Element place, const char* why) {
    return fail(Fault::business_rule, why, place.path());
  };
  const auto element = request.element();
  if (const auto extension = element["modifierExtension"])
    return refuse(
        extension,
        "En plan med grenser har ingen modifierExtension: hva den endrer er ikke kjent her (a request with limits "
        "may have no modifierExtension: what it changes is not known here)");
  if (request.do_not_perform().is_true())
    return refuse(
        element["doNotPerform"],
        "Det som ikke skal måles, har ingen grenser: utelat det ene (what is not to be measured has no limits: leave "
        "out one of them)");
  const auto bounds = request.occurrence().timing().repeat().bounds();
  if (bounds.element() && !bounds.period())
    return refuse(
        bounds.element(),
        "Når grensene gjelder, sies med boundsPeriod: en varighet sier ikke fra når (a request with limits says "
        "when it counts by boundsPeriod: a duration does not say from when)");
  return {};
}

/// The requests that would have the say beside this one, by measure.
Result<void> check_others(const interaction::View& view, view::ServiceRequest request, const std::string& measure,
                          storage::PatientKey patient, Instant now) {
  const auto period = period_of(request, view.zone());
  const auto replaced = replaced_by(request);
  for (const auto& stored : rows_of(view, patient, measure)) {
    const auto other = view.current(stored.resource);
    if (!other || other->id == request.id().text()) continue;
    const auto row = row_of(stored);
    if (row && !row->period.overlaps(period)) continue;
    if (std::find(replaced.begin(), replaced.end(), other->id) == replaced.end())
      return tl::unexpected(another_is_in_force(request, other->id, measure));
    if (period.from > now) return tl::unexpected(replaces_too_early(request, other->id));
  }
  return {};
}

/// https://hl7.org/fhir/R4/servicerequest-definitions.html#ServiceRequest.replaces: what is replaced is terminated.
Result<void> end_replaced(interaction::Act& act, view::ServiceRequest request, storage::PatientKey patient) {
  for (const auto& id : replaced_by(request)) {
    const auto other = act.current(kServiceRequest, id);
    if (!other || other->method == storage::Method::remove || other->patient != patient) continue;
    auto tree = act.tree(*other);
    if (!has_a_say(view::ServiceRequest::of(tree.root())) || id == request.id().text()) continue;
    tree.edit().set("status", "revoked");
    FHIR_TRY(act.update(tree.edit(), id));
  }
  return {};
}

}  // namespace

bool has_a_say(view::ServiceRequest request) {
  return request.status() == "active" && request.intent() != "proposal" && request.intent() != "option";
}

Bounds period_of(view::ServiceRequest request, const time::Zone& zone) {
  const auto occurrence = request.occurrence();
  if (const auto period = occurrence.period()) return bounds_of(period, zone);
  if (const auto period = occurrence.timing().repeat().bounds().period()) return bounds_of(period, zone);
  // Asked for at a time, or at several: from the first of those days until the last is over.
  std::optional<Bounds> days;
  const auto add = [&](std::string_view text) {
    const auto span = time::read_span(text, zone);
    if (!span) return;
    const auto last = day_of(span->end - std::chrono::microseconds{1}, zone);
    const Bounds day{day_of(span->begin, zone), day_of(last + std::chrono::hours{36}, zone)};
    days = days ? Bounds{std::min(days->from, day.from), std::max(days->to, day.to)} : day;
  };
  add(occurrence.date_time().text());
  for (const auto event : occurrence.timing().event()) add(event.text());
  return days.value_or(Bounds{});
}

LimitsInForce limits_in_force(const interaction::View& view, storage::PatientKey patient, const std::string& measure,
                              Instant at) {
  LimitsInForce found;
  for (const auto& stored : rows_of(view, patient, measure)) {  // one, or the last of several periods
    auto row = row_of(stored);
    found.unreadable |= !row;
    if (!row) row = row_from_resource(view, stored);
    if (!row || !row->period.holds(at)) continue;
    found.limits = std::move(row->limits), found.source = std::move(row->source), found.rules = std::move(row->rules);
  }
  return found;
}

Result<void> check_limits(const interaction::View& view, storage::PatientKey patient, fhir::Element service_request,
                          Instant now) {
  const auto limits = limits_of(service_request);
  FHIR_TRY(limits);
  const auto request = view::ServiceRequest::of(service_request);
  if (!has_a_say(request)) return {};
  if (!limits->empty()) FHIR_TRY(require_understood(request));
  for (const auto& [measure, set, rules] : *limits) {
    FHIR_TRY(check_order(set));
    if (auto alone = check_others(view, request, measure, patient, now); !alone) return alone;
  }
  return {};
}

Result<void> follow_limits(interaction::Act& act, const interaction::Stored& stored) {
  const auto& version = stored.version;
  if (stored.previous) storage::limits::remove(act, version.key);
  const auto request = view::ServiceRequest::of(stored.resource);
  if (!stored.resource || !has_a_say(request) || version.patient == storage::PatientKey::none) return {};
  const auto limits = limits_of(stored.resource);
  FHIR_TRY(limits);
  if (auto ended = end_replaced(act, request, version.patient); !ended) return ended;
  const auto source = versioned("ServiceRequest", version.id, version.version);
  const bool is_over = period_of(request, act.zone()).to <= act.now();
  for (const auto& [measure, set, rules] : *limits) {
    storage::limits::put(
        act, version.patient,
        {measure, version.key, act.now(), to_text(PlanRow{source, period_of(request, act.zone()), set, rules})});
    if (is_over) continue;  // nothing is judged by it: whoever is asked to set limits, still is
    if (auto told = limits_were_set(act, version.patient, measure); !told) return told;
  }
  if (limits->empty() || is_over) return {};
  return limits_were_set(act, version.patient, measure_key(stored.resource["code"]));
}

}  // namespace varde::followup
