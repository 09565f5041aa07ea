#pragma once
/// Search as R4 says it, slowly: every parameter's own FHIRPath over every resource, what it selects compared with what
/// is asked. No index, no rows, no keys; of the product only FHIRPath, times and the folding of texts, which are
/// decided elsewhere. Where the text of R4 leaves a choice it is the one that server/search/README.md writes down.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fhirpath/path.h"
#include "fhir-model/time/zone.h"

namespace varde::test {

struct Question {
  const fhir::SearchParameterRow* parameter = nullptr;
  std::string modifier, value;  ///< unescaped
  std::string name() const;
  std::string text() const;  ///< escaped, as a query has it
};

class SlowSearch {
 public:
  explicit SlowSearch(std::vector<fhir::Tree> resources, time::Zone zone)
      : resources_(std::move(resources)), zone_(std::move(zone)) {}

  const std::vector<fhir::Tree>& resources() const { return resources_; }
  std::vector<fhir::Element> selected(const fhir::SearchParameterRow& parameter, fhir::Element resource) const;
  /// Ids of those of the type that it fits; nullopt where this model does not know how such elements are searched.
  std::optional<std::set<std::string>> find(fhir::TypeId type, const Question& question) const;

 private:
  const fhir::Path& path(const fhir::SearchParameterRow& parameter) const;
  std::optional<bool> fits(const Question& question, fhir::Element element) const;
  std::optional<bool> fits_date(std::string_view value, fhir::Element element) const;

  std::vector<fhir::Tree> resources_;
  time::Zone zone_;
  mutable std::map<const fhir::SearchParameterRow*, fhir::Path> paths_;
};

}  // namespace varde::test
