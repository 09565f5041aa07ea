#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "fhir-model/fhirpath/expression.h"
#include "fhir-model/fhirpath/fhirpath.h"
#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/functions/pattern.h"
#include "fhir-model/fhirpath/node.h"

namespace varde::fhirpath {
namespace {

using Syntax = fhir::Expression;
using Kind = Syntax::Kind;
using Op = Node::Op;

constexpr int kDeepest = 250;

struct OperatorRow {
  std::string_view text;
  Operator oper;
};
constexpr std::array kOperators{
    OperatorRow{"=", Operator::equal},
    OperatorRow{"!=", Operator::not_equal},
    OperatorRow{"~", Operator::equivalent},
    OperatorRow{"!~", Operator::not_equivalent},
    OperatorRow{"<", Operator::less},
    OperatorRow{"<=", Operator::less_or_equal},
    OperatorRow{">", Operator::greater},
    OperatorRow{">=", Operator::greater_or_equal},
    OperatorRow{"+", Operator::add},
    OperatorRow{"-", Operator::subtract},
    OperatorRow{"*", Operator::multiply},
    OperatorRow{"/", Operator::divide},
    OperatorRow{"div", Operator::div},
    OperatorRow{"mod", Operator::mod},
    OperatorRow{"&", Operator::concatenate},
    OperatorRow{"and", Operator::logical_and},
    OperatorRow{"or", Operator::logical_or},
    OperatorRow{"xor", Operator::logical_xor},
    OperatorRow{"implies", Operator::implies},
    OperatorRow{"in", Operator::in},
    OperatorRow{"contains", Operator::contains},
    OperatorRow{"|", Operator::unite},
};

struct ConstantRow {
  std::string_view name, value;
};
/// https://hl7.org/fhir/R4/fhirpath.html#variables
constexpr std::array kConstants{
    ConstantRow{"ucum", "http://unitsofmeasure.org"},
    ConstantRow{"sct", "http://snomed.info/sct"},
    ConstantRow{"loinc", "http://loinc.org"},
};
constexpr std::array kPrefixedConstants{
    ConstantRow{"vs-", "http://hl7.org/fhir/ValueSet/"},
    ConstantRow{"ext-", "http://hl7.org/fhir/StructureDefinition/"},
};

/// Lets the first fault stop everything that follows it.
class Compiler {
 public:
  Result<Expression> whole(const Syntax& syntax) {
    auto root = std::make_shared<Node>(node(syntax));
    open_frame(*root);
    if (failure_) return tl::unexpected(std::move(*failure_));
    return Expression(std::move(root));
  }

 private:
  void fail(const Syntax& where, std::string_view what) {
    if (failure_) return;
    failure_ = Failure{Fault::parameter_malformed, fmt::format("FHIRPath: {}, at character {}.", what, where.at + 1)};
  }

  Node node(const Syntax& syntax) {
    if (++depth_ > kDeepest) fail(syntax, fmt::format("nested more than {} deep", kDeepest));
    Node out = failure_ ? Node{} : translated(syntax);
    out.at = syntax.at;
    --depth_;
    return out;
  }

  /// Variables live as long as the chain of steps that makes them: an argument or an operand has its own.
  static void open_frame(Node& chain) { chain.defines = defines_variables(chain); }

  static bool defines_variables(Node& node) {
    const bool is_chain = node.op != Op::operation && node.op != Op::plus && node.op != Op::minus;
    for (std::size_t i = is_chain ? 1 : 0; i < node.operands.size(); ++i) open_frame(node.operands[i]);
    const bool earlier = is_chain && !node.operands.empty() && defines_variables(node.operands.front());
    return earlier || (node.function && node.function->run == functions::define_variable);
  }

  Node translated(const Syntax& syntax) {
    switch (syntax.kind) {
      case Kind::context: return Node{Op::self};
      case Kind::empty: return Node{Op::literal};
      case Kind::boolean: return literal(Item(syntax.text == "true"));
      case Kind::string: return literal(Item(syntax.text));
      case Kind::number: return number(syntax);
      case Kind::date: return temporal(syntax, Temporal::Kind::date);
      case Kind::date_time: return temporal(syntax, Temporal::Kind::date_time);
      case Kind::time: return temporal(syntax, Temporal::Kind::time);
      case Kind::quantity: return quantity(syntax);
      case Kind::variable: return variable(syntax);
      case Kind::member: return member(syntax);
      case Kind::function: return function(syntax);
      case Kind::index: return with_operands(Node{Op::at_index}, syntax);
      case Kind::sign: return with_operands(Node{syntax.text == "-" ? Op::minus : Op::plus}, syntax);
      case Kind::operation: return operation(syntax);
      case Kind::type_is: return type_test(Op::is, syntax.focus(), type_named(syntax, syntax.text));
      case Kind::type_as: return type_test(Op::as, syntax.focus(), type_named(syntax, syntax.text));
    }
    return {};
  }

  static Node literal(Item item) {
    Node out{Op::literal};
    out.literal.push_back(std::move(item));
    return out;
  }

  Node with_operands(Node out, const Syntax& syntax) {
    out.operands.reserve(syntax.operands.size());
    for (const Syntax& operand : syntax.operands) out.operands.push_back(node(operand));
    return out;
  }

  Node number(const Syntax& syntax) {
    if (syntax.text.find('.') == std::string::npos) {
      std::int32_t value = 0;
      const auto [end, error] = std::from_chars(syntax.text.data(), syntax.text.data() + syntax.text.size(), value);
      if (error == std::errc{}) return literal(Item(value));
      fail(syntax, "an Integer is at most 2147483647; a larger number needs a decimal point");
      return {};
    }
    const auto value = Decimal::parse(syntax.text);
    if (!value) fail(syntax, "a number of too many digits");
    return value ? literal(Item(*value)) : Node{};
  }

  Node temporal(const Syntax& syntax, Temporal::Kind kind) {
    const auto value = Temporal::parse(kind, syntax.text);
    if (!value) fail(syntax, "no such date or time; write @2024-05-31, @2024-05-31T14:30:00+02:00 or @T14:30");
    return value ? literal(Item(*value)) : Node{};
  }

  Node quantity(const Syntax& syntax) {
    const auto value = Decimal::parse(syntax.text);
    if (!value) fail(syntax, "a number of too many digits");
    return value ? literal(Item(Quantity{*value, syntax.unit, syntax.calendar})) : Node{};
  }

  Node variable(const Syntax& syntax) {
    const std::string_view name = syntax.text;
    if (name == "$this") return Node{Op::self};
    if (name == "$index") return Node{Op::index};
    if (name == "$total") return Node{Op::total};
    if (name.starts_with('$')) {
      fail(syntax, fmt::format("{} has no meaning; there are $this, $index and $total", name));
      return {};
    }
    const std::string_view plain = name.substr(1);
    for (const auto& row : kConstants)
      if (plain == row.name) return literal(Item(row.value));
    for (const auto& row : kPrefixedConstants)
      if (plain.starts_with(row.name))
        return literal(Item(std::string(row.value).append(plain.substr(row.name.size()))));
    Node out{Op::variable};
    out.name = plain;
    return out;
  }

  Node member(const Syntax& syntax) {
    const bool first = syntax.focus().kind == Kind::context;
    Node out{first ? Op::first_step : Op::child};
    out.name = syntax.text;
    if (first)
      out.type.fhir = fhir::find_type(syntax.text);
    else
      out.operands.push_back(node(syntax.focus()));
    return out;
  }

  Node operation(const Syntax& syntax) {
    Node out = with_operands(Node{Op::operation}, syntax);
    const auto* row = std::ranges::find(kOperators, std::string_view(syntax.text), &OperatorRow::text);
    out.oper = row->oper;
    return out;
  }

  Node type_test(Op op, const Syntax& focus, TypeSpecifier type) {
    Node out{op};
    const bool resolved = op == Op::is && focus.kind == Kind::function && focus.text == "resolve";
    if (resolved) out.op = Op::resolves_to;
    out.operands.push_back(node(resolved ? focus.focus() : focus));
    out.type = type;
    return out;
  }

  TypeSpecifier type_named(const Syntax& where, std::string_view name) {
    constexpr std::string_view kSystem = "System.", kFhir = "FHIR.";
    TypeSpecifier out;
    if (!name.starts_with(kSystem))
      out.fhir = fhir::find_type(name.starts_with(kFhir) ? name.substr(kFhir.size()) : name);
    if (!name.starts_with(kFhir)) {
      const auto plain = name.starts_with(kSystem) ? name.substr(kSystem.size()) : name;
      out.system = find_system_type(plain);
      out.any = plain == "Any";
    }
    const bool known = out.any || out.fhir != TypeId::none || out.system != SystemType::none;
    if (!known && !name.starts_with(kSystem)) fail(where, fmt::format("there is no type {}", name));
    return out;
  }

  /// is(T), as(T), ofType(T): the argument is a name, which reads like a path.
  std::string type_argument(const Syntax& argument) {
    if (argument.kind != Kind::member) return {};
    if (argument.focus().kind == Kind::context) return argument.text;
    const std::string space = type_argument(argument.focus());
    return space.empty() ? space : space + "." + argument.text;
  }

  Node function(const Syntax& syntax) {
    const FunctionRow* row = find_function(syntax.text);
    if (!row) {
      fail(syntax, fmt::format("there is no function {}()", syntax.text));
      return {};
    }
    const std::size_t arguments = syntax.operands.size() - 1;
    if (arguments < row->least || arguments > row->most) {
      const std::string wanted =
          row->least == row->most ? std::to_string(row->least) : fmt::format("{} to {}", row->least, row->most);
      fail(syntax,
           fmt::format("{}() takes {} argument{}, not {}", row->name, wanted, row->most == 1 ? "" : "s", arguments));
      return {};
    }
    if (row->name == "is" || row->name == "as" || row->name == "ofType") return type_function(*row, syntax);
    Node out = with_operands(Node{row->step}, syntax);
    out.name = syntax.text;
    out.function = row;
    if (row->takes == Takes::string) precompile_pattern(out, syntax);
    return out;
  }

  Node type_function(const FunctionRow& row, const Syntax& syntax) {
    const std::string name = type_argument(syntax.operands[1]);
    if (name.empty()) {
      fail(syntax, fmt::format("{}() takes the name of a type", row.name));
      return {};
    }
    const TypeSpecifier type = type_named(syntax, name);
    if (row.name != "ofType") return type_test(row.name == "is" ? Op::is : Op::as, syntax.focus(), type);
    Node out{Op::of_type};
    out.operands.push_back(node(syntax.focus()));
    out.type = type, out.function = &row, out.name = row.name;
    return out;
  }

  void precompile_pattern(Node& out, const Syntax& syntax) {
    if (!takes_pattern(*out.function) || syntax.operands[1].kind != Kind::string) return;
    auto pattern = compile_pattern(syntax.operands[1].text);
    if (!pattern) return fail(syntax.operands[1], pattern.error());
    out.pattern = std::move(*pattern);
  }

  int depth_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace

Result<Expression> compile(std::string_view text) {
  return fhir::parse_expression(text).and_then([](const Syntax& syntax) { return Compiler().whole(syntax); });
}

}  // namespace varde::fhirpath
