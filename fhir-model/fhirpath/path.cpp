#include "fhir-model/fhirpath/path.h"

#include <utility>

#include "fhir-model/fhirpath/run.h"

namespace varde::fhir {
namespace {

using fhirpath::Node;

const fhirpath::Environment& environment() {
  static const fhirpath::Environment filtering{.as_of_many = fhirpath::AsOfMany::filter};
  return filtering;
}

/// The sides of a union are walked one after the other, so that nothing is collected to find what is there twice.
void append_alternatives(const Node& node, std::vector<const Node*>& out) {
  if (node.op != Node::Op::operation || node.oper != fhirpath::Operator::unite || node.defines) {
    out.push_back(&node);
    return;
  }
  for (const Node& side : node.operands) append_alternatives(side, out);
}

}  // namespace

Path::Path(fhirpath::Expression expression, bool is_boolean)
    : expression_(std::move(expression)), is_boolean_(is_boolean) {
  append_alternatives(expression_.root(), alternatives_);
}

Result<Path> Path::compile(std::string_view text) {
  using fhirpath::ResultKind;
  auto expression = fhirpath::compile(text);
  FHIR_TRY(expression);
  const auto kind = fhirpath::check_kind(*expression, TypeId::none);
  if (!kind) return fail(Fault::not_supported, kind.error().diagnostics);
  if (*kind == ResultKind::values)
    return fail(Fault::not_supported, "FHIRPath: the result must be elements of the resource, or a Boolean.");
  return Path(std::move(*expression), *kind == ResultKind::booleans);
}

void Path::select(Element context, std::vector<Element>& out) const {
  if (!context || is_boolean_) return;
  fhirpath::Run run(environment(), context);
  const fhirpath::Item self(context);
  const auto keep = [&](const fhirpath::Item& item) {
    if (const Element element = item.element()) out.push_back(element);
    return true;
  };
  for (const Node* alternative : alternatives_) run.visit(*alternative, fhirpath::Scope{&self}, keep);
}

std::optional<bool> Path::test(Element context) const {
  if (!context) return {};
  fhirpath::Run run(environment(), context);
  const fhirpath::Item self(context);
  if (is_boolean_) return run.truth(expression_.root(), fhirpath::Scope{&self});
  bool found = false;
  run.visit(expression_.root(), fhirpath::Scope{&self}, [&](const fhirpath::Item&) {
    found = true;
    return false;
  });
  return found;
}

}  // namespace varde::fhir
