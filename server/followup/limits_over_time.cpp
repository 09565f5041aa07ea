#include "server/followup/limits_over_time.h"

#include <algorithm>

#include "fhir-model/view/episode_of_care.h"
#include "fhir-model/view/service_request.h"
#include "server/followup/in_force.h"
#include "server/followup/limits.h"
#include "server/storage/followup.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

const fhir::TypeId kServiceRequest = fhir::find_resource_type("ServiceRequest"),
                   kPatient = fhir::find_resource_type("Patient");
constexpr std::size_t kMostVersions = 1000;  // of one ServiceRequest

/// One version of a ServiceRequest, and when the next one of it came.
struct Said {
  Instant written;
  Bounds period;
  Instant until = Instant::max();
  std::vector<MeasureLimits> limits;
  bool is_first = true;  ///< no earlier version of the same request had a say
};

/// One that was never changed is its own history.
void add_versions(const interaction::View& view, storage::Version current, std::vector<Said>& out) {
  std::vector<storage::Version> versions;
  if (current.version == 1)
    versions.push_back(std::move(current));
  else
    versions = view.history(kServiceRequest, current.id, kMostVersions, INT64_MAX);
  const auto before = out.size();
  Instant next = Instant::max();
  for (const auto& version : versions) {  // newest first
    const Instant until = std::exchange(next, version.updated);
    if (version.method == storage::Method::remove) continue;
    const auto tree = interaction::View::tree(version);
    const auto request = view::ServiceRequest::of(tree.root());
    auto limits = limits_of(tree.root());
    if (!has_a_say(request) || !limits) continue;
    if (out.size() > before) out.back().is_first = false;
    out.push_back({version.updated, period_of(request, view.zone()), until, std::move(*limits)});
  }
}

bool are_alike(const LimitSet& a, const LimitSet& b) { return to_text(a) == to_text(b); }

/// The next to have the say; the one before ends where it begins.
void add_then(std::vector<LimitsThen>& all, const Said& said, const LimitSet& limits) {
  const bool says_from = said.is_first && said.period.from != Instant::min();
  const Instant from = all.empty() || says_from ? said.period.from : std::max(said.written, said.period.from);
  Bounds bounds{from, std::min(said.period.to, said.until)};
  while (!all.empty() && all.back().in_force.to > bounds.from) {
    auto& before = all.back();
    if (are_alike(before.limits, limits)) bounds.from = std::min(bounds.from, before.in_force.from);
    before.in_force.to = bounds.from;
    if (before.in_force.from < before.in_force.to) break;
    all.pop_back();
  }
  if (bounds.from >= bounds.to) return;
  if (!all.empty() && all.back().in_force.to == bounds.from && are_alike(all.back().limits, limits))
    all.back().in_force.to = bounds.to;
  else
    all.push_back({bounds, limits});
}

}  // namespace

LimitsOverTime limits_over_time(const interaction::View& view, storage::PatientKey patient) {
  std::vector<Said> said;
  const auto subject = storage::parameter_key("ServiceRequest", "subject");
  for (const auto key : view.referring(subject, kPatient, view.patient_id(patient)))
    if (auto current = view.current(key)) add_versions(view, std::move(*current), said);
  std::ranges::stable_sort(said, {}, &Said::written);
  LimitsOverTime found;
  for (const auto& one : said)
    for (const auto& [measure, limits, rules] : one.limits) add_then(found[measure], one, limits);
  return found;
}

std::vector<Bounds> pauses_over_time(const interaction::View& view, storage::PatientKey patient) {
  std::vector<Bounds> found;
  for (const auto& row : storage::enrolment::all(view, patient)) {
    const auto tree = view.tree(row.resource);
    if (!tree) continue;
    const auto episode = view::EpisodeOfCare::of(tree->root());
    Bounds last;
    for (const auto earlier : episode.status_history()) {
      last = bounds_of(earlier.period(), view.zone());
      if (earlier.status() == "onhold") found.push_back(last);
    }
    const Instant since = last.to == Instant::max() ? row.since : last.to;
    if (episode.status() == "onhold") found.push_back({since, Instant::max()});
  }
  std::ranges::sort(found, {}, &Bounds::from);
  return found;
}

}  // namespace varde::followup
