#include "server/care/emergency.h"

#include <algorithm>

#include "norway/identifiers.h"
#include "server/access/grant.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"
#include "server/operation/input.h"
#include "server/storage/care_relations.h"

namespace varde::care {
namespace {

using interaction::Act;
using interaction::Request;
using interaction::Response;

constexpr std::chrono::hours kLasts{2};
constexpr std::string_view kTaskCodes = "https://varde.example/fhir/CodeSystem/task-code";

/// The holder that emergency access is given to; empty for who gives no care by a relation.
std::string holder_of(const access::Principal& principal) {
  if (!principal.grant) return {};
  for (const auto& part : principal.grant->parts)
    for (const std::string& relation : part.whose.relations)
      if (relation.starts_with("emergency ")) return relation;
  return {};
}

fhir::Tree task_of(const Request& request, const access::Principal& who, const std::string& reason, const Act& act) {
  auto tree = fhir::Tree::of("Task");
  auto task = tree.edit();
  task.set("status", "requested"), task.set("intent", "order"), task.set("priority", "urgent");
  auto code = task.ensure("code");
  auto coding = code.add("coding");
  coding.set("system", kTaskCodes), coding.set("code", "emergency-access");
  code.set("text", "Nødtilgang skal gjennomgås");
  task.set("description", "Nødtilgang til journalen ble tatt. Grunn: " + reason);
  task.ensure("for").set("reference", "Patient/" + request.id);
  task.set("authoredOn", interaction::fhir_instant(act.now()));
  auto requester = task.ensure("requester");
  requester.set("display", who.name.empty() ? "Innlogget helsepersonell" : who.name);
  if (!who.hpr.empty()) {
    auto identifier = requester.ensure("identifier");
    identifier.set("system", norway::kHpr), identifier.set("value", who.hpr);
  }
  return tree;
}

Result<Response> take(const Request& request, const std::string& reason, Act& act) {
  static const fhir::TypeId kPatient = fhir::find_type("Patient");
  const std::string holder = holder_of(act.principal());
  const interaction::Sight::Lifted as_ourselves(act.sight());
  const auto patient = act.current(kPatient, request.id);
  if (!patient || patient->method == storage::Method::remove)
    return tl::unexpected<Failure>(interaction::not_found(kPatient));
  auto task = task_of(request, act.principal(), reason, act);
  const auto written = act.create(task.edit());
  FHIR_TRY(written);
  const storage::Instant until = act.now() + kLasts;
  const storage::care_relations::Relation relation{holder, patient->patient, until};
  storage::care_relations::replace(act, written->key, {&relation, 1});
  act.sight().forget();
  auto answer = fhir::Tree::of("Parameters");
  auto parameter = answer.edit().add("parameter");
  parameter.set("name", "until"), parameter.set("valueInstant", interaction::fhir_instant(until));
  return interaction::answer_with(answer.root());
}

Result<interaction::Work> emergency(const Request& request, const interaction::Context&, const interaction::Reads&) {
  if (holder_of(*request.principal).empty())
    return fail(Fault::forbidden,
                "Emergency access is for health personnel who log in with a role that goes by care relations.");
  const auto input = operation::Input::read(request, {"reason"});
  FHIR_TRY(input);
  std::string reason = input->one("reason").value_or("");
  if (reason.find_first_not_of(" \t\n") == std::string::npos)
    return fail(Fault::required_missing,
                "Skriv hvorfor nødtilgang trengs (reason). Say why emergency access is needed (reason).", "reason");
  return [&request, reason = std::move(reason)](Act& act) { return take(request, reason, act); };
}

}  // namespace

interaction::Route emergency_access() {
  return {.methods = "POST",
          .pattern = "Patient/{id}/$emergency-access",
          .handler = emergency,
          .doing = interaction::Doing::operate,
          .definition = "https://varde.example/fhir/OperationDefinition/Patient-emergency-access"};
}

}  // namespace varde::care
