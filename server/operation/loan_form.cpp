/// Patient/[id]/$loan-form: what the patient has on loan, as a form to sign (PDF, or a Binary that holds it).
/// See server/followup/README.md, "Equipment".
#include "fhir-model/time/text.h"
#include "server/followup/equipment/equipment.h"
#include "server/interaction/answer.h"
#include "server/operation/input.h"
#include "server/operation/operations.h"
#include "server/operation/paper.h"
#include "server/operation/printed.h"
#include "server/operation/whose.h"

namespace varde::operation {

Result<Response> loan_form(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  FHIR_TRY(interaction::find_live(view, fhir::find_resource_type("Patient"), request.id));
  const auto lent = followup::lent_to(view, request.id);
  if (lent.empty())
    return fail(Fault::business_rule, "Pasienten har ikke utstyr på lån (the patient has no equipment on loan)");
  Paper paper("Låneavtale for utstyr", whose(view, request.id));
  paper.heading("Utstyr");
  for (const auto& device : lent) paper.bullet(device);
  paper.heading("Vilkår");
  paper.bullet("Utstyret er lånt ut av kommunen til digital hjemmeoppfølging og brukes bare av den som låner det.");
  paper.bullet(
      "Utstyret leveres tilbake når oppfølgingen avsluttes. Meld fra straks hvis noe er tapt eller i stykker.");
  paper.bullet("Lånet er gratis.");
  paper.signature("Den som låner utstyret");
  paper.signature("For kommunen");
  const auto pages = std::move(paper).finish("Skrevet ut " + time::norwegian_text(view.now(), view.zone()));
  return printed(request, drawing::to_pdf(pages, {"Låneavtale for utstyr", "Utstyr på lån"}));
}

}  // namespace varde::operation
