#pragma once
/// @file server/storage/known_patients.h
/// The writer's memory of the patient table, and of what the follow-up knows of a patient, bounded: every reading that
/// comes asks for both several times. Only patients that exist are remembered. Every write asks which search parameters
/// hold, too. Threads: the writer's own.
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/storage/followup.h"
#include "server/storage/storage.h"

namespace varde::storage {

/// The rows that are a patient's, each kind in the order that is asked for.
struct Followed {
  std::vector<LimitsRow> limits;
  std::vector<EnrolmentRow> enrolments;
  std::vector<AlertRow> alerts;
};

class KnownPatients {
 public:
  std::optional<PatientKey> key(std::string_view id) const;
  const std::string* id(PatientKey key) const;  ///< nullptr: not remembered
  /// Who has replaced that one, none when nobody has; nullopt: not remembered.
  std::optional<PatientKey> next(PatientKey key) const;

  const Followed* followed(PatientKey key) const;  ///< nullptr: not remembered
  const Followed& note(PatientKey key, Followed followed);
  /// What is said of that patient is being changed.
  void forget_followed(PatientKey key);
  /// Of those for whom `concerned` is true.
  template <class Concerned>
  void forget_followed_where(Concerned&& concerned) {
    std::erase_if(followed_, [&](const auto& each) { return concerned(each.second); });
    changed();
  }

  /// The number of search_parameters.h; nullopt: not remembered.
  std::optional<std::int64_t> search_parameters() const { return search_parameters_; }
  void note_search_parameters(std::int64_t number) { search_parameters_ = number; }

  /// Whether no one Patient has that identifier; false: not remembered. Parties of messages are asked for again and
  /// again.
  bool is_nobodys(std::string_view system, std::string_view value) const;
  void note_nobodys(std::string_view system, std::string_view value);
  /// A Patient is being written.
  void forget_nobodys() { nobodys_.clear(), changed(); }

  void note(std::string_view id, PatientKey key);
  void note_next(PatientKey key, PatientKey next);
  /// The table is being changed: what is remembered may not stay true if that is undone.
  void changed() { uncommitted_ = true; }
  void committed() { uncommitted_ = false; }
  void undone();
  void forget();
  /// Others have written: which patients there are stays as it was.
  void forget_what_changes() { next_.clear(), followed_.clear(), nobodys_.clear(), search_parameters_.reset(); }
  /// Rows went that are otherwise never removed: the writer forgets all that it remembers, see take_erased.
  void erased() { forget(), changed(), erased_ = true; }
  bool take_erased() { return std::exchange(erased_, false); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, PatientKey, Hash, std::equal_to<>> keys_;
  std::unordered_map<PatientKey, std::string> ids_;
  std::unordered_map<PatientKey, PatientKey> next_;
  std::unordered_map<PatientKey, Followed> followed_;
  std::unordered_set<std::string> nobodys_;
  std::optional<std::int64_t> search_parameters_;
  bool uncommitted_ = false;
  bool erased_ = false;
};

}  // namespace varde::storage
