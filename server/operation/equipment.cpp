/// Patient/[id]/$lend, Device/[id]/$return, $clean, $lost: equipment that patients have on loan. See
/// server/followup/README.md, "Equipment".
#include "server/followup/equipment/equipment.h"
#include "server/followup/work/who.h"
#include "server/interaction/answer.h"
#include "server/operation/doer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kDevice = fhir::find_resource_type("Device");

Result<Response> answer_device(const View& view, const std::string& id) {
  auto version = interaction::find_live(view, kDevice, id);
  FHIR_TRY(version);
  return interaction::answer_with(std::move(*version));
}

Result<Work> custody(const Request& request, followup::Custody to, std::string_view operation) {
  auto read = Input::read(request, {"comment", "by"});
  FHIR_TRY(read);
  return [&request, to, operation,
          input = std::make_shared<const Input>(std::move(*read))](interaction::Act& act) -> Result<Response> {
    FHIR_TRY(interaction::find_live(act, kDevice, request.id));
    const auto by = known_doer(act, *input);
    FHIR_TRY(by);
    const followup::DoneBy done_by(act, by->root(), operation);
    FHIR_TRY(followup::set_custody(act, request.id, to, input->one("comment").value_or("")));
    return answer_device(act, request.id);
  };
}

}  // namespace

Result<Work> lend_device(const Request& request, const Context&, const Reads&) {
  auto read = Input::read(request, {"serial", "kind", "by", "comment"});
  FHIR_TRY(read);
  return
      [&request, input = std::make_shared<const Input>(std::move(*read))](interaction::Act& act) -> Result<Response> {
        FHIR_TRY(interaction::find_live(act, kPatient, request.id));
        const auto by = known_doer(act, *input);
        FHIR_TRY(by);
        const followup::DoneBy done_by(act, by->root(), "lend");
        const auto device =
            followup::lend(act, {request.id, input->one("serial").value_or(""), input->one("kind").value_or(""),
                                 by->root(), input->one("comment").value_or("")});
        FHIR_TRY(device);
        return answer_device(act, *device);
      };
}

Result<Work> return_device(const Request& request, const Context&, const Reads&) {
  return custody(request, followup::Custody::returned, "return");
}
Result<Work> clean_device(const Request& request, const Context&, const Reads&) {
  return custody(request, followup::Custody::clean, "clean");
}
Result<Work> lose_device(const Request& request, const Context&, const Reads&) {
  return custody(request, followup::Custody::lost, "lost");
}

}  // namespace varde::operation
