#pragma once
/// @file server/storage/known_resources.h
/// The writer's memory of current versions, where asking the engine costs a way to a server and back: of those that it
/// read, as long as nobody else writes; of those that the job at work has written, or has not found, as long as that
/// job lasts. Bounded. Threads: the writer's own.
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "server/storage/storage.h"

namespace varde::storage {

class KnownResources {
 public:
  /// nullptr: not known; what it points to is nullopt where nothing is there.
  const std::optional<Version>* find(fhir::TypeId type, std::string_view id) const;
  const std::optional<Version>* find(ResourceKey key) const;

  void note_read(const Version& version);
  void note_absent(fhir::TypeId type, std::string_view id);
  /// `version` as it is there now, whose and under which key the store has decided. What is large is asked for again.
  void note_written(const Version& version, ResourceKey key, PatientKey patient);
  void end_of_job() { of_job_.clear(); }
  void forget();

 private:
  struct Before {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return std::tuple(a.first, std::string_view(a.second)) < std::tuple(b.first, std::string_view(b.second));
    }
  };
  /// By type and id, and from the key of those that are there to them.
  struct Versions {
    std::map<std::pair<fhir::TypeId, std::string>, std::optional<Version>, Before> by_id;
    std::unordered_map<ResourceKey, const std::optional<Version>*> by_key;
    void put(const Version& version);
    void erase(const Version& version);
    void clear() { by_key.clear(), by_id.clear(); }
  };

  Versions lasting_, of_job_;
  std::size_t bytes_ = 0;  ///< that were put into lasting_
};

}  // namespace varde::storage
