#include "server/storage/messages/filter.h"

#include <array>
#include <limits>
#include <stdexcept>

#include "fhir-model/text/lower.h"

namespace varde::storage {
namespace {

constexpr std::array<std::string_view, 6> kInboxStates{"received",  "processed",  "refused",
                                                       "duplicate", "unreadable", "test"};
constexpr std::array<std::string_view, 6> kOutboxStates{"queued", "sent", "delivered", "refused", "overdue", "failed"};

constexpr std::array<std::string_view, 3> kPriorities{"urgent", "receipt", "routine"};

}  // namespace

std::string_view name_of(InboxState state) { return kInboxStates.at(static_cast<std::size_t>(state)); }
std::string_view name_of(OutboxState state) { return kOutboxStates.at(static_cast<std::size_t>(state)); }

std::string_view name_of(Priority priority) { return kPriorities.at(static_cast<std::size_t>(priority)); }

namespace messages {

std::int64_t below(std::int64_t before) { return before == 0 ? std::numeric_limits<std::int64_t>::max() : before; }

void changed_one(std::int64_t changes) {
  if (changes != 1) throw std::logic_error("no such message");
}

std::optional<std::int64_t> patient_of(const Snapshot& snapshot, const MessageFilter& filter) {
  if (!filter.patient_id) return std::nullopt;
  const auto key = snapshot.patient_key(*filter.patient_id);
  return key == PatientKey::none ? -1 : static_cast<std::int64_t>(key);
}

std::optional<std::string> pattern_of(const MessageFilter& filter) {
  if (!filter.text) return std::nullopt;
  std::string pattern = "%";
  for (const char c : *filter.text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += fhir::text::lower_ascii(c);
  }
  return pattern + "%";
}

Waiting waiting(sql::Rows rows) {
  rows.next();
  return {rows.integer(0), rows.is_null(1) ? std::nullopt : std::optional(rows.instant(1))};
}

}  // namespace messages
}  // namespace varde::storage
