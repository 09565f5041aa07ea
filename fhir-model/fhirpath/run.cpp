#include "fhir-model/fhirpath/run.h"

#include <fmt/format.h>

#include <chrono>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/time/system_clock.h"

namespace varde::fhirpath {
namespace {

/// Texts shorter than this are not worth counting.
constexpr std::size_t kShortText = 64;

Element nearest_resource(Element at) {
  while (at && !fhir::is_resource(at.type())) at = at.parent();
  return at;
}

bool holds_other_resources(Element resource) {
  return resource.type_name() == "Bundle" || resource.type_name() == "Parameters";
}

}  // namespace

Run::Run(const Environment& environment, Element context)
    : environment_(environment),
      context_(context),
      steps_left_(environment.limits.steps),
      text_left_(environment.limits.text_bytes) {}

void Run::fail(Fault fault, const Node& where, std::string_view what) {
  if (!failure_) failure_ = Failure{fault, fmt::format("FHIRPath: {}, at character {}.", what, where.at + 1)};
}

bool Run::spend(const Node& where, std::size_t steps) {
  if (environment_.budget != nullptr && !environment_.budget->spend(steps)) {
    if (!failure_) failure_ = environment_.budget->within().error();
    return false;
  }
  std::size_t* const together = environment_.steps_left;
  if (steps <= steps_left_ && (together == nullptr || steps <= *together)) {
    steps_left_ -= steps;
    if (together != nullptr) *together -= steps;
    return true;
  }
  if (together != nullptr && steps > *together) *together = 0;
  fail(Fault::too_large, where, fmt::format("the expression takes more than {} steps", environment_.limits.steps));
  return false;
}

Collection Run::within_limits(Collection made, const Node& where) {
  if (made.size() > environment_.limits.items) {
    fail(Fault::too_large, where, fmt::format("a collection of more than {} items", environment_.limits.items));
    return {};
  }
  for (const Item& item : made) {
    const auto* text = item.get<std::string>();
    if (!text || text->size() < kShortText) continue;
    if (text->size() > text_left_) {
      fail(Fault::too_large, where, fmt::format("texts of more than {} bytes", environment_.limits.text_bytes));
      return {};
    }
    text_left_ -= text->size();
  }
  return made;
}

Element Run::resource() const { return environment_.resource ? environment_.resource : nearest_resource(context_); }

Element Run::root_resource() const {
  if (environment_.root_resource) return environment_.root_resource;
  Element root = resource();
  for (Element at = root; at; at = at.parent())
    if (fhir::is_resource(at.type()) && !holds_other_resources(at)) root = at;
  return root;
}

Temporal Run::now() {
  using namespace std::chrono;
  if (!now_)
    now_ = environment_.clock ? environment_.clock()
                              : duration_cast<milliseconds>(time::system_now().time_since_epoch()).count();
  return Temporal::of_instant(*now_, environment_.offset_minutes);
}

const Collection* Variables::find(std::string_view name) const {
  for (const Variables* frame = this; frame; frame = frame->outer)
    for (const auto& [known, value] : frame->own)
      if (known == name) return &value;
  return nullptr;
}

Collection Run::variable(const Node& node, const Scope& scope) {
  const auto element = [](Element found) { return found ? Collection{found} : Collection{}; };
  if (node.name == "context") return element(context_);
  if (node.name == "resource") return element(resource());
  if (node.name == "rootResource") return element(root_resource());
  if (const Collection* found = scope.variables ? scope.variables->find(node.name) : nullptr) return *found;
  for (const auto& [name, value] : environment_.variables)
    if (name == node.name) return value;
  fail(node, fmt::format("%{} is not known here", node.name));
  return {};
}

Collection Run::call(const Node& node, const Scope& scope) {
  Call call{*this, node, scope, evaluate(node.focus(), scope)};
  if (failure_) return {};
  return node.function->run(call);
}

Collection Run::sign(const Node& node, const Scope& scope) {
  const Collection operand = evaluate(node.focus(), scope);
  if (operand.empty()) return {};
  const Item& item = operand.front();
  const bool minus = node.op == Node::Op::minus;
  if (operand.size() == 1) {
    if (const auto whole = item.integer()) {
      if (!minus) return {*whole};
      return *whole == INT32_MIN ? Collection{} : Collection{-*whole};
    }
    if (const auto decimal = item.decimal()) return {minus ? -*decimal : *decimal};
    if (auto quantity = item.quantity()) {
      if (minus) quantity->value = -quantity->value;
      return {*quantity};
    }
  }
  fail(node, "a sign stands before a single number or Quantity");
  return {};
}

bool is_of(const Item& item, const TypeSpecifier& type) {
  if (type.any) return true;
  if (const Element element = item.element())
    return type.fhir != TypeId::none && fhir::derives_from(type_of(element), type.fhir);
  return type.system != SystemType::none && item.system_type() == type.system;
}

bool is_exactly_of(const Item& item, const TypeSpecifier& type) {
  const Element element = item.element();
  if (element && !type.any && fhir::is_primitive(element.type())) return type_of(element) == type.fhir;
  return is_of(item, type);
}

Result<Collection> evaluate(const Expression& expression, Element context, const Environment& environment) {
  Run run(environment, context);
  const Item self(context);
  Collection result = run.evaluate(expression.root(), Scope{context ? &self : nullptr});
  if (run.failed()) return tl::unexpected(run.take_failure());
  return result;
}

Result<std::optional<bool>> test(const Expression& expression, Element context, const Environment& environment) {
  Run run(environment, context);
  const Item self(context);
  const auto truth = run.truth(expression.root(), Scope{context ? &self : nullptr});
  if (run.failed()) return tl::unexpected(run.take_failure());
  return truth;
}

}  // namespace varde::fhirpath
