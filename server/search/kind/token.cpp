/// Token search: https://hl7.org/fhir/R4/search.html#token
#include "server/search/fold.h"
#include "server/search/value.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;

struct Types {
  TypeId coding = fhir::find_type("Coding"), concept_ = fhir::find_type("CodeableConcept"),
         identifier = fhir::find_type("Identifier"), contact = fhir::find_type("ContactPoint"),
         string = fhir::find_type("string");
};
const Types& types() {
  static const Types kTypes;
  return kTypes;
}

void add(ParameterKey key, std::string_view system, std::string_view code, IndexRows& rows) {
  rows.tokens.push_back({key, system, code});
}

/// The text itself where it has no case to lose, as most.
std::string_view without_case(std::string_view text, IndexRows& rows) {
  std::string folded = fold_case(text);
  if (folded == text) return text;
  return rows.texts.emplace_back(std::move(folded));
}

}  // namespace

void index_token(Element element, ParameterKey key, IndexRows& rows) {
  const TypeId type = element.type();
  if (type == types().coding) {
    add(key, element["system"].value(), element["code"].value(), rows);
  } else if (type == types().concept_) {
    bool coded = false;
    for (const Element coding : element.each("coding")) {
      add(key, coding["system"].value(), coding["code"].value(), rows);
      coded = true;
    }
    if (!coded) add(key, {}, {}, rows);  // text alone: not missing, but found by no code
  } else if (type == types().identifier) {
    add(key, element["system"].value(), element["value"].value(), rows);
  } else if (type == types().contact) {
    add(key, {}, without_case(element["value"].value(), rows), rows);
  } else if (type == types().string) {
    add(key, {}, without_case(element.value(), rows), rows);
  } else if (element.has_value()) {
    add(key, {}, element.value(), rows);
  } else {
    add(key, {}, {}, rows);
  }
}

Result<TokenValue> parse_token(std::string_view text, std::string_view parameter) {
  TokenValue out;
  const std::size_t bar = text.find('|');
  if (bar == std::string_view::npos) {
    out.code = text;
  } else {
    out.system = text.substr(0, bar);
    if (bar + 1 < text.size()) out.code = text.substr(bar + 1);
    if (out.code && out.code->find('|') != std::string::npos)
      return fail(Fault::parameter_malformed,
                  "A token is [system]|[code] with one bar; escape a bar in the code as \\|.", std::string(parameter));
  }
  if ((out.code && out.code->empty()) || (!out.code && out.system->empty()))
    return fail(Fault::parameter_malformed,
                "A token needs a code, a system, or both: [code], [system]|[code], [system]|.", std::string(parameter));
  return out;
}

}  // namespace varde::search
