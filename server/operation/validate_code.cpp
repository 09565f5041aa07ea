/// ValueSet/$validate-code and CodeSystem/$validate-code, by type and by instance.
/// Sources: https://hl7.org/fhir/R4/valueset-operation-validate-code.html,
///          https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
/// Where a code system that others keep would have to say, the answer is a fault, never a wrong true or false.
#include <fmt/format.h>

#include "fhir-model/terminology/codes.h"
#include "server/operation/operations.h"
#include "server/operation/terms.h"

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

/// A display that is none of the names makes the answer no, where the names are all known.
void hold_to_display(Verdict& verdict, const Coded& coded, const terminology::Codes& codes) {
  if (verdict.result != Membership::in || coded.display.empty() || verdict.display.empty()) return;
  if (coded.display == verdict.display || !codes.all_known()) return;
  verdict.result = Membership::out;
  verdict.message =
      fmt::format("The display is not the name of {}, which is called '{}'.", coded.code, verdict.display);
}

std::string canonical_of(const Coded& coded) {
  return coded.version.empty() ? coded.system : fmt::format("{}|{}", coded.system, coded.version);
}

Verdict in_set(const AskedSet& set, const Coded& coded, Terms& terms) {
  if (!set.written) return terminology::validate_code(set.known, canonical_of(coded), coded.code, coded.display);
  const auto system = terms.stored(coded.system);
  const auto codes = system.type_name() == "CodeSystem"
                         ? terminology::Codes(system)
                         : terminology::Codes(terminology::find_code_system(coded.system));
  auto verdict = judged(terminology::member(set.written, coded.system, coded.code, terms.written()), coded, codes,
                        "the value set");
  hold_to_display(verdict, coded, codes);
  return verdict;
}

Verdict in_system(const AskedSystem& system, const Coded& coded) {
  if (!coded.system.empty() && coded.system != system.url())
    return {Membership::out, {}, fmt::format("The code is of another system than {}.", system.url())};
  if (!system.written) return terminology::validate_code(system.known, coded.code, coded.display);
  const auto codes = system.codes();
  auto verdict = judged(codes.has(coded.code), coded, codes, system.url());
  hold_to_display(verdict, coded, codes);
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

Result<interaction::Response> validate_code_in_set(const interaction::Request& request, interaction::Context& context) {
  const auto input = Input::read(request, {"url", "valueSet", "valueSetVersion", "code", "system", "systemVersion",
                                           "display", "coding", "codeableConcept", "date", "displayLanguage"});
  if (!input) return tl::unexpected(input.error());
  const auto codes = asked_codes(*input);
  if (!codes) return tl::unexpected(codes.error());
  return context.database.read([&](const storage::Snapshot& snapshot) -> Result<interaction::Response> {
    Terms terms(snapshot, request.base);
    const auto set = asked_set(request, *input, terms);
    if (!set) return tl::unexpected(set.error());
    return answer(best_of(*codes, [&](const Coded& coded) { return in_set(*set, coded, terms); }));
  });
}

Result<interaction::Response> validate_code_in_system(const interaction::Request& request,
                                                      interaction::Context& context) {
  const auto input = Input::read(request, {"url", "codeSystem", "code", "version", "display", "coding",
                                           "codeableConcept", "date", "displayLanguage"});
  if (!input) return tl::unexpected(input.error());
  const auto codes = asked_codes(*input);
  if (!codes) return tl::unexpected(codes.error());
  return context.database.read([&](const storage::Snapshot& snapshot) -> Result<interaction::Response> {
    Terms terms(snapshot, request.base);
    const auto system = asked_system(request, *input, input->one("url").value_or(codes->front().system), terms);
    if (!system) return tl::unexpected(system.error());
    return answer(best_of(*codes, [&](const Coded& coded) { return in_system(*system, coded); }));
  });
}

}  // namespace varde::operation
