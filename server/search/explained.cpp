#include <algorithm>

#include "server/search/find.h"
#include "server/search/plan.h"
#include "server/storage/search/count.h"
#include "server/storage/search/rows.h"

namespace varde::search {
namespace {

/// Rows are counted no further.
constexpr std::size_t kMostCounted = 100'000;

std::string name_of(const Criterion& criterion) {
  if (criterion.stated) return "a chain, _has or _filter as one condition";
  if (criterion.is_group()) return "criteria joined";
  return criterion.parameter ? std::string(criterion.parameter->code) : std::string("the compartment");
}

std::string walked_by(const Query& query, const Plan& plan) {
  const std::size_t driver = plan.driver % (query.criteria.size() + 1);
  if (!plan.gather && !query.sort.empty()) return "the order of " + std::string(query.sort.front().parameter->code);
  if (driver == query.criteria.size()) return "the type";
  return name_of(query.criteria[driver]);
}

std::string rows_in(const Step& step, const storage::Snapshot& snapshot) {
  const bool is_set =
      std::ranges::any_of(step.ranges, [](const Range& one) { return one.walk == storage::Walk::chosen; });
  if (is_set) return "a set";
  const std::size_t rows = storage::count_rows(snapshot, {{step.ranges, kMostCounted}}).front();
  return (rows >= kMostCounted ? "at least " : "") + std::to_string(rows) + " rows";
}

}  // namespace

std::string explained(const Query& query, const storage::Snapshot& snapshot) {
  const Plan plan = make_plan(query, snapshot, nullptr);
  std::string out = std::string(fhir::row_of(query.type).name) + ": walked by " + walked_by(query, plan);
  if (plan.gather) out += ", then put in order";
  for (std::size_t i = 0; i < plan.steps.size() && i < 8; ++i)
    out += (i == 0 ? "; " : " + ") + rows_in(plan.steps[i], snapshot);
  out += plan.filter ? "; others asked of the engine on the way" : "; others judged by index entries";
  if (query.restriction) out += "; within what the login may see";
  std::string before;
  for (const std::string& statement : explain(query, snapshot)) {
    if (statement != before) out += "\n" + statement;
    before = statement;
  }
  return out;
}

}  // namespace varde::search
