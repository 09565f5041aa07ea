#include "server/search/stated.h"

#include "server/search/kind/kind.h"
#include "server/storage/search/several.h"

namespace varde::search {
namespace {

using storage::Also;
using storage::Condition;
using storage::row_condition;
using Wanted = Criterion::Wanted;
using std::chrono::milliseconds;

/// More values than this are looked up in a list, not asked one by one.
constexpr std::size_t kMostAsked = 200;

void add_ids(const Criterion& criterion, const Saying& saying, std::vector<Condition>& out) {
  const auto add = [&](const std::string& id) {
    out.push_back(row_condition({Walk::ids, {cell(storage::type_key(saying.type))}, id, next_to(id)}));
  };
  for (const Value& value : criterion.values) add(std::get<TokenValue>(value).code.value_or(""));
  for (const auto& target : criterion.targets) add(target.second);
}

/// A stored time is finer than the millisecond it shows as, and fits as that millisecond does.
void add_updated(const DateValue& value, const Saying& saying, std::vector<Condition>& out) {
  const auto down = [](Instant at) { return Instant(std::chrono::floor<milliseconds>(at)); };
  const auto up = [](Instant at) { return Instant(std::chrono::ceil<milliseconds>(at)); };
  const Instant begin = value.span.begin, end = value.span.end;
  const auto add = [&](std::optional<Instant> from, std::optional<Instant> until) {
    Range range{Walk::updated, {cell(storage::type_key(saying.type))}};
    if (from) range.from = cell(*from);
    if (until) range.until = cell(*until);
    out.push_back(row_condition(std::move(range)));
  };
  switch (value.prefix) {
    case Prefix::eq: return add(up(begin), down(end));
    case Prefix::ne: return add({}, up(begin)), add(down(end), {});
    case Prefix::gt: return add(down(end), {});
    case Prefix::lt: return add({}, up(begin));
    case Prefix::ge: return add(up(begin), down(end)), add(down(end), {});
    case Prefix::le: return add(up(begin), down(end)), add({}, up(begin));
    case Prefix::sa: return add(up(end), {});
    case Prefix::eb: return add({}, down(begin));
    case Prefix::ap: return add(down(begin), up(end));
  }
}

/// Every row of the parameter.
void add_present(const Criterion& criterion, std::vector<Condition>& out) {
  const auto add = [&](Walk walk, ParameterKey key, std::vector<Also> also = {}) {
    std::vector<Cell> fixed{cell(key)};
    if (walk == Walk::numbers) fixed.emplace_back(std::int64_t{0});
    out.push_back(row_condition({walk, std::move(fixed)}, std::move(also)));
  };
  const auto add_reference = [&](ParameterKey key) {
    std::vector<Also> also;
    if (criterion.only != fhir::TypeId::none)
      also.push_back({Also::Column::target_type, Also::Is::equal, cell(storage::type_key(criterion.only))});
    add(Walk::targets, key, std::move(also));
    add(Walk::uris, key);
    add(Walk::codes, key);  // Reference.identifier
  };
  const auto add_all = [&](ParameterKey key) {
    switch (criterion.parameter->kind) {
      case fhir::SearchKind::token: return add(Walk::codes, key);
      case fhir::SearchKind::reference: return add_reference(key);
      case fhir::SearchKind::date: return add(Walk::date, key);
      case fhir::SearchKind::string: return add(Walk::strings, key);
      case fhir::SearchKind::uri: return add(Walk::uris, key);
      case fhir::SearchKind::special:
        if (criterion.parameter->code == "near") return add(Walk::date, key);
        return out.push_back(row_condition({Walk::word_beginning, {storage::word_term(key, "")}}));
      default: return add(Walk::numbers, key);
    }
  };
  for (const ParameterKey key : criterion.keys) add_all(key);
  for (const ParameterKey key : criterion.long_keys) add_all(key);
}

bool add_rows(const Criterion& criterion, const Saying& saying, std::vector<Condition>& out) {
  if (criterion.targets.size() + criterion.values.size() > kMostAsked) return false;
  for (const auto& [target, id] : criterion.targets)
    if (criterion.only == fhir::TypeId::none || storage::type_key(criterion.only) == target)
      for (const ParameterKey key : criterion.keys)
        out.push_back(row_condition(target_range(key, target, id, storage::PatientKey::none)));
  for (const Value& value : criterion.values) {
    const auto state = kind_of(*criterion.parameter).state;
    if (!state || !state(criterion, value, saying, out)) return false;
  }
  return true;
}

std::optional<Condition> condition_of_parts(const Criterion& group, const Saying& saying) {
  std::vector<Condition> parts;
  for (const Criterion& part : group.parts) {
    auto one = condition_of(part, saying);
    if (!one) return std::nullopt;
    parts.push_back(std::move(*one));
  }
  const bool all = group.of == Criterion::Of::all, denied = group.wanted == Wanted::none_of;
  if (denied && !all) return storage::none_of(saying.type, std::move(parts));
  Condition joined =
      all ? storage::all_of(saying.type, std::move(parts)) : storage::any_of(saying.type, std::move(parts));
  if (!denied) return joined;
  std::vector<Condition> whole;
  whole.push_back(std::move(joined));
  return storage::none_of(saying.type, std::move(whole));
}

}  // namespace

Saying saying_of(fhir::TypeId type, const storage::Snapshot& snapshot) {
  return {type, storage::keeps_whole_texts(snapshot)};
}

std::optional<Condition> condition_of(const Criterion& criterion, const Saying& saying) {
  if (criterion.stated) return *criterion.stated;
  if (criterion.is_group()) return condition_of_parts(criterion, saying);
  if (!criterion.composites.empty() || criterion.wanted == Wanted::other) return std::nullopt;
  const bool denied = criterion.wanted == Wanted::none_of || criterion.wanted == Wanted::absent;
  std::vector<Condition> any;
  if (criterion.of == Criterion::Of::id) {
    if (criterion.values.size() + criterion.targets.size() > kMostAsked) return std::nullopt;
    add_ids(criterion, saying, any);
  } else if (criterion.of == Criterion::Of::updated) {
    for (const Value& value : criterion.values) add_updated(std::get<DateValue>(value), saying, any);
  } else if (criterion.wanted == Wanted::absent || criterion.wanted == Wanted::present) {
    if (criterion.parameter->kind == fhir::SearchKind::composite) return std::nullopt;
    if (criterion.only != fhir::TypeId::none)
      return std::nullopt;  // a reference to elsewhere tells its type by its text
    add_present(criterion, any);
  } else if (!add_rows(criterion, saying, any)) {
    return std::nullopt;
  }
  if (denied) return storage::none_of(saying.type, std::move(any));
  if (any.size() == 1) return std::move(any.front());
  return storage::any_of(saying.type, std::move(any));
}

}  // namespace varde::search
