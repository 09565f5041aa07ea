#include "server/followup/touched.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "server/followup/limits.h"
#include "server/followup/window.h"

namespace varde::followup {

namespace {

constexpr std::size_t kMostTouched = 1000;

using Keys = std::set<storage::ResourceKey>;

std::chrono::seconds reach_of_judged(const interaction::View& view, const Judged& judged) {
  if (judged.reach) return *judged.reach;
  if (judged.source.empty()) return {};
  return reach_of(rules_of_version(view, judged.source, judged.value.measure));
}

void add_touched(const interaction::View& view, storage::PatientKey patient, fhir::Element observation,
                 const Judgement& judgement, Keys& touched) {
  if (patient == storage::PatientKey::none || !stands(observation)) return;
  const auto time = time_of(observation, view.zone());
  std::set<std::pair<std::string_view, std::string_view>> asked;  // once of each: there may be many values
  for (const auto& judged : judgement.values) {
    if (!asked.emplace(judged.value.measure, judged.source).second) continue;
    const auto reach = reach_of_judged(view, judged);
    if (reach.count() == 0) continue;
    for (const auto& row : view.measurements(patient, judged.value.measure, time,
                                             time + reach + std::chrono::microseconds{1}, kMostTouched))
      touched.insert(row.observation);
  }
}

bool has_limits(fhir::Element observation) {
  if (!reference_range_source(observation).empty()) return true;
  const auto components = observation.each("component");
  return std::any_of(components.begin(), components.end(),
                     [](fhir::Element component) { return !reference_range_source(component).empty(); });
}

bool say_the_same(fhir::Element a, fhir::Element b) {
  const auto one = rule_findings_of(a), other = rule_findings_of(b);
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const RuleFinding& x, const RuleFinding& y) { return x.says_the_same_as(y); });
}

bool judged_the_same(fhir::Element before, fhir::Element now) {
  if (level_of(before) != level_of(now) || !say_the_same(before, now)) return false;
  const auto one = before.each("component"), other = now.each("component");
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), say_the_same);
}

Result<void> judge_again(interaction::Act& act, storage::ResourceKey key) {
  const auto version = act.current(key);
  if (!version || version->method == storage::Method::remove) return {};
  const auto stored = act.tree(*version);
  if (!stands(stored.root()) || !has_limits(stored.root())) return {};  // limits that came later judge nothing earlier
  auto again = fhir::Tree::copy_of(stored.root());
  judge(act, version->patient, again.edit(), stored.root());
  if (judged_the_same(stored.root(), again.root())) return {};
  return act.update(again.edit(), version->id).map([](const auto&) {});
}

}  // namespace

Result<void> judge_touched(interaction::Act& act, const interaction::Stored& stored, const Judgement& judgement) {
  if (act.state<Rejudging>().on) return {};
  Keys touched;
  if (stored.resource) add_touched(act, stored.version.patient, stored.resource, judgement, touched);
  if (stands(stored.previous))
    add_touched(act, stored.previous_patient, stored.previous, judgement_of(stored.previous), touched);
  touched.erase(stored.version.key);
  if (touched.empty()) return {};
  act.state<Rejudging>().on = true;
  Result<void> done;
  for (const auto key : touched)
    if (done = judge_again(act, key); !done) break;
  act.state<Rejudging>().on = false;
  return done;
}

}  // namespace varde::followup
