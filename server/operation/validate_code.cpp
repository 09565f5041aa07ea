/// ValueSet/$validate-code and CodeSystem/$validate-code, by type and by instance.
/// Sources: https://hl7.org/fhir/R4/valueset-operation-validate-code.html,
///          https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
/// Where a code system that others keep would have to say, the answer is a fault, never a wrong true or false.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "fhir-model/terminology/codes.h"
#include "server/operation/asked_terms.h"
#include "server/operation/names.h"
#include "server/operation/operations.h"

namespace varde::operation {

namespace {

using terminology::Membership;
using terminology::Verdict;

/// What a written set or system says of a code; its name, as far as its system is known.
Verdict judged(Membership result, const Coded& coded, const terminology::Codes& codes, std::string_view place) {
  Verdict verdict{result};
  const auto found = codes.find(coded.code);
  if (found) verdict.display = found->display;
  if (result == Membership::out) verdict.message = fmt::format("The code is not in {}.", place);
  if (result == Membership::unknown)
    verdict.message =
        fmt::format("Whether {} holds the code cannot be told here: not all it draws on is known.", place);
  if (result == Membership::in && found && found->inactive)
    verdict.message = fmt::format("The code {} is no longer active.", found->code);
  return verdict;
}

/// The name to answer with, in the language that is asked for when there is one. A display that is none of the names
/// makes the answer no, where the names are all known.
void hold_to_names(Verdict& verdict, const Coded& coded, const Names& names, std::string_view language,
                   const terminology::Codes& codes) {
  if (!names.empty()) verdict.display = names.front().text;
  if (!language.empty())
    if (const auto* asked = name_in(names, language)) verdict.display = asked->text;
  if (verdict.result != Membership::in || coded.display.empty() || verdict.display.empty()) return;
  if (!codes.all_known() || std::ranges::find(names, coded.display, &Name::text) != names.end()) return;
  verdict.result = Membership::out;
  verdict.message =
      fmt::format("The display is not the name of {}, which is called '{}'.", coded.code, verdict.display);
}

/// Of a system of the tables: called as its designation in that language, where it has one.
Verdict in_language(Verdict verdict, const Coded& coded, std::string_view language) {
  if (language.empty()) return verdict;
  const auto found = terminology::find_concept(terminology::find_code_system(coded.system), coded.code);
  if (found == terminology::ConceptId::none) return verdict;
  for (const auto& designation : terminology::designations_of(found))
    if (is_in_language({designation.language, designation.text}, language)) {
      verdict.display = designation.text;
      break;
    }
  return verdict;
}

std::string canonical_of(const Coded& coded) {
  return coded.version.empty() ? coded.system : fmt::format("{}|{}", coded.system, coded.version);
}

Verdict in_set(const AskedSet& set, const Coded& coded, std::string_view language, Terms& terms, Budget& budget) {
  if (!set.written)
    return in_language(terminology::validate_code(set.known, canonical_of(coded), coded.code, coded.display), coded,
                       language);
  const auto system = terms.stored(coded.system);
  const auto codes = system.type_name() == "CodeSystem"
                         ? terminology::Codes(system)
                         : terminology::Codes(terminology::find_code_system(coded.system));
  auto verdict = judged(terminology::member(set.written, coded.system, coded.code, terms.written(), &budget), coded,
                        codes, "the value set");
  if (verdict.result == Membership::in && !coded.system.empty() && codes.has(coded.code) == Membership::out)
    return {Membership::out, {}, fmt::format("{} has no such code, though the value set lists it.", coded.system)};
  Names names;
  add_names_of_set(set.written, coded, names);
  add_names_of_system(codes, system, coded, names);
  hold_to_names(verdict, coded, names, language, codes);
  return verdict;
}

Verdict in_system(const AskedSystem& system, const Coded& coded, std::string_view language) {
  if (!coded.system.empty() && coded.system != system.url())
    return {Membership::out, {}, fmt::format("The code is of another system than {}.", system.url())};
  if (!system.written) {
    Coded known = coded;
    known.system = system.url();
    return in_language(terminology::validate_code(system.known, coded.code, coded.display), known, language);
  }
  const auto codes = system.codes();
  auto verdict = judged(codes.has(coded.code), coded, codes, system.url());
  Names names;
  add_names_of_system(codes, system.written, coded, names);
  hold_to_names(verdict, coded, names, language, codes);
  return verdict;
}

/// A concept has several codings: one that is in is enough.
template <class Judge>
Verdict best_of(const std::vector<Coded>& codes, Judge judge) {
  Verdict best;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    auto verdict = judge(codes[i]);
    if (verdict.result == Membership::in) return verdict;
    if (i == 0 || (best.result == Membership::out && verdict.result == Membership::unknown)) best = std::move(verdict);
  }
  return best;
}

Result<interaction::Response> answer(const Verdict& verdict) {
  if (verdict.result == Membership::unknown) return fail(Fault::not_supported, verdict.message);
  Answer out;
  out.add("result", "valueBoolean", verdict.result == Membership::in ? "true" : "false");
  out.add("message", "valueString", verdict.message);
  out.add("display", "valueString", verdict.display);
  return out.response();
}

}  // namespace

Result<interaction::Response> validate_code_in_set(const interaction::Request& request, const interaction::View& view,
                                                   const interaction::Context&) {
  const auto input = Input::read(request, {"url", "valueSet", "valueSetVersion", "code", "system", "systemVersion",
                                           "display", "coding", "codeableConcept", "date", "displayLanguage"});
  FHIR_TRY(input);
  const auto codes = asked_codes(*input);
  FHIR_TRY(codes);
  Terms terms(view, request.base);
  const auto set = asked_set(request, *input, terms);
  FHIR_TRY(set);
  const auto language = input->one("displayLanguage").value_or("");
  const auto verdict =
      best_of(*codes, [&](const Coded& coded) { return in_set(*set, coded, language, terms, *request.budget); });
  FHIR_TRY(request.budget->within());
  return answer(verdict);
}

Result<interaction::Response> validate_code_in_system(const interaction::Request& request,
                                                      const interaction::View& view, const interaction::Context&) {
  const auto input = Input::read(request, {"url", "codeSystem", "code", "version", "display", "coding",
                                           "codeableConcept", "date", "displayLanguage"});
  FHIR_TRY(input);
  const auto codes = asked_codes(*input);
  FHIR_TRY(codes);
  Terms terms(view, request.base);
  const auto system = asked_system(request, *input, input->one("url").value_or(codes->front().system), terms);
  FHIR_TRY(system);
  const auto language = input->one("displayLanguage").value_or("");
  return answer(best_of(*codes, [&](const Coded& coded) { return in_system(*system, coded, language); }));
}

}  // namespace varde::operation
