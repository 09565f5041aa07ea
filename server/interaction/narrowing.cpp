#include "server/interaction/narrowing.h"

#include <algorithm>

#include "server/search/criteria.h"
#include "server/search/stated.h"

namespace varde::interaction {
namespace {

using search::Criterion;
using search::TokenValue;
using Token = storage::IndexRows::Token;

bool is_by_tokens(const Criterion& criterion) {
  return criterion.of == Criterion::Of::rows && criterion.wanted == Criterion::Wanted::any_of && !criterion.stated &&
         criterion.targets.empty() && criterion.composites.empty() && !criterion.values.empty() &&
         std::all_of(criterion.values.begin(), criterion.values.end(), [](const search::Value& value) {
           const auto* token = std::get_if<TokenValue>(&value);
           return token && token->match == search::TextMatch::equal;
         });
}

/// As TokenValue::matches() of a stored row: by the system's text, which storage may not have seen yet.
bool matches(const TokenValue& value, const Token& row) {
  return (!value.code || row.code == *value.code) && (!value.system || row.system == *value.system);
}

bool fits(const Criterion& criterion, const Token& row) {
  return std::find(criterion.keys.begin(), criterion.keys.end(), row.parameter) != criterion.keys.end() &&
         std::any_of(criterion.values.begin(), criterion.values.end(),
                     [&](const search::Value& value) { return matches(std::get<TokenValue>(value), row); });
}

}  // namespace

Narrowing::Narrowing(fhir::TypeId type, const access::SearchParameters& only, const storage::Snapshot& snapshot,
                     storage::Instant now) {
  std::vector<storage::Condition> parts;
  for (const auto& [name, value] : only) {
    auto criterion = search::make_criterion(type, name, value, {.snapshot = snapshot, .base = {}, .now = now});
    auto stated = criterion && is_by_tokens(*criterion)
                      ? search::condition_of(*criterion, search::saying_of(type, snapshot))
                      : std::nullopt;
    if (!stated) {
      fits_nothing_ = true;
      condition_ = storage::any_of(type, {});
      return;
    }
    criteria_.push_back(std::move(*criterion));
    parts.push_back(std::move(*stated));
  }
  condition_ = storage::all_of(type, std::move(parts));
}

bool Narrowing::fits(const storage::IndexRows& rows) const {
  return !fits_nothing_ && std::all_of(criteria_.begin(), criteria_.end(), [&](const Criterion& criterion) {
    return std::any_of(rows.tokens.begin(), rows.tokens.end(),
                       [&](const Token& row) { return interaction::fits(criterion, row); });
  });
}

}  // namespace varde::interaction
