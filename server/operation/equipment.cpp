/// Patient/[id]/$lend, Device/[id]/$return, $clean, $lost: equipment that patients have on loan. See
/// server/followup/README.md, "Equipment".
#include "server/followup/equipment/equipment.h"
#include "server/interaction/answer.h"
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

Result<Work> custody(const Request& request, followup::Custody to) {
  auto read = Input::read(request, {"comment"});
  FHIR_TRY(read);
  return [&request, to, comment = read->one("comment").value_or("")](interaction::Act& act) -> Result<Response> {
    FHIR_TRY(interaction::find_live(act, kDevice, request.id));
    FHIR_TRY(followup::set_custody(act, request.id, to, comment));
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
        const auto by = input->elements("by");
        const auto device = followup::lend(
            act, {request.id, input->one("serial").value_or(""), input->one("kind").value_or(""),
                  by.empty() ? fhir::Element{} : by.front()["valueReference"], input->one("comment").value_or("")});
        FHIR_TRY(device);
        return answer_device(act, *device);
      };
}

Result<Work> return_device(const Request& request, const Context&, const Reads&) {
  return custody(request, followup::Custody::returned);
}
Result<Work> clean_device(const Request& request, const Context&, const Reads&) {
  return custody(request, followup::Custody::clean);
}
Result<Work> lose_device(const Request& request, const Context&, const Reads&) {
  return custody(request, followup::Custody::lost);
}

}  // namespace varde::operation
