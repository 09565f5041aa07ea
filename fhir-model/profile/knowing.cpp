#include "fhir-model/profile/knowing.h"

#include <algorithm>

#include "fhir-model/profile/holding.h"

namespace varde::fhir::profile {
namespace {

constexpr std::size_t kDeepest = 64;  // of profiles within profiles

bool has_slice(const Rule& rule, std::string_view slice) {
  const auto has = [&](const Rule& below) { return below.slice == slice || has_slice(below, slice); };
  return std::ranges::any_of(rule.children, has) || std::ranges::any_of(rule.slices, has);
}

}  // namespace

decltype(fhirpath::Environment::member_of) member_of(const Profiles& profiles, Budget* budget) {
  return [&profiles, budget](std::string_view set, std::string_view system, std::string_view code) {
    const terminology::Membership found = profiles.value_sets().member(set, system, code, budget);
    return found == terminology::Membership::unknown ? std::nullopt
                                                     : std::optional(found == terminology::Membership::in);
  };
}

Run::Run(const Profiles& profiles, Budget* budget)
    : profiles_(profiles),
      knowledge_{profiles, [this](Element at, std::string_view canonical) { return conforms(at, canonical) != false; },
                 [this](Element at, std::string_view value_set) { return is_outside(at, value_set); }} {
  environment_.as_of_many = fhirpath::AsOfMany::filter;
  environment_.conforms_to = [this](Element at, std::string_view canonical) { return conforms(at, canonical); };
  environment_.member_of = member_of(profiles, budget);
  environment_.steps_left = &steps_left_;
  environment_.budget = budget;
  environment_.slice = [this](Element at, std::string_view canonical, std::string_view slice) {
    return members(at, canonical, slice);
  };
}

std::optional<bool> Run::conforms(Element at, std::string_view canonical) {
  if (const TypeId base = base_type(canonical); base != TypeId::none) return derives_from(at.type(), base);
  const auto found = profiles_.find(canonical);
  if (!found || !*found) return std::nullopt;
  const Profile& profile = **found;
  if (!derives_from(at.type(), profile.type)) return false;
  if (depth_ >= kDeepest) return std::nullopt;
  const auto [answer, first] = met_.emplace(std::tuple(at.tree(), at.node(), &profile), true);
  if (!first) return answer->second;
  ++depth_;
  const bool met = hold(*this, at, profile.root);
  --depth_;
  return answer->second = met;
}

std::optional<std::vector<Element>> Run::members(Element at, std::string_view canonical, std::string_view slice) const {
  const auto found = profiles_.find(canonical);
  if (!found || !*found || !has_slice((*found)->root, slice)) return std::nullopt;
  std::vector<Element> out;
  gather(at, (*found)->root, slice, out);
  return out;
}

void Run::gather(Element at, const Rule& rule, std::string_view slice, std::vector<Element>& out) const {
  for (const Rule& child : rule.children)
    for (const Element one : at.children()) {
      if (!is_about(child.name, one)) continue;
      for (const Rule& candidate : child.slices)
        if (candidate.slice == slice && child.slicing && is_in_slice(one, candidate, *child.slicing, knowledge_))
          out.push_back(one);
      gather(one, child, slice, out);
    }
}

bool Run::is_outside(Element at, std::string_view value_set) const {
  return profiles_.value_sets().member(value_set, at, environment_.budget) == terminology::Membership::out;
}

}  // namespace varde::fhir::profile
