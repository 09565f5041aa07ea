#pragma once
/// @file server/interaction/terms.h
/// The terminology that is stored here, in front of what R4 defines: a hospital may have loaded the whole of a system
/// of which the tables hold some codes. Source: https://hl7.org/fhir/R4/terminology-service.html
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/terminology/compose.h"
#include "server/interaction/act.h"
#include "server/search/concepts.h"

namespace varde::interaction {

/// The resource with that url (and version, when one is given) that was stored last; nothing when none is.
std::optional<fhir::Tree> stored_by_url(fhir::TypeId type, std::string_view url, std::string_view version,
                                        std::string_view base, const View& view);

/// Stored ValueSets, CodeSystems and ConceptMaps, read when first asked for. Lives as long as one request.
class Terms : public search::Concepts {
 public:
  Terms(const View& view, std::string_view base) : view_(view), base_(base) {}
  /// By canonical URL, with |version perhaps; the latest of several. Nowhere when none is stored.
  fhir::Element stored(std::string_view canonical);
  /// Faults: not_found, gone.
  Result<fhir::Element> stored(fhir::TypeId type, std::string_view id);
  terminology::Written written();

  Result<std::vector<search::Coded>> members(std::string_view value_set) override;
  Result<std::vector<search::Coded>> related(Direction direction, std::string_view system,
                                             std::string_view code) override;

 private:
  fhir::Element find(fhir::TypeId type, std::string_view url, std::string_view version);
  const View& view_;
  std::string_view base_;
  std::map<std::string, std::unique_ptr<fhir::Tree>, std::less<>> read_;  ///< by canonical; nullptr: none is stored
};

}  // namespace varde::interaction
