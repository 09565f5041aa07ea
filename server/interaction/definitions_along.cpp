#include "server/interaction/definitions_along.h"

#include <algorithm>
#include <deque>
#include <set>

#include "fhir-model/json/json.h"
#include "server/interaction/asking.h"
#include "server/interaction/definition_index.h"
#include "server/search/canonical.h"
#include "server/search/find.h"
#include "server/search/include.h"
#include "server/storage/keys.h"

namespace varde::interaction {
namespace {

using fhir::TypeId;
using fhir::package::Definition;
using search::Include;
using storage::EntryKind;
using storage::IndexEntry;

/// A resource whose references are followed, or who is named.
struct Source {
  TypeId type;
  std::string id;
  bool is_of_r4;
  std::vector<IndexEntry> entries;
};

class Along {
 public:
  Along(fhir::Editor bundle, const search::Query& query, const Request& request, const View& view)
      : bundle_(bundle), query_(query), request_(request), view_(view), stored_(request.base, view.zone()) {}

  Result<void> add() {
    std::vector<Source> from;
    for (const auto entry : bundle_.each("entry")) {
      const auto resource = entry["resource"];
      if (entry["search"]["mode"].value() == "outcome") continue;
      seen_.insert(name_of(resource.type(), resource["id"].value()));
      if (entry["search"]["mode"].value() == "match")
        from.push_back(source_of(resource.type(), resource["id"].value()));
    }
    for (bool again = false; !from.empty(); again = true) {
      for (const Source& one : from) FHIR_TRY(follow(one, again));
      from = std::exchange(next_, {});
    }
    return {};
  }

 private:
  static std::string name_of(TypeId type, std::string_view id) {
    return std::string(fhir::row_of(type).name) + "/" + std::string(id);
  }
  static bool is_wanted(const Include& include, TypeId type) {
    return include.target == TypeId::none || include.target == type;
  }
  static bool is_of(const Include& include, const IndexEntry& entry) {
    return std::ranges::find(include.parameter->keys, entry.parameter) != include.parameter->keys.end();
  }
  /// R4's own, unless something stored has its id.
  const Definition* of_r4(TypeId type, std::string_view id) const {
    const Definition* found = fhir::package::find(type, id);
    return found && !view_.current(type, id) ? found : nullptr;
  }
  /// Its page may show a part of it alone.
  Source source_of(TypeId type, std::string_view id) {
    if (of_r4(type, id)) {
      const auto& all = index_of(type, request_.base, view_.zone()).all();
      const auto known = std::ranges::find_if(all, [&](const auto& one) { return one.definition->id == id; });
      return {type, std::string(id), true, known->entries};
    }
    Source out{type, std::string(id), false, {}};
    if (const auto tree = view_.tree(type, id)) {
      stored_.add(tree->root(), nullptr);
      out.entries = stored_.all().back().entries;
    }
    return out;
  }

  Result<void> follow(const Source& source, bool again) {
    for (const Include& include : query_.includes) {
      FHIR_TRY(view_.budget().within());
      if (again && !include.iterates) continue;
      if (include.reverse)
        FHIR_TRY(follow_back(include, source));
      else if (include.source == source.type)
        FHIR_TRY(follow_on(include, source));
    }
    return {};
  }

  Result<void> follow_on(const Include& include, const Source& source) {
    for (const IndexEntry& entry : source.entries) {
      if (!is_of(include, entry)) continue;
      if (entry.kind == EntryKind::reference) {
        const TypeId type = storage::type_of(static_cast<storage::TypeKey>(entry.first));
        if (is_wanted(include, type)) FHIR_TRY(add_r4(of_r4(type, entry.text)));
        if (is_wanted(include, type) && source.is_of_r4) FHIR_TRY(add_stored(view_.current(type, entry.text)));
      }
      if (entry.kind != EntryKind::uri) continue;
      for (const TypeId type : include.parameter->target_types) {
        if (!is_wanted(include, type)) continue;
        const Definition* named = fhir::package::find_canonical(type, entry.text);
        FHIR_TRY(add_r4(named ? of_r4(type, named->id) : nullptr));
        if (source.is_of_r4)
          for (const auto& one : search::find_canonical(type, search::parse_canonical(entry.text), view_))
            FHIR_TRY(add_stored(view_.current(one.key)));
      }
    }
    return {};
  }

  Result<void> follow_back(const Include& include, const Source& target) {
    if (!is_wanted(include, target.type)) return {};
    storage::Candidate its;
    its.id = target.id, its.entries = target.entries;
    search::Criterion refers;
    refers.parameter = include.parameter, refers.keys = include.parameter->keys;
    for (search::ReferenceValue& value : search::canonicals_of(target.type, its)) {
      if (target.is_of_r4) FHIR_TRY(add_stored_that_name(include, value));
      refers.values.emplace_back(std::move(value));
    }
    refers.targets = {{storage::type_key(target.type), target.id}};
    storage::Candidate candidate;
    for (const KnownDefinition& known : index_of(include.source, request_.base, view_.zone()).all()) {
      if (!view_.budget().spend()) break;
      candidate.entries = known.entries;
      if (refers.matches(candidate)) FHIR_TRY(add_r4(of_r4(include.source, known.definition->id)));
    }
    return view_.budget().within();
  }

  Result<void> add_stored_that_name(const Include& include, const search::ReferenceValue& named) {
    const search::Parameters criteria{{std::string(include.parameter->code), named.url},
                                      {"_count", std::to_string(search::kMostIncluded)}};
    auto query = search::parse_query(include.source, criteria, {},
                                     {.snapshot = view_,
                                      .base = request_.base,
                                      .now = view_.now(),
                                      .restriction = view_.restriction(),
                                      .own = own_of(view_)});
    FHIR_TRY(query);
    const auto found = search::find(*query, view_, nullptr);
    FHIR_TRY(found);
    for (const search::Hit& hit : found->hits) FHIR_TRY(add_stored(view_.current(hit.key)));
    return {};
  }

  Result<void> add_r4(const Definition* definition) {
    if (!definition || !is_new(definition->type, definition->id)) return {};
    return add_entry(definition->type, definition->id, fhir::package::json(*definition));
  }
  Result<void> add_stored(const std::optional<storage::Version>& version) {
    if (!version || version->method == storage::Method::remove || !is_new(version->type, version->id)) return {};
    view_.note('R', *version);
    return add_entry(version->type, version->id, version->bytes);
  }
  bool is_new(TypeId type, std::string_view id) { return seen_.insert(name_of(type, id)).second; }

  Result<void> add_entry(TypeId type, std::string_view id, const std::string& json) {
    if (++added_ > search::kMostIncluded)
      return fail(
          Fault::too_costly,
          "More of R4's own definitions are named than go with a page. Ask for fewer at a time (_count), or name "
          "the type that is to be sent along.",
          "_include");
    const auto tree = fhir::parse_json(json, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
    if (!tree) throw std::logic_error("a definition does not parse: " + std::string(id));
    auto entry = bundle_.add("entry");
    entry.set("fullUrl", request_.base + "/" + name_of(type, id));
    entry.add_copy("resource", tree->root());
    entry.add("search").set("mode", "include");
    if (!view_.budget().take(json.size())) return view_.budget().within();
    if (std::ranges::any_of(query_.includes, &Include::iterates)) next_.push_back(source_of(type, id));
    return {};
  }

  fhir::Editor bundle_;
  const search::Query& query_;
  const Request& request_;
  const View& view_;
  DefinitionIndex stored_;  ///< holds what the entries of stored ones say
  std::set<std::string> seen_;
  std::vector<Source> next_;
  std::size_t added_ = 0;
};

}  // namespace

Result<void> add_along(fhir::Editor bundle, const search::Query& query, const Request& request, const View& view) {
  if (query.includes.empty()) return {};
  return Along(bundle, query, request, view).add();
}

}  // namespace varde::interaction
