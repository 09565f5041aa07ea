#include "server/followup/rule/rules.h"

#include <array>

namespace varde::followup::rule {

extern const Rule kPersistence, kTrend, kRelative, kHysteresis, kConfirmation;

namespace {

constexpr std::array kRules{&kPlausible, &kLimit,      &kMissing,      &kPersistence, &kTrend,
                            &kRelative,  &kHysteresis, &kConfirmation, &kScore};

}  // namespace

std::span<const Rule* const> all() { return kRules; }

const Rule* find(std::string_view code) {
  for (const auto* rule : kRules)
    if (rule->code == code) return rule;
  return nullptr;
}

}  // namespace varde::followup::rule
