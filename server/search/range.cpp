#include "server/search/range.h"

#include <algorithm>
#include <array>
#include <span>

namespace varde::search {
namespace {

using storage::EntryKind;
using storage::IndexEntry;

struct Shape {
  Walk walk;
  std::string_view from;
  std::array<std::string_view, 4> fixed;  ///< empty: none
  std::array<std::string_view, 4> order;
  bool of_resources = false;  ///< walks the resource table itself
};

// clang-format off
constexpr std::array kShapes{
  //    walk                     table                                   fixed columns                                               order columns
  Shape{Walk::code,              "token x",                              {"x.parameter", "x.code"},                                  {"x.patient", "x.resource"}},
  Shape{Walk::code_of_patient,   "token x",                              {"x.parameter", "x.code", "x.patient"},                     {"x.resource"}},
  Shape{Walk::codes,             "token x",                              {"x.parameter"},                                            {"x.code", "x.patient", "x.resource"}},
  Shape{Walk::target,            "reference x",                          {"x.parameter", "x.target_type", "x.target_id"},            {"x.patient", "x.resource"}},
  Shape{Walk::target_of_patient, "reference x",                          {"x.parameter", "x.target_type", "x.target_id", "x.patient"}, {"x.resource"}},
  Shape{Walk::date,              "date x INDEXED BY date_of_all_patients", {"x.parameter"},                                          {"x.\"begin\"", "x.\"end\"", "x.patient", "x.resource"}},
  Shape{Walk::date_of_patient,   "date x",                               {"x.parameter", "x.patient"},                               {"x.\"begin\"", "x.\"end\"", "x.resource"}},
  Shape{Walk::strings,           "string x",                             {"x.parameter"},                                            {"x.folded", "x.patient", "x.resource"}},
  Shape{Walk::uris,              "uri x",                                {"x.parameter"},                                            {"x.uri", "x.patient", "x.resource"}},
  Shape{Walk::numbers,           "number x",                             {"x.parameter", "x.unit"},                                  {"x.low", "x.high", "x.patient", "x.resource"}},
  Shape{Walk::updated,           "resource r",                           {"r.type"},                                                 {"r.updated", "r.key"}, true},
  Shape{Walk::ids,               "resource r",                           {"r.type"},                                                 {"r.id"}, true},
};
// clang-format on
static_assert(
    [] {
      for (std::size_t i = 0; i < kShapes.size(); ++i)
        if (static_cast<std::size_t>(kShapes[i].walk) != i) return false;
      return true;
    }(),
    "one row per Walk, in order");

const Shape& shape_of(Walk walk) { return kShapes[static_cast<std::size_t>(walk)]; }

std::size_t used(const std::array<std::string_view, 4>& columns) {
  return static_cast<std::size_t>(std::ranges::find(columns, std::string_view()) - columns.begin());
}

void list(std::span<const std::string_view> columns, std::string_view after_each, std::string& out) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += ", ";
    out += columns[i];
    out += after_each;
  }
}

void condition(const Range& range, bool after, std::string& out) {
  const Shape& shape = shape_of(range.walk);
  int parameter = 0;
  const auto mark = [&] { return "?" + std::to_string(++parameter); };
  out += " WHERE ";
  for (std::size_t i = 0; i < used(shape.fixed); ++i) {
    if (i > 0) out += " AND ";
    out += shape.fixed[i];
    out += " = " + mark();
  }
  if (shape.of_resources) out += " AND r.method <> 2";
  if (range.from) out += " AND " + std::string(shape.order[0]) + " >= " + mark();
  if (range.until) out += " AND " + std::string(shape.order[0]) + " < " + mark();
  if (!after) return;
  const std::span order(shape.order.data(), used(shape.order));
  out += " AND (";
  list(order, "", out);
  out += range.descending ? ") < (" : ") > (";
  for (std::size_t i = 0; i < order.size(); ++i) out += (i > 0 ? ", " : "") + mark();
  out += ')';
}

void bind(storage::sql::Statement& statement, int& parameter, const Cell& value) {
  ++parameter;
  if (const auto* number = std::get_if<std::int64_t>(&value))
    statement.bind(parameter, *number);
  else
    statement.bind(parameter, std::string_view(std::get<std::string>(value)));
}

bool is_long(const Cell& value, std::size_t longest) {
  const auto* text = std::get_if<std::string>(&value);
  return text && text->size() > longest;
}

// Text of the index may be cut where it is long; a range by it holds more than it was asked for, never less. What is
// bound must live until the rows are read: the statement is given its own copy of what was cut.
void bind_fixed(storage::sql::Statement& statement, int& parameter, const Cell& value, std::size_t longest) {
  if (!is_long(value, longest)) return bind(statement, parameter, value);
  statement.bind_copy(++parameter, storage::index_text(std::get<std::string>(value), longest));
}
void bind_bound(storage::sql::Statement& statement, int& parameter, const Cell& value, std::size_t longest) {
  if (!is_long(value, longest)) return bind(statement, parameter, value);
  statement.bind(++parameter, storage::index_bound(std::get<std::string>(value), longest));
}

/// How many of the order columns, from the first on, are texts.
std::size_t text_columns(Walk walk) {
  switch (walk) {
    case Walk::numbers: return 2;
    case Walk::codes:
    case Walk::strings:
    case Walk::uris:
    case Walk::ids: return 1;
    default: return 0;
  }
}

/// The values of the leading order columns that an entry brings itself (the rest are patient and resource).
std::size_t own_columns(Walk walk) {
  switch (walk) {
    case Walk::codes:
    case Walk::strings:
    case Walk::uris: return 1;
    case Walk::numbers:
    case Walk::date:
    case Walk::date_of_patient: return 2;
    default: return 0;
  }
}

/// The two ends of a number in the unit that a range walks.
std::pair<std::string_view, std::string_view> ends_of(const IndexEntry& entry, std::int64_t unit) {
  const storage::NumberEntry number = storage::number_of(entry);
  return unit == 0 ? std::pair(number.low, number.high) : std::pair(number.canonical_low, number.canonical_high);
}

std::strong_ordering compare(const IndexEntry& entry, const Range& range, const Position& at) {
  if (entry.kind == EntryKind::number) {
    const auto [low, high] = ends_of(entry, std::get<std::int64_t>(range.fixed[1]));
    if (const auto by_low = low <=> std::string_view(std::get<std::string>(at[0])); by_low != 0) return by_low;
    return high <=> std::string_view(std::get<std::string>(at[1]));
  }
  if (entry.kind == EntryKind::date) {
    if (const auto by_begin = entry.first <=> std::get<std::int64_t>(at[0]); by_begin != 0) return by_begin;
    return entry.second <=> std::get<std::int64_t>(at[1]);
  }
  return entry.text <=> std::string_view(std::get<std::string>(at[0]));
}

}  // namespace

std::string Range::sql(const storage::sql::Manner& manner, Fetch fetch, bool after, std::size_t slot,
                       std::size_t most) const {
  const Shape& shape = shape_of(walk);
  const std::span order(shape.order.data(), used(shape.order));
  std::string out = "SELECT r.key, r.patient, r.updated, r.id, r.version, r.entries, ";
  out += fetch == Fetch::bytes ? manner.bytes_of_walk : "NULL";
  out += ", ";
  list(order, "", out);
  out += " FROM ";
  out += shape.from;
  if (!shape.of_resources) out += " CROSS JOIN resource r ON r.key = x.resource";
  condition(*this, after, out);
  out += " ORDER BY ";
  list(order, descending ? " DESC" : "", out);
  if (most > 0) out += " LIMIT " + std::to_string(most);
  if (slot > 0) out += " /* " + std::to_string(slot) + " */";
  return out;
}

storage::sql::Rows Range::open(storage::sql::Connection& connection, const std::string& text,
                               const Position* after) const {
  storage::sql::Statement& statement = connection.prepare(std::string_view(text));
  storage::sql::Rows rows(statement);
  int parameter = 0;
  const std::size_t longest = connection.manner().longest_key;
  for (const Cell& value : fixed) bind_fixed(statement, parameter, value, longest);
  if (from) bind_bound(statement, parameter, *from, longest);
  if (until) bind(statement, parameter, *until);
  if (after)
    for (const Cell& value : *after) bind(statement, parameter, value);
  return rows;
}

std::size_t Range::order_columns() const { return used(shape_of(walk).order); }

std::size_t Range::count(storage::sql::Connection& connection, std::size_t most) const {
  std::string text = "SELECT count(*) FROM (SELECT 1 FROM ";
  text += shape_of(walk).from;
  condition(*this, false, text);
  text += " LIMIT " + std::to_string(most) + ") AS counted";
  auto rows = open(connection, text, nullptr);
  return rows.next() ? static_cast<std::size_t>(rows.integer(0)) : 0;
}

std::string behind(std::string_view prefix) { return std::string(prefix) + "\xF4\x8F\xBF\xBF"; }
std::string next_to(std::string_view text) { return std::string(text) + '\x01'; }

Range text_range(Walk walk, ParameterKey key, std::string from, std::string until) {
  return {walk, {cell(key)}, std::move(from), std::move(until), false};
}

Range target_range(ParameterKey key, storage::TypeKey target, const std::string& id, storage::PatientKey patient) {
  if (patient == storage::PatientKey::none) return {Walk::target, {cell(key), cell(target), id}, {}, {}, false};
  return {Walk::target_of_patient, {cell(key), cell(target), id, cell(patient)}, {}, {}, false};
}

void add_url_ranges(ParameterKey key, const ReferenceValue& value, std::vector<Range>& out) {
  out.push_back(text_range(Walk::uris, key, value.url, next_to(value.url)));
  const std::string versioned = value.url + '|';
  out.push_back(text_range(Walk::uris, key, versioned, behind(versioned)));
}

Position position_of(const storage::sql::Rows& row, const Range& range) {
  Position out;
  const std::size_t columns = range.order_columns();
  const std::size_t texts = text_columns(range.walk);
  for (std::size_t i = 0; i < columns; ++i) {
    const int column = kOrder + static_cast<int>(i);
    if (i < texts)
      out.emplace_back(row.string(column));
    else
      out.emplace_back(row.integer(column));
  }
  return out;
}

RangeRows::RangeRows(storage::sql::Connection& connection, const Range& range, Fetch fetch, std::size_t slot,
                     const Position* after)
    : connection_(&connection), range_(&range), fetch_(fetch), slot_(slot) {
  open(after, connection.manner().first_rows);
}

void RangeRows::open(const Position* after, std::size_t most) {
  rows_.reset();
  rows_.emplace(
      range_->open(*connection_, range_->sql(connection_->manner(), fetch_, after != nullptr, slot_, most), after));
  most_ = most, seen_ = 0;
}

bool RangeRows::next() {
  if (most_ > 0 && seen_ == most_) {
    after_ = position_of(*rows_, *range_);
    open(&after_, std::min(2 * most_, connection_->manner().most_rows));
  }
  if (!rows_->next()) return false;
  ++seen_;
  return true;
}

bool Range::holds(const IndexEntry& entry) const {
  if (cell(entry.parameter) != fixed[0]) return false;
  const auto in_bounds = [&](const Cell& value) { return (!from || value >= *from) && (!until || value < *until); };
  switch (walk) {
    case Walk::code:
    case Walk::code_of_patient: return entry.kind == EntryKind::token && std::get<std::string>(fixed[1]) == entry.text;
    case Walk::codes: return entry.kind == EntryKind::token && in_bounds(std::string(entry.text));
    case Walk::target:
    case Walk::target_of_patient:
      return entry.kind == EntryKind::reference && std::get<std::int64_t>(fixed[1]) == entry.first &&
             std::get<std::string>(fixed[2]) == entry.text;
    case Walk::date:
    case Walk::date_of_patient: return entry.kind == EntryKind::date && in_bounds(entry.first);
    case Walk::strings: return entry.kind == EntryKind::string && in_bounds(std::string(entry.text));
    case Walk::uris: return entry.kind == EntryKind::uri && in_bounds(std::string(entry.text));
    case Walk::numbers: {
      const auto unit = std::get<std::int64_t>(fixed[1]);
      return entry.kind == EntryKind::number && (unit == 0 || entry.first == unit) &&
             in_bounds(std::string(ends_of(entry, unit).first));
    }
    case Walk::updated:
    case Walk::ids: return false;
  }
  return false;
}

bool Range::holds(const Candidate& candidate) const {
  if (walk == Walk::updated || walk == Walk::ids) {
    const Cell value = walk == Walk::ids ? Cell(std::string(candidate.id)) : cell(candidate.updated);
    return (!from || value >= *from) && (!until || value < *until);
  }
  return std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) { return holds(entry); });
}

bool Range::met_before(const Candidate& candidate, const Position& at) const {
  if (own_columns(walk) == 0) return false;
  return std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) {
    if (!holds(entry)) return false;
    const auto order = compare(entry, *this, at);
    return descending ? order > 0 : order < 0;
  });
}

}  // namespace varde::search
