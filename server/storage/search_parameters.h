#pragma once
/// @file server/storage/search_parameters.h
/// Search parameters beside those of R4 that the index holds, and how far stored resources are indexed by them. Who
/// changes a row and who reads it is said to nobody here: server/search/own_parameters.h, server/interaction/indexer.h.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

struct ParameterRow {
  enum class State : std::uint8_t { indexed, used, leaving };  ///< indexed: being so; leaving: its rows are going
  fhir::TypeId type = fhir::TypeId::none;
  std::string code;
  State state = State::indexed;
  std::string kind, expression;  ///< as the SearchParameter has them
  std::string targets = {};      ///< of a reference: types, blank between
  std::string resource = {};     ///< id of the SearchParameter; empty: R4's own, until it is indexed anew
  std::string url = {};
};

/// A type whose resources are being indexed anew.
struct Reindexing {
  fhir::TypeId type = fhir::TypeId::none;
  std::string after;                       ///< the id up to which it is done
  ResourceKey newest = ResourceKey::none;  ///< resources that came later are indexed by the new rules already
  std::int64_t done = 0;                   ///< resources
  bool operator==(const Reindexing&) const = default;
};

namespace search_parameters {
/// Another one after every change; 0: nobody ever changed anything. A writer remembers it.
std::int64_t number(const Snapshot&);
std::vector<ParameterRow> all(const Snapshot&);   ///< by type and code
void put(Transaction&, const ParameterRow& row);  ///< replaces that of the same type and code

/// The type's resources are to be indexed anew, all of those stored so far.
void begin(Transaction&, fhir::TypeId type);
std::vector<Reindexing> unfinished(const Snapshot&);
/// Resources of the type that are not deleted, by id from behind `after`: id and key; at most `count`, of which those
/// that need it not are left out. `last`: the id up to which was looked, empty where nothing is left.
std::vector<std::pair<std::string, ResourceKey>> next(const Snapshot&, const Reindexing& of, std::size_t count,
                                                      std::string& last);
void advance(Transaction&, const Reindexing& to);
/// Nothing of the type is left to do: what was being indexed is in use, what was leaving is gone.
void finish(Transaction&, fhir::TypeId type);

/// "code=hash …" of each type, by type.
std::vector<std::pair<fhir::TypeId, std::string>> indexed_by(const Snapshot&);
void set_indexed_by(Transaction&, fhir::TypeId type, std::string_view parameters);
}  // namespace search_parameters

}  // namespace varde::storage
