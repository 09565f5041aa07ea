#include "server/storage/known_patients.h"

#include <utility>

namespace varde::storage {
namespace {

constexpr std::size_t kRemembered = 20000;

std::string one_text(std::string_view system, std::string_view value) {
  return std::string(system).append("|").append(value);
}

}  // namespace

std::optional<PatientKey> KnownPatients::key(std::string_view id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* KnownPatients::id(PatientKey key) const {
  const auto found = ids_.find(key);
  return found == ids_.end() ? nullptr : &found->second;
}

std::optional<PatientKey> KnownPatients::next(PatientKey key) const {
  const auto found = next_.find(key);
  return found == next_.end() ? std::nullopt : std::optional(found->second);
}

const Followed* KnownPatients::followed(PatientKey key) const {
  const auto found = followed_.find(key);
  return found == followed_.end() ? nullptr : &found->second;
}

const Followed& KnownPatients::note(PatientKey key, Followed followed) {
  if (followed_.size() >= kRemembered) followed_.clear();
  return followed_.insert_or_assign(key, std::move(followed)).first->second;
}

void KnownPatients::forget_followed(PatientKey key) {
  followed_.erase(key);
  changed();
}

void KnownPatients::note(std::string_view id, PatientKey key) {
  if (ids_.size() >= kRemembered) forget();
  keys_.insert_or_assign(std::string(id), key);
  ids_.insert_or_assign(key, std::string(id));
}

void KnownPatients::note_next(PatientKey key, PatientKey next) {
  if (next_.size() >= kRemembered) forget();
  next_.insert_or_assign(key, next);
}

bool KnownPatients::is_nobodys(std::string_view system, std::string_view value) const {
  return !nobodys_.empty() && nobodys_.contains(one_text(system, value));
}

void KnownPatients::note_nobodys(std::string_view system, std::string_view value) {
  constexpr std::size_t kLongest = 200;
  if (value.size() > kLongest || system.size() > kLongest) return;
  if (nobodys_.size() >= kRemembered) nobodys_.clear();
  nobodys_.insert(one_text(system, value));
}

void KnownPatients::undone() {
  nobodys_.clear();
  if (uncommitted_) forget();
}

void KnownPatients::forget() {
  keys_.clear(), ids_.clear(), next_.clear(), followed_.clear(), nobodys_.clear();
  search_parameters_.reset();
}

}  // namespace varde::storage
