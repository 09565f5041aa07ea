#pragma once
/// @file server/interaction/context.h
/// What a handler may use besides the request and its View or Act. Wired once; handlers keep nothing between requests.
#include <cstddef>
#include <string>
#include <vector>

#include "fhir-model/profile/profiles.h"
#include "server/interaction/store.h"
#include "server/search/cursor.h"
#include "server/storage/storage.h"

namespace varde::interaction {

struct Limits {
  std::size_t default_count = 20;                 ///< resources on a page when the client does not say
  std::size_t longest_page = 1000;                ///< what _count is capped to
  std::size_t page_bytes = std::size_t{8} << 20;  ///< of resources on a page; it ends after the first beyond
  std::size_t longest_link = 8u << 10;            ///< the rim takes no longer URL
  std::size_t most_deleted = 1;                   ///< by one conditional delete; more than one where set so
  Allowance request = {};                         ///< what answering one request may cost
};

/// A profile that this server knows and holds resources to when asked, for the CapabilityStatement.
struct SupportedProfile {
  fhir::TypeId type;
  std::string url;
};

struct Context {
  const Store& store;
  const search::CursorKey& cursor_key;  ///< seals the `next` links
  const fhir::Profiles& profiles;
  Limits limits = {};
  std::vector<SupportedProfile> supported_profiles = {};
  /// Where logins are asked for: what clients are told of it, JSON (access/discovery.h). Empty: nobody has to log in.
  std::string smart_configuration = {}, security = {};
  Auditor* auditor = nullptr;  ///< who is told what was seen and done; nullptr: nobody
};

}  // namespace varde::interaction
