#pragma once
/// @file fhir-model/profile/value_sets.h
/// Value sets and code systems that come along with profiles. What is not among them is asked of
/// fhir-model/terminology. Threads: add() first; then any thread may ask. Nothing is fetched: what would need that is
/// `unknown`.
#include <map>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "fhir-model/terminology/terminology.h"

namespace varde::fhir::profile {

class ValueSets {
 public:
  /// A ValueSet or CodeSystem with a url; other resources are passed over.
  void add(Element resource);

  /// Of a code without its system (an element of type code): in any system of the set.
  terminology::Membership member(std::string_view value_set, std::string_view system, std::string_view code,
                                 Budget* budget = nullptr) const;
  /// Of a code, Coding, Quantity or CodeableConcept: the best that any of its codings has.
  terminology::Membership member(std::string_view value_set, Element coded, Budget* budget = nullptr) const;

 private:
  Element find(std::string_view canonical) const;
  std::map<std::string, Tree, std::less<>> by_url_;
};

}  // namespace varde::fhir::profile
