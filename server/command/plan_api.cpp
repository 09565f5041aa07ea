// CarePlan/[id]/$send-to-gp: a self-treatment plan to the patient's GP, who is to approve it. The paper is drawn on a
// snapshot; the letter, and that the plan is sent, commit together.
#include "server/command/gateway_routes.h"
#include "server/followup/ebp/plan.h"
#include "server/followup/ebp/text.h"
#include "server/followup/work/step.h"
#include "server/followup/work/who.h"
#include "server/interaction/answer.h"
#include "server/messaging/gp_letter.h"
#include "server/operation/doer.h"
#include "server/operation/plan/paper_of_plan.h"

namespace varde::command {
namespace {

using interaction::Act;
using interaction::Reads;
using interaction::Request;
using interaction::Response;
using interaction::View;
namespace ebp = followup::ebp;

const fhir::TypeId kCarePlan = fhir::find_resource_type("CarePlan");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

struct Written {
  std::int64_t version = 0;
  std::string patient_id;
  messaging::Letter letter;
};

Result<Written> write_letter(const View& view, const std::string& id) {
  const auto version = interaction::find_live(view, kCarePlan, id);
  FHIR_TRY(version);
  const auto plan = View::tree(*version);
  Written written{version->version, view.own_id(plan.root()["subject"]["reference"].value(), kPatient), {}};
  if (written.patient_id.empty())
    return fail(Fault::business_rule, "Planen gjelder ingen pasient her (the plan is about no Patient of ours)",
                "CarePlan.subject");
  const std::string title(ebp::title_of(plan.root()));
  auto& letter = written.letter;
  letter.reason = "Egenbehandlingsplan til godkjenning. Svar «Godkjent», eller skriv hva som skal endres.";
  letter.title = title + " til godkjenning";
  letter.plan = ebp::letter_text(view, plan.root());
  letter.about = "CarePlan/" + id;
  letter.asks = true;
  letter.attachment = {title, "application/pdf", operation::paper_of_plan(view, plan.root())};
  return written;
}

Response told(const std::string& msg_id) {
  auto tree = fhir::Tree::of("Parameters");
  auto parameter = tree.edit().add("parameter");
  parameter.set("name", "message");
  parameter.set("valueUri", "urn:uuid:" + msg_id);
  return interaction::answer_with(tree.root());
}

Result<interaction::Work> send_plan(messaging::Messaging& messaging, const Request& request, const Reads& reads) {
  auto input = operation::Input::read(request, {"by"});
  FHIR_TRY(input);
  auto drawn = reads([&](const View& view) { return write_letter(view, request.id); });
  FHIR_TRY(drawn);
  return [&messaging, &request, input = std::make_shared<const operation::Input>(std::move(*input)),
          drawn = std::make_shared<const Written>(std::move(*drawn))](Act& act) -> Result<Response> {
    const auto current = interaction::find_live(act, kCarePlan, request.id);
    FHIR_TRY(current);
    const auto by = operation::doer(act, *input);
    FHIR_TRY(by);
    FHIR_TRY(followup::check_person(act, by->root(), "by"));
    const followup::DoneBy done_by(act, by->root(), "send-to-gp");
    FHIR_TRY(ebp::mark_sent({act, request.id, by->root()}));
    std::shared_ptr<const Written> written = drawn;
    if (current->version != drawn->version) {  // changed since it was drawn
      auto again = write_letter(act, request.id);
      FHIR_TRY(again);
      written = std::make_shared<const Written>(std::move(*again));
    }
    return messaging.send_to_gp(act, written->patient_id, written->letter).map(told);
  };
}

}  // namespace

interaction::Route plan_operation(messaging::Messaging& messaging) {
  return {.methods = "POST",
          .pattern = "CarePlan/{id}/$send-to-gp",
          .handler = [&messaging](const Request& request, const interaction::Context&,
                                  const Reads& reads) { return send_plan(messaging, request, reads); },
          .doing = interaction::Doing::operate,
          .definition = "https://varde.example/fhir/OperationDefinition/CarePlan-send-to-gp"};
}

}  // namespace varde::command
