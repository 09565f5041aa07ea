/// CodeSystem/$subsumes: how one code stands to another.
/// Source: https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
#include "fhir-model/terminology/codes.h"
#include "server/operation/asked_terms.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

using terminology::Membership;
using terminology::Subsumption;

/// codeA or codingA; of the system that is asked about.
Result<Coded> asked_code(const Input& input, const std::string& letter) {
  const std::string code = "code" + letter, coding = "coding" + letter;
  for (const auto parameter : input.elements(coding)) {
    const auto given = parameter["valueCoding"];
    return Coded{std::string(given["system"].value()), {}, std::string(given["code"].value()), {}};
  }
  if (const auto given = input.one(code)) return Coded{{}, {}, *given, {}};
  return fail(Fault::required_missing, "Say which two codes: codeA and codeB with system, or codingA and codingB.",
              code);
}

Result<Subsumption> in_resource(fhir::Element system, std::string_view a, std::string_view b) {
  terminology::Codes codes(system);
  for (const auto code : {a, b})
    if (codes.has(code) != Membership::in)
      return fail(Fault::code_invalid, "The code system has no such code.", "code");
  if (a == b) return Subsumption::equivalent;
  if (codes.is_a(b, a) == Membership::in) return Subsumption::subsumes;
  return codes.is_a(a, b) == Membership::in ? Subsumption::subsumed_by : Subsumption::not_subsumed;
}

}  // namespace

Result<interaction::Response> subsumes(const interaction::Request& request, const interaction::View& view,
                                       const interaction::Context&) {
  const auto input = Input::read(request, {"codeA", "codeB", "system", "version", "codingA", "codingB"});
  FHIR_TRY(input);
  const auto a = asked_code(*input, "A"), b = asked_code(*input, "B");
  for (const auto* asked : {&a, &b}) FHIR_TRY(*asked);
  Terms terms(view, request.base);
  const auto system = asked_system(request, *input, input->one("system").value_or(a->system), terms);
  FHIR_TRY(system);
  for (const auto* asked : {&*a, &*b})
    if (!asked->system.empty() && asked->system != system->url())
      return fail(Fault::parameter_malformed, "Both codes are of the system that is asked about.", "system");
  for (const auto& [asked, name] : {std::pair(&*a, "codeA"), std::pair(&*b, "codeB")})
    if (system->codes().has(asked->code) == Membership::out)
      return fail(Fault::code_invalid, std::string(system->url()) + " has no such code.", name);
  const auto outcome = system->written ? in_resource(system->written, a->code, b->code)
                                       : terminology::subsumes(system->url(), a->code, b->code);
  FHIR_TRY(outcome);
  Answer out;
  out.add("outcome", "valueCode", terminology::code_of(*outcome));
  return out.response();
}

}  // namespace varde::operation
