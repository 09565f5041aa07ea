// What a person or another system does with messages: Communication/$send, [id]/$resend, $replay, $cancel, $change,
// $stop-receiver, $start-receiver, and Patient/[id]/$send-summary.
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fhir-model/validation/validation.h"
#include "server/command/gateway_routes.h"
#include "server/followup/work/who.h"
#include "server/interaction/answer.h"
#include "server/interaction/told_readings.h"
#include "server/messaging/operator.h"
#include "server/messaging/renewal.h"
#include "server/messaging/sending.h"
#include "server/operation/doer.h"
#include "server/operation/input.h"
#include "server/storage/messages.h"

namespace varde::command {
namespace {

using interaction::Act;
using interaction::Context;
using interaction::Reads;
using interaction::Request;
using interaction::Response;
using interaction::View;
using operation::Input;

fhir::Editor add_parameter(fhir::Editor parent, std::string_view name) {
  auto made = parent.add("parameter");
  made.set("name", name);
  return made;
}

/// `message` (the MsgId) and `communication`.
Response sent_answer(const View& view, const std::string& msg_id) {
  auto tree = fhir::Tree::of("Parameters");
  add_parameter(tree.edit(), "message").set("valueUri", "urn:uuid:" + msg_id);
  add_parameter(tree.edit(), "communication")
      .ensure("valueReference")
      .set("reference", "Communication/" + storage::outbox::by_msg_id(view, msg_id).value().communication_id);
  return interaction::answer_with(tree.root());
}

// --- what is done --------------------------------------------------------------------------------------------------

Result<Response> current(const View& view, const std::string& communication_id) {
  Response response;
  response.body = view.current(fhir::find_resource_type("Communication"), communication_id).value().bytes;
  return response;
}

Result<interaction::Work> resend(const Request& request, const Context&, const Reads&) {
  FHIR_TRY(Input::read(request, {}));
  return [id = request.id](Act& act) -> Result<Response> {
    const auto rows = messaging::rows_of(act, id);
    if (!rows.sent) return fail(Fault::not_found, "Communication/" + id + " is no message that we have sent");
    return messaging::send_again(act, rows.sent->id).and_then([&] { return current(act, id); });
  };
}

Result<interaction::Work> replay(const Request& request, const Context&, const Reads&) {
  FHIR_TRY(Input::read(request, {}));
  return [id = request.id](Act& act) -> Result<Response> {
    const auto rows = messaging::rows_of(act, id);
    if (!rows.received) return fail(Fault::not_found, "Communication/" + id + " is no message that we have received");
    return messaging::replay(act, rows.received->id).map([](std::int64_t again) {
      auto tree = fhir::Tree::of("Parameters");
      add_parameter(tree.edit(), "number").set("valueInteger", std::to_string(again));
      return interaction::answer_with(tree.root());
    });
  };
}

/// Written beside the writer, as all that is sent.
Result<interaction::Work> cancel(messaging::Messaging& messaging, const Request& request, const Reads& reads) {
  FHIR_TRY(Input::read(request, {}));
  auto drafted = reads([&](const View& view) { return messaging.draft_cancellation(view, request.id); });
  FHIR_TRY(drafted);
  auto draft = std::make_shared<std::optional<messaging::Draft>>(std::move(*drafted));
  return [&messaging, draft, id = request.id](Act& act) -> Result<Response> {
    return messaging.cancel(act, id, std::exchange(*draft, std::nullopt)).and_then([&](const std::string& told) {
      return current(act, told);
    });
  };
}

/// The resource of parameter `message`, a Bundle as one that is created; nullopt when it was left out.
Result<std::optional<fhir::Tree>> bundle_of(const Input& input, const Request& request) {
  const auto given = input.elements("message");
  if (given.empty()) return std::nullopt;
  if (given.size() > 1 || given[0]["resource"].type_name() != "Bundle")
    return fail(Fault::parameter_malformed, "message is one resource, a Bundle", "message");
  FHIR_TRY(fhir::require_valid(given[0]["resource"], request.budget.get()));
  return fhir::Tree::copy_of(given[0]["resource"]);
}

Result<interaction::Work> change(messaging::Messaging& messaging, const Request& request, const Reads& reads) {
  const auto input = Input::read(request, {"message", "reason"});
  FHIR_TRY(input);
  auto bundle = bundle_of(*input, request);
  FHIR_TRY(bundle);
  auto renewed =
      std::make_shared<messaging::Renewed>(messaging::Renewed{std::move(*bundle), input->one("reason").value_or("")});
  auto drafted = reads([&](const View& view) { return messaging.draft_change(view, request.id, *renewed); });
  FHIR_TRY(drafted);
  auto draft = std::make_shared<std::optional<messaging::Draft>>(std::move(*drafted));
  return [&messaging, renewed, draft, id = request.id](Act& act) -> Result<Response> {
    return messaging.change(act, id, *renewed, std::exchange(*draft, std::nullopt))
        .and_then([&](const std::string& told) { return current(act, told); });
  };
}

/// Written beside the writer; only what is done with it is serial.
Result<interaction::Work> send(messaging::Messaging& messaging, const Request& request, const Reads& reads) {
  const auto input = Input::read(request, {"message"});
  FHIR_TRY(input);
  const auto bundle = bundle_of(*input, request);
  FHIR_TRY(bundle);
  if (!*bundle) return fail(Fault::required_missing, "message, a Bundle, says what is to be sent", "message");
  auto drafted = reads([&](const View& view) { return messaging.draft_message(view, (*bundle)->root()); });
  FHIR_TRY(drafted);
  auto draft = std::make_shared<messaging::Draft>(std::move(*drafted));
  return [&messaging, draft](Act& act) -> Result<Response> {
    return messaging.send_message(act, *draft).map([&](const std::string& msg_id) { return sent_answer(act, msg_id); });
  };
}

Result<interaction::Work> send_summary(messaging::Messaging& messaging, const Request& request, const Reads& reads) {
  auto read = Input::read(request, {"reason", "by"});
  FHIR_TRY(read);
  const auto input = std::make_shared<const Input>(std::move(*read));
  const auto reason = input->one("reason").value_or("");
  auto drafted = reads([&](const View& view) {
    return interaction::may_tell_of_readings(view, view.patient_key(request.id)).and_then([&] {
      return messaging.draft_summary_to_gp(view, request.id, reason);
    });
  });
  FHIR_TRY(drafted);
  auto draft = std::make_shared<messaging::Draft>(std::move(*drafted));
  return [&messaging, input, draft, id = request.id, reason](Act& act) -> Result<Response> {
    const auto by = operation::known_doer(act, *input);
    FHIR_TRY(by);
    const followup::DoneBy done_by(act, by->root(), "send-summary");
    return messaging.send_summary_to_gp(act, *draft, id, reason).map([&](const std::string& msg_id) {
      return sent_answer(act, msg_id);
    });
  };
}

using Switch = Result<void> (messaging::Messaging::*)(Act&, std::string_view);

Result<interaction::Work> turn(messaging::Messaging& messaging, Switch what, const Request& request) {
  const auto input = Input::read(request, {"her-id"});
  FHIR_TRY(input);
  return [&messaging, what, her_id = input->one("her-id").value_or("")](Act& act) -> Result<Response> {
    return (messaging.*what)(act, her_id).map([] {
      return interaction::answer_with(fhir::Tree::of("Parameters").root());
    });
  };
}

}  // namespace

std::vector<interaction::Route> message_operations(messaging::Messaging& messaging) {
  std::vector<interaction::Route> rows;
  const auto add = [&](std::string_view pattern, auto handler, std::string_view url) {
    rows.push_back({.methods = "POST",
                    .pattern = pattern,
                    .handler = interaction::Writer(handler),
                    .doing = interaction::Doing::operate,
                    .definition = url});
  };
  const auto read = [&](auto work) {
    return [&messaging, work](const Request& request, const Context&, const Reads& reads) {
      return work(messaging, request, reads);
    };
  };
  const auto switching = [&](Switch what) {
    return [&messaging, what](const Request& request, const Context&, const Reads&) {
      return turn(messaging, what, request);
    };
  };
  add("Patient/{id}/$send-summary", read(send_summary), "https://varde.example/fhir/OperationDefinition/send-summary");
  add("Communication/$send", read(send), "https://varde.example/fhir/OperationDefinition/Communication-send");
  add("Communication/{id}/$resend", resend, "https://varde.example/fhir/OperationDefinition/Communication-resend");
  add("Communication/{id}/$replay", replay, "https://varde.example/fhir/OperationDefinition/Communication-replay");
  add("Communication/{id}/$cancel", read(cancel),
      "https://varde.example/fhir/OperationDefinition/Communication-cancel");
  add("Communication/{id}/$change", read(change),
      "https://varde.example/fhir/OperationDefinition/Communication-change");
  add("Communication/$stop-receiver", switching(&messaging::Messaging::stop_receiver),
      "https://varde.example/fhir/OperationDefinition/Communication-stop-receiver");
  add("Communication/$start-receiver", switching(&messaging::Messaging::start_receiver),
      "https://varde.example/fhir/OperationDefinition/Communication-start-receiver");
  return rows;
}

}  // namespace varde::command
