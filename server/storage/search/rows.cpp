#include "server/storage/search/rows.h"

#include <algorithm>

#include "server/storage/search/several.h"

namespace varde::storage {
namespace {

void columns(const sql::Manner& manner, Fetch fetch, Text& text) {
  text +=
      "SELECT r.key, r.patient, r.updated, r.id, r.version, CASE WHEN length(r.entries) <= 65536 THEN r.entries END, ";
  text += fetch == Fetch::bytes ? manner.bytes_of_walk : "NULL";
}

void list(const Shape& shape, std::string_view alias, std::string_view after_each, Text& text) {
  for (std::size_t i = 0; i < shape.order.size(); ++i) {
    if (i > 0) text += ", ";
    text += alias;
    text += shape.order[i];
    text += after_each;
  }
}

void limit(std::size_t most, Text& text) {
  if (most > 0) text += " LIMIT " + std::to_string(most);
}

/// A set has no order of its own: the keys of the page are found first, then what belongs to them. They are put in
/// order as computed values: PostgreSQL would rather walk all resources by their keys and make the set anew for each.
void write_chosen(const sql::Manner& manner, const Walked& walked, const Position* after, std::size_t most,
                  Text& text) {
  columns(manner, walked.fetch, text);
  text += ", r.key FROM (SELECT DISTINCT c.key + 0 AS place, c.patient AS whose FROM (";
  text.set(*walked.range.choice);
  const bool descending = walked.range.descending;
  const std::string_view direction = descending ? " DESC" : "";
  text += descending ? ") AS c WHERE c.key < " : ") AS c WHERE c.key > ";
  text.value(after ? after->back() : Cell(descending ? INT64_MAX : std::int64_t{0}));
  if (walked.filter) {
    text += " AND ";
    text.fits(*walked.filter, {"c.key", "c.patient"});
  }
  text += " ORDER BY place";
  text += direction;
  limit(most, text);
  text += ") AS s CROSS JOIN resource r ON r.key = s.place AND r.patient = s.whose ORDER BY s.place";
  text += direction;
}

void write_walk(const sql::Manner& manner, const Walked& walked, const Position* after, std::size_t most, Text& text) {
  const Range& range = walked.range;
  const Shape& shape = shape_of(range.walk);
  const std::string_view alias = shape.of_resources ? "r" : "x", dotted = shape.of_resources ? "r." : "x.";
  columns(manner, walked.fetch, text);
  text += ", ";
  list(shape, dotted, "", text);
  text += " FROM";
  text.rows_of(range, alias);
  if (!shape.of_resources) text += " CROSS JOIN resource r ON r.key = x.resource AND r.patient = x.patient";
  text.where(range, {}, alias);
  if (after) {
    text += " AND (";
    list(shape, dotted, "", text);
    text += range.descending ? ") < (" : ") > (";
    for (std::size_t i = 0; i < after->size(); ++i) {
      if (i > 0) text += ", ";
      text.value((*after)[i]);
    }
    text += ")";
  }
  if (walked.filter) {
    text += " AND ";
    // Where rows are spread a question that names the patient is asked where that one's rows are, and there alone.
    const bool names_patient = text.is_spread() && !shape.of_resources && shape.fixed.back() == "patient";
    const std::string patient = names_patient ? text.parameter(range.fixed.back()) : "x.patient";
    const Asked row{"x.resource", patient}, resource{"r.key", "r.patient"};
    text.fits(*walked.filter, shape.of_resources ? resource : row);
  }
  text += " ORDER BY ";
  list(shape, dotted, range.descending ? " DESC" : "", text);
  limit(most, text);
}

Text statement(const sql::Manner& manner, const Walked& walked, const Position* after, std::size_t most) {
  Text text(manner);
  if (walked.range.walk == Walk::chosen)
    write_chosen(manner, walked, after, most, text);
  else
    write_walk(manner, walked, after, most, text);
  if (walked.slot > 0) text += " /* " + std::to_string(walked.slot) + " */";
  return text;
}

}  // namespace

RangeRows::RangeRows(const Snapshot& snapshot, const Walked& walked, const Position* after)
    : snapshot_(&snapshot), connection_(&snapshot.connection()), walked_(walked) {
  const sql::Manner& manner = connection_->manner();
  const std::size_t first = manner.first_rows;
  open(after, first == 0 ? 0 : walked.first == 0 ? first : std::min(walked.first, manner.most_rows));
}

void RangeRows::open(const Position* after, std::size_t most) {
  rows_.reset();
  text_.emplace(statement(connection_->manner(), walked_, after, most));
  rows_.emplace(text_->open(*connection_));
  most_ = most, seen_ = 0;
}

bool RangeRows::next() {
  if (most_ > 0 && seen_ == most_) {
    const Position at = position();
    open(&at, std::min(2 * most_, connection_->manner().most_rows));
  }
  if (!rows_->next()) return false;
  ++seen_;
  return true;
}

std::string_view RangeRows::entries() {
  if (!rows_->is_null(kEntries)) return rows_->text(kEntries);
  many_entries_ = std::move(entries_of(*snapshot_, {key()})[key()]);
  return many_entries_;
}

std::optional<std::string> RangeRows::bytes() const {
  return rows_->is_null(kBytes) ? std::nullopt : std::optional(rows_->string(kBytes));
}

Position RangeRows::position() const {
  Position out;
  const std::size_t all = shape_of(walked_.range.walk).order.size(), texts = text_columns(walked_.range.walk);
  for (std::size_t i = 0; i < all; ++i) {
    const int column = kOrder + static_cast<int>(i);
    if (i < texts)
      out.emplace_back(rows_->string(column));
    else
      out.emplace_back(rows_->integer(column));
  }
  return out;
}

Position first_position(const Range& range) {
  Position out(shape_of(range.walk).order.size(), Cell(std::int64_t{0}));
  std::fill_n(out.begin(), text_columns(range.walk), Cell(std::string()));
  return out;
}

namespace {

/// What an entry itself brings to the position of its row; the patient and the resource follow.
Position own_cells(const Range& range, const IndexEntry& entry, std::size_t longest) {
  switch (range.walk) {
    case Walk::date:
    case Walk::date_of_patient: return {entry.first, entry.second};
    case Walk::codes:
    case Walk::strings:
    case Walk::uris: return {index_text(entry.text, longest)};
    case Walk::numbers: {
      const NumberEntry number = number_of(entry);
      const bool plain = std::get<std::int64_t>(range.fixed[1]) == 0;
      return {std::string(plain ? number.low : number.canonical_low),
              std::string(plain ? number.high : number.canonical_high)};
    }
    default: return {};
  }
}

}  // namespace

std::vector<Position> positions_of(const Snapshot& snapshot, const Range& range, const Candidate& candidate) {
  const auto key = static_cast<std::int64_t>(candidate.key);
  if (range.walk == Walk::chosen) return {{key}};
  if (shape_of(range.walk).of_resources) {
    if (!range.holds(candidate)) return {};
    return range.walk == Walk::ids ? std::vector<Position>{{std::string(candidate.id)}}
                                   : std::vector<Position>{{cell(candidate.updated), key}};
  }
  if (shape_of(range.walk).order.front() == "resource" && !is_of_patient(range.walk))  // words
    return range.holds(candidate) ? std::vector<Position>{{key}} : std::vector<Position>();
  const bool within = is_of_patient(range.walk);
  if (within && range.fixed.back() != cell(candidate.patient)) return {};
  const sql::Manner& manner = snapshot.connection().manner();
  std::vector<Position> out;
  for (const IndexEntry& entry : candidate.entries) {
    if (!range.holds(entry) || (entry.kind == EntryKind::token && entry.second == kNowhere)) continue;
    Position at = own_cells(range, entry, manner.longest_key);
    if (!within) at.emplace_back(whose_in_row(manner, candidate.patient, candidate.key));
    at.emplace_back(key);
    out.push_back(std::move(at));
  }
  return out;
}

std::string explain(const Snapshot& snapshot, const Walked& walked, const Position* after) {
  return statement(snapshot.connection().manner(), walked, after, 0).sql();
}

}  // namespace varde::storage
