#pragma once
/// @file fhir-model/validation/bundle.h
/// A Bundle's own rules (bdl-2, bdl-3, bdl-4, bdl-7, full URLs, documents), and finding its entries by full URL.
/// Source: https://hl7.org/fhir/R4/bundle.html, https://hl7.org/fhir/R4/documents.html
/// Memory and time grow with the Bundle and its references, not with their product.
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir {

/// The entries of one Bundle by fullUrl. Borrows the tree.
class Entries {
 public:
  explicit Entries(Element bundle);
  struct Named {
    std::string_view url;
    Element entry;
  };

  Element bundle() const { return bundle_; }
  std::string_view bundle_type() const { return bundle_["type"].value(); }

  /// Those that have a fullUrl, sorted by it; in document order among the same.
  std::span<const Named> by_url() const { return by_url_; }
  /// The entry that a reference inside `from` (an entry) names; nowhere when there is none.
  /// Relative references count from the entry's own fullUrl: https://hl7.org/fhir/R4/bundle.html#references
  Element find(std::string_view reference, Element from) const;

 private:
  Element bundle_;
  std::vector<Named> by_url_;
};

/// The rules about a Bundle's entries that the constraints of other files do not tell.
void check_entries(const Entries& entries, Findings& findings);

}  // namespace varde::fhir
