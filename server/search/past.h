#pragma once
/// @file server/search/past.h
/// The moment that all pages of a search show: what was written since is passed by, and what was current then and is
/// not any more is read from the history, judged by the entries that it had, and stands where it stood.
/// Threads: of one snapshot, hence of one thread.
/// Faults: too_costly, where more was changed since than is gone through for a page.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "server/search/restriction.h"
#include "server/storage/index_entries.h"
#include "server/storage/storage.h"

namespace varde::search {

/// A version that was current at the moment.
struct Earlier {
  storage::Version version;  ///< without its bytes
  std::string entries;       ///< as they are kept beside a resource
  bool is_seen = false;      ///< whoever asks may see it
};

class Past {
 public:
  /// A version's index entries, encoded; it comes with its bytes.
  using Index = std::function<std::string(const storage::Version&)>;
  /// All outlive this; `restriction` nullptr: everything may be seen.
  Past(const storage::Snapshot& snapshot, storage::Instant moment, const Restriction* restriction, Index index)
      : snapshot_(snapshot), moment_(moment), restriction_(restriction), index_(std::move(index)) {}

  storage::Instant moment() const { return moment_; }
  bool holds(storage::Instant updated) const { return updated <= moment_; }
  bool is_any(fhir::TypeId type) const;
  /// Those of a type whose owner `of_interest` lets pass: only they are read.
  std::vector<const Earlier*> all(fhir::TypeId type, const std::function<bool(storage::PatientKey)>& of_interest) const;
  /// nullptr where it was not changed since, or did not exist then.
  const Earlier* find(fhir::TypeId type, storage::ResourceKey key) const;
  /// What was current then, with its bytes.
  std::optional<storage::Version> version(storage::ResourceKey key) const;
  std::optional<storage::Version> version(fhir::TypeId type, std::string_view id) const;

  /// Once more was changed than is gone through, what was found is not the whole.
  Result<void> within() const;

 private:
  struct OfType {
    std::vector<std::unique_ptr<Earlier>> all;
    std::unordered_map<storage::ResourceKey, Earlier*> by_key;
  };
  OfType& of(fhir::TypeId type) const;
  const Earlier* read(Earlier& one) const;

  const storage::Snapshot& snapshot_;
  const storage::Instant moment_;
  const Restriction* restriction_;
  Index index_;
  mutable std::map<fhir::TypeId, OfType> types_;
  mutable bool is_too_much_ = false;
};

}  // namespace varde::search
