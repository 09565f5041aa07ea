#pragma once
/// @file fhir-model/terminology/codes.h
/// The codes of one system, whether it stands in the tables or was written as a CodeSystem resource.
/// Source: https://hl7.org/fhir/R4/codesystem.html, https://hl7.org/fhir/R4/valueset-filter-operator.html
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/terminology/terminology.h"

namespace re2 {
class RE2;
}

namespace varde::terminology {

class Codes {
 public:
  explicit Codes(SystemId known);
  explicit Codes(fhir::Element code_system);  ///< borrows the resource
  Codes(Codes&&) noexcept;
  ~Codes();

  bool all_known() const;
  Membership has(std::string_view code) const;
  std::optional<Concept> find(std::string_view code) const;
  fhir::Element source(std::string_view code) const;  ///< CodeSystem.concept; nowhere when it stands in the tables
  std::vector<Concept> all() const;                   ///< those that are known, in definition order
  /// Whether a code that the system has passes one filter; `filter` is a ValueSet.compose.include.filter.
  Membership passes(std::string_view code, fhir::Element filter);
  /// Whether `lower` is `upper` or stands below it.
  Membership is_a(std::string_view lower, std::string_view upper);

 private:
  struct Entry {
    Concept said;
    fhir::Element source;
    std::vector<std::size_t> parents, children;
  };
  using Family = std::vector<bool>;  ///< by number of entry
  void read(fhir::Element parent, std::optional<std::size_t> above);
  void link_children();
  const Entry* entry(std::string_view code) const;
  Family relatives(std::size_t of, std::vector<std::size_t> Entry::*next) const;
  /// Those at or below `upper`: worked out once, since a filter asks it of every code.
  const Family& family_of(std::size_t upper);
  Membership matches(const std::vector<std::string_view>& values, std::string_view pattern);
  std::vector<std::string_view> values_of(std::string_view code, std::string_view property) const;

  SystemId known_ = SystemId::none;
  fhir::Element resource_;
  std::vector<Entry> entries_;
  std::map<std::string_view, std::size_t> by_code_;
  std::map<std::size_t, Family> families_;
  std::map<std::string_view, Family> above_;                              ///< at or above a code, by the code
  std::map<std::string_view, std::unique_ptr<const re2::RE2>> patterns_;  ///< by their text, compiled once
  std::uint64_t pattern_work_ = 0;
};

}  // namespace varde::terminology
