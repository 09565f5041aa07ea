#include "server/search/filtered.h"

#include <algorithm>
#include <array>

#include "server/search/chain.h"
#include "server/search/criteria.h"
#include "server/search/filter.h"
#include "server/search/group.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::SearchKind;
using fhir::TypeId;

/// Backslashes before a bar, a dollar sign and a backslash, as in a query; a comma parts nothing here.
std::string marked(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == '|' || next == '$' || next == ',' || next == '\\'))
      out += next == '|' ? kEscapedBar : next == '$' ? kEscapedDollar : next, ++i;
    else
      out += text[i];
  }
  return out;
}

struct Comparison {
  const Filter& filter;
  const Asking& asking;
};
using Compare = Result<void> (*)(Criterion&, const Comparison&);

/// The kind reads the value; `modifier` is one of its own.
Result<void> read(Criterion& criterion, const Comparison& of, std::string_view modifier = {},
                  std::string_view prefix = {}) {
  FHIR_TRY(take_modifier(criterion, modifier));
  FHIR_TRY(kind_of(*criterion.parameter)
               .read(criterion, std::string(prefix) + marked(of.filter.value), modifier, of.asking));
  std::ranges::sort(criterion.targets);
  return {};
}
Result<void> equal(Criterion& criterion, const Comparison& of) { return read(criterion, of); }
Result<void> unequal(Criterion& criterion, const Comparison& of) {
  FHIR_TRY(read(criterion, of));
  criterion.wanted = Criterion::Wanted::other;
  return {};
}
Result<void> compared(Criterion& criterion, const Comparison& of) {
  return read(criterion, of, {}, of.filter.operation);
}
Result<void> overlapping(Criterion& criterion, const Comparison& of) {
  FHIR_TRY(read(criterion, of, {}, "eq"));
  std::get<DateValue>(criterion.values.back()).prefix = Prefix::ap;  // without the slack that the word adds
  return {};
}
template <StringValue::Match match>
Result<void> text(Criterion& criterion, const Comparison& of) {
  auto value = parse_string(restored(marked(of.filter.value)), match, criterion.parameter->code);
  FHIR_TRY(value);
  criterion.values.emplace_back(std::move(*value));
  return {};
}
Result<void> another_text(Criterion& criterion, const Comparison& of) {
  criterion.wanted = Criterion::Wanted::other;
  return text<StringValue::Match::whole>(criterion, of);
}
/// As a part of it: no row of the value tells that by being equal.
template <TextMatch match>
Result<void> part(Criterion& criterion, const Comparison& of) {
  FHIR_TRY(read(criterion, of));
  for (Value& value : criterion.values) {
    if (auto* token = std::get_if<TokenValue>(&value)) token->match = match;
    if (auto* uri = std::get_if<UriValue>(&value)) uri->match = match;
  }
  return {};
}
Result<void> member(Criterion& criterion, const Comparison& of) { return read(criterion, of, "in"); }
Result<void> below(Criterion& criterion, const Comparison& of) { return read(criterion, of, "below"); }
Result<void> above(Criterion& criterion, const Comparison& of) { return read(criterion, of, "above"); }

struct OperationRow {
  SearchKind kind;
  std::string_view operation;
  Compare compare;
};
using Match = StringValue::Match;
// clang-format off
constexpr std::array kOperations{
    OperationRow{SearchKind::string, "eq", text<Match::whole>}, OperationRow{SearchKind::string, "ne", another_text},
    OperationRow{SearchKind::string, "co", text<Match::contains>}, OperationRow{SearchKind::string, "sw", text<Match::starts>},
    OperationRow{SearchKind::string, "ew", text<Match::ends>},
    OperationRow{SearchKind::token, "eq", equal}, OperationRow{SearchKind::token, "ne", unequal},
    OperationRow{SearchKind::token, "co", part<TextMatch::contains>}, OperationRow{SearchKind::token, "sw", part<TextMatch::starts>},
    OperationRow{SearchKind::token, "ew", part<TextMatch::ends>}, OperationRow{SearchKind::token, "in", member},
    OperationRow{SearchKind::token, "ss", below}, OperationRow{SearchKind::token, "sb", above},
    OperationRow{SearchKind::uri, "eq", equal}, OperationRow{SearchKind::uri, "ne", unequal},
    OperationRow{SearchKind::uri, "co", part<TextMatch::contains>}, OperationRow{SearchKind::uri, "sw", part<TextMatch::starts>},
    OperationRow{SearchKind::uri, "ew", part<TextMatch::ends>},
    OperationRow{SearchKind::reference, "eq", equal}, OperationRow{SearchKind::reference, "re", equal},
    OperationRow{SearchKind::reference, "ne", unequal},
    OperationRow{SearchKind::date, "po", overlapping},
    OperationRow{SearchKind::composite, "eq", equal}, OperationRow{SearchKind::special, "eq", equal}, OperationRow{SearchKind::special, "co", equal},
};
// clang-format on
constexpr std::string_view kOrdered = " eq ne gt lt ge le ap sa eb ";

bool is_ordered(SearchKind kind) {
  return kind == SearchKind::date || kind == SearchKind::number || kind == SearchKind::quantity;
}
bool compares(SearchKind kind, std::string_view operation) {
  return is_ordered(kind) && kOrdered.find(" " + std::string(operation) + " ") != std::string_view::npos;
}

std::string operations_of(SearchKind kind) {
  std::string out;
  if (is_ordered(kind)) out = "eq, ne, gt, lt, ge, le, ap, sa, eb, ";
  for (const OperationRow& row : kOperations)
    if (row.kind == kind) out.append(row.operation).append(", ");
  return out + "pr";
}

/// https://hl7.org/fhir/R4/search_filter.html: `pr true`, `pr false`
Result<Criterion> present(Criterion criterion, std::string_view text) {
  if (text != "true" && text != "false") return fail(Fault::parameter_malformed, "pr takes true or false.", "_filter");
  return missing(std::move(criterion), text == "true" ? "false" : "true");
}

Result<Criterion> criterion_of_filter(const Filter& filter, const std::vector<Filter>& in_brackets, TypeId type,
                                      const Asking& asking);

class Compared final : public Leaf {
 public:
  Compared(const Filter& filter, const std::vector<Filter>& in_brackets) : filter_(filter), in_brackets_(in_brackets) {}

  /// `subject.id` is `subject._id`.
  std::string_view code(TypeId type, std::string_view name) const override {
    return name == "id" && !parameters_of(type).find(name) ? std::string_view("_id") : name;
  }
  Result<Criterion> among(TypeId type, std::size_t number, const Asking& asking) const override {
    return criterion_of_filter(in_brackets_.at(number), in_brackets_, type, asking);
  }
  Result<Criterion> end(TypeId type, Criterion criterion, std::string_view modifier,
                        const Asking& asking) const override {
    const SearchKind kind = criterion.parameter->kind;
    if (!modifier.empty()) return fail(Fault::not_supported, "A name in a filter ends in no modifier.", "_filter");
    if (filter_.operation == "pr") return present(std::move(criterion), filter_.value);
    const auto row = std::ranges::find_if(
        kOperations, [&](const OperationRow& one) { return one.kind == kind && one.operation == filter_.operation; });
    const bool is_id = criterion.of == Criterion::Of::id;
    if ((row == kOperations.end() && !compares(kind, filter_.operation)) ||
        (is_id && filter_.operation != "eq" && filter_.operation != "ne"))
      return fail(Fault::not_supported,
                  "The operation " + filter_.operation + " is not for " + std::string(criterion.parameter->code) +
                      ", which takes " + (is_id ? "eq, ne, pr" : operations_of(kind)) + ".",
                  "_filter");
    FHIR_TRY((row == kOperations.end() ? compared : row->compare)(criterion, {filter_, asking}));
    if (is_id && filter_.operation == "ne") criterion.wanted = Criterion::Wanted::none_of;
    if (criterion.is_group()) return settled(std::move(criterion), type, asking).value();
    return criterion;
  }

 private:
  const Filter& filter_;
  const std::vector<Filter>& in_brackets_;
};

Result<Criterion> made(const Filter& filter, const std::vector<Filter>& in_brackets, TypeId type,
                       const Asking& asking) {
  if (!asking.snapshot.budget().spend())
    return tl::unexpected<Failure>(std::move(asking.snapshot.budget().within().error()));
  if (filter.of == Filter::Of::compare) {
    auto out = follow(type, filter.name, Compared(filter, in_brackets), asking);
    if (!out && !out.error().diagnostics.starts_with("At character")) {
      out.error().diagnostics = "At character " + std::to_string(filter.at) + ": " + out.error().diagnostics;
      out.error().expression = "_filter";
    }
    return out;
  }
  Criterion out;
  out.of = filter.of == Filter::Of::all ? Criterion::Of::all : Criterion::Of::any;
  if (filter.of == Filter::Of::none) out.wanted = Criterion::Wanted::none_of;
  for (const Filter& one : filter.parts) {
    auto part = made(one, in_brackets, type, asking);
    FHIR_TRY(part);
    out.parts.push_back(std::move(*part));
  }
  return out;
}

Result<Criterion> criterion_of_filter(const Filter& filter, const std::vector<Filter>& in_brackets, TypeId type,
                                      const Asking& asking) {
  auto first = made(filter, in_brackets, type, asking);
  FHIR_TRY(first);
  if (auto out = settled(std::move(*first), type, asking)) return std::move(*out);
  Asking listing = asking;
  listing.lists = true;
  auto listed = made(filter, in_brackets, type, listing);
  FHIR_TRY(listed);
  return settled(std::move(*listed), type, listing).value();
}

}  // namespace

Result<std::vector<Criterion>> criteria_of_filter(TypeId type, std::string_view text, const Asking& asking) {
  const auto parsed = parse_filter(text);
  FHIR_TRY(parsed);
  const Filter& whole = parsed->whole;
  std::vector<Criterion> out;
  const auto add = [&](const Filter& filter) -> Result<void> {
    auto one = criterion_of_filter(filter, parsed->in_brackets, type, asking);
    FHIR_TRY(one);
    out.push_back(std::move(*one));
    return {};
  };
  if (whole.of != Filter::Of::all) {
    FHIR_TRY(add(whole));
    return out;
  }
  for (const Filter& one : whole.parts) FHIR_TRY(add(one));
  return out;
}

}  // namespace varde::search
