/// Patient/[id]/$start-plan, CarePlan/[id]/$approve, $return, $put-in-force, $paper: what is done with a self-treatment
/// plan. The answer is the plan as it is then. See server/followup/README.md, "The self-treatment plan".
#include "server/followup/ebp/plan.h"
#include "server/followup/work/step.h"
#include "server/followup/work/who.h"
#include "server/interaction/answer.h"
#include "server/operation/doer.h"
#include "server/operation/operations.h"
#include "server/operation/plan/paper_of_plan.h"
#include "server/operation/plan/template.h"
#include "server/operation/printed.h"

namespace varde::operation {
namespace {

namespace ebp = followup::ebp;

const fhir::TypeId kCarePlan = fhir::find_resource_type("CarePlan");
const fhir::TypeId kPatient = fhir::find_resource_type("Patient");

using DoWithPlan = Result<void> (*)(const ebp::PlanStep&, const std::string& said);

/// `said`: the parameter that says why.
Result<Work> step(const Request& request, std::string_view said, DoWithPlan work) {
  return step_with(request, kCarePlan, {"by", said},
                   [&request, said, work](interaction::Act& act, const Input& input, fhir::Element by) -> Result<void> {
                     FHIR_TRY(followup::check_person(act, by, "by"));
                     const followup::DoneBy done_by(act, by, std::string_view(request.path.back()).substr(1));
                     return work({act, request.id, by}, input.one(said).value_or(""));
                   });
}

}  // namespace

Result<Work> approve_plan(const Request& request, const Context&, const Reads&) {
  return step(request, "comment",
              [](const ebp::PlanStep& step, const std::string& comment) { return ebp::approve(step, comment); });
}
Result<Work> return_plan(const Request& request, const Context&, const Reads&) {
  return step(request, "comment",
              [](const ebp::PlanStep& step, const std::string& comment) { return ebp::give_back(step, comment); });
}
Result<Work> put_plan_in_force(const Request& request, const Context&, const Reads&) {
  return step(request, "reason",
              [](const ebp::PlanStep& step, const std::string& reason) { return ebp::put_in_force(step, reason); });
}

Result<Work> start_plan_of_template(const Request& request, const Context&, const Reads&) {
  auto read = Input::read(request, {"template", "replaces", "by"});
  FHIR_TRY(read);
  return
      [&request, input = std::make_shared<const Input>(std::move(*read))](interaction::Act& act) -> Result<Response> {
        FHIR_TRY(interaction::find_live(act, kPatient, request.id));
        const auto by = known_doer(act, *input);
        FHIR_TRY(by);
        const followup::DoneBy done_by(act, by->root(), "start-plan");
        const auto id = start_plan(act, request.id, input->one("template").value_or(""), input->all("replaces"));
        FHIR_TRY(id);
        auto plan = interaction::find_live(act, kCarePlan, *id);
        FHIR_TRY(plan);
        auto response = interaction::answer_with(std::move(*plan));
        response.status = 201;
        response.location = request.base + "/CarePlan/" + *id;
        return response;
      };
}

Result<Response> plan_paper(const Request& request, const View& view, const Context&) {
  FHIR_TRY(Input::read(request, {}));
  const auto version = interaction::find_live(view, kCarePlan, request.id);
  FHIR_TRY(version);
  const auto plan = View::tree(*version);
  return printed(request, paper_of_plan(view, plan.root()));
}

}  // namespace varde::operation
