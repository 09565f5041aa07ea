#include "server/followup/in_force.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "fhir-model/element/reference.h"
#include "fhir-model/json/json.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/enrolment.h"
#include "server/followup/limits.h"
#include "server/followup/measure.h"
#include "server/followup/parts.h"
#include "server/followup/unjudged.h"
#include "server/storage/followup.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest");

/// A proposal is not yet anybody's limits.
bool has_a_say(view::ServiceRequest request) { return request.status() == "active" && request.intent() != "proposal"; }

/// https://hl7.org/fhir/R4/datatypes-definitions.html#Timing.repeat.bounds_x_
Bounds period_of(view::ServiceRequest request, const time::Zone& zone) {
  const auto occurrence = request.occurrence();
  if (const auto period = occurrence.period()) return bounds_of(period, zone);
  return bounds_of(occurrence.timing().repeat().bounds().period(), zone);
}

// --- the row ---------------------------------------------------------------------------------------------------------

struct Row {
  std::string source;
  Bounds period;
  LimitSet limits;
};

std::string moment_text(Instant time) {
  if (time == Instant::min() || time == Instant::max()) return "-";
  return std::to_string(time.time_since_epoch().count());
}

/// "ServiceRequest/1/_history/2@<from>/<to> %;r:-:85;...", the moments in microseconds. Rows of earlier versions have
/// no period: those are in force as long as they stand.
std::string row_text(const Row& row) {
  return fmt::format("{}@{}/{} {}", row.source, moment_text(row.period.from), moment_text(row.period.to),
                     to_text(row.limits));
}

Result<Instant> moment_from(std::string_view text, Instant open) {
  if (text == "-") return open;
  std::int64_t micros = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(Fault::value_malformed, "limits text is damaged");
  return Instant{std::chrono::microseconds{micros}};
}

Result<Row> row_of(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return fail(Fault::value_malformed, "limits text is damaged");
  const auto head = text.substr(0, space);
  const auto at = std::min(head.find('@'), head.size());
  Row row{std::string(head.substr(0, at)), {}, {}};
  if (at < head.size()) {
    const auto slash = std::min(head.find('/', at), head.size());
    const auto from = moment_from(head.substr(at + 1, slash - at - 1), Instant::min());
    const auto to = moment_from(head.substr(std::min(slash + 1, head.size())), Instant::max());
    if (!from || !to) return tl::unexpected(from ? to.error() : from.error());
    row.period = {*from, *to};
  }
  auto limits = from_text(text.substr(space + 1)).and_then(checked);
  FHIR_TRY(limits);
  row.limits = std::move(*limits);
  return row;
}

/// What the row should have said, from the resource that it was made of.
Result<Row> row_from_resource(const interaction::View& view, const storage::LimitsRow& stored) {
  const auto unreadable = [] { return fail(Fault::value_malformed, "the limits cannot be read"); };
  const auto current = view.current(stored.resource);
  if (!current || current->method == storage::Method::remove) return unreadable();
  const auto tree = fhir::parse_json(current->bytes);  // damage is told of by a Task here: the reading must come in
  if (!tree) return unreadable();
  auto limits = limits_of(tree->root());
  if (!limits) return unreadable();
  for (auto& [measure, set] : *limits)
    if (measure == stored.measure)
      return Row{versioned("ServiceRequest", current->id, current->version),
                 period_of(view::ServiceRequest::of(tree->root()), view.zone()), std::move(set)};
  return unreadable();
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
  return {Fault::business_rule,
          fmt::format("ServiceRequest/{} sets limits for {} of this patient in the same period, and only one may have "
                      "the say: name it in replaces, revoke it first, or give it an end in "
                      "occurrenceTiming.repeat.boundsPeriod",
                      other, known ? known->display : "the same measure"),
          request.element().path()};
}

Failure replaces_too_early(view::ServiceRequest request, const std::string& other) {
  return {Fault::business_rule,
          fmt::format("this request begins later than it would end ServiceRequest/{}: give that one its end in "
                      "occurrenceTiming.repeat.boundsPeriod and leave replaces out",
                      other),
          request.element().path()};
}

/// The requests that would have the say beside this one, by measure.
Result<void> check_others(const interaction::View& view, view::ServiceRequest request, const std::string& measure,
                          storage::PatientKey patient, Instant now) {
  const auto period = period_of(request, view.zone());
  const auto replaced = replaced_by(request);
  for (const auto& stored : rows_of(view, patient, measure)) {
    const auto other = view.current(stored.resource);
    if (!other || other->id == request.id().text()) continue;
    const auto row = row_of(stored.limits);
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

LimitsInForce limits_in_force(const interaction::View& view, storage::PatientKey patient, const std::string& measure,
                              Instant at) {
  LimitsInForce found;
  for (const auto& stored : rows_of(view, patient, measure)) {  // one, or the last of several periods
    auto row = row_of(stored.limits);
    found.unreadable |= !row;
    if (!row) row = row_from_resource(view, stored);
    if (!row || !row->period.holds(at)) continue;
    found.limits = std::move(row->limits), found.source = std::move(row->source);
  }
  return found;
}

Result<void> check_limits(const interaction::View& view, storage::PatientKey patient, fhir::Element service_request,
                          Instant now) {
  const auto limits = limits_of(service_request);
  FHIR_TRY(limits);
  const auto request = view::ServiceRequest::of(service_request);
  if (!has_a_say(request)) return {};
  for (const auto& [measure, set] : *limits)
    if (auto alone = check_others(view, request, measure, patient, now); !alone) return alone;
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
  for (const auto& [measure, set] : *limits) {
    storage::limits::put(act, version.patient,
                         {measure, version.key, act.now(), row_text({source, period_of(request, act.zone()), set})});
    if (auto told = limits_were_set(act, version.patient, measure); !told) return told;
  }
  if (limits->empty()) return {};
  return limits_were_set(act, version.patient, measure_key(stored.resource["code"]));
}

}  // namespace varde::followup
