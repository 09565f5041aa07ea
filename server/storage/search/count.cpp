#include "server/storage/search/count.h"

#include <algorithm>

#include "server/storage/search/text.h"

namespace varde::storage {
namespace {

/// So many ranges are counted by one statement; those of more (a value set's codes) one by one.
constexpr std::size_t kMostAtOnce = 16;

/// Whether a row condition finds each resource by one row.
bool is_once(const Condition& condition) {
  if (condition.of != Condition::Of::row) return false;
  const auto names_system = [](const Also& one) { return one.column == Also::Column::system; };
  switch (condition.range.walk) {
    case Walk::target:
    case Walk::target_of_patient:
    case Walk::word:
    case Walk::ids:
    case Walk::updated: return true;
    case Walk::code:
    case Walk::code_of_patient: return std::ranges::any_of(condition.also, names_system);
    default: return false;
  }
}

void count_range(const Range& range, std::size_t most, Text& text) {
  const std::string x = text.alias(), counted = text.alias();
  text += "(SELECT count(*) FROM (SELECT 1 FROM";
  text.rows_of(range, x);
  text.where(range, {}, x);
  text += " LIMIT " + std::to_string(most) + ") AS " + counted + ")";
}

std::size_t count_alone(const Snapshot& snapshot, const std::vector<Range>& ranges, std::size_t most) {
  std::size_t sum = 0;
  for (const Range& range : ranges) {
    if (sum >= most || !snapshot.budget().spend()) break;
    Text text(snapshot.connection().manner());
    text += "SELECT ";
    count_range(range, most, text);
    if (auto rows = text.open(snapshot.connection()); rows.next()) sum += static_cast<std::size_t>(rows.integer(0));
  }
  return sum;
}

/// All of a type: counted along an index, without those of the changed ones that are deleted.
constexpr sql::Query kAllOfType{
    "SELECT (SELECT count(*) FROM resource WHERE type = ?1) - "
    "(SELECT count(*) FROM resource INDEXED BY resource_changed WHERE type = ?1 AND version > 1 AND method = 2)"};

/// Whether a resource may have the code several times, of several systems: its rows follow each other.
bool is_of_codes(const Condition& condition) {
  return condition.of == Condition::Of::row &&
         (condition.range.walk == Walk::code || condition.range.walk == Walk::code_of_patient);
}

}  // namespace

std::size_t count(const Snapshot& snapshot, const Condition& first, const std::vector<Condition>& others,
                  Looked looked) {
  if (first.of == Condition::Of::all && first.parts.empty() && others.empty()) {
    auto rows = snapshot.connection().query(kAllOfType, type_key(first.type));
    return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
  }
  Text text(snapshot.connection().manner(), looked == Looked::few ? Text::Rows::few : Text::Rows::many);
  Asked asked{"d.key", "d.patient"};
  if (is_once(first)) {
    const Shape& shape = shape_of(first.range.walk);
    text += "SELECT count(*) FROM";
    text.rows_of(first.range, "d");
    text.where(first.range, first.also, "d");
    if (!shape.of_resources) asked.key = "d.resource";
  } else if (is_of_codes(first)) {
    asked.key = "d.resource";
    text += "SELECT count(*) FROM (SELECT DISTINCT x.patient, x.resource FROM";
    text.rows_of(first.range, "x");
    text.where(first.range, first.also, "x");
    text += ") AS d WHERE 1 = 1";
  } else {
    text += "SELECT count(DISTINCT d.key) FROM (";
    text.set(first);
    text += ") AS d WHERE 1 = 1";
  }
  for (const Condition& other : others) {
    text += " AND ";
    text.fits(other, asked);
  }
  auto rows = text.open(snapshot.connection());
  return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
}

std::size_t count_up_to(const Snapshot& snapshot, const Condition& condition, std::size_t most) {
  Text text(snapshot.connection().manner());
  text += "SELECT count(*) FROM (SELECT 1 FROM (";
  text.set(condition);
  text += ") AS d LIMIT " + std::to_string(most) + ") AS counted";
  auto rows = text.open(snapshot.connection());
  return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
}

std::vector<std::size_t> count_rows(const Snapshot& snapshot, const std::vector<Group>& groups) {
  std::vector<std::size_t> out(groups.size());
  Text text(snapshot.connection().manner());
  std::vector<std::size_t> columns;  // which group a column counts for
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto& [ranges, most] = groups[i];
    if (columns.size() + ranges.size() > kMostAtOnce) {
      out[i] = count_alone(snapshot, ranges, most);
      continue;
    }
    for (const Range& range : ranges) {
      text += columns.empty() ? "SELECT " : ", ";
      count_range(range, most, text);
      columns.push_back(i);
    }
  }
  if (columns.empty()) return out;
  auto rows = text.open(snapshot.connection());
  if (!rows.next()) return out;
  for (std::size_t i = 0; i < columns.size(); ++i)
    out[columns[i]] += static_cast<std::size_t>(rows.integer(static_cast<int>(i)));
  snapshot.budget().spend(1 + *std::ranges::max_element(out));
  return out;
}

}  // namespace varde::storage
