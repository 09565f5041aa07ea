/// What an expression can give, found from the definitions without any data. Only what can never be right is refused:
/// where a type is not certain, everything is allowed.
/// Source: https://hl7.org/fhirpath/N1/#type-safety-and-strict-evaluation
#include <fmt/format.h>

#include <algorithm>

#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/node.h"

namespace varde::fhirpath {
namespace {

using Op = Node::Op;

/// The types that the items of a collection may have.
struct Types {
  bool unknown = false;  ///< any other type besides
  bool ordered = true;
  std::vector<TypeId> fhir = {};
  std::vector<SystemType> system = {};

  bool is_known() const { return !unknown && !(fhir.empty() && system.empty()); }
  static Types anything() { return {.unknown = true}; }
  static Types of(SystemType type) { return {.system = {type}}; }
  static Types of(TypeId type) { return {.fhir = {type}}; }
};

Types merged(Types a, const Types& b) {
  a.unknown |= b.unknown;
  a.ordered &= b.ordered;
  for (const TypeId type : b.fhir)
    if (!std::ranges::count(a.fhir, type)) a.fhir.push_back(type);
  for (const SystemType type : b.system)
    if (!std::ranges::count(a.system, type)) a.system.push_back(type);
  return a;
}

/// Types that stand for others, whose elements are not known here.
bool is_abstract(TypeId type) {
  const std::string_view name = fhir::row_of(type).name;
  return fhir::row_of(type).kind == fhir::TypeKind::abstract_resource || name == "Element" || name == "BackboneElement";
}

bool any_converts(const Types& types, std::initializer_list<SystemType> wanted) {
  const auto is_wanted = [&](SystemType type) { return std::ranges::count(wanted, type) > 0; };
  return std::ranges::any_of(types.system, is_wanted) ||
         std::ranges::any_of(types.fhir, [&](TypeId type) { return is_wanted(implicit_type(type)); });
}

Types given(Gives gives) {
  switch (gives) {
    case Gives::boolean: return Types::of(SystemType::boolean);
    case Gives::string: return Types::of(SystemType::string);
    case Gives::integer: return Types::of(SystemType::integer);
    case Gives::decimal: return Types::of(SystemType::decimal);
    case Gives::date: return Types::of(SystemType::date);
    case Gives::date_time: return Types::of(SystemType::date_time);
    case Gives::time: return Types::of(SystemType::time);
    case Gives::quantity: return Types::of(SystemType::quantity);
    default: return Types::anything();
  }
}

class Checker {
 public:
  explicit Checker(TypeId context)
      : context_(context == TypeId::none || is_abstract(context) ? Types::anything() : Types::of(context)) {}

  Result<Types> types_of(const Node& root) {
    Types found = types(root, context_);
    if (failure_) return tl::unexpected(std::move(*failure_));
    return found;
  }

  Result<ResultKind> whole(const Node& root) {
    auto typed = types_of(root);
    FHIR_TRY(typed);
    const Types& found = *typed;
    if (found.unknown || !found.fhir.empty()) return ResultKind::elements;
    return found.system == std::vector{SystemType::boolean} ? ResultKind::booleans : ResultKind::values;
  }

 private:
  void fail(const Node& where, std::string_view what) {
    if (failure_) return;
    failure_ = Failure{Fault::parameter_malformed, fmt::format("FHIRPath: {}, at character {}.", what, where.at + 1)};
  }

  Types types(const Node& node, const Types& self) {
    switch (node.op) {
      case Op::literal: return literal(node);
      case Op::self: return self;
      case Op::index: return Types::of(SystemType::integer);
      case Op::total: return Types::anything();
      case Op::variable: return node.name == "context" ? context_ : Types::anything();
      case Op::first_step: return first_step(node, self);
      case Op::child: return children(node, types(node.focus(), self));
      case Op::at_index: types(node.operands[1], self); return in_order(node, types(node.focus(), self));
      case Op::plus:
      case Op::minus: return types(node.focus(), self);
      case Op::operation: return operation(node, self);
      case Op::is:
      case Op::resolves_to: types(node.focus(), self); return Types::of(SystemType::boolean);
      case Op::as: types(node.focus(), self); return named(node.type);
      default: return function(node, self);
    }
  }

  static Types literal(const Node& node) {
    Types out;
    for (const Item& item : node.literal) out.system.push_back(item.system_type());
    return out;
  }

  static Types named(const TypeSpecifier& type) {
    if (type.any || (type.fhir != TypeId::none && is_abstract(type.fhir))) return Types::anything();
    Types out;
    if (type.fhir != TypeId::none) out.fhir.push_back(type.fhir);
    if (type.system != SystemType::none) out.system.push_back(type.system);
    return out;
  }

  Types first_step(const Node& node, const Types& self) {
    if (self.unknown) {
      const bool resource = node.type.fhir != TypeId::none && fhir::is_resource(node.type.fhir);
      return resource ? Types::of(node.type.fhir) : Types::anything();
    }
    const auto is_it = [&](TypeId type) {
      return node.type.fhir != TypeId::none && fhir::derives_from(type, node.type.fhir);
    };
    if (std::ranges::any_of(self.fhir, is_it)) return self;
    return children(node, self);
  }

  Types children(const Node& node, const Types& focus) {
    if (!focus.is_known()) return Types::anything();
    Types out;
    bool found = false;
    for (const TypeId type : focus.fhir)
      for (const fhir::ElementRow& row : fhir::elements_of(type)) {
        if ((row.choice.empty() ? row.name : row.choice) != node.name) continue;
        found = true;
        if (is_abstract(row.type))
          out.unknown = true;
        else
          out = merged(std::move(out), Types::of(row.type));
      }
    if (node.name == "value")
      for (const TypeId type : focus.fhir)
        if (fhir::is_primitive(type)) found = true, out = merged(std::move(out), Types::of(implicit_type(type)));
    for (const SystemType type : focus.system)
      if (type == SystemType::quantity || type == SystemType::none) found = out.unknown = true;
    if (!found) fail(node, unknown_element(node, focus));
    return out;
  }

  static std::string unknown_element(const Node& node, const Types& focus) {
    if (focus.fhir.empty()) return fmt::format("a {} has no element {}", system_name(focus.system.front()), node.name);
    const TypeId type = focus.fhir.front();
    for (const fhir::ElementRow& row : fhir::elements_of(type))
      if (row.name == node.name)
        return fmt::format("{} is written {} in FHIRPath, with as({}) where the type matters", node.name, row.choice,
                           fhir::row_of(row.type).name);
    return fmt::format("{} has no element {} in FHIR R4", fhir::row_of(type).name, node.name);
  }

  Types in_order(const Node& node, Types focus) {
    if (!focus.ordered)
      fail(node, "children() and descendants() have no order, so no item of theirs is the first or next");
    return focus;
  }

  Types function(const Node& node, const Types& self) {
    const FunctionRow& row = *node.function;
    Types focus = types(node.focus(), self);
    if (row.takes == Takes::string && focus.is_known() && !any_converts(focus, {SystemType::string}))
      fail(node, fmt::format("{}() takes a String", row.name));
    if (row.takes == Takes::number && focus.is_known() &&
        !any_converts(focus, {SystemType::integer, SystemType::decimal}))
      fail(node, fmt::format("{}() takes a number", row.name));
    if (row.name == "ofType") return named(node.type);

    if (row.name == "repeat") return types(node.operands[1], Types::anything());  // for what it finds, too
    std::vector<Types> arguments;
    for (std::size_t i = 1; i < node.operands.size(); ++i)
      arguments.push_back(types(node.operands[i], row.arguments == Arguments::each ? focus : self));
    if (row.name == "iif") return branches(node, arguments);
    if (row.name == "children" || row.name == "descendants") return {.unknown = true, .ordered = false};
    if (row.name == "combine" || row.name == "union") return merged(std::move(focus), arguments.front());
    if (row.name == "extension") return Types::of(fhir::find_type("Extension"));
    for (const std::string_view ordered : {"first", "last", "tail", "skip", "take"})
      if (row.name == ordered) return in_order(node, std::move(focus));
    if (row.gives == Gives::focus) return focus;
    if (row.gives == Gives::argument) return arguments.front();
    return given(row.gives);
  }

  Types branches(const Node& node, const std::vector<Types>& arguments) {
    if (arguments[0].is_known() && !any_converts(arguments[0], {SystemType::boolean}))
      fail(node.operands[1], "the criterion of iif() is a Boolean");
    return arguments.size() > 2 ? merged(arguments[1], arguments[2]) : arguments[1];
  }

  Types operation(const Node& node, const Types& self) {
    Types left = types(node.operands[0], self);
    const Types right = types(node.operands[1], self);
    switch (node.oper) {
      case Operator::unite: return merged(std::move(left), right);
      case Operator::concatenate: return Types::of(SystemType::string);
      case Operator::add:
      case Operator::subtract:
      case Operator::multiply:
      case Operator::divide:
      case Operator::div:
      case Operator::mod: return Types::anything();
      default: return Types::of(SystemType::boolean);
    }
  }

  Types context_;
  std::optional<Failure> failure_;
};

}  // namespace

Result<ResultKind> check_kind(const Expression& expression, TypeId context) {
  return Checker(context).whole(expression.root());
}

Result<std::vector<TypeId>> check_types(const Expression& expression, TypeId context) {
  auto types = Checker(context).types_of(expression.root());
  FHIR_TRY(types);
  return types->unknown ? std::vector<TypeId>() : std::move(types->fhir);
}

Result<void> check(const Expression& expression, TypeId context) {
  return check_kind(expression, context).map([](ResultKind) {});
}

}  // namespace varde::fhirpath
