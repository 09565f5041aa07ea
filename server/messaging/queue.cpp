#include "server/messaging/queue.h"

#include <algorithm>

#include "norway/her_id.h"
#include "server/messaging/party.h"

namespace varde::messaging {
namespace {

bool has_her_id(const mappings::Party& party, std::string_view her_id) {
  const auto wanted = norway::plain_her_id(her_id);
  for (const auto* ids : {&party.organisation_ids, &party.department_ids, &party.person_ids})
    for (const auto& id : *ids)
      if (id.type == "HER" && norway::plain_her_id(id.value) == wanted) return true;
  return false;
}

}  // namespace

void enqueue(interaction::Act& act, const Settings& settings, storage::OutboxRow row,
             const std::vector<std::string>& copy_receivers) {
  const auto deadline = act.now() + settings.apprec_deadline;
  if (row.route.empty()) row.route = route_to(settings.routes, row.receiver_her).name;
  const auto first = storage::outbox::add(act, row, deadline);
  row.copy_of = first;
  for (const auto& her_id : copy_receivers) {
    row.receiver_her = her_id;
    row.route = route_to(settings.routes, her_id).name;
    storage::outbox::add(act, row, deadline);
  }
}

std::vector<std::string> copy_receivers_of(const mappings::Message& message) {
  std::vector<std::string> her_ids;
  for (const auto& copy : message.copy_receivers)
    if (auto her_id = her_id_of(copy);
        !her_id.empty() && her_id != her_id_of(message.receiver) && std::ranges::find(her_ids, her_id) == her_ids.end())
      her_ids.push_back(std::move(her_id));
  return her_ids;
}

std::optional<storage::OutboxRow> sent_to(const interaction::View& view, const storage::OutboxRow& sent,
                                          const mappings::Party& party) {
  auto copies = storage::outbox::copies(view, sent.id);
  // The innermost HER-id is the party's own; those above it may be another receiver's.
  for (auto& copy : copies)
    if (copy.receiver_her == her_id_of(party)) return std::move(copy);
  if (has_her_id(party, sent.receiver_her)) return sent;
  for (auto& copy : copies)
    if (has_her_id(party, copy.receiver_her)) return std::move(copy);
  const auto message = mappings::read_message(sent.bytes);
  if (is_same_party(party, message.receiver)) return sent;
  for (const auto& each : message.copy_receivers) {
    if (!is_same_party(party, each)) continue;
    for (auto& copy : copies)
      if (has_her_id(each, copy.receiver_her)) return std::move(copy);
    return sent;  // who has no HER-id has no delivery of its own
  }
  return std::nullopt;
}

}  // namespace varde::messaging
