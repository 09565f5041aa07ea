#pragma once
/// @file server/interaction/links.h
/// What names an entry of the same Bundle, in a resource or in a condition, replaced by where it stands on this server.
/// Source: https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/bundle.html#references
/// Faults: reference_unresolved.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/request.h"

namespace varde::interaction {

/// Where the fullUrls of a Bundle lead.
class FullUrls {
 public:
  /// An entry that will have a place here, which is not known yet.
  void declare(std::string_view full_url);
  /// `version`: the one that the Bundle makes of it, or finds.
  void lead(std::string_view full_url, std::string place, std::int64_t version);

  enum class Knows : std::uint8_t { nothing, not_yet, place };
  struct Found {
    Knows knows = Knows::nothing;
    std::string place = {};  ///< "Patient/1", or "Patient/1/_history/2" for a link to a version
  };
  /// What `link` means inside the entry with the fullUrl `from`, by which relative links count.
  Found find(std::string_view link, std::string_view from) const;

 private:
  struct Place {
    bool known = false;
    std::string text = {};
    std::int64_t version = 0;
  };
  std::map<std::string, Place, std::less<>> places_;
};

/// The conditional reference that a text is: "Patient?identifier=http://example.org|1".
struct ConditionalReference {
  fhir::TypeId type;
  Parameters criteria;
};
std::optional<ConditionalReference> conditional_reference(std::string_view text);

/// References, uri, url, oid and uuid elements and the links of narratives; canonicals are names, and stay. The nodes
/// of conditional references, whose criteria are left as they were sent. Faults: a urn: reference that names no entry.
/// An entry that has no place yet counts as none.
Result<std::vector<std::uint32_t>> replace_links(fhir::Tree& resource, std::string_view from, const FullUrls& urls);

/// The same for search criteria, where a reference parameter's value may name an entry.
/// Nothing: an entry has no place yet. Faults: a urn: reference that names no entry.
Result<std::optional<Parameters>> replace_links(fhir::TypeId type, Parameters criteria, std::string_view from,
                                                const FullUrls& urls);

}  // namespace varde::interaction
