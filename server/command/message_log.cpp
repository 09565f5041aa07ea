// GET /messages: what came in and went out, newest first; ?received=N and ?sent=N give the bytes as they were,
// ?failures=N says what is wrong with them, ?story=ID all of one message. POST /messages: the page's form, a search or
// something to be done.
#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "mappings/message.h"
#include "norway/moment.h"
#include "server/command/gateway_routes.h"
#include "server/command/message_page.h"
#include "server/command/message_story.h"
#include "server/interaction/person.h"
#include "server/interaction/text.h"
#include "server/messaging/effect/effect.h"
#include "server/messaging/effect/record.h"
#include "server/messaging/operator.h"
#include "server/storage/messages.h"

namespace varde::command {
namespace {

using interaction::Request;
using interaction::Response;

constexpr std::size_t kRows = 100;

Response html(std::string body) {
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  return response;
}

Result<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > 1'000'000'000'000)
      return fail(Fault::parameter_malformed, "must be a number of the log");
    value = value * 10 + (c - '0');
  }
  return value;
}

// --- what is asked for
template <auto Member>
Result<void> take_text(LogQuery& query, std::string_view value) {
  query.*Member = value;
  return {};
}
template <auto Member>
Result<void> take_number(LogQuery& query, std::string_view value) {
  return number(value).map([&](std::int64_t parsed) { query.*Member = parsed; });
}

struct FieldRow {
  std::string_view name;
  Result<void> (*take)(LogQuery&, std::string_view);
};
constexpr std::array kFields{
    FieldRow{"msgid", take_text<&LogQuery::msg_id>},
    FieldRow{"patient", take_text<&LogQuery::patient>},
    FieldRow{"party", take_text<&LogQuery::party>},
    FieldRow{"type", take_text<&LogQuery::type>},
    FieldRow{"text", take_text<&LogQuery::text>},
    FieldRow{"received-state", take_text<&LogQuery::received_state>},
    FieldRow{"sent-state", take_text<&LogQuery::sent_state>},
    FieldRow{"from", take_text<&LogQuery::from>},
    FieldRow{"to", take_text<&LogQuery::to>},
    FieldRow{"received-before", take_number<&LogQuery::received_before>},
    FieldRow{"sent-before", take_number<&LogQuery::sent_before>},
};

/// Patient.id of an id or a national identity number; empty when nobody here has it.
std::string patient_of(const interaction::View& view, const std::string& text) {
  if (const auto person = interaction::person_with_number(view, text);
      person.patient && view.current(person.patient->key))
    return person.patient->id;
  return view.patient_key(text) == storage::PatientKey::none ? std::string() : text;
}

Result<std::optional<std::int64_t>> state_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return number(text).map([](std::int64_t value) { return std::optional(value); });
}

Result<storage::MessageFilter> filter_of(const LogQuery& query, const interaction::View& view) {
  const auto given = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
  storage::MessageFilter filter{given(query.msg_id), given(query.party), given(query.type), {}, {}, {}, {},
                                given(query.text)};
  if (!query.patient.empty()) filter.patient_id = patient_of(view, query.patient);
  for (const auto& [text, into, end] : {std::tuple(&query.from, &filter.from, false), {&query.to, &filter.to, true}}) {
    if (text->empty()) continue;
    const auto day = norway::parse_moment(*text);
    if (!day) return fail(Fault::parameter_malformed, "from and to are dates: 2026-11-22");
    *into = end ? day->end : day->begin;
  }
  return filter;
}

/// It was taken, and nobody knows whose it is: until somebody says that, it does nothing.
bool waits_for_a_person(const interaction::View& view, const storage::InboxRow& row) {
  static const auto kCommunication = fhir::find_resource_type("Communication");
  if (row.state != storage::InboxState::processed || row.communication_id.empty() || !messaging::has_effect(row.type))
    return false;
  const auto story = view.current(kCommunication, row.communication_id);
  return story && story->method != storage::Method::remove && story->patient == storage::PatientKey::none;
}

Result<Response> page(const interaction::View& view, LogQuery query, std::string told = {}) {
  auto filter = filter_of(query, view);
  const auto received_state = state_of(query.received_state), sent_state = state_of(query.sent_state);
  FHIR_TRY(filter);
  if (!received_state || !sent_state) return fail(Fault::parameter_malformed, "a state is a number of the form");
  LogPage out{.query = std::move(query), .received = {}, .sent = {}, .told = std::move(told)};
  filter->state = *received_state;
  out.received = storage::inbox::log(view, kRows + 1, out.query.received_before, *filter);
  filter->state = *sent_state;
  out.sent = storage::outbox::log(view, kRows + 1, out.query.sent_before, *filter);
  for (const auto& row : out.received)
    if (waits_for_a_person(view, row)) out.waiting.insert(row.id);
  out.more_received = out.received.size() > kRows, out.more_sent = out.sent.size() > kRows;
  out.received.resize(std::min(out.received.size(), kRows)), out.sent.resize(std::min(out.sent.size(), kRows));
  return html(log_page(out));
}

Result<LogQuery> query_of(const interaction::Parameters& parameters) {
  LogQuery query;
  for (const auto& [name, value] : parameters) {
    const auto row = std::ranges::find(kFields, name, &FieldRow::name);
    if (row == kFields.end())
      return fail(Fault::parameter_unknown,
                  "the message log knows received, sent, failures, story and the fields of its form");
    FHIR_TRY(row->take(query, value));
  }
  return query;
}

// --- one message
Result<Response> raw(std::optional<std::string> bytes) {
  if (!bytes) return fail(Fault::not_found, "there is no such message in the log");
  Response response;
  response.content_type = "text/plain; charset=utf-8";  // whatever somebody sent us: never run by a browser
  response.body = std::move(*bytes);
  return response;
}

template <class Row>
std::optional<std::string> bytes_of(std::optional<Row> row) {
  return row ? std::optional(std::move(row->bytes)) : std::nullopt;
}

Result<Response> failures(const interaction::View& view, std::int64_t id) {
  const auto row = storage::inbox::get(view, id);
  if (!row) return fail(Fault::not_found, "there is no such message in the log");
  return html(failures_page(id, mappings::read_message(row->bytes).failures));
}

/// The whole of it: what the operation $story tells, for people.
Result<Response> story(const interaction::View& view, const std::string& id, std::string_view fhir_base) {
  static const auto kCommunication = fhir::find_resource_type("Communication");
  if (!view.tree(kCommunication, id)) return fail(Fault::not_found, "there is no such message");
  StoryPage page{id, messaging::rows_of(view, id), {}, {}, messaging::made_by(view, id), {}};
  if (const auto& received = page.rows.received) {
    page.duplicates = messaging::repetitions_of(view, *received);
    page.answers = messaging::answers_to(view, *received, id);
  }
  if (const auto& sent = page.rows.sent) page.copies = storage::outbox::copies(view, sent->id);
  for (auto& other : messaging::thread_of(view, id)) {
    const auto told = view.tree(kCommunication, other);
    if (!told) continue;
    page.conversation.push_back({std::move(other), std::string(told->root()["category"]["coding"]["code"].value()),
                                 std::string(told->root()["sent"].value()),
                                 std::string(told->root()["statusReason"]["text"].value())});
  }
  return html(story_page(page, fhir_base));
}

Result<Response> show(const interaction::Repository& repository, const Request& request) {
  return repository.read([&](const interaction::View& view) -> Result<Response> {
    if (request.query.size() == 1) {
      const auto& [name, value] = request.query[0];
      const bool one = name == "received" || name == "sent" || name == "failures";
      const auto id = one ? number(value) : Result<std::int64_t>(0);
      FHIR_TRY(id);
      if (name == "story") return story(view, value, request.base);
      if (name == "received") return raw(bytes_of(storage::inbox::get(view, *id)));
      if (name == "sent") return raw(bytes_of(storage::outbox::get(view, *id)));
      if (name == "failures") return failures(view, *id);
    }
    if (std::ranges::count(request.query, "patient", [](const auto& each) { return each.first; }) > 0)
      return fail(Fault::parameter_unknown, "whom a search is about goes by the form, never in an address");
    return query_of(request.query).and_then([&](LogQuery query) { return page(view, std::move(query)); });
  });
}

// --- something to be done
struct Ordered {
  interaction::Act& act;
  std::int64_t id;
  std::string patient;  ///< an id or a national identity number, as it was written
  const LinkMessage& link_message;
};

Result<std::string> resend(const Ordered& ordered) {
  const auto& [act, id, patient, link_message] = ordered;
  FHIR_TRY(messaging::send_again(act, id));
  return fmt::format("Melding nr. {} sendes på nytt, med samme MsgId.", id);
}

Result<std::string> replay(const Ordered& ordered) {
  const auto& [act, id, patient, link_message] = ordered;
  const auto again = messaging::replay(act, id);
  FHIR_TRY(again);
  return fmt::format("Melding nr. {} behandles på nytt, som nr. {}.", id, *again);
}

Result<std::string> link(const Ordered& ordered) {
  const auto row = storage::inbox::get(ordered.act, ordered.id);
  if (!row) return fail(Fault::not_found, "there is no such message in the log");
  const std::string patient = patient_of(ordered.act, ordered.patient);
  if (patient.empty()) return fail(Fault::not_found, "Her er det ingen pasient med den id-en eller det nummeret.");
  const auto linked = ordered.link_message(ordered.act, row->communication_id, patient);
  if (!linked && linked.error().fault == Fault::business_rule)
    return fail(Fault::business_rule, "Meldingen er koblet allerede, eller den kan ikke kobles til en pasient.");
  FHIR_TRY(linked);
  return fmt::format("Melding nr. {} er koblet til pasienten.", ordered.id);
}

struct ActionRow {
  std::string_view name;
  bool takes_patient;
  Result<std::string> (*act)(const Ordered&);
};
constexpr std::array kActions{ActionRow{"resend", false, resend}, ActionRow{"replay", false, replay},
                              ActionRow{"link", true, link}};

/// The form of a button: its name with the number of the message, and the patient where it takes one.
const ActionRow* action_of(const interaction::Parameters& form) {
  if (form.empty()) return nullptr;
  const auto row = std::ranges::find(kActions, form[0].first, &ActionRow::name);
  if (row == kActions.end()) return nullptr;
  const bool complete = row->takes_patient ? form.size() == 2 && form[1].first == "patient" : form.size() == 1;
  return complete ? &*row : nullptr;
}

Result<Response> submit(const interaction::Repository& repository, const LinkMessage& link_message,
                        const Request& request) {
  if (!request.content_type.starts_with("application/x-www-form-urlencoded"))
    return fail(Fault::content_type_unsupported, "the message log takes its own form");
  const auto form = interaction::parse_form(request.body);
  if (!form) return fail(Fault::parameter_malformed, "the form is not well percent-encoded UTF-8");
  std::string told;
  interaction::Parameters fields = *form;
  if (const ActionRow* action = action_of(*form)) {
    const auto id = number(form->front().second);
    FHIR_TRY(id);
    const auto done = repository.write([&](interaction::Act& act) {
      return action->act({act, *id, action->takes_patient ? form->back().second : std::string(), link_message});
    });
    FHIR_TRY(done);
    told = *done;
    fields.clear();
  }
  return query_of(fields).and_then([&](LogQuery query) {
    return repository.read([&](const interaction::View& view) { return page(view, std::move(query), told); });
  });
}

}  // namespace

std::vector<http::PlainRoute> message_log_routes(const interaction::Repository& repository, LinkMessage link) {
  return {{"GET", "/messages",
           [&repository](const Request& request) { return show(repository.as(request.principal), request); }, false},
          {"POST", "/messages",
           [&repository, link = std::move(link)](const Request& request) {
             return submit(repository.as(request.principal), link, request);
           },
           false}};
}

}  // namespace varde::command
