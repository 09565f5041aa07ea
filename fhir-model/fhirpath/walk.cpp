/// How an expression runs. Paths are walked item by item and conditions are judged without making collections: that is
/// what invariants and search parameters consist of. Everything else collects.
#include <fmt/format.h>

#include "fhir-model/element/reference.h"
#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/operators.h"
#include "fhir-model/fhirpath/run.h"

namespace varde::fhirpath {
namespace {

using Op = Node::Op;
using Truth = std::optional<bool>;

/// Operations whose result is a Boolean or nothing.
bool is_judgement(Operator oper) {
  return (oper < Operator::add || oper > Operator::concatenate) && oper != Operator::unite;
}

/// What there is of a primitive beside id and extensions, or of any System value.
bool is_value(const Item& item) { return !item.element() || item.element().has_value(); }

bool send_text(std::string_view text, Sink sink) { return sink(Item(text)); }

/// A part of a value that is no element.
bool visit_part(const Item& item, std::string_view name, Sink sink) {
  if (const auto* info = item.get<TypeInfo>()) {
    if (name == "namespace") return send_text(info->space, sink);
    if (name == "name") return send_text(info->name, sink);
    if (name == "baseType" && !info->base.empty()) return send_text(info->base, sink);
  } else if (const auto* quantity = item.get<Quantity>()) {
    if (name == "value") return sink(Item(quantity->value));
    if (name == "unit") return send_text(quantity->unit, sink);
  }
  return true;
}

/// A frame for the variables that a chain of steps makes.
template <class Then>
auto within_frame(const Node& node, const Scope& scope, Then then) {
  if (!node.defines) return then(scope);
  Variables variables{scope.variables};
  Scope inner = scope;
  inner.variables = &variables;
  return then(inner);
}

}  // namespace

bool visit_children(const Item& item, std::string_view name, Sink sink) {
  const Element element = item.element();
  if (!element) return visit_part(item, name, sink);
  // https://hl7.org/fhir/R4/fhirpath.html#functions: a primitive of FHIR has its System value as a child.
  if (name == "value" && fhir::is_primitive(element.type())) {
    const auto value = item.system();
    return !value || sink(*value);
  }
  for (const Element child : element.children()) {
    const fhir::ElementRow& row = *child.definition();
    if ((row.choice.empty() ? row.name : row.choice) == name && !sink(Item(child))) return false;
  }
  return true;
}

bool visit_children(const Item& item, Sink sink) {
  if (const Element element = item.element()) {
    for (const Element child : element.children())
      if (!sink(Item(child))) return false;
    return true;
  }
  for (const std::string_view part : {"namespace", "name", "baseType", "value", "unit"})
    if (!visit_part(item, part, sink)) return false;
  return true;
}

Operand::Operand(Run& run, const Node& node, const Scope& scope) {
  if (node.op == Op::literal) {
    literal_ = node.literal;
    return;
  }
  if (node.op == Op::function) {
    many_ = run.evaluate(node, scope);
    return;
  }
  run.visit(node, scope, [&](const Item& item) {
    if (!one_ && many_.empty()) {
      one_ = item;
      return true;
    }
    if (one_) many_.push_back(std::move(*one_)), one_.reset();
    many_.push_back(item);
    return true;
  });
}

bool Run::admit(const Item& item, std::size_t size, const Node& where) {
  if (size >= environment_.limits.items)
    fail(Fault::too_large, where, fmt::format("a collection of more than {} items", environment_.limits.items));
  constexpr std::size_t kShortText = 64;  // shorter ones are not worth counting
  if (const auto* text = item.get<std::string>(); text && text->size() >= kShortText) {
    if (text->size() > text_left_)
      fail(Fault::too_large, where, fmt::format("texts of more than {} bytes", environment_.limits.text_bytes));
    else
      text_left_ -= text->size();
  }
  return !failure_;
}

Collection Run::evaluate(const Node& node, const Scope& scope) {
  if (failure_ || !spend(node)) return {};
  Collection out = within_frame(node, scope, [&](const Scope& inner) {
    if (node.op == Op::function) return call(node, inner);
    Collection found;
    walk(node, inner, [&](const Item& item) {
      if (!admit(item, found.size(), node)) return false;
      found.push_back(item);
      return true;
    });
    return found;
  });
  if (failure_) return {};
  return node.op == Op::function ? within_limits(std::move(out), node) : out;
}

bool Run::visit(const Node& node, const Scope& scope, Sink sink) {
  if (failure_ || !spend(node)) return false;
  return within_frame(node, scope, [&](const Scope& inner) { return walk(node, inner, sink); }) && !failure_;
}

Truth Run::truth(const Node& node, const Scope& scope) {
  if (failure_ || !spend(node)) return {};
  const Truth found = within_frame(node, scope, [&](const Scope& inner) { return judge(node, inner); });
  return failure_ ? Truth() : found;
}

bool Run::walk(const Node& node, const Scope& scope, Sink sink) {
  const auto from_self = [&](Sink to) {
    if (scope.all == nullptr) return scope.self == nullptr || to(*scope.self);
    for (const Item& item : *scope.all)
      if (!to(item)) return false;
    return true;
  };
  const auto from_focus = [&](Sink to) { return visit(node.focus(), scope, to); };
  const auto named = [&](const Item& item) { return spend(node) && visit_children(item, node.name, sink); };
  std::int32_t index = 0;
  switch (node.op) {
    case Op::self: return from_self(sink);
    case Op::literal:
      for (const Item& item : node.literal)
        if (!sink(item)) return false;
      return true;
    case Op::first_step:
      if (scope.self && !scope.all && node.type.fhir != TypeId::none && is_of(*scope.self, node.type))
        return sink(*scope.self);
      return from_self(named);
    case Op::child: return from_focus(named);
    case Op::children: return from_focus([&](const Item& item) { return spend(node) && visit_children(item, sink); });
    case Op::extension: return extensions(node, scope, sink);
    case Op::where:
      return from_focus([&](const Item& item) {
        const bool holds = truth(node.operands[1], scope.at(item, index++)) == true;
        return !failure_ && (!holds || sink(item));
      });
    case Op::select:
      return from_focus([&](const Item& item) { return visit(node.operands[1], scope.at(item, index++), sink); });
    case Op::of_type:
      return from_focus([&](const Item& item) { return !is_exactly_of(item, node.type) || sink(item); });
    case Op::as: return only_as(node, scope, sink);
    case Op::at_index: return at_index(node, scope, sink);
    case Op::first: {
      bool more = true;
      from_focus([&](const Item& item) {
        more = sink(item);
        return false;
      });
      return more && !failure_;
    }
    case Op::count: {
      std::size_t count = 0;
      from_focus([&](const Item&) {
        ++count;
        return true;
      });
      return !failure_ && sink(Item(static_cast<std::int32_t>(count)));
    }
    case Op::exists:
    case Op::empty:
    case Op::negation:
    case Op::has_value:
    case Op::is:
    case Op::resolves_to: {
      const Truth found = judge(node, scope);
      return !failure_ && (!found || sink(Item(*found)));
    }
    case Op::operation:
      if (is_judgement(node.oper)) {
        const Truth found = judge(node, scope);
        return !failure_ && (!found || sink(Item(*found)));
      }
      [[fallthrough]];
    default:
      for (const Item& item : collect(node, scope))
        if (!sink(item)) return false;
      return !failure_;
  }
}

Collection Run::collect(const Node& node, const Scope& scope) {
  switch (node.op) {
    case Op::index: return scope.index ? Collection{*scope.index} : Collection{};
    case Op::total: return scope.total ? *scope.total : Collection{};
    case Op::variable: return variable(node, scope);
    case Op::plus:
    case Op::minus: return sign(node, scope);
    case Op::operation: return within_limits(operate(*this, node, scope), node);
    default: return within_limits(call(node, scope), node);
  }
}

Truth Run::judge(const Node& node, const Scope& scope) {
  switch (node.op) {
    case Op::exists: {
      bool found = false;
      std::int32_t index = 0;
      visit(node.focus(), scope, [&](const Item& item) {
        found = node.operands.size() == 1 || truth(node.operands[1], scope.at(item, index++)) == true;
        return !found && !failure_;
      });
      return found;
    }
    case Op::empty: {
      bool found = false;
      visit(node.focus(), scope, [&](const Item&) {
        found = true;
        return false;
      });
      return !found;
    }
    case Op::negation: {
      const Truth found = truth(node.focus(), scope);
      return found ? Truth(!*found) : found;
    }
    case Op::has_value: return has_value(node, scope);
    case Op::is: return is(node, scope);
    case Op::resolves_to: return resolves_to(node, scope);
    case Op::operation:
      if (is_judgement(node.oper)) return fhirpath::judge(*this, node, scope);
      [[fallthrough]];
    default: return condition(node, scope);
  }
}

Truth Run::condition(const Node& node, const Scope& scope) {
  Truth found;
  std::size_t count = 0;
  walk(node, scope, [&](const Item& item) {
    if (++count > 1) fail(node, "a condition of several items, where one Boolean is needed");
    found = item.boolean().value_or(true);
    return count == 1;
  });
  return found;
}

bool Run::has_value(const Node& node, const Scope& scope) {
  bool found = false;
  std::size_t count = 0;
  visit(node.focus(), scope, [&](const Item& item) {
    found = ++count == 1 && is_value(item);
    return count == 1;
  });
  return found;
}

bool Run::extensions(const Node& node, const Scope& scope, Sink sink) {
  const Operand url(*this, node.operands[1], scope);
  if (url.empty()) return true;
  const auto wanted = url.front().string();
  if (url.size() > 1 || !wanted) fail(node, "extension() takes a url, one String");
  return !failure_ && visit(node.focus(), scope, [&](const Item& item) {
    for (const Element extension : item.element().each("extension"))
      if (extension["url"].value() == *wanted && !sink(Item(extension))) return false;
    return true;
  });
}

bool Run::only_as(const Node& node, const Scope& scope, Sink sink) {
  if (environment_.as_of_many == AsOfMany::filter)
    return visit(node.focus(), scope, [&](const Item& item) { return !is_exactly_of(item, node.type) || sink(item); });
  const Operand focus(*this, node.focus(), scope);
  if (focus.size() > 1)
    fail(node, fmt::format("'as' takes one item, and there are {}; ofType() takes several", focus.size()));
  if (failure_ || focus.empty() || !is_exactly_of(focus.front(), node.type)) return !failure_;
  return sink(focus.front());
}

bool Run::at_index(const Node& node, const Scope& scope, Sink sink) {
  const Operand index(*this, node.operands[1], scope);
  if (failure_ || index.empty()) return !failure_;
  const auto wanted = index.front().integer();
  if (index.size() > 1 || !wanted) {
    fail(node, "an index is a single Integer");
    return false;
  }
  std::int32_t at = 0;
  bool more = true;
  visit(node.focus(), scope, [&](const Item& item) {
    if (at++ != *wanted) return true;
    more = sink(item);
    return false;
  });
  return more && !failure_;
}

Truth Run::is(const Node& node, const Scope& scope) {
  const Operand focus(*this, node.focus(), scope);
  if (focus.size() > 1) fail(node, fmt::format("'is' asks about one item, and there are {}", focus.size()));
  return focus.size() == 1 ? Truth(is_of(focus.front(), node.type)) : Truth();
}

Truth Run::resolves_to(const Node& node, const Scope& scope) {
  const Operand references(*this, node.focus(), scope);
  if (references.size() > 1) fail(node, "'is' asks about one item, and there are several references");
  if (references.size() != 1) return {};
  const Element reference = references.front().element();
  TypeId type = fhir::target_type(reference);
  if (type == TypeId::none && reference) {
    const Collection resolved = resolve(*this, references.front());
    if (!resolved.empty()) type = resolved.front().element().type();
  }
  if (type == TypeId::none) return {};
  return node.type.any || (node.type.fhir != TypeId::none && fhir::derives_from(type, node.type.fhir));
}

}  // namespace varde::fhirpath
