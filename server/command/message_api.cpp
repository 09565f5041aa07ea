// The message log as operations: Communication/$message-log, $message-routes, [id]/$story. The page GET /messages shows
// the same.
#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "norway/moment.h"
#include "server/command/gateway_routes.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/messaging/effect/record.h"
#include "server/messaging/operator.h"
#include "server/operation/input.h"
#include "server/storage/messages.h"
#include "server/storage/messages/tests.h"
#include "server/storage/routes.h"

namespace varde::command {
namespace {

using interaction::Context;
using interaction::Request;
using interaction::Response;
using interaction::View;
using operation::Input;

constexpr std::size_t kRows = 50, kMostRows = 500;
constexpr std::size_t kLongestText = 1'000'000;  ///< https://hl7.org/fhir/R4/datatypes.html#string

fhir::Editor add_parameter(fhir::Editor parent, std::string_view list, std::string_view name) {
  auto made = parent.add(list);
  made.set("name", name);
  return made;
}

void put(fhir::Editor part, std::string_view name, std::string_view type, const std::string& value) {
  if (!value.empty()) add_parameter(part, "part", name).set(type, value);
}

void put(fhir::Editor part, std::string_view name, std::int64_t value) {
  add_parameter(part, "part", name).set("valueInteger", std::to_string(value));
}

void put(fhir::Editor part, std::string_view name, storage::Instant value) {
  add_parameter(part, "part", name).set("valueInstant", interaction::fhir_instant(value));
}

void put_story(fhir::Editor part, const std::string& communication) {
  if (communication.empty()) return;
  add_parameter(part, "part", "communication")
      .ensure("valueReference")
      .set("reference", "Communication/" + communication);
}

void tell(fhir::Editor part, const storage::InboxRow& row) {
  put(part, "number", row.id);
  put(part, "msg-id", "valueString", row.msg_id);
  put(part, "type", "valueString", row.type);
  put(part, "party", "valueString", row.sender_her);
  put(part, "state", "valueCode", std::string(storage::name_of(row.state)));
  put(part, "time", row.received);
  put(part, "source", "valueString", row.source);
  put(part, "apprec", "valueString", row.apprec_status);
  put(part, "detail", "valueString", row.detail);
  if (storage::inbox::follows_another(row)) put(part, "first", row.original);
  put_story(part, row.communication_id);
}

void tell(fhir::Editor part, const storage::OutboxRow& row) {
  put(part, "number", row.id);
  put(part, "msg-id", "valueString", row.msg_id);
  put(part, "type", "valueString", row.type);
  put(part, "party", "valueString", row.receiver_her);
  put(part, "state", "valueCode", std::string(storage::name_of(row.state)));
  put(part, "time", row.created);
  if (row.sent) put(part, "sent", *row.sent);
  put(part, "route", "valueString", row.route);
  put(part, "priority", "valueCode", std::string(storage::name_of(row.priority)));
  put(part, "attempts", row.attempts);
  put(part, "receipt", "valueString", row.receipt);
  put(part, "apprec", "valueString", row.apprec_status);
  put(part, "detail", "valueString", row.apprec_errors.empty() ? row.detail : row.apprec_errors);
  put(part, "in-reply-to", "valueString", row.in_reply_to);
  put_story(part, row.communication_id);
}

// --- Communication/$message-log ------------------------------------------------------------------------------------

template <class State>
std::optional<std::int64_t> state_named(std::string_view name, int count) {
  for (int i = 0; i < count; ++i)
    if (storage::name_of(static_cast<State>(i)) == name) return i;
  return std::nullopt;
}

struct Question {
  storage::MessageFilter filter;
  std::optional<std::string> state;
  bool received = true, sent = true;
  std::size_t count = kRows;
  std::int64_t before = 0;
};

Result<std::int64_t> number_of(const std::string& text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > 1'000'000'000'000)
      return fail(Fault::parameter_malformed, "before is a number of the log", "before");
    value = value * 10 + (c - '0');
  }
  return value;
}

Result<Question> question_of(const Input& input, const View& view) {
  Question asked;
  asked.filter.msg_id = input.one("msg-id");
  asked.filter.party = input.one("party");
  asked.filter.type = input.one("type");
  asked.filter.text = input.one("text");
  asked.state = input.one("state");
  if (const auto direction = input.one("direction")) {
    if (*direction != "in" && *direction != "out")
      return fail(Fault::parameter_malformed, "direction is in or out", "direction");
    asked.sent = *direction == "out", asked.received = !asked.sent;
  }
  if (input.one("patient") || input.one("patient.identifier") || !input.elements("patient.identifier").empty()) {
    const auto subject = operation::subject_of(input, view);
    FHIR_TRY(subject);
    asked.filter.patient_id = subject->id;
  }
  struct Day {
    std::string_view name;
    std::optional<storage::Instant>& into;
    bool end;
  };
  for (const auto& day : {Day{"from", asked.filter.from, false}, Day{"to", asked.filter.to, true}})
    if (const auto text = input.one(day.name)) {
      const auto moment = norway::parse_moment(*text);
      if (!moment)
        return fail(Fault::parameter_malformed, "from and to are dates or times: 2026-11-22", std::string(day.name));
      day.into = day.end ? moment->end : moment->begin;
    }
  const auto count = input.count("_count", kRows, kMostRows);
  FHIR_TRY(count);
  asked.count = *count;
  const auto before = number_of(input.one("before").value_or("0"));
  FHIR_TRY(before);
  asked.before = *before;
  return asked;
}

Result<Response> message_log(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {"msg-id", "patient", "patient.identifier", "party", "type", "state", "from",
                                           "to", "text", "direction", "_count", "before"});
  FHIR_TRY(input);
  auto asked = question_of(*input, view);
  FHIR_TRY(asked);
  auto tree = fhir::Tree::of("Parameters");
  const auto in_state = asked->state ? state_named<storage::InboxState>(*asked->state, 6) : std::nullopt;
  const auto out_state = asked->state ? state_named<storage::OutboxState>(*asked->state, 6) : std::nullopt;
  if (asked->state && !in_state && !out_state)
    return fail(Fault::parameter_malformed,
                "state is one of received, processed, refused, duplicate, unreadable, test; queued, sent, delivered, "
                "overdue, failed",
                "state");
  if (asked->received && (!asked->state || in_state)) {
    asked->filter.state = in_state;
    for (const auto& row : storage::inbox::log(view, asked->count, asked->before, asked->filter))
      tell(add_parameter(tree.edit(), "parameter", "received"), row);
  }
  if (asked->sent && (!asked->state || out_state)) {
    asked->filter.state = out_state;
    for (const auto& row : storage::outbox::log(view, asked->count, asked->before, asked->filter))
      tell(add_parameter(tree.edit(), "parameter", "sent"), row);
  }
  return interaction::answer_with(tree.root());
}

// --- Communication/[id]/$story -------------------------------------------------------------------------------------

void put_xml(fhir::Editor part, std::string_view name, const std::string& xml) {
  if (xml.size() <= kLongestText) put(part, name, "valueString", xml);
}

Result<Response> story(const Request& request, const View& view, const Context&) {
  const auto input = Input::read(request, {});
  FHIR_TRY(input);
  const auto communication = view.tree(fhir::find_resource_type("Communication"), request.id);
  if (!communication) return fail(Fault::not_found, "there is no such message");
  auto tree = fhir::Tree::of("Parameters");
  const auto rows = messaging::rows_of(view, request.id);
  if (rows.received) {
    auto part = add_parameter(tree.edit(), "parameter", "received");
    tell(part, *rows.received);
    put_xml(part, "xml", rows.received->bytes);
    put_xml(part, "apprec-xml", rows.received->apprec);
    for (const auto& again : messaging::repetitions_of(view, *rows.received))
      tell(add_parameter(tree.edit(), "parameter", "duplicate"), again);
    for (const auto& reply : messaging::answers_to(view, *rows.received, request.id))
      tell(add_parameter(tree.edit(), "parameter", "answer"), reply);
  }
  if (rows.sent) {
    auto part = add_parameter(tree.edit(), "parameter", "sent");
    tell(part, *rows.sent);
    put_xml(part, "xml", rows.sent->bytes);
  }
  for (const auto& reference : messaging::made_by(view, request.id))
    add_parameter(tree.edit(), "parameter", "made").ensure("valueReference").set("reference", reference);
  for (const auto& id : messaging::thread_of(view, request.id))
    add_parameter(tree.edit(), "parameter", "conversation")
        .ensure("valueReference")
        .set("reference", "Communication/" + id);
  return interaction::answer_with(tree.root());
}

// --- Communication/$message-routes
// -------------------------------------------------------------------------------------

Result<Response> routes(const messaging::Messaging& messaging, const Request& request, const View& view) {
  FHIR_TRY(Input::read(request, {}));
  auto tree = fhir::Tree::of("Parameters");
  for (const auto& name : messaging.route_names()) {
    auto part = add_parameter(tree.edit(), "parameter", "route");
    put(part, "name", "valueString", name);
    const auto waiting = storage::outbox::waiting(view, name);
    put(part, "waiting", waiting.count);
    if (waiting.oldest) put(part, "oldest", *waiting.oldest);
    put(part, "failures", storage::routes::failures(view, name).count);
    for (const auto& receiver : storage::outbox::receivers_waiting(view, name, kMostRows))
      if (storage::outbox::paused_until(view, name, receiver)) put(part, "paused", "valueString", receiver);
  }
  return interaction::answer_with(tree.root());
}

}  // namespace

std::vector<interaction::Route> message_log_operations(messaging::Messaging& messaging) {
  std::vector<interaction::Route> rows;
  const auto add = [&](std::string_view pattern, auto handler, std::string_view url) {
    rows.push_back({.methods = "GET POST",
                    .pattern = pattern,
                    .handler = interaction::Reader(handler),
                    .doing = interaction::Doing::operate,
                    .definition = url});
  };
  add("Communication/$message-log", message_log,
      "https://varde.example/fhir/OperationDefinition/Communication-message-log");
  add(
      "Communication/$message-routes",
      [&messaging](const Request& request, const View& view, const Context&) {
        return routes(messaging, request, view);
      },
      "https://varde.example/fhir/OperationDefinition/Communication-message-routes");
  add("Communication/{id}/$story", story, "https://varde.example/fhir/OperationDefinition/Communication-story");
  return rows;
}

}  // namespace varde::command
