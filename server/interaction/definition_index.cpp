#include "server/interaction/definition_index.h"

#include <memory>
#include <mutex>
#include <stdexcept>

#include "fhir-model/json/json.h"
#include "fhir-model/time/span.h"
#include "server/search/index.h"
#include "server/storage/keys.h"

namespace varde::interaction {
namespace {

using fhir::package::Definition;
using storage::EntryKind;
using storage::IndexEntry;

const storage::Instant kPublished = std::chrono::sys_days(std::chrono::year(2019) / 10 / 30);

}  // namespace

storage::Instant written_at(fhir::Element resource) {
  const auto span = time::read_span(resource["meta"]["lastUpdated"].value(), time::Zone::norway());
  return span ? span->begin : kPublished;
}

DefinitionIndex::DefinitionIndex(fhir::TypeId type, std::string_view base, const time::Zone& zone)
    : DefinitionIndex(base, zone) {
  fhir::package::each(fhir::package::definitions(type), [&](const Definition& one, std::string_view json) {
    const auto tree = fhir::parse_json(json, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
    if (!tree) throw std::logic_error("a definition of R4's does not parse: " + std::string(one.id));
    add(tree->root(), &one);
  });
}

void DefinitionIndex::add(fhir::Element resource, const Definition* definition) {
  storage::IndexRows rows;
  search::index(resource, base_, zone_, nullptr, search::OwnParameters(), rows);
  known_.push_back({definition, written_at(resource), {}});
  take(rows, known_.back().entries);
}

std::optional<std::int64_t> DefinitionIndex::symbol(std::string_view system) const {
  if (system.empty()) return 0;
  const auto found = symbols_.find(system);
  return found == symbols_.end() ? std::nullopt : std::optional(found->second);
}

std::int64_t DefinitionIndex::symbol_for(std::string_view system) {
  if (const auto known = symbol(system)) return *known;
  const auto next = static_cast<std::int64_t>(symbols_.size()) + 1;
  symbols_.emplace(system, next);
  return next;
}

void DefinitionIndex::take(const storage::IndexRows& rows, std::vector<IndexEntry>& out) {
  for (const auto& row : rows.tokens)
    out.push_back({EntryKind::token, row.parameter, symbol_for(row.system), row.position, keep(row.code)});
  for (const auto& row : rows.references)
    out.push_back({EntryKind::reference, row.parameter, static_cast<std::int64_t>(storage::type_key(row.type)),
                   row.position, keep(row.id)});
  for (const auto& row : rows.dates)
    out.push_back(
        {EntryKind::date, row.parameter, row.begin.time_since_epoch().count(), row.end.time_since_epoch().count()});
  for (const auto& row : rows.strings) out.push_back({EntryKind::string, row.parameter, 0, 0, keep(row.folded)});
  for (const auto& row : rows.uris) out.push_back({EntryKind::uri, row.parameter, 0, 0, keep(row.uri)});
}

const DefinitionIndex& index_of(fhir::TypeId type, std::string_view base, const time::Zone& zone) {
  static std::mutex mutex;
  static std::map<fhir::TypeId, std::unique_ptr<DefinitionIndex>> made;
  const std::scoped_lock lock(mutex);
  auto& index = made[type];
  if (!index) index = std::make_unique<DefinitionIndex>(type, base, zone);
  return *index;
}

}  // namespace varde::interaction
