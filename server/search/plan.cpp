#include "server/search/plan.h"

#include <algorithm>

#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::TypeId;
using storage::PatientKey;
using storage::TypeKey;

// Below these counts a set is gathered and sorted; above, the sort parameter's own range is walked. One patient's range
// is short, so walking it pays sooner.
constexpr std::size_t kFewOfAll = 5000, kFewOfPatient = 300;
/// How far a count goes when it only has to tell which of two ranges is shorter.
constexpr std::size_t kTellingCount = 500;

struct Planner {
  const Query& query;
  const storage::Snapshot& snapshot;
  PatientKey patient = PatientKey::none;  ///< every match belongs to that patient

  TypeKey type() const { return storage::type_key(query.type); }

  /// `patient=Patient/1`, where a resource cannot belong to anybody else: ranges that start with the patient are
  /// enough.
  void narrow() {
    static const TypeId kPatient = fhir::find_type("Patient");
    for (const Criterion& criterion : query.criteria)
      if (criterion.parameter && criterion.parameter->narrows && criterion.wanted == Criterion::Wanted::any_of &&
          criterion.values.empty() && criterion.targets.size() == 1 && criterion.keys == criterion.parameter->keys &&
          criterion.targets[0].first == storage::type_key(kPatient))
        patient = snapshot.patient_key(criterion.targets[0].second);
  }

  Range range(Walk walk, std::vector<Cell> fixed) const { return {walk, std::move(fixed), {}, {}, false}; }

  /// How many ways there are to walk a criterion: a composite by any of its components.
  static std::size_t ways(const Criterion& criterion) {
    return criterion.composites.empty() ? 1 : criterion.composites.front().size();
  }
  /// Ranges that together hold every match of one criterion; empty when it has none to offer.
  std::vector<Range> ranges_of(const Criterion& criterion, std::size_t way) const {
    std::vector<Range> out;
    for (const auto& parts : criterion.composites)
      for (Range& one : ranges_of(parts[way], 0)) out.push_back(std::move(one));
    if (criterion.wanted != Criterion::Wanted::any_of) return out;
    if (criterion.of == Criterion::Of::id) {
      for (const Value& value : criterion.values) {
        const std::string id = std::get<TokenValue>(value).code.value_or("");
        Range one = range(Walk::ids, {cell(type())});
        one.from = id, one.until = next_to(id);
        out.push_back(std::move(one));
      }
      return out;
    }
    if (criterion.of == Criterion::Of::updated) {
      if (criterion.values.size() != 1) return out;
      Range one = range(Walk::updated, {cell(type())});
      // The stored time is finer than the millisecond it shows as.
      const BeginBounds bounds = begin_bounds(std::get<DateValue>(criterion.values[0]), true);
      one.from = bounds.from, one.until = bounds.until;
      if (one.until) std::get<std::int64_t>(*one.until) += 1000;
      out.push_back(std::move(one));
      return out;
    }
    for (const auto& [target, id] : criterion.targets)
      if (criterion.only == TypeId::none || storage::type_key(criterion.only) == target)
        for (const ParameterKey key : criterion.keys) out.push_back(target_range(key, target, id, patient));
    for (const Value& value : criterion.values) kind_of(*criterion.parameter).ranges(criterion, value, patient, out);
    return out;
  }

  bool drives(const Criterion& criterion) const {
    return criterion.wanted == Criterion::Wanted::any_of &&
           (criterion.of != Criterion::Of::updated || criterion.values.size() == 1);
  }

  /// The criterion that is walked, and by which of its ways; criteria.size() when none is.
  struct Driver {
    std::size_t criterion, way = 0;
  };
  /// As the number that a Mark carries.
  std::size_t number_of(Driver driver) const { return driver.criterion + driver.way * (query.criteria.size() + 1); }
  Driver driver_of(std::size_t number) const {
    const Driver out{number % (query.criteria.size() + 1), number / (query.criteria.size() + 1)};
    const bool known = out.criterion < query.criteria.size() && out.way < ways(query.criteria[out.criterion]);
    return known ? out : Driver{query.criteria.size()};
  }

  struct Choice {
    Driver driver;
    std::size_t rows;  ///< of its ranges, counted no further than asked
  };
  /// The one with the fewest rows to walk.
  Choice best(std::size_t telling) const {
    Choice out{{query.criteria.size()}, SIZE_MAX};
    for (std::size_t i = 0; i < query.criteria.size(); ++i) {
      if (!drives(query.criteria[i])) continue;
      for (std::size_t way = 0; way < ways(query.criteria[i]); ++way) {
        std::size_t rows = 0;
        for (const Range& one : ranges_of(query.criteria[i], way)) {
          if (rows >= telling || snapshot.budget().is_spent()) break;
          const std::size_t counted = one.count(snapshot.connection(), telling - rows);
          snapshot.budget().spend(1 + counted);
          rows += counted;
        }
        if (rows < out.rows) out = {{i, way}, rows};
      }
    }
    return out;
  }
  Driver first_driver(std::size_t telling) const {
    std::size_t driving = 0;
    Driver last{query.criteria.size()};
    for (std::size_t i = 0; i < query.criteria.size(); ++i)
      if (drives(query.criteria[i])) driving += ways(query.criteria[i]), last = {i};
    return driving > 1 ? best(telling).driver : last;
  }

  std::vector<Range> ranges_by(Driver driver) const {
    if (driver.criterion < query.criteria.size()) return ranges_of(query.criteria[driver.criterion], driver.way);
    return {range(Walk::ids, {cell(type())})};
  }
  void add_steps(Driver driver, bool without_sort_value, Plan& plan) const {
    for (Range& one : ranges_by(driver)) plan.steps.push_back({{std::move(one)}, without_sort_value});
  }

  Step sort_step(const SortKey& key) const {
    const Parameter& parameter = *key.parameter;
    Step step;
    if (parameter.code == "_id") {
      step.ranges.push_back(range(Walk::ids, {cell(type())}));
    } else if (parameter.code == "_lastUpdated") {
      step.ranges.push_back(range(Walk::updated, {cell(type())}));
    } else {
      const Value* bound = nullptr;
      for (const Criterion& criterion : query.criteria)
        if (criterion.parameter == &parameter && criterion.wanted == Criterion::Wanted::any_of &&
            criterion.values.size() == 1)
          bound = &criterion.values[0];
      kind_of(parameter).all(parameter, bound, patient, step.ranges);
    }
    for (Range& one : step.ranges) one.descending = key.descending;
    return step;
  }

  /// Whether a match always has a value to sort by.
  bool always_sorted(const Parameter& parameter) const {
    return parameter.keys.empty() || std::ranges::any_of(query.criteria, [&](const Criterion& criterion) {
             return criterion.parameter == &parameter &&
                    (criterion.wanted == Criterion::Wanted::any_of || criterion.wanted == Criterion::Wanted::present);
           });
  }
};

}  // namespace

Plan make_plan(const Query& query, const storage::Snapshot& snapshot, const Mark* after) {
  Planner planner{query, snapshot};
  planner.narrow();
  const bool narrowed = planner.patient != PatientKey::none;
  Plan plan;
  const auto add_driven = [&](bool without_sort_value) {
    planner.add_steps(planner.driver_of(plan.driver), without_sort_value, plan);
  };
  if (query.sort.empty()) {
    plan.driver = after ? after->driver : planner.number_of(planner.first_driver(kTellingCount));
    add_driven(false);
    return plan;
  }
  const Parameter& by = *query.sort[0].parameter;
  const Order order = kind_of(by).order;
  const bool walkable = query.sort.size() == 1 && order != Order::gathered &&
                        (!narrowed || (order == Order::walked_by_patient && !by.keys.empty()));
  if (after) {
    plan.gather = after->gathered, plan.driver = after->driver;
  } else {
    const std::size_t few = !walkable ? kMostGathered : narrowed ? kFewOfPatient : kFewOfAll;
    const auto choice = planner.best(walkable ? few : kTellingCount);
    plan.driver = planner.number_of(choice.driver);
    plan.gather = !walkable || choice.rows < few;
  }
  if (plan.gather) {
    add_driven(false);
    return plan;
  }
  plan.steps.push_back(planner.sort_step(query.sort[0]));
  if (!planner.always_sorted(by)) add_driven(true);
  return plan;
}

}  // namespace varde::search
