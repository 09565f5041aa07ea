#include <algorithm>
#include <array>

#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

constexpr std::array kKinds{&kNumber, &kDate, &kString, &kToken, &kReference, &kComposite, &kQuantity, &kUri, &kNear};

}  // namespace

const Kind* find_kind(fhir::SearchKind kind) {
  const auto found = std::ranges::find(kKinds, kind, &Kind::kind);
  return found == kKinds.end() ? nullptr : *found;
}

// What is `special` is each a kind of its own.
const Kind& kind_of(const Parameter& parameter) {
  return parameter.kind == fhir::SearchKind::special && parameter.code != "near" ? kWords : *find_kind(parameter.kind);
}

bool is_supported(fhir::SearchKind kind) { return find_kind(kind) != nullptr; }

std::string restored(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, kEscapedBar, '|');
  std::ranges::replace(out, kEscapedDollar, '$');
  return out;
}

}  // namespace varde::search
