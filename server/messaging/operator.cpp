#include "server/messaging/operator.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include <fmt/format.h>

#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/renewal.h"
#include "server/messaging/story.h"
#include "server/storage/messages/tests.h"

namespace varde::messaging {
namespace {

const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");
constexpr std::string_view kUrn = "urn:uuid:";
/// More than any conversation has; a circle of references ends here as well.
constexpr std::size_t kLongestThread = 500;

std::string msg_id_of(fhir::Element communication) {
  for (const auto each : communication.each("identifier"))
    if (const auto value = each["value"].value(); value.starts_with(kUrn))
      return std::string(value.substr(kUrn.size()));
  return {};
}

/// Every MsgId that the message names: its own, its parent's and its conversation's.
std::vector<std::string> named_by(fhir::Element communication) {
  std::vector<std::string> names;
  if (auto own = msg_id_of(communication); !own.empty()) names.push_back(std::move(own));
  for (const std::string_view element : {"inResponseTo", "partOf"})
    for (const auto reference : communication.each(element))
      if (const auto value = reference["identifier"]["value"].value(); value.starts_with(kUrn))
        names.emplace_back(value.substr(kUrn.size()));
  return names;
}

Result<std::string> route_of(const Settings& settings, std::string_view her_id) {
  if (her_id.empty()) return fail(Fault::required_missing, "her-id says which receiver");
  return route_to(settings.routes, her_id).name;
}

}  // namespace

Rows rows_of(const interaction::View& view, std::string_view communication_id) {
  Rows rows;
  constexpr std::string_view kReceived = "message-";
  std::int64_t number = 0;
  if (communication_id.starts_with(kReceived)) {
    const auto digits = communication_id.substr(kReceived.size());
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec == std::errc{} && read.ptr == digits.data() + digits.size())
      rows.received = storage::inbox::get(view, number);
    return rows;
  }
  const auto communication = view.tree(kCommunication, communication_id);
  if (!communication) return rows;
  auto sent = storage::outbox::by_msg_id(view, same_case(msg_id_of(communication->root())));
  if (sent && sent->communication_id == communication_id) rows.sent = std::move(sent);
  return rows;
}

std::vector<storage::InboxRow> repetitions_of(const interaction::View& view, const storage::InboxRow& first) {
  auto rows = storage::inbox::by_msg_id(view, first.msg_id);
  std::erase_if(rows,
                [&](const auto& row) { return row.original != first.id || !storage::inbox::follows_another(row); });
  return rows;
}

std::vector<storage::OutboxRow> answers_to(const interaction::View& view, const storage::InboxRow& received,
                                           std::string_view communication_id) {
  auto rows = storage::outbox::replies_to(view, received.msg_id);
  std::erase_if(rows, [&](const auto& row) { return row.communication_id != communication_id; });
  return rows;
}

Result<void> send_again(interaction::Act& act, std::int64_t outbox_id) {
  const auto row = storage::outbox::get(act, outbox_id);
  const auto story = row ? act.tree(kCommunication, row->communication_id) : std::nullopt;
  if (story && is_out_of_force(story->root()))
    return fail(Fault::business_rule,
                "Meldingen er trukket tilbake eller erstattet. | The message is taken back or replaced.");
  if (storage::outbox::send_again(act, outbox_id)) return {};
  return fail(Fault::business_rule,
              "Meldingen er i kø allerede, eller mottakeren har svart på den. | The message is queued already, or its "
              "receiver has answered it.");
}

Result<std::int64_t> replay(interaction::Act& act, std::int64_t inbox_id) {
  const auto row = storage::inbox::get(act, inbox_id);
  if (!row) return fail(Fault::not_found, "there is no such message in the log");
  if (!storage::inbox::let_come_again(act, inbox_id))
    return fail(Fault::business_rule,
                "Meldingen har hatt sin virkning, eller avsenderen har fått svar på den. | The message has had its "
                "effect, or its sender has an answer.");
  return storage::inbox::add(act, fmt::format("nr. {} på nytt", inbox_id), row->bytes);
}

Result<void> stop_receiver(interaction::Act& act, const Settings& settings, std::string_view her_id) {
  return route_of(settings, her_id).map([&](const std::string& route) { storage::outbox::stop(act, route, her_id); });
}

Result<void> start_receiver(interaction::Act& act, const Settings& settings, std::string_view her_id) {
  const auto route = route_of(settings, her_id);
  FHIR_TRY(route);
  if (storage::outbox::start(act, *route, her_id)) return {};
  return fail(Fault::business_rule, "Mottakeren er ikke stanset. | The receiver is not stopped.");
}

std::vector<std::string> thread_of(const interaction::View& view, std::string_view communication_id) {
  struct Found {
    std::string id, sent;
  };
  std::vector<Found> found;
  std::deque<std::string> waiting;
  std::vector<std::string> seen;
  const auto add = [&](fhir::Element communication) {
    const std::string id(communication["id"].value());
    if (std::ranges::any_of(found, [&](const Found& each) { return each.id == id; })) return;
    found.push_back({id, std::string(communication["sent"].value())});
    for (auto& name : named_by(communication)) waiting.push_back(std::move(name));
  };
  if (const auto first = view.tree(kCommunication, communication_id)) add(first->root());
  while (!waiting.empty() && found.size() < kLongestThread) {
    const auto msg_id = std::move(waiting.front());
    waiting.pop_front();
    if (std::ranges::find(seen, msg_id) != seen.end()) continue;
    seen.push_back(msg_id);
    for (const auto system : {names::kUri, names::kConversation})
      for (const auto key : view.by_identifier(kCommunication, system, std::string(kUrn) + same_case(msg_id)))
        if (const auto tree = view.tree(key)) add(tree->root());
  }
  std::ranges::stable_sort(found, {}, &Found::sent);
  std::vector<std::string> ids;
  ids.reserve(found.size());
  for (auto& each : found) ids.push_back(std::move(each.id));
  return ids;
}

}  // namespace varde::messaging
