/// Composite search: https://hl7.org/fhir/R4/search.html#combining
/// Values of several parameters joined by $, all on the same element of the resource: the code and the value of one and
/// the same component. It makes no rows: the entries of its components say which element they stand in.
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

std::vector<std::string> parted(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t end = text.find('$');
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

Result<void> read(Criterion& criterion, std::string text, std::string_view, const Asking& asking) {
  const Parameter& parameter = *criterion.parameter;
  std::vector<std::string> texts = parted(text);
  if (texts.size() != parameter.components.size()) {
    std::string form;
    for (const Parameter::Component& component : parameter.components)
      form += (form.empty() ? "[" : "$[") + std::string(component.parameter->code) + "]";
    return fail(Fault::parameter_malformed, "The value is " + form + "; escape a dollar sign inside as \\$.",
                std::string(parameter.code));
  }
  std::vector<Criterion> parts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    parts.push_back(criterion_of(*parameter.components[i].parameter));
    FHIR_TRY(kind_of(*parts.back().parameter).read(parts.back(), std::move(texts[i]), {}, asking));
  }
  criterion.composites.push_back(std::move(parts));
  return {};
}

}  // namespace

const Kind kComposite{.kind = fhir::SearchKind::composite, .modifiers = "", .index = nullptr, .read = read};

}  // namespace varde::search
