// The letters that leave by themselves, as operations of the patient: Patient/[id]/$letters tells which, and with
// `letter` shows what would leave; $send-letter sends it now, $withhold-letter lets what waits not go.
#include <fmt/format.h>

#include "fhir-model/text/base64.h"
#include "server/command/gateway_routes.h"
#include "server/followup/work/who.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/interaction/told_readings.h"
#include "server/messaging/letter/letters.h"
#include "server/messaging/renewal.h"
#include "server/operation/doer.h"
#include "server/operation/input.h"
#include "server/storage/patients.h"

namespace varde::command {
namespace {

using interaction::Act;
using interaction::Context;
using interaction::Reads;
using interaction::Request;
using interaction::Response;
using interaction::View;
using operation::Input;
namespace letter = messaging::letter;

fhir::Editor put(fhir::Editor parent, std::string_view list, std::string_view name, std::string_view type,
                 std::string_view value) {
  auto made = parent.add(list);
  made.set("name", name);
  if (!type.empty()) made.set(type, value);
  return made;
}

Result<storage::PatientKey> patient_of(const View& view, const Request& request) {
  FHIR_TRY(interaction::find_live(view, fhir::find_resource_type("Patient"), request.id));
  return storage::patients::survivor(view, view.patient_key(request.id));
}

Result<const letter::Rule*> rule_of(const Input& input) {
  const auto code = input.one("letter");
  if (!code) return fail(Fault::required_missing, "letter sier hvilket brev (letter says which letter)", "letter");
  if (const auto* rule = letter::find_rule(*code)) return rule;
  return fail(Fault::code_invalid, fmt::format("brevene er {0} (the letters are {0})", letter::letter_codes()),
              "letter");
}

Response all_of(const messaging::Messaging& messaging, const View& view, storage::PatientKey patient) {
  auto tree = fhir::Tree::of("Parameters");
  for (const auto& state : messaging.letter_states(view, patient)) {
    auto part = put(tree.edit(), "parameter", "letter", {}, {});
    put(part, "part", "code", "valueCode", state.rule->code);
    put(part, "part", "type", "valueCode", state.rule->type);
    put(part, "part", "name", "valueString", state.rule->name);
    put(part, "part", "receiver", "valueString", state.rule->receiver);
    put(part, "part", "on", "valueBoolean", state.is_sent_by_itself ? "true" : "false");
    if (state.leaves) put(part, "part", "leaves", "valueInstant", interaction::fhir_instant(*state.leaves));
  }
  return interaction::answer_with(tree.root());
}

/// Nothing is written: what would leave now.
Result<Response> letters(const messaging::Messaging& messaging, const Request& request, const View& view) {
  const auto input = Input::read(request, {"letter"});
  FHIR_TRY(input);
  const auto patient = patient_of(view, request);
  FHIR_TRY(patient);
  if (!input->one("letter")) return all_of(messaging, view, *patient);
  const auto rule = rule_of(*input);
  FHIR_TRY(rule);
  FHIR_TRY(interaction::may_tell_of_readings(view, *patient));
  const auto composed = messaging.preview_letter(view, **rule, *patient);
  FHIR_TRY(composed);
  auto tree = fhir::Tree::of("Parameters");
  auto root = tree.edit();
  put(root, "parameter", "letter", "valueCode", (*rule)->code);
  put(root, "parameter", "type", "valueCode", (*rule)->type);
  const bool is_new = composed->letter.has_value();
  put(root, "parameter", "status", "valueCode", is_new ? "new" : composed->renewed ? "change" : "cancellation");
  if (!is_new) put(root, "parameter", "follows", "valueString", "Communication/" + composed->renews);
  if (is_new) {
    const auto& story = composed->letter->draft.story.root();
    put(root, "parameter", "receiver", "valueString", story["recipient"]["display"].value());
    put(root, "parameter", "her-id", "valueString", composed->letter->draft.row.receiver_her);
  }
  const auto& text = is_new ? composed->letter->text : composed->text;
  if (!text.empty()) put(root, "parameter", "text", "valueString", text);
  if (is_new)
    put(root, "parameter", "message", "valueBase64Binary", fhir::text::to_base64(composed->letter->draft.row.bytes));
  return interaction::answer_with(tree.root());
}

Result<interaction::Work> send(messaging::Messaging& messaging, const Request& request) {
  auto read = Input::read(request, {"letter", "by"});
  FHIR_TRY(read);
  const auto input = std::make_shared<const Input>(std::move(*read));
  const auto rule = rule_of(*input);
  FHIR_TRY(rule);
  return [&messaging, &request, input, rule = *rule](Act& act) -> Result<Response> {
    const auto patient = patient_of(act, request);
    FHIR_TRY(patient);
    FHIR_TRY(interaction::may_tell_of_readings(act, *patient));
    const auto by = operation::known_doer(act, *input);
    FHIR_TRY(by);
    const followup::DoneBy done_by(act, by->root(), "send-letter");
    return messaging.send_letter(act, *rule, *patient).map([&](const std::string& sent) {
      auto tree = fhir::Tree::of("Parameters");
      const auto row = storage::outbox::by_msg_id(act, sent);
      if (row) put(tree.edit(), "parameter", "message", "valueUri", "urn:uuid:" + sent);
      put(tree.edit(), "parameter", "communication", {}, {})
          .ensure("valueReference")
          .set("reference", "Communication/" + (row ? row->communication_id : sent));
      return interaction::answer_with(tree.root());
    });
  };
}

Result<interaction::Work> withhold(const Request& request) {
  const auto input = Input::read(request, {"letter"});
  FHIR_TRY(input);
  const auto rule = rule_of(*input);
  FHIR_TRY(rule);
  return [&request, rule = *rule](Act& act) -> Result<Response> {
    const auto patient = patient_of(act, request);
    FHIR_TRY(patient);
    return letter::withhold(act, *rule, *patient).map([&] {
      auto tree = fhir::Tree::of("Parameters");
      put(tree.edit(), "parameter", "letter", "valueCode", rule->code);
      return interaction::answer_with(tree.root());
    });
  };
}

}  // namespace

std::vector<interaction::Route> letter_operations(messaging::Messaging& messaging) {
  using interaction::Doing;
  std::vector<interaction::Route> rows;
  rows.push_back(
      {.methods = "GET POST",
       .pattern = "Patient/{id}/$letters",
       .handler = interaction::Reader([&messaging](const Request& request, const View& view, const Context&) {
         return letters(messaging, request, view);
       }),
       .doing = Doing::read,
       .definition = "https://varde.example/fhir/OperationDefinition/Patient-letters"});
  rows.push_back({.methods = "POST",
                  .pattern = "Patient/{id}/$send-letter",
                  .handler = [&messaging](const Request& request, const Context&,
                                          const Reads&) { return send(messaging, request); },
                  .doing = Doing::operate,
                  .definition = "https://varde.example/fhir/OperationDefinition/Patient-send-letter"});
  rows.push_back({.methods = "POST",
                  .pattern = "Patient/{id}/$withhold-letter",
                  .handler = [](const Request& request, const Context&, const Reads&) { return withhold(request); },
                  .doing = Doing::operate,
                  .definition = "https://varde.example/fhir/OperationDefinition/Patient-withhold-letter"});
  return rows;
}

}  // namespace varde::command
