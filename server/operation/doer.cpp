#include "server/operation/doer.h"

#include <memory>
#include <utility>

#include "server/followup/work/person.h"
#include "server/followup/work/step.h"
#include "server/interaction/answer.h"

namespace varde::operation {
namespace {

const fhir::TypeId kPractitioner = fhir::find_resource_type("Practitioner");

bool is_same(const interaction::View& view, fhir::Element by, fhir::Element person) {
  if (const auto literal = by["reference"].value(); !literal.empty()) {
    const auto id = view.own_id(literal, kPractitioner);
    return !id.empty() && "Practitioner/" + id == person["reference"].value();
  }
  const auto given = by["identifier"], own = person["identifier"];
  return given["value"].value() == own["value"].value() &&
         (!given["system"] || given["system"].value() == own["system"].value());
}

}  // namespace

Result<fhir::Element> reference_in(const Input& input, std::string_view name) {
  const auto sent = input.elements(name);
  if (sent.empty()) return fhir::Element{};
  if (sent.size() == 1 && sent.front()["valueReference"]) return sent.front()["valueReference"];
  return fail(Fault::parameter_malformed, std::string(name) + " is given once, as a valueReference in a POST",
              std::string(name));
}

Result<fhir::Tree> doer(const interaction::View& view, const Input& input) {
  const auto by = reference_in(input, "by");
  FHIR_TRY(by);
  if (view.principal().kind != access::Principal::Kind::person)
    return *by ? fhir::Tree::copy_of(*by) : fhir::Tree::of("Reference");
  auto person = followup::logged_in(view);
  if (*by && !is_same(view, *by, person.root()))
    return fail(Fault::parameter_malformed,
                "Den som er logget inn gjør det: utelat by (who is logged in does it: leave out by)", "by");
  return person;
}

Result<fhir::Tree> known_doer(const interaction::View& view, const Input& input) {
  auto by = doer(view, input);
  FHIR_TRY(by);
  const bool is_given = view.principal().kind != access::Principal::Kind::person && !input.elements("by").empty();
  if (is_given) FHIR_TRY(followup::check_person(view, by->root(), "by"));
  return by;
}

Result<interaction::Work> step_with(const interaction::Request& request, fhir::TypeId type,
                                    std::initializer_list<std::string_view> known, DoStep act_on) {
  auto read = Input::read(request, known);
  FHIR_TRY(read);
  const auto preconditions = interaction::read_preconditions(request);
  FHIR_TRY(preconditions);
  return [&request, type, act_on = std::move(act_on), preconditions = *preconditions,
          input =
              std::make_shared<const Input>(std::move(*read))](interaction::Act& act) -> Result<interaction::Response> {
    const auto current = interaction::find_live(act, type, request.id);
    FHIR_TRY(current);
    FHIR_TRY(interaction::require(preconditions, *current, type));
    const auto by = doer(act, *input);
    FHIR_TRY(by);
    FHIR_TRY(act_on(act, *input, by->root()));
    auto now = interaction::find_live(act, type, request.id);
    FHIR_TRY(now);
    return interaction::answer_with(std::move(*now));
  };
}

}  // namespace varde::operation
