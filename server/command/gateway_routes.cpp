#include "server/command/gateway_routes.h"

#include <array>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/operation/input.h"
#include "server/storage/messages.h"

namespace varde::command {
namespace {

using interaction::Request;
using interaction::Response;

constexpr std::chrono::seconds kLongestWait{30};
constexpr std::string_view kXml = "application/xml; charset=utf-8";

bool is_xml(std::string_view content_type) {
  const auto media = content_type.substr(0, content_type.find(';'));
  for (const std::string_view known : {"application/xml", "text/xml", "application/octet-stream"})
    if (media == known) return true;
  return media.empty() || media.ends_with("+xml");
}

bool waits(const Request& request) {
  for (const auto& [name, value] : request.query)
    if (name == "answer") return value == "wait";
  return interaction::prefers(request, "respond-sync");
}

Response receipt_of(const Request& request, const messaging::Receipt& receipt) {
  Response response;
  response.status = 202;
  response.content_type = "application/json; charset=utf-8";
  response.body = fmt::format(R"({{"number":{},"msgId":)", receipt.number);
  fhir::write_json_string(receipt.msg_id, response.body);
  response.body += R"(,"type":)";
  fhir::write_json_string(receipt.type, response.body);
  response.body += fmt::format(R"(,"duplicate":{},"communication":)", receipt.duplicate);
  const std::string communication = receipt.communication_id.empty() ? "" : "Communication/" + receipt.communication_id;
  fhir::write_json_string(communication, response.body);
  response.body += "}\n";
  if (!communication.empty()) response.location = request.base + "/" + communication;
  return response;
}

Result<Response> take(messaging::Messaging& messaging, const Request& request) {
  if (!is_xml(request.content_type))
    return fail(Fault::content_type_unsupported, "a message is XML: send it as application/xml or text/xml");
  const auto receipt = messaging.accept({request.body, "POST /message"});
  FHIR_TRY(receipt);
  if (waits(request)) {
    if (auto apprec = messaging.answer_to(*receipt, kLongestWait); !apprec.empty()) {
      Response response = receipt_of(request, *receipt);
      response.status = 200;
      response.content_type = kXml;
      response.body = std::move(apprec);
      return response;
    }
  }
  if (!receipt->well_formed)
    return fail(Fault::not_well_formed,
                fmt::format("the body is not well-formed XML ({}); it is kept as number {} in the message log",
                            receipt->reason, receipt->number));
  return receipt_of(request, *receipt);
}

Result<interaction::Work> link(messaging::Messaging& messaging, const Request& request) {
  auto read = operation::Input::read(request, {"patient", "patient.identifier"});
  FHIR_TRY(read);
  return [&, input = std::make_shared<const operation::Input>(std::move(*read))](
             interaction::Act& act) -> Result<Response> {
    const auto patient = operation::subject_of(*input, act);
    FHIR_TRY(patient);
    FHIR_TRY(messaging.link(act, request.id, patient->id));
    Response response;
    response.body = act.current(fhir::find_resource_type("Communication"), request.id).value().bytes;
    return response;
  };
}

}  // namespace

http::PlainRoute message_route(messaging::Messaging& messaging) {
  return {"POST", "/message", [&messaging](const Request& request) { return take(messaging, request); }};
}

interaction::Route link_operation(messaging::Messaging& messaging) {
  return {.methods = "POST",
          .pattern = "Communication/{id}/$link",
          .handler = [&messaging](const Request& request, const interaction::Context&,
                                  const interaction::Reads&) { return link(messaging, request); },
          .doing = interaction::Doing::operate,
          .definition = "https://varde.example/fhir/OperationDefinition/Communication-link"};
}

}  // namespace varde::command
