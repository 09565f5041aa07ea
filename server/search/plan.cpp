#include "server/search/plan.h"

#include <algorithm>

namespace varde::search {
namespace {

using fhir::SearchKind;
using fhir::TypeId;
using storage::PatientKey;
using storage::TypeKey;

// Below these counts a set is gathered and sorted; above, the sort parameter's own range is walked. One patient's range
// is short, so walking it pays sooner.
constexpr std::size_t kFewOfAll = 5000, kFewOfPatient = 300;
/// How far a count goes when it only has to tell which of two ranges is shorter.
constexpr std::size_t kTellingCount = 500;

struct Bounds {
  std::optional<Cell> from, until;
};

/// Limits on the begin of a span that fits; `is_short`: the span is at most a day long.
Bounds begin_bounds(const DateValue& value, bool is_short) {
  const auto& [begin, end] = value.span;
  Bounds out;
  const auto from = [&](Instant at) { out.from = cell(at); };
  const auto until = [&](Instant at) { out.until = cell(at); };
  switch (value.prefix) {
    case Prefix::eq: from(begin), until(end); break;
    case Prefix::ne: break;
    case Prefix::gt:
      if (is_short) from(end - kShortSpan);
      break;
    case Prefix::ge:
      if (is_short) from(std::min(begin, end - kShortSpan));
      break;
    case Prefix::lt: until(begin); break;
    case Prefix::le: until(end); break;
    case Prefix::sa: from(end); break;
    case Prefix::eb: until(begin); break;
    case Prefix::ap:
      until(end);
      if (is_short) from(begin - kShortSpan);
      break;
  }
  return out;
}

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

  std::vector<Range> date_ranges(const Parameter& parameter, const DateValue* value) const {
    std::vector<Range> out;
    const auto add = [&](ParameterKey key, bool is_short) {
      Range one = patient == PatientKey::none ? range(Walk::date, {cell(key)})
                                              : range(Walk::date_of_patient, {cell(key), cell(patient)});
      if (value) {
        const Bounds bounds = begin_bounds(*value, is_short);
        one.from = bounds.from, one.until = bounds.until;
      }
      out.push_back(std::move(one));
    };
    for (const ParameterKey key : parameter.keys) add(key, true);
    for (const ParameterKey key : parameter.long_keys) add(key, false);
    return out;
  }

  void add_value(const Criterion& criterion, const Value& value, std::vector<Range>& out) const {
    const auto add_text = [&](Walk walk, ParameterKey key, const std::string& from, std::string until) {
      out.push_back(text_range(walk, key, from, std::move(until)));
    };
    if (const auto* date = std::get_if<DateValue>(&value)) {
      for (Range& one : date_ranges(*criterion.parameter, date)) out.push_back(std::move(one));
      return;
    }
    for (const ParameterKey key : criterion.keys) {
      if (const auto* token = std::get_if<TokenValue>(&value)) {
        if (!token->code)
          out.push_back(range(Walk::codes, {cell(key)}));
        else if (patient == PatientKey::none)
          out.push_back(range(Walk::code, {cell(key), *token->code}));
        else
          out.push_back(range(Walk::code_of_patient, {cell(key), *token->code, cell(patient)}));
      } else if (const auto* reference = std::get_if<ReferenceValue>(&value)) {
        if (!reference->url.empty()) {
          add_url_ranges(key, *reference, out);
        } else {
          for (const TypeId target : criterion.parameter->target_types)
            if (criterion.only == TypeId::none || criterion.only == target)
              out.push_back(target_range(key, storage::type_key(target), reference->id, patient));
        }
      } else if (const auto* string = std::get_if<StringValue>(&value)) {
        switch (string->match) {
          case StringValue::Match::starts: add_text(Walk::strings, key, string->folded, behind(string->folded)); break;
          case StringValue::Match::exact: add_text(Walk::strings, key, string->folded, next_to(string->folded)); break;
          case StringValue::Match::contains: out.push_back(range(Walk::strings, {cell(key)})); break;
        }
      } else if (const auto* uri = std::get_if<UriValue>(&value)) {
        add_text(Walk::uris, key, uri->uri, uri->below ? behind(uri->uri) : next_to(uri->uri));
      }
    }
  }

  /// Ranges that together hold every match of one criterion; empty when it has none to offer.
  std::vector<Range> ranges_of(const Criterion& criterion) const {
    std::vector<Range> out;
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
      const Bounds bounds = begin_bounds(std::get<DateValue>(criterion.values[0]), true);
      one.from = bounds.from, one.until = bounds.until;
      if (one.until) std::get<std::int64_t>(*one.until) += 1000;
      out.push_back(std::move(one));
      return out;
    }
    for (const auto& [target, id] : criterion.targets)
      if (criterion.only == TypeId::none || storage::type_key(criterion.only) == target)
        for (const ParameterKey key : criterion.keys) out.push_back(target_range(key, target, id, patient));
    for (const Value& value : criterion.values) add_value(criterion, value, out);
    return out;
  }

  bool drives(const Criterion& criterion) const {
    return criterion.wanted == Criterion::Wanted::any_of &&
           (criterion.of != Criterion::Of::updated || criterion.values.size() == 1);
  }

  struct Choice {
    std::size_t driver;  ///< criteria.size(): none
    std::size_t rows;    ///< of its ranges, counted no further than asked
  };
  /// The criterion with the fewest rows to walk.
  Choice best(std::size_t telling) const {
    Choice out{query.criteria.size(), SIZE_MAX};
    for (std::size_t i = 0; i < query.criteria.size(); ++i) {
      if (!drives(query.criteria[i])) continue;
      std::size_t rows = 0;
      for (const Range& one : ranges_of(query.criteria[i])) {
        if (rows >= telling || snapshot.budget().is_spent()) break;
        const std::size_t counted = one.count(snapshot.connection(), telling - rows);
        snapshot.budget().spend(1 + counted);
        rows += counted;
      }
      if (rows < out.rows) out = {i, rows};
    }
    return out;
  }
  std::size_t first_driver(std::size_t telling) const {
    const auto driving = std::ranges::count_if(query.criteria, [&](const auto& c) { return drives(c); });
    if (driving > 1) return best(telling).driver;
    const auto only = std::ranges::find_if(query.criteria, [&](const auto& c) { return drives(c); });
    return static_cast<std::size_t>(only - query.criteria.begin());
  }

  std::vector<Range> ranges_by(std::size_t driver) const {
    if (driver < query.criteria.size()) return ranges_of(query.criteria[driver]);
    return {range(Walk::ids, {cell(type())})};
  }
  void add_steps(std::size_t driver, bool without_sort_value, Plan& plan) const {
    for (Range& one : ranges_by(driver)) plan.steps.push_back({{std::move(one)}, without_sort_value});
  }

  Step sort_step(const SortKey& key) const {
    const Parameter& parameter = *key.parameter;
    Step step;
    if (parameter.code == "_id") {
      step.ranges.push_back(range(Walk::ids, {cell(type())}));
    } else if (parameter.code == "_lastUpdated") {
      step.ranges.push_back(range(Walk::updated, {cell(type())}));
    } else if (parameter.kind == SearchKind::date) {
      const DateValue* bound = nullptr;
      for (const Criterion& criterion : query.criteria)
        if (criterion.parameter == &parameter && criterion.wanted == Criterion::Wanted::any_of &&
            criterion.values.size() == 1)
          bound = &std::get<DateValue>(criterion.values[0]);
      step.ranges = date_ranges(parameter, bound);
    } else {
      const Walk walk = parameter.kind == SearchKind::token    ? Walk::codes
                        : parameter.kind == SearchKind::string ? Walk::strings
                                                               : Walk::uris;
      for (const ParameterKey one : parameter.keys) step.ranges.push_back(range(walk, {cell(one)}));
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
  if (query.sort.empty()) {
    plan.driver = after ? after->driver : planner.first_driver(kTellingCount);
    planner.add_steps(plan.driver, false, plan);
    return plan;
  }
  const bool by_date = query.sort[0].parameter->kind == SearchKind::date && !query.sort[0].parameter->keys.empty();
  const bool walkable = query.sort.size() == 1 && (!narrowed || by_date);
  if (after) {
    plan.gather = after->gathered, plan.driver = after->driver;
  } else {
    const std::size_t few = !walkable ? kMostGathered : narrowed ? kFewOfPatient : kFewOfAll;
    const auto choice = planner.best(walkable ? few : kTellingCount);
    plan.driver = choice.driver;
    plan.gather = !walkable || choice.rows < few;
  }
  if (plan.gather) {
    planner.add_steps(plan.driver, false, plan);
    return plan;
  }
  plan.steps.push_back(planner.sort_step(query.sort[0]));
  if (!planner.always_sorted(*query.sort[0].parameter)) planner.add_steps(plan.driver, true, plan);
  return plan;
}

}  // namespace varde::search
