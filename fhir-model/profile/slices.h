#pragma once
/// @file fhir-model/profile/slices.h
/// Which slice an element belongs to, by the discriminators of its slicing.
/// Source: https://hl7.org/fhir/R4/profiling.html#discriminator
/// Pure; safe from any thread.
#include <functional>
#include <string_view>

#include "fhir-model/profile/profiles.h"
#include "fhir-model/profile/rule.h"

namespace varde::fhir::profile {

/// What telling slices apart needs to know beyond the rules.
struct Knowledge {
  const Profiles& profiles;
  std::function<bool(Element, std::string_view canonical)> conforms;    ///< to a profile; of an unknown one: true
  std::function<bool(Element, std::string_view value_set)> is_outside;  ///< none of its codes is in the value set
};

/// Whether every discriminator says that `member` is in `slice`. A slice that a discriminator finds nothing in has no
/// members: its profile does not say how to tell.
bool is_in_slice(Element member, const Rule& slice, const Slicing& slicing, const Knowledge& knowledge);

/// The elements that a discriminator's path leads to.
std::vector<Element> follow(Element from, const std::vector<Step>& path);
/// Whether a rule for `name` ("code", "value[x]", "valueQuantity") is about that element.
bool is_about(std::string_view name, Element element);

}  // namespace varde::fhir::profile
