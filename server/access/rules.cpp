#include "server/access/rules.h"

#include <array>
#include <optional>

namespace varde::access {
namespace {

/// nullopt: no opinion.
using Rule = std::optional<Result<void>> (*)(const Principal&, const Ask&);

std::optional<Result<void>> everybody_may_do_everything(const Principal&, const Ask&) { return Result<void>(); }

constexpr std::array<Rule, 1> kRules{everybody_may_do_everything};

}  // namespace

Result<void> admit(const Principal& principal, const Ask& ask) {
  for (const Rule rule : kRules)
    if (auto opinion = rule(principal, ask)) return *opinion;
  return fail(Fault::forbidden, "Nothing allows this.");
}

}  // namespace varde::access
