#include "server/search/sorted.h"

#include "server/storage/search/several.h"

namespace varde::search {
namespace {

using storage::EntryKind;

/// A quantity sorts by its canonical unit, where it has one.
Cell cell_of(const storage::IndexEntry& entry) {
  if (entry.kind == EntryKind::date) return entry.first;
  if (entry.kind != EntryKind::number) return std::string(entry.text);
  const storage::NumberEntry number = storage::number_of(entry);
  return std::string(entry.first == 0 ? number.low : number.canonical_low);
}

std::optional<Cell> sort_cell(const SortKey& sort, const Candidate& candidate) {
  const Parameter& parameter = *sort.parameter;
  if (parameter.code == "_id") return Cell(std::string(candidate.id));
  if (parameter.code == "_lastUpdated") return cell(candidate.updated);
  std::optional<Cell> out;
  for (const storage::IndexEntry& entry : candidate.entries) {
    if (std::ranges::find(parameter.keys, entry.parameter) == parameter.keys.end() &&
        std::ranges::find(parameter.long_keys, entry.parameter) == parameter.long_keys.end())
      continue;
    Cell value = cell_of(entry);
    if (!out || (sort.descending ? value > *out : value < *out)) out = std::move(value);
  }
  return out;
}

}  // namespace

Sorted sorted_by(const Query& query, const Candidate& candidate) {
  Sorted out{candidate.key, {}, query.type};
  for (const SortKey& key : query.sort) out.by.push_back(sort_cell(key, candidate));
  return out;
}

bool Before::operator()(const Sorted& a, const Sorted& b) const {
  return direction == Direction::forward ? is_before(a, b) : is_before(b, a);
}

bool Before::is_before(const Sorted& a, const Sorted& b) const {
  for (std::size_t i = 0; i < sort.size(); ++i) {
    if (a.by[i] == b.by[i]) continue;
    if (!a.by[i] || !b.by[i]) return a.by[i].has_value();
    return sort[i].descending ? *b.by[i] < *a.by[i] : *a.by[i] < *b.by[i];
  }
  return keys_descend ? b.key < a.key : a.key < b.key;
}

Position mark_of(const Sorted& sorted) {
  Position out;
  for (const auto& value : sorted.by) {
    out.emplace_back(std::int64_t{value.has_value()});
    out.push_back(value.value_or(Cell(std::int64_t{0})));
  }
  out.emplace_back(static_cast<std::int64_t>(sorted.key));
  return out;
}

Sorted from_mark(const Position& at) {
  Sorted out{static_cast<storage::ResourceKey>(std::get<std::int64_t>(at.back())), {}};
  for (std::size_t i = 0; i + 1 < at.size(); i += 2)
    out.by.push_back(std::get<std::int64_t>(at[i]) ? std::optional(at[i + 1]) : std::nullopt);
  return out;
}

void FirstOfAll::add(Sorted one) {
  if (heap_.size() == most_) {
    if (!before_(one, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), before_);
    heap_.pop_back();
  }
  heap_.push_back(std::move(one));
  std::push_heap(heap_.begin(), heap_.end(), before_);
}
std::vector<Sorted> FirstOfAll::in_order() && {
  std::sort_heap(heap_.begin(), heap_.end(), before_);
  return std::move(heap_);
}

VersionsOfPage::VersionsOfPage(const Query& query, const storage::Snapshot& snapshot, const std::vector<Sorted>& page)
    : query_(query), snapshot_(snapshot) {
  std::vector<storage::ResourceKey> keys;
  keys.reserve(page.size());
  for (const Sorted& one : page)
    if (!query.past || !query.past->find(one.type, one.key)) keys.push_back(one.key);
  current_ = storage::versions_of(snapshot, keys, query.page_bytes);
}

std::optional<storage::Version> VersionsOfPage::take(const Sorted& one) {
  if (const auto found = current_.find(one.key); found != current_.end()) return std::move(found->second);
  const Earlier* earlier = query_.past ? query_.past->find(one.type, one.key) : nullptr;
  return earlier ? snapshot_.version(one.key, earlier->version.version) : std::nullopt;
}

void put_in_order(Found& found, Direction direction, std::optional<Mark> first, std::optional<Mark> last,
                  bool is_more) {
  if (direction == Direction::backward) {
    std::ranges::reverse(found.hits);
    std::swap(first, last);
  }
  if (direction == Direction::backward || is_more) found.next = std::move(last);
  if (direction == Direction::forward || is_more) found.previous = std::move(first);
}

Hit hit_of(fhir::TypeId type, storage::Version version) {
  return {
      version.key, version.patient, std::move(version.id), version.version, version.updated, std::move(version.bytes),
      type};
}

Hit hit_of(fhir::TypeId type, const storage::Snapshot& snapshot, const storage::RangeRows& row) {
  auto bytes = row.bytes();
  if (!bytes) bytes = snapshot.current(row.key()).value().bytes;
  return {row.key(), row.patient(), std::string(row.id()), row.version(), row.updated(), std::move(*bytes), type};
}

}  // namespace varde::search
