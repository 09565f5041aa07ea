#pragma once
/// @file server/storage/changes.h
/// What was written, version by version, by time: of one resource, of a type, or of everything.
/// Source: https://hl7.org/fhir/R4/http.html#history
/// Units:  UTC microseconds, half-open. Spends from the snapshot's budget.
#include <optional>
#include <vector>

#include "server/storage/storage.h"

namespace varde::storage {

struct Changes {
  fhir::TypeId type = fhir::TypeId::none;              ///< none: every type
  ResourceKey resource = ResourceKey::none;            ///< this one alone
  Instant from = Instant::min(), to = Instant::max();  ///< written in
  /// Only what was still current after this moment: with `to`, what was current at some time between the two.
  std::optional<Instant> current_after = {};
  enum class Order : std::uint8_t { newest_first, oldest_first } order = Order::newest_first;

  /// Where a page ended; the next begins behind it.
  struct Place {
    Instant updated;
    ResourceKey resource;
    std::int64_t version;
  };
  std::optional<Place> behind = {};
};

struct ChangesPage {
  std::vector<Version> versions;
  bool more = false;  ///< others follow
};
/// At most `count`, and no more after `most_bytes` are exceeded.
ChangesPage changes(const Snapshot&, const Changes&, std::size_t count, std::size_t most_bytes);
/// How many there are, wherever a page began.
std::int64_t count_changes(const Snapshot&, const Changes&);

}  // namespace varde::storage
