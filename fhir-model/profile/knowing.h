#pragma once
/// @file fhir-model/profile/knowing.h
/// What one check of a resource knows: the profiles, what it has found out about elements, and how FHIRPath asks both.
/// Not for several threads at once.
#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/profile/profiles.h"
#include "fhir-model/profile/slices.h"

namespace varde::fhir::profile {

class Run {
 public:
  explicit Run(const Profiles& profiles, Budget* budget = nullptr);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const Profiles& profiles() const { return profiles_; }
  const Knowledge& knowledge() const { return knowledge_; }
  const fhirpath::Environment& environment() const { return environment_; }

  /// nullopt: the profile is not known, or cannot be used.
  std::optional<bool> conforms(Element at, std::string_view canonical);
  /// The elements inside `at` that are in a slice of that name.
  std::optional<std::vector<Element>> members(Element at, std::string_view canonical, std::string_view slice) const;

  /// Counts work; false when all profiles together have asked for too much of it, and are to be left.
  bool spend(std::size_t steps) {
    steps_left_ -= std::min(steps, steps_left_);
    if (environment_.budget != nullptr) environment_.budget->spend(steps);
    return !is_spent();
  }
  bool is_spent() const {
    return steps_left_ == 0 || (environment_.budget != nullptr && environment_.budget->is_spent());
  }

  /// None of the codes of the element is in the value set.
  bool is_outside(Element at, std::string_view value_set) const;

 private:
  void gather(Element at, const Rule& rule, std::string_view slice, std::vector<Element>& out) const;
  const Profiles& profiles_;
  Knowledge knowledge_;
  fhirpath::Environment environment_;
  std::size_t depth_ = 0;
  std::size_t steps_left_ = 20'000'000;  ///< rules asked of elements, and steps of FHIRPath
  /// A profile that is being checked counts as met: definitions may refer to each other in a circle.
  std::map<std::tuple<const Tree*, std::uint32_t, const Profile*>, bool> met_;
};

/// For memberOf(): by the value sets that came along, then R4's own.
decltype(fhirpath::Environment::member_of) member_of(const Profiles& profiles, Budget* budget = nullptr);

}  // namespace varde::fhir::profile
