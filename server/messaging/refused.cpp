#include "server/messaging/refused.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "mappings/message.h"
#include "server/messaging/reception.h"
#include "server/storage/erasure.h"
#include "server/storage/messages.h"
#include "server/storage/retention.h"

namespace varde::messaging {
namespace {

constexpr std::size_t kPage = 256, kPageBytes = 16u << 20;
constexpr std::size_t kDigits = 11;  // of an identity number
constexpr std::array kStates{storage::InboxState::refused, storage::InboxState::unreadable,
                             storage::InboxState::duplicate};

fhir::TypeId communication() { return fhir::find_resource_type("Communication"); }

bool holds(const std::vector<std::string>& numbers, std::string_view text) {
  return std::ranges::find(numbers, text) != numbers.end();
}

bool names(std::string_view bytes, const std::vector<std::string>& numbers) {
  const bool holds_one =
      std::ranges::any_of(numbers, [&](const auto& number) { return bytes.find(number) != bytes.npos; });
  // Of an encoding that does not write digits as ASCII does (UTF-16, EBCDIC) only the reading tells.
  const bool is_ascii = bytes.find('\0') == bytes.npos && bytes.find('<') != bytes.npos;
  if (!holds_one && is_ascii) return false;
  const auto message = mappings::read_message(bytes);
  if (!message.patient || message.patient->ids.empty()) return holds_one;
  return std::ranges::any_of(message.patient->ids, [&](const auto& id) { return holds(numbers, id.value); });
}

/// A repetition goes with the story of the first.
bool is_anothers(const interaction::View& view, const storage::InboxRow& row, storage::PatientKey patient) {
  if (row.state != storage::InboxState::duplicate) return true;
  const auto told = view.current(communication(), row.communication_id);
  return has_used_id(row) && (!told || told->patient != patient);
}

}  // namespace

std::vector<std::string> identity_numbers(const interaction::View& view, storage::PatientKey patient) {
  std::vector<std::string> out;
  const auto tree = view.tree(fhir::find_resource_type("Patient"), view.patient_id(patient));
  if (!tree) return out;
  for (const auto identifier : tree->root().each("identifier"))
    if (const auto value = identifier["value"].value();
        value.size() == kDigits && value.find_first_not_of("0123456789") == value.npos)
      out.emplace_back(value);
  return out;
}

std::vector<std::int64_t> refused_about(const interaction::View& view, storage::PatientKey patient) {
  std::vector<std::int64_t> found;
  const auto numbers = identity_numbers(view, patient);
  if (numbers.empty()) return found;
  for (const auto state : kStates) {
    std::int64_t after = 0;
    for (bool more = true; more;) {
      const auto rows = storage::inbox::in_state(view, state, kPage, after, kPageBytes);
      for (const auto& row : rows)
        if (is_anothers(view, row, patient) && names(row.bytes, numbers)) found.push_back(row.id);
      more = !rows.empty();
      if (more) after = rows.back().id;
    }
  }
  std::ranges::sort(found);
  return found;
}

Result<void> erase_refused(interaction::Act& act, const std::vector<std::int64_t>& refused) {
  for (const auto id : refused) {
    storage::erasure::erase_received(act, id);
    const auto told = act.current(communication(), communication_id_of(id));
    if (!told) continue;
    FHIR_TRY(act.remove(communication(), told->id));
    storage::retention::purge(act, communication(), {told->key, told->patient, told->id, told->version, true});
  }
  return {};
}

}  // namespace varde::messaging
