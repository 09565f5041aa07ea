#pragma once
/// @file server/interaction/write.h
/// create, update and delete inside a storage transaction, as the single interactions and a Bundle's entries do them.
#include <optional>
#include <string>

#include "server/interaction/condition.h"
#include "server/interaction/store.h"

namespace varde::interaction {

struct Written {
  storage::Version version;
  int status = 200;  ///< 201 created, 200 updated or found, 204 deleted
};

/// `if_none_exist`: criteria; empty: none. One match: that one, unchanged, 200.
Result<Written> create_in(storage::Transaction&, Store&, fhir::Editor resource, std::string_view if_none_exist,
                          std::string_view base, std::optional<std::string> id = {});
Result<Written> update_in(storage::Transaction&, Store&, fhir::Editor resource, const std::string& id,
                          std::optional<std::int64_t> if_match);

}  // namespace varde::interaction
