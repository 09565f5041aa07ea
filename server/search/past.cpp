#include "server/search/past.h"

#include "server/storage/search/past.h"

namespace varde::search {
namespace {

/// So many changed resources of a type are gone through for a page.
constexpr std::size_t kMostReplaced = 20'000;

}  // namespace

bool Past::is_any(fhir::TypeId type) const {
  const auto known = types_.find(type);
  return known == types_.end() ? storage::is_any_replaced_since(snapshot_, type, moment_) : !known->second.all.empty();
}

Past::OfType& Past::of(fhir::TypeId type) const {
  const auto [known, is_new] = types_.try_emplace(type);
  OfType& out = known->second;
  if (!is_new) return out;
  for (storage::Version& version : storage::replaced_since(snapshot_, type, moment_, kMostReplaced + 1)) {
    auto one = std::make_unique<Earlier>(Earlier{std::move(version), {}});
    out.by_key.emplace(one->version.key, one.get());
    out.all.push_back(std::move(one));
  }
  is_too_much_ = is_too_much_ || out.all.size() > kMostReplaced;
  return out;
}

/// A version of before is indexed by what holds now, as every stored resource is.
const Earlier* Past::read(Earlier& one) const {
  if (!one.entries.empty()) return &one;
  const auto version = snapshot_.version(one.version.key, one.version.version);
  if (!version || !snapshot_.budget().spend() || !snapshot_.budget().take(version->bytes.size())) return nullptr;
  one.entries = index_(*version);
  one.is_seen = !restriction_ || restriction_->admits(*version);
  return &one;
}

std::vector<const Earlier*> Past::all(fhir::TypeId type,
                                      const std::function<bool(storage::PatientKey)>& of_interest) const {
  std::vector<const Earlier*> out;
  for (const auto& one : of(type).all) {
    if (!of_interest(one->version.patient) || is_too_much_) continue;
    if (const Earlier* earlier = read(*one)) out.push_back(earlier);
  }
  return out;
}

const Earlier* Past::find(fhir::TypeId type, storage::ResourceKey key) const {
  OfType& known = of(type);
  const auto found = known.by_key.find(key);
  return found == known.by_key.end() ? nullptr : read(*found->second);
}

std::optional<storage::Version> Past::version(storage::ResourceKey key) const {
  return storage::version_at(snapshot_, key, moment_);
}

std::optional<storage::Version> Past::version(fhir::TypeId type, std::string_view id) const {
  const auto current = snapshot_.current(type, id);
  return current ? version(current->key) : std::nullopt;
}

Result<void> Past::within() const {
  if (!is_too_much_) return {};
  return fail(Fault::too_costly,
              "So much was changed since this search began that its next page can no longer be told as it was then. "
              "Begin the search anew.",
              "_cursor");
}

}  // namespace varde::search
