#include "fhir-model/fhirpath/run.h"

#include <fmt/format.h>

#include <chrono>

#include "fhir-model/element/reference.h"
#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/operators.h"

namespace varde::fhirpath {
namespace {

using Op = Node::Op;

/// Texts shorter than this are not worth counting.
constexpr std::size_t kShortText = 64;

Element nearest_resource(Element at) {
  while (at && !fhir::is_resource(at.type())) at = at.parent();
  return at;
}

bool holds_other_resources(Element resource) {
  return resource.type_name() == "Bundle" || resource.type_name() == "Parameters";
}

/// A part of a value that is no element.
void append_part(const Item& item, std::string_view name, Collection& out) {
  if (const auto* info = item.get<TypeInfo>()) {
    if (name == "namespace") out.emplace_back(info->space);
    if (name == "name") out.emplace_back(info->name);
    if (name == "baseType" && !info->base.empty()) out.emplace_back(info->base);
  } else if (const auto* quantity = item.get<Quantity>()) {
    if (name == "value") out.emplace_back(quantity->value);
    if (name == "unit") out.emplace_back(std::string_view(quantity->unit));
  }
}

/// https://hl7.org/fhir/R4/fhirpath.html#functions: a primitive of FHIR has its System value as a child.
void append_value(Element primitive, Collection& out) {
  if (auto value = Item(primitive).system()) out.push_back(std::move(*value));
}

void append_children(Element parent, std::string_view name, Collection& out) {
  if (name == "value" && fhir::is_primitive(parent.type())) return append_value(parent, out);
  for (const Element child : parent.children()) {
    const fhir::ElementRow& row = *child.definition();
    if ((row.choice.empty() ? row.name : row.choice) == name) out.emplace_back(child);
  }
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
  if (steps <= steps_left_) {
    steps_left_ -= steps;
    return true;
  }
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
                              : duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  return Temporal::of_instant(*now_, environment_.offset_minutes);
}

std::optional<bool> Run::condition(const Collection& result, const Node& where) {
  if (result.empty()) return std::nullopt;
  if (result.size() > 1) {
    fail(where, fmt::format("a condition of {} items, where one Boolean is needed", result.size()));
    return std::nullopt;
  }
  return result.front().boolean().value_or(true);
}

const Collection* Variables::find(std::string_view name) const {
  for (const Variables* frame = this; frame; frame = frame->outer)
    for (const auto& [known, value] : frame->own)
      if (known == name) return &value;
  return nullptr;
}

Collection Run::evaluate(const Node& node, const Scope& scope) {
  if (failure_ || !spend(node)) return {};
  if (node.defines) {
    Variables variables{scope.variables};
    Scope inner = scope;
    inner.variables = &variables;
    Collection result = dispatch(node, inner);
    return failure_ ? Collection{} : result;
  }
  Collection result = dispatch(node, scope);
  if (failure_) return {};
  return result;
}

Collection Run::dispatch(const Node& node, const Scope& scope) {
  const auto self = [&] { return scope.all ? *scope.all : scope.self ? Collection{*scope.self} : Collection{}; };
  switch (node.op) {
    case Op::literal: return within_limits(node.literal, node);
    case Op::self: return within_limits(self(), node);
    case Op::index: return scope.index ? Collection{*scope.index} : Collection{};
    case Op::total: return scope.total ? within_limits(*scope.total, node) : Collection{};
    case Op::variable: return within_limits(variable(node, scope), node);
    case Op::first_step:
      if (scope.self && !scope.all && node.type.fhir != TypeId::none && is_of(*scope.self, node.type)) return self();
      return children(node, self());
    case Op::child: return children(node, evaluate(node.focus(), scope));
    case Op::function: return within_limits(call(node, scope), node);
    case Op::at_index: return at_index(node, scope);
    case Op::plus:
    case Op::minus: return sign(node, scope);
    case Op::operation: return within_limits(operate(*this, node, scope), node);
    case Op::is: return is(node, evaluate(node.focus(), scope));
    case Op::as: return as_type(*this, node, evaluate(node.focus(), scope));
    case Op::resolves_to: return resolves_to(node, scope);
  }
  return {};
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

Collection Run::children(const Node& node, const Collection& focus) {
  Collection out;
  for (const Item& item : focus) {
    if (const Element element = item.element())
      append_children(element, node.name, out);
    else
      append_part(item, node.name, out);
  }
  if (out.size() > focus.size()) return within_limits(std::move(out), node);
  return out;
}

Collection Run::call(const Node& node, const Scope& scope) {
  Call call{*this, node, scope, evaluate(node.focus(), scope)};
  if (failure_) return {};
  return node.function->run(call);
}

Collection Run::at_index(const Node& node, const Scope& scope) {
  Collection focus = evaluate(node.focus(), scope);
  const Collection index = evaluate(node.operands[1], scope);
  if (index.empty() || focus.empty()) return {};
  const auto at = index.front().integer();
  if (index.size() > 1 || !at) {
    fail(node, "an index is a single Integer");
    return {};
  }
  if (*at < 0 || static_cast<std::size_t>(*at) >= focus.size()) return {};
  return {std::move(focus[static_cast<std::size_t>(*at)])};
}

Collection Run::sign(const Node& node, const Scope& scope) {
  const Collection operand = evaluate(node.focus(), scope);
  if (operand.empty()) return {};
  const Item& item = operand.front();
  const bool minus = node.op == Op::minus;
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

Collection Run::is(const Node& node, const Collection& focus) {
  if (focus.size() > 1) fail(node, fmt::format("'is' asks about one item, and there are {}", focus.size()));
  if (focus.size() != 1) return {};
  return {is_of(focus.front(), node.type)};
}

Collection as_type(Run& run, const Node& node, Collection focus) {
  if (focus.size() > 1 && run.environment().as_of_many == AsOfMany::refuse) {
    run.fail(node, fmt::format("'as' takes one item, and there are {}; ofType() takes several", focus.size()));
    return {};
  }
  std::erase_if(focus, [&](const Item& item) { return !is_exactly_of(item, node.type); });
  return focus;
}

Collection Run::resolves_to(const Node& node, const Scope& scope) {
  const Collection references = evaluate(node.focus(), scope);
  if (references.size() > 1) fail(node, "'is' asks about one item, and there are several references");
  if (references.size() != 1) return {};
  const Element reference = references.front().element();
  TypeId type = fhir::target_type(reference);
  if (type == TypeId::none && reference) {
    const Collection resolved = resolve(*this, references.front());
    if (!resolved.empty()) type = resolved.front().element().type();
  }
  if (type == TypeId::none) return {};
  return {node.type.any || (node.type.fhir != TypeId::none && fhir::derives_from(type, node.type.fhir))};
}

Collection children_of(const Item& item) {
  Collection out;
  if (const Element element = item.element())
    for (const Element child : element.children()) out.emplace_back(child);
  else
    for (const std::string_view part : {"namespace", "name", "baseType", "value", "unit"}) append_part(item, part, out);
  return out;
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
  const Collection result = run.evaluate(expression.root(), Scope{context ? &self : nullptr});
  const auto truth = run.condition(result, expression.root());
  if (run.failed()) return tl::unexpected(run.take_failure());
  return truth;
}

}  // namespace varde::fhirpath
