#include "server/search/plan.h"

#include <algorithm>
#include <array>

#include "server/search/kind/kind.h"
#include "server/search/stated.h"
#include "server/storage/search/count.h"
#include "server/storage/search/several.h"

namespace varde::search {
namespace {

using fhir::TypeId;
using storage::Condition;
using storage::PatientKey;
using storage::TypeKey;

// Below these counts a set is gathered and sorted; above, the sort parameter's own range is walked. One patient's range
// is short, so walking it pays sooner.
constexpr std::size_t kFewOfAll = 5000, kFewOfPatient = 128;
/// How far a count goes when it only has to tell which of two ranges is shorter.
constexpr std::size_t kTellingCount = 128;
/// A criterion of more targets and values than this is no way to walk by.
constexpr std::size_t kMostWalked = 1000;
/// A set of more than this is not gathered for a page: so many match that some are soon met on any walk.
constexpr std::size_t kMostChosen = 20'000;
/// Walks whose order is that of resource keys.
constexpr std::array kByResource{storage::Walk::chosen, storage::Walk::code_of_patient,
                                 storage::Walk::target_of_patient, storage::Walk::word, storage::Walk::word_beginning};
/// A condition of more parts than this is no quick question.
constexpr std::size_t kMostProbes = 8;

struct Planner {
  Planner(const Query& asked, const storage::Snapshot& read)
      : query(asked), snapshot(read), saying(saying_of(asked.type, read)) {
    narrow();
  }

  const Query& query;
  const storage::Snapshot& snapshot;
  const Saying saying;
  PatientKey patient = PatientKey::none;  ///< every match belongs to that patient

  TypeKey type() const { return storage::type_key(query.type); }

  /// `patient=Patient/1`, where a resource cannot belong to anybody else: ranges that start with the patient are
  /// enough.
  void narrow() {
    static const TypeId kPatient = fhir::find_type("Patient");
    for (const Criterion& criterion : query.criteria)
      if (narrows(criterion) && criterion.targets[0].first == storage::type_key(kPatient))
        patient = snapshot.patient_key(criterion.targets[0].second);
  }
  static bool narrows(const Criterion& criterion) {
    return criterion.parameter && criterion.parameter->narrows && criterion.wanted == Criterion::Wanted::any_of &&
           criterion.values.empty() && criterion.targets.size() == 1 && criterion.keys == criterion.parameter->keys;
  }

  /// Of a date that there is one of at most, all criteria ask for the same row: ge and lt are one range.
  void bound_by_others(const Criterion& criterion, std::vector<Range>& ranges) const {
    const Parameter& parameter = *criterion.parameter;
    if (!parameter.single || parameter.kind != fhir::SearchKind::date) return;
    for (const Criterion& other : query.criteria) {
      if (&other == &criterion || other.parameter != &parameter || other.wanted != Criterion::Wanted::any_of ||
          other.values.size() != 1 || other.of != Criterion::Of::rows)
        continue;
      std::vector<Range> its;
      kind_of(parameter).ranges(other, other.values[0], patient, its);
      for (std::size_t i = 0; i < std::min(ranges.size(), its.size()); ++i) {
        Range& one = ranges[i];
        if (its[i].from && (!one.from || *its[i].from > *one.from)) one.from = its[i].from;
        if (its[i].until && (!one.until || *its[i].until < *one.until)) one.until = its[i].until;
      }
    }
  }

  Range range(Walk walk, std::vector<Cell> fixed) const { return {walk, std::move(fixed), {}, {}, false}; }

  /// How many ways there are to walk a criterion: a composite by any of its components.
  static std::size_t ways(const Criterion& criterion) {
    return criterion.composites.empty() ? 1 : criterion.composites.front().size();
  }
  /// Ranges that together hold every match of one criterion; empty when it has none to offer.
  std::vector<Range> ranges_of(const Criterion& criterion, std::size_t way) const {
    std::vector<Range> out;
    if (criterion.stated) {
      Range one = range(Walk::chosen, {cell(type())});
      one.choice = criterion.stated;
      out.push_back(std::move(one));
      return out;
    }
    for (const auto& parts : criterion.composites)
      for (Range& one : ranges_of(parts[way], 0)) out.push_back(std::move(one));
    if (criterion.wanted != Criterion::Wanted::any_of) return out;
    if (criterion.of == Criterion::Of::id) {
      const auto add = [&](const std::string& id) {
        Range one = range(Walk::ids, {cell(type())});
        one.from = id, one.until = next_to(id);
        out.push_back(std::move(one));
      };
      for (const Value& value : criterion.values) add(std::get<TokenValue>(value).code.value_or(""));
      for (const auto& target : criterion.targets) add(target.second);
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
    if (criterion.values.size() == 1) bound_by_others(criterion, out);
    return out;
  }

  bool drives(const Criterion& criterion) const {
    if (criterion.stated || criterion.is_group()) return false;
    return criterion.wanted == Criterion::Wanted::any_of &&
           criterion.values.size() + criterion.targets.size() <= kMostWalked &&
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
  /// What criterion i offers to be walked by. Where another one walks that patient's rows, the patient's own are more.
  bool offers(std::size_t i, bool narrowed_by_another) const {
    const Criterion& criterion = query.criteria[i];
    if (!drives(criterion)) return false;
    if (patient == PatientKey::none) return true;
    if (narrows(criterion)) return !narrowed_by_another;
    return !storage::is_spread(snapshot) || is_within_patient(criterion);
  }
  bool is_within_patient(const Criterion& criterion) const {
    if (narrows(criterion) || !drives(criterion) || ways(criterion) > 1) return false;
    const std::vector<Range> ranges = ranges_of(criterion, 0);
    return std::ranges::all_of(ranges, [](const Range& one) { return storage::is_of_patient(one.walk); });
  }
  std::vector<Driver> drivers() const {
    const bool narrowed = patient != PatientKey::none && std::ranges::any_of(query.criteria, [&](const Criterion& one) {
                            return is_within_patient(one);
                          });
    std::vector<Driver> out;
    for (std::size_t i = 0; i < query.criteria.size(); ++i)
      if (offers(i, narrowed))
        for (std::size_t way = 0; way < ways(query.criteria[i]); ++way) out.push_back({i, way});
    return out;
  }
  /// Of two that hold many, an engine that gathers what it sends is better walked by time and asked for the code: it
  /// then sends little but the page.
  bool is_better_asked(Driver driver) const {
    if (storage::reads_rows_at_once(snapshot) || driver.criterion == query.criteria.size()) return false;
    const auto condition = condition_of(query.criteria[driver.criterion], saying);
    return condition && condition->parts.size() <= kMostProbes && storage::is_probe(*condition);
  }
  static bool is_by_time(const std::vector<Range>& ranges) {
    return !ranges.empty() && (ranges.front().walk == Walk::date || ranges.front().walk == Walk::date_of_patient);
  }
  static std::vector<storage::Group> with_sorted(std::vector<storage::Group> groups, const Step* sorted) {
    if (sorted)
      for (const Range& range : sorted->ranges) groups.push_back({{range}, 1});
    return groups;
  }
  /// Ranges that hold nothing need no statement; that of long spans is mostly one.
  static void drop_empty(Step& sorted, const std::vector<std::size_t>& rows, std::size_t first) {
    std::vector<Range> held;
    for (std::size_t i = 0; i < sorted.ranges.size(); ++i)
      if (rows[first + i] > 0) held.push_back(std::move(sorted.ranges[i]));
    if (held.empty()) held.push_back(std::move(sorted.ranges.front()));
    sorted.ranges = std::move(held);
  }
  /// The one with the fewest rows to walk. `sorted`: what is walked instead, if that is better; on the way it loses
  /// what holds nothing.
  Choice best(const std::vector<Driver>& drivers, std::size_t telling, Step* sorted = nullptr) const {
    std::vector<storage::Group> groups;
    groups.reserve(drivers.size());
    for (const Driver& one : drivers) groups.push_back({ranges_of(query.criteria[one.criterion], one.way), telling});
    const std::vector<std::size_t> rows = storage::count_rows(snapshot, with_sorted(groups, sorted));
    Choice out{{query.criteria.size()}, SIZE_MAX};
    for (std::size_t i = 0; i < drivers.size(); ++i)
      if (rows[i] < out.rows || (rows[i] >= telling && is_better_asked(out.driver) && is_by_time(groups[i].ranges)))
        out = {drivers[i], rows[i]};
    if (sorted) drop_empty(*sorted, rows, drivers.size());
    return out;
  }
  Driver first_driver(std::size_t telling) const {
    const std::vector<Driver> all = drivers();
    if (all.size() > 1) return best(all, telling).driver;
    if (!all.empty()) return all.front();
    for (std::size_t i = 0; i < query.criteria.size(); ++i)
      if (is_chosen(query.criteria[i])) return {i};
    return {query.criteria.size()};  // the type itself, by id
  }
  /// Whether it is walked by all that it is true of: a set that is gathered and put in order for every page.
  bool is_chosen(const Criterion& criterion) const {
    return criterion.stated && storage::is_set(*criterion.stated) &&
           storage::count_up_to(snapshot, *criterion.stated, kMostChosen) < kMostChosen;
  }

  /// What the engine asks of each resource that a driver's walk meets.
  std::optional<Condition> filter(Driver driver) const {
    std::vector<Condition> parts;
    if (query.restriction)
      if (auto seen = query.restriction->condition(query.type)) parts.push_back(std::move(*seen));
    for (std::size_t i = 0; i < query.criteria.size(); ++i) {
      const Criterion& criterion = query.criteria[i];
      if (i == driver.criterion) continue;
      if (criterion.stated) {
        parts.push_back(*criterion.stated);
        continue;
      }
      if (patient != PatientKey::none && narrows(criterion)) continue;  // the walk is within that patient's rows
      if (criterion.values.size() + criterion.targets.size() > kMostProbes) continue;
      auto condition = condition_of(criterion, saying);
      if (condition && condition->parts.size() <= kMostProbes && storage::is_probe(*condition))
        parts.push_back(std::move(*condition));
    }
    if (parts.empty()) return std::nullopt;
    return storage::all_of(query.type, std::move(parts));
  }

  /// The same of one patient's rows, where every match is that patient's.
  Condition narrowed(Condition condition) const {
    if (patient == PatientKey::none) return condition;
    if (condition.of == Condition::Of::any)
      for (Condition& part : condition.parts) part = narrowed(std::move(part));
    if (condition.of != Condition::Of::row) return condition;
    Range& one = condition.range;
    const auto of_patient = [&](Walk walk) { one.walk = walk, one.fixed.push_back(cell(patient)); };
    if (one.walk == Walk::code) of_patient(Walk::code_of_patient);
    if (one.walk == Walk::target) of_patient(Walk::target_of_patient);
    if (one.walk == Walk::date) of_patient(Walk::date_of_patient);
    return condition;
  }
  /// Whether every row that it is true of is that patient's.
  static bool is_of_patient(const Condition& condition) {
    if (condition.of == Condition::Of::any) return std::ranges::all_of(condition.parts, is_of_patient);
    return condition.of == Condition::Of::row && storage::is_of_patient(condition.range.walk);
  }
  /// Which of the conditions has the fewest rows to look through; of two with many, the one that is no quick question.
  /// Where a patient is named, those of that patient alone, and all of the patient's own where there is no other.
  struct First {
    std::size_t condition;
    bool few = false;  ///< surely
  };
  First counted_first(const std::vector<Condition>& all) const {
    std::size_t best = all.size();
    std::vector<std::size_t> sets;
    std::vector<storage::Group> groups;
    const auto narrows_further = [&](std::size_t i) { return is_of_patient(all[i]) && !narrows(query.criteria[i]); };
    bool is_narrowed_further = false;
    for (std::size_t i = 0; patient != PatientKey::none && i < all.size(); ++i)
      is_narrowed_further = is_narrowed_further || narrows_further(i);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Criterion& criterion = query.criteria[i];
      if (patient != PatientKey::none && (is_narrowed_further ? !narrows_further(i) : !is_of_patient(all[i]))) continue;
      if (!storage::is_set(all[i])) continue;
      if (best == all.size() || (storage::is_probe(all[best]) && !storage::is_probe(all[i]))) best = i;
      if (!drives(criterion)) continue;
      sets.push_back(i);
      groups.push_back({ranges_of(criterion, 0), kTellingCount});
    }
    if (sets.size() < 2) return {best};
    const std::vector<std::size_t> rows = storage::count_rows(snapshot, groups);
    const std::size_t least = static_cast<std::size_t>(std::ranges::min_element(rows) - rows.begin());
    if (rows[least] < kTellingCount) return {sets[least], true};
    return {best};
  }

  /// All of the type, in order of keys.
  Range by_key() const {
    Range one = range(Walk::chosen, {cell(type())});
    one.choice = std::make_shared<const Condition>(storage::all_of(query.type, {}));
    return one;
  }
  std::vector<Range> ranges_by(Driver driver, bool gather) const {
    if (driver.criterion < query.criteria.size()) {
      const Criterion& criterion = query.criteria[driver.criterion];
      const bool are_few = !criterion.is_group() && criterion.values.size() + criterion.targets.size() <= kMostWalked;
      if (criterion.went_by_key && !(gather && are_few)) return {by_key()};
    }
    if (driver.criterion < query.criteria.size()) return ranges_of(query.criteria[driver.criterion], driver.way);
    return {range(Walk::ids, {cell(type())})};
  }
  void add_steps(Driver driver, bool without_sort_value, Plan& plan) const {
    for (Range& one : ranges_by(driver, plan.gather)) plan.steps.push_back({{std::move(one)}, without_sort_value});
  }

  /// A chain may lead to few when a page is asked for and to many when the next one is, or the other way round. The
  /// next page then goes on by resource key, which both orders have.
  void keep_order_of(const Mark* after, Plan& plan) const {
    if (!after || after->at.size() != 1 || plan.steps.empty()) return;
    const Driver driver = driver_of(plan.driver);
    if (driver.criterion == query.criteria.size() || query.criteria[driver.criterion].of != Criterion::Of::rows ||
        std::holds_alternative<std::string>(after->at.front()))
      return;
    const Walk walk = plan.steps.front().ranges.front().walk;
    if (std::ranges::find(kByResource, walk) != kByResource.end()) return;
    if (auto condition = condition_of(query.criteria[driver.criterion], saying)) {
      Range one = range(Walk::chosen, {cell(type())});
      one.choice = std::make_shared<const Condition>(std::move(*condition));
      plan.steps = {{{std::move(one)}, false}};
    }
  }

  Step sort_step(const SortKey& key) const {
    const Parameter& parameter = *key.parameter;
    Step step;
    if (parameter.code == "_id") {
      step.ranges.push_back(range(Walk::ids, {cell(type())}));
    } else if (parameter.code == "_lastUpdated") {
      step.ranges.push_back(range(Walk::updated, {cell(type())}));
    } else {
      const Criterion* bound = nullptr;
      for (const Criterion& criterion : query.criteria)
        if (criterion.parameter == &parameter && criterion.wanted == Criterion::Wanted::any_of &&
            criterion.values.size() == 1)
          bound = &criterion;
      kind_of(parameter).all(parameter, bound ? &bound->values[0] : nullptr, patient, step.ranges);
      if (bound) bound_by_others(*bound, step.ranges);
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
  const Planner planner(query, snapshot);
  const bool narrowed = planner.patient != PatientKey::none;
  Plan plan;
  const auto add_driven = [&](bool without_sort_value) {
    planner.add_steps(planner.driver_of(plan.driver), without_sort_value, plan);
  };
  if (query.sort.empty()) {
    plan.driver = after ? after->driver : planner.number_of(planner.first_driver(kTellingCount));
    add_driven(false);
    planner.keep_order_of(after, plan);
    plan.filter = planner.filter(planner.driver_of(plan.driver));
    return plan;
  }
  const Parameter& by = *query.sort[0].parameter;
  const Order order = kind_of(by).order;
  const bool walkable = query.sort.size() == 1 && order != Order::gathered &&
                        (!narrowed || (order == Order::walked_by_patient && !by.keys.empty()));
  Step sorted = walkable ? planner.sort_step(query.sort[0]) : Step{};
  if (after) {
    plan.gather = after->gathered, plan.driver = after->driver;
  } else {
    const std::size_t few = narrowed ? kFewOfPatient : kFewOfAll;
    const bool asks_at_once = walkable && !storage::reads_rows_at_once(snapshot);
    const auto choice =
        planner.best(planner.drivers(), walkable ? few : kTellingCount, asks_at_once ? &sorted : nullptr);
    const bool is_driven = choice.driver.criterion < query.criteria.size();
    plan.driver = planner.number_of(is_driven ? choice.driver : planner.first_driver(kTellingCount));
    plan.gather = !walkable || choice.rows < few;
  }
  if (plan.gather) {
    add_driven(false);
    plan.filter = planner.filter(planner.driver_of(plan.driver));
    return plan;
  }
  plan.steps.push_back(std::move(sorted));
  if (!planner.always_sorted(by)) add_driven(true);
  plan.filter = planner.filter({query.criteria.size()});
  return plan;
}

std::optional<std::size_t> count_stated(const Query& query, const storage::Snapshot& snapshot) {
  auto seen = query.restriction ? query.restriction->condition(query.type) : std::nullopt;
  if (query.restriction && !seen) return std::nullopt;
  const Planner planner(query, snapshot);
  std::vector<Condition> all;
  for (std::size_t i = 0; i < query.criteria.size(); ++i) {
    auto condition = condition_of(query.criteria[i], planner.saying);
    if (!condition) return std::nullopt;
    all.push_back(planner.narrowed(std::move(*condition)));
  }
  // What would gather of everybody is looked up in the entries of that patient's resources.
  if (planner.patient != PatientKey::none && !std::ranges::all_of(all, [](const Condition& one) {
        return Planner::is_of_patient(one) || storage::is_probe(one);
      }))
    return std::nullopt;
  const auto first = planner.counted_first(all);
  // Of many that many are to be asked of, an embedded engine's entries are read faster than its other indexes.
  const bool is_asked = std::ranges::any_of(query.criteria, [](const Criterion& one) { return one.stated != nullptr; });
  if (all.size() > 1 && !first.few && !is_asked && planner.patient == PatientKey::none &&
      storage::reads_rows_at_once(snapshot))
    return std::nullopt;
  Condition leading = first.condition < all.size() ? all[first.condition] : storage::all_of(query.type, {});
  const bool is_patients = planner.patient != PatientKey::none && Planner::is_of_patient(leading);
  if (first.condition < all.size()) all.erase(all.begin() + static_cast<std::ptrdiff_t>(first.condition));
  if (seen) all.push_back(std::move(*seen));
  return storage::count(snapshot, leading, all,
                        first.few || is_patients ? storage::Looked::few : storage::Looked::many);
}

}  // namespace varde::search
