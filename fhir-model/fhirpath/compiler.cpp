#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "fhir-model/fhirpath/program.h"

namespace varde::fhir {
namespace {

using Kind = Expression::Kind;

/// A chain under construction and the type it is known to deliver (none: not known, names are compared).
struct Draft {
  Chain steps = {};
  TypeId known = TypeId::none;
  std::uint8_t counters = 0;
};
using Drafts = std::vector<Draft>;

bool has_descendants(TypeId type) {
  return std::ranges::any_of(types(), [&](const TypeRow& row) { return row.base == type; });
}

/// Only an exact type's rows can be compared by address: Age has rows of its own, not those of Quantity.
TypeId exact(TypeId type) {
  return type == TypeId::none || row_of(type).kind == TypeKind::abstract_resource || has_descendants(type)
             ? TypeId::none
             : type;
}

TypeId named_type(std::string_view name) {
  if (name.starts_with("FHIR.")) name.remove_prefix(5);
  if (name.starts_with("System.")) return TypeId::none;
  return find_type(name);
}

struct Comparison {
  std::string_view text;
  Condition::Op op;
};
constexpr Comparison kJunctions[] = {{"and", Condition::Op::conjunction},
                                     {"or", Condition::Op::disjunction},
                                     {"xor", Condition::Op::exclusive},
                                     {"implies", Condition::Op::implication}};

class Compiler {
 public:
  Result<CompiledPath> whole(const Expression& expression) {
    CompiledPath out;
    if (is_boolean(expression)) {
      out.condition = std::make_shared<Condition>(condition(expression, TypeId::none));
    } else {
      for (Draft& draft : paths(expression, TypeId::none)) out.alternatives.push_back(std::move(draft.steps));
    }
    if (failure_) return tl::unexpected(std::move(*failure_));
    return out;
  }

 private:
  void refuse(std::string diagnostics) {
    if (!failure_) failure_ = Failure{Fault::not_supported, "FHIRPath: " + std::move(diagnostics)};
  }

  static bool is_boolean(const Expression& e) {
    if (e.kind == Kind::type_is) return true;
    if (e.kind == Kind::operation) return e.text != "|";
    return e.kind == Kind::function && (e.text == "exists" || e.text == "empty" || e.text == "not" || e.text == "is");
  }

  // --- paths -------------------------------------------------------------------------------------------------------

  Drafts paths(const Expression& e, TypeId context) {
    switch (e.kind) {
      case Kind::context: return {Draft{{}, context, 0}};
      case Kind::variable:
        if (e.text != "$this") refuse(fmt::format("the variable {} is not known here.", e.text));
        return {Draft{{}, context, 0}};
      case Kind::member: return member(e, context);
      case Kind::function: return function(e, context);
      case Kind::index: return indexed(paths(e.focus(), context), e.operands[1]);
      case Kind::type_as: return cast(paths(e.focus(), context), e.text);
      case Kind::operation:
        if (e.text == "|") return joined(paths(e.operands[0], context), paths(e.operands[1], context));
        [[fallthrough]];
      default: refuse("only paths and conditions on them can be searched by, not computed values."); return {};
    }
  }

  Drafts joined(Drafts left, Drafts right) {
    if (left.size() + right.size() > 64) refuse("more than 64 alternatives.");
    std::ranges::move(right, std::back_inserter(left));
    return left;
  }

  Drafts member(const Expression& e, TypeId context) {
    const bool starts = e.focus().kind == Kind::context;
    const bool upper = e.text[0] >= 'A' && e.text[0] <= 'Z';
    if (starts && upper && named_type(e.text) != TypeId::none) return cast(paths(e.focus(), context), e.text);
    Drafts drafts = paths(e.focus(), context);
    for (Draft& draft : drafts) add_child(draft, e.text);
    return drafts;
  }

  void add_child(Draft& draft, const std::string& name) {
    Step step{.op = Step::Op::child, .name = name};
    if (draft.known != TypeId::none) {
      if (const ElementRow* row = find_element(draft.known, name); row != nullptr && row->choice.empty()) {
        step.first_row = row;
        step.last_row = row + 1;
      } else {
        const auto rows = elements_of(draft.known);
        const auto first = std::ranges::find(rows, name, &ElementRow::choice);
        const auto last = std::find_if(first, rows.end(), [&](const ElementRow& r) { return r.choice != name; });
        if (first == last) {
          refuse(fmt::format("{} has no element '{}'.", row_of(draft.known).name, name));
          return;
        }
        step.first_row = &*first;
        step.last_row = step.first_row + (last - first);
      }
      const bool single = step.last_row - step.first_row == 1;
      const TypeId type = step.first_row->type;
      draft.known = single && row_of(type).kind != TypeKind::abstract_resource ? type : TypeId::none;
    }
    draft.steps.push_back(std::move(step));
  }

  Drafts cast(Drafts drafts, std::string_view name) {
    const TypeId type = named_type(name);
    if (type == TypeId::none) {
      refuse(fmt::format("R4 has no type '{}'.", name));
      return {};
    }
    for (Draft& draft : drafts) {
      draft.steps.push_back(Step{.op = Step::Op::of_type, .type = type});
      draft.known = exact(type);
    }
    return drafts;
  }

  Drafts indexed(Drafts drafts, const Expression& index) {
    std::uint32_t position = 0;
    const char* end = index.text.data() + index.text.size();
    if (index.kind != Kind::number || std::from_chars(index.text.data(), end, position).ptr != end)
      refuse("an index must be a whole number.");
    if (drafts.size() != 1) refuse("an index after a union.");
    for (Draft& draft : drafts) {
      if (draft.counters == kMostCounters) {
        refuse("more than four indexes in one path.");
        return {};
      }
      draft.steps.push_back(Step{.op = Step::Op::at_index, .index = position, .counter = draft.counters++});
    }
    return drafts;
  }

  Drafts function(const Expression& e, TypeId context) {
    const std::size_t arguments = e.operands.size() - 1;
    Drafts drafts = paths(e.focus(), context);
    if ((e.text == "as" || e.text == "ofType") && arguments == 1) return cast(std::move(drafts), type_argument(e));
    if (e.text == "first" && arguments == 0) return indexed(std::move(drafts), Expression{Kind::number, "0"});
    if (e.text == "where" && arguments == 1) return filtered(std::move(drafts), e.operands[1]);
    if (e.text == "extension" && arguments == 1 && e.operands[1].kind == Kind::string) {
      for (Draft& draft : drafts) {
        draft.steps.push_back(Step{.op = Step::Op::extension, .name = e.operands[1].text});
        draft.known = find_type("Extension");
      }
      return drafts;
    }
    refuse(fmt::format("the function {}() with {} arguments cannot be used in a search parameter.", e.text, arguments));
    return {};
  }

  Drafts filtered(Drafts drafts, const Expression& criterion) {
    for (Draft& draft : drafts)
      draft.steps.push_back(
          Step{.op = Step::Op::where, .condition = std::make_shared<Condition>(condition(criterion, draft.known))});
    return drafts;
  }

  /// Quantity, FHIR.Quantity as an argument is parsed as a path.
  static std::string type_argument(const Expression& e) {
    const Expression& name = e.operands[1];
    if (name.kind != Kind::member) return {};
    return name.focus().kind == Kind::member ? name.focus().text + "." + name.text : name.text;
  }

  // --- conditions --------------------------------------------------------------------------------------------------

  Alternatives chains(const Expression& e, TypeId context) {
    Alternatives out;
    for (Draft& draft : paths(e, context)) out.push_back(std::move(draft.steps));
    return out;
  }

  Condition condition(const Expression& e, TypeId context) {
    if (e.kind == Kind::operation) {
      for (const auto& [text, op] : kJunctions)
        if (e.text == text) {
          Condition out{.op = op};
          out.operands.push_back(condition(e.operands[0], context));
          out.operands.push_back(condition(e.operands[1], context));
          return out;
        }
      if (e.text == "=" || e.text == "!=") return comparison(e, context);
    }
    if (e.kind == Kind::type_is) return type_test(e.focus(), e.text, context);
    if (e.kind == Kind::function) {
      if (e.text == "is" && e.operands.size() == 2) return type_test(e.focus(), type_argument(e), context);
      if (e.text == "not" && e.operands.size() == 1) {
        Condition out{.op = Condition::Op::negation};
        out.operands.push_back(condition(e.focus(), context));
        return out;
      }
      if (e.text == "empty") return {.op = Condition::Op::absent, .paths = chains(e.focus(), context)};
      if (e.text == "exists") return existence(e, context);
    }
    return {.op = Condition::Op::truth, .paths = chains(e, context)};
  }

  Condition existence(const Expression& e, TypeId context) {
    Drafts drafts = paths(e.focus(), context);
    if (e.operands.size() == 2) drafts = filtered(std::move(drafts), e.operands[1]);
    Condition out{.op = Condition::Op::exists};
    for (Draft& draft : drafts) out.paths.push_back(std::move(draft.steps));
    return out;
  }

  Condition comparison(const Expression& e, TypeId context) {
    const bool literal_first = e.operands[0].kind == Kind::string || e.operands[0].kind == Kind::boolean;
    const Expression& path = e.operands[literal_first ? 1 : 0];
    const Expression& literal = e.operands[literal_first ? 0 : 1];
    if (literal.kind != Kind::string && literal.kind != Kind::boolean)
      refuse("a comparison in a search parameter needs a string or a boolean on one side.");
    return {.op = e.text == "=" ? Condition::Op::equals : Condition::Op::differs,
            .paths = chains(path, context),
            .literal_kind = literal.kind,
            .literal = literal.text};
  }

  Condition type_test(const Expression& focus, std::string_view name, TypeId context) {
    const TypeId type = named_type(name);
    if (type == TypeId::none) refuse(fmt::format("R4 has no type '{}'.", name));
    const bool resolve = focus.kind == Kind::function && focus.text == "resolve" && focus.operands.size() == 1;
    return {.op = resolve ? Condition::Op::resolves_to : Condition::Op::is_type,
            .paths = chains(resolve ? focus.focus() : focus, context),
            .type = type};
  }

  std::optional<Failure> failure_;
};

}  // namespace

Result<CompiledPath> compile_path(const Expression& expression) { return Compiler().whole(expression); }

}  // namespace varde::fhir
