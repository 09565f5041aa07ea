#include "fhir-model/fhirpath/path.h"

#include <array>
#include <functional>

#include "fhir-model/element/reference.h"
#include "fhir-model/fhirpath/program.h"

namespace varde::fhir {
namespace {

using Truth = std::optional<bool>;
Truth evaluate(const Condition& condition, Element context);

/// Sends what one chain selects, in document order, to a sink that says whether to go on.
template <class Sink>
class Run {
 public:
  Run(const Chain& chain, Sink& sink) : end_(chain.data() + chain.size()), sink_(sink) {}

  /// False once the sink wants no more.
  bool from(const Step* step, Element at) {
    if (step == end_) return sink_(at);
    switch (step->op) {
      case Step::Op::of_type: return !derives_from(at.type(), step->type) || from(step + 1, at);
      case Step::Op::child: return children(step, at);
      case Step::Op::extension: return extensions(step, at);
      case Step::Op::at_index: return counters_[step->counter]++ != step->index || from(step + 1, at);
      case Step::Op::where: return evaluate(*step->condition, at) != true || from(step + 1, at);
    }
    return true;
  }

 private:
  static bool matches(const Step& step, const ElementRow* row) {
    if (step.first_row != nullptr) return !std::less<>{}(row, step.first_row) && std::less<>{}(row, step.last_row);
    return row->choice.empty() ? row->name == step.name : row->choice == step.name;
  }

  bool children(const Step* step, Element at) {
    for (const Element child : at.children())
      if (matches(*step, child.definition()) && !from(step + 1, child)) return false;
    return true;
  }

  bool extensions(const Step* step, Element at) {
    for (const Element extension : at.each("extension"))
      if (extension["url"].value() == step->name && !from(step + 1, extension)) return false;
    return true;
  }

  const Step* end_;
  Sink& sink_;
  std::array<std::uint32_t, kMostCounters> counters_{};
};

/// False once the sink wanted no more.
template <class Sink>
bool run(const Alternatives& alternatives, Element context, Sink sink) {
  for (const Chain& chain : alternatives)
    if (!Run<Sink>(chain, sink).from(chain.data(), context)) return false;
  return true;
}

bool selects_something(const Alternatives& paths, Element context) {
  return !run(paths, context, [](Element) { return false; });
}

/// What the paths select when that is exactly one element; `many` when there are more.
struct Only {
  Element element = {};
  bool many = false;
};
Only only(const Alternatives& paths, Element context) {
  Only out;
  run(paths, context, [&](Element found) {
    out.many = bool(out.element);
    out.element = found;
    return !out.many;
  });
  return out;
}

bool equal_to_literal(Element element, const Condition& condition) {
  static const TypeId kBoolean = find_type("boolean");
  if (!element.has_value()) return false;
  const bool both_boolean = (element.type() == kBoolean) == (condition.literal_kind == Expression::Kind::boolean);
  return both_boolean && element.value() == condition.literal;
}

Truth conjunction(Truth a, Truth b) {
  if (a == false || b == false) return false;
  return a && b ? Truth(true) : Truth();
}
Truth negation(Truth a) { return a ? Truth(!*a) : a; }

Truth evaluate(const Condition& c, Element context) {
  using Op = Condition::Op;
  const auto operand = [&](std::size_t i) { return evaluate(c.operands[i], context); };
  switch (c.op) {
    case Op::conjunction: return conjunction(operand(0), operand(1));
    case Op::disjunction: return negation(conjunction(negation(operand(0)), negation(operand(1))));
    case Op::implication: return negation(conjunction(operand(0), negation(operand(1))));
    case Op::exclusive: {
      const Truth a = operand(0), b = operand(1);
      return a && b ? Truth(*a != *b) : Truth();
    }
    case Op::negation: return negation(operand(0));
    case Op::exists: return selects_something(c.paths, context);
    case Op::absent: return !selects_something(c.paths, context);
    default: break;
  }
  const Only found = only(c.paths, context);
  if (!found.element) return {};
  switch (c.op) {
    case Op::equals: return !found.many && equal_to_literal(found.element, c);
    case Op::differs: return found.many || !equal_to_literal(found.element, c);
    case Op::is_type: return !found.many && derives_from(found.element.type(), c.type);
    case Op::resolves_to: {
      const TypeId target = found.many ? TypeId::none : target_type(found.element);
      return target == TypeId::none ? Truth() : derives_from(target, c.type);
    }
    default:  // truth: a single element that is no boolean counts as true
      static const TypeId kBoolean = find_type("boolean");
      if (found.many) return {};
      return found.element.type() != kBoolean || found.element.value() == "true";
  }
}

}  // namespace

struct Path::Program : CompiledPath {};

Path::Path(std::unique_ptr<Program> program) : program_(std::move(program)) {}
Path::Path(Path&&) noexcept = default;
Path& Path::operator=(Path&&) noexcept = default;
Path::~Path() = default;

Result<Path> Path::compile(std::string_view text) {
  return parse_expression(text).and_then(compile_path).map([](CompiledPath compiled) {
    return Path(std::make_unique<Program>(Program{std::move(compiled)}));
  });
}

void Path::select(Element context, std::vector<Element>& out) const {
  if (!context) return;
  run(program_->alternatives, context, [&](Element found) {
    out.push_back(found);
    return true;
  });
}

bool Path::is_boolean() const { return program_->condition != nullptr; }

std::optional<bool> Path::test(Element context) const {
  if (!context) return {};
  if (program_->condition != nullptr) return evaluate(*program_->condition, context);
  return selects_something(program_->alternatives, context);
}

}  // namespace varde::fhir
