#pragma once
/// @file server/storage/known_patients.h
/// The writer's memory of the patient table, bounded: whose a reading is, every write asks several times. Only patients
/// that exist are remembered. Threads: the writer's own.
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/storage/storage.h"

namespace varde::storage {

class KnownPatients {
 public:
  std::optional<PatientKey> key(std::string_view id) const;
  const std::string* id(PatientKey key) const;  ///< nullptr: not remembered
  /// Who has replaced that one, none when nobody has; nullopt: not remembered.
  std::optional<PatientKey> next(PatientKey key) const;

  void note(std::string_view id, PatientKey key);
  void note_next(PatientKey key, PatientKey next);
  /// The table is being changed: what is remembered may not stay true if that is undone.
  void changed() { uncommitted_ = true; }
  void committed() { uncommitted_ = false; }
  void undone();

 private:
  void forget();
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, PatientKey, Hash, std::equal_to<>> keys_;
  std::unordered_map<PatientKey, std::string> ids_;
  std::unordered_map<PatientKey, PatientKey> next_;
  bool uncommitted_ = false;
};

}  // namespace varde::storage
