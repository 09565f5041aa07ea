#include "server/storage/known_resources.h"

namespace varde::storage {
namespace {

constexpr std::size_t kLongest = std::size_t{8} << 10, kMost = std::size_t{16} << 20;  // bytes of one, of all
constexpr std::size_t kRow = 300;                                                      // beside its bytes

}  // namespace

void KnownResources::Versions::put(const Version& version) {
  auto& there = by_id[{version.type, version.id}];
  there = version;
  by_key[version.key] = &there;
}

void KnownResources::Versions::erase(const Version& version) {
  by_key.erase(version.key);
  by_id.erase({version.type, version.id});
}

const std::optional<Version>* KnownResources::find(fhir::TypeId type, std::string_view id) const {
  const std::pair<fhir::TypeId, std::string_view> place(type, id);
  for (const Versions* each : {&of_job_, &lasting_})
    if (const auto found = each->by_id.find(place); found != each->by_id.end()) return &found->second;
  return nullptr;
}

const std::optional<Version>* KnownResources::find(ResourceKey key) const {
  for (const Versions* each : {&of_job_, &lasting_})
    if (const auto found = each->by_key.find(key); found != each->by_key.end()) return found->second;
  return nullptr;
}

void KnownResources::note_read(const Version& version) {
  if (version.bytes.size() > kLongest) return;
  if (bytes_ > kMost) lasting_.clear(), bytes_ = 0;
  lasting_.put(version);
  bytes_ += version.bytes.size() + kRow;
}

void KnownResources::note_absent(fhir::TypeId type, std::string_view id) {
  of_job_.by_id[{type, std::string(id)}] = std::nullopt;
}

void KnownResources::note_written(const Version& version, ResourceKey key, PatientKey patient) {
  Version stored{key, patient, version.type, version.id, version.version, version.updated, version.method, {}};
  lasting_.erase(stored);
  if (version.bytes.size() > kLongest) return of_job_.erase(stored);
  stored.bytes = version.bytes;
  of_job_.put(stored);
}

void KnownResources::forget() { lasting_.clear(), of_job_.clear(), bytes_ = 0; }

}  // namespace varde::storage
