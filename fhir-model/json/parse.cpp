#include <bitset>
#include <cstring>
#include <utility>

#include "fhir-model/json/json.h"
#include "fhir-model/json/tape.h"
#include "fhir-model/text/name.h"
#include "fhir-model/text/position.h"

namespace varde::fhir {
namespace {

using json::Kind;
using json::Token;

constexpr std::string_view kResourceType = "resourceType";
constexpr std::size_t kMostFailures = 20, kMostForgiven = 2000;
constexpr std::size_t kMostElementsOfAType = 256;

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::object: return "an object";
    case Kind::array: return "an array";
    case Kind::string: return "a string";
    case Kind::number: return "a number";
    case Kind::boolean: return "true or false";
    default: return "null";
  }
}

/// JSON kind of each type's value, https://hl7.org/fhir/R4/json.html#primitive
const std::vector<Kind> kKinds = [] {
  std::vector<Kind> kinds(types().size(), Kind::object);
  for (std::size_t type = 0; type < kinds.size(); ++type)
    if (is_primitive(static_cast<TypeId>(type))) kinds[type] = Kind::string;
  for (const auto name : {"decimal", "integer", "positiveInt", "unsignedInt"})
    kinds[static_cast<std::size_t>(find_type(name))] = Kind::number;
  kinds[static_cast<std::size_t>(find_type("boolean"))] = Kind::boolean;
  return kinds;
}();

Kind kind_of(TypeId type) { return kKinds[static_cast<std::size_t>(type)]; }

bool opens(const Token& token) { return token.kind == Kind::object || token.kind == Kind::array; }

/// Index of the token after the value that starts at `at`.
std::size_t after(const Token* tape, std::size_t at) { return opens(tape[at]) ? tape[at].size + 1 : at + 1; }

/// The type that the object at `at` names; none when it names none.
TypeId resource_type(const Token* tape, std::size_t at) {
  for (std::size_t key = at + 1; key < tape[at].size; key = after(tape, key + 1))
    if (tape[key].view() == kResourceType && tape[key + 1].kind == Kind::string)
      return find_resource_type(tape[key + 1].view());
  return TypeId::none;
}

/// Builds the tree from the tape. Recursion is bounded by the tape's depth limit.
class Builder {
 public:
  Builder(std::string_view original, const Token* tape, const char* buffer, std::size_t most, Tree& tree)
      : original_(original), tape_(tape), buffer_(buffer), most_(most), tree_(tree) {}

  void object(std::size_t at, std::uint32_t node, TypeId type) {
    const bool resource = row_of(type).kind == TypeKind::resource;
    if (at + 1 == tape_[at].size)
      return report(Fault::value_malformed, node, {}, nullptr, "An object may not be empty");
    std::bitset<2 * kMostElementsOfAType> seen;
    bool type_seen = false;
    for (std::size_t key = at + 1; key < tape_[at].size && !full(); key = after(tape_, key + 1)) {
      const auto name = tape_[key].view();
      if (resource && name == kResourceType) {
        if (type_seen) report(Fault::duplicate_key, node, name, &tape_[key], "The member stands twice");
        type_seen = true;
        continue;
      }
      const bool companion = name.starts_with('_');
      const ElementRow* row = find_element(type, companion ? name.substr(1) : name);
      if (!row || (companion && !is_primitive(row->type))) {
        report(Fault::element_unknown, node, name, &tape_[key],
               std::string(row_of(type).name) + " has no such element in FHIR R4");
        continue;
      }
      const std::size_t bit = 2 * row->order + companion;
      if (seen[bit]) {
        report(Fault::duplicate_key, node, name, &tape_[key], "The member stands twice");
        continue;
      }
      seen.set(bit);
      const Token& value = tape_[key + 1];
      const bool literal = value.kind == kind_of(row->type) && value.kind != Kind::object;
      if (literal && !row->many && !companion && !seen[bit ^ 1])  // most members: one value, without more to it
        tree_.append(node, *row, row->type, value.view());
      else
        member(key, node, *row, companion, seen[bit ^ 1]);
    }
  }

  std::vector<Failure> failures;

 private:
  bool full() const { return failures.size() >= most_; }

  void report(Fault fault, std::uint32_t parent, std::string_view name, const Token* token, std::string what) {
    if (full()) return;
    std::string expression = Element(tree_, parent).path();
    if (!name.empty()) expression.append(".").append(text::repeatable(name));
    Place place;
    if (token != nullptr) {  // a token of text begins behind its quote
      place = text::place_of(original_, static_cast<std::size_t>(token->text - buffer_) - 1);
      what += ", at " + text::to_words(place);
    }
    failures.push_back(
        {.fault = fault, .diagnostics = what + ".", .expression = std::move(expression), .place = place});
  }

  void member(std::size_t key, std::uint32_t parent, const ElementRow& row, bool companion, bool has_twin) {
    const Token& value = tape_[key + 1];
    if (row.many != (value.kind == Kind::array))
      return report(Fault::cardinality, parent, tape_[key].view(), &tape_[key],
                    row.many ? "This element repeats, so JSON needs an array here"
                             : "This element does not repeat, so JSON needs a single value, not an array");
    // The nodes that the value's twin (`name` for `_name` and the other way) already made, in order.
    auto made = has_twin ? Element(tree_, parent).each(row.name).begin() : Element::Range::iterator{};
    if (!row.many) return item(key, key + 1, parent, row, companion, *made);
    if (key + 2 == value.size)
      return report(Fault::value_malformed, parent, tape_[key].view(), &tape_[key], "An array may not be empty");
    Element last;
    for (std::size_t at = key + 2; at < value.size && !full(); at = after(tape_, at)) {
      Element twin = *made;
      if (twin)
        ++made;
      else if (last)  // more than the twin has: next to them, though other elements may have come in between
        twin = Element(tree_, tree_.insert_after(last.node(), row, row.type));
      last = twin;
      item(key, at, parent, row, companion, twin);
    }
  }

  /// One value of `row`; `twin`: its node when that is already made.
  void item(std::size_t key, std::size_t at, std::uint32_t parent, const ElementRow& row, bool companion,
            Element twin) {
    const Token& value = tape_[at];
    const Kind kind = kind_of(row.type);
    if (kind == Kind::object) return complex(key, at, parent, row);
    const std::uint32_t node = twin ? twin.node() : tree_.append(parent, row, row.type);
    if (value.kind == Kind::null) {
      if (!row.many)
        report(Fault::value_malformed, parent, tape_[key].view(), &tape_[key],
               "null stands only in arrays of primitives; leave the element out");
      return;
    }
    const Kind wanted = companion ? Kind::object : kind;
    if (value.kind != wanted)
      return report(Fault::value_malformed, parent, tape_[key].view(), &tape_[key],
                    std::string(row_of(row.type).name) + " is written as " + std::string(kind_name(wanted)) +
                        " in JSON, not as " + std::string(kind_name(value.kind)));
    if (companion) return object(at, node, row.type);
    tree_.set_text(node, value.view());
  }

  void complex(std::size_t key, std::size_t at, std::uint32_t parent, const ElementRow& row) {
    if (tape_[at].kind != Kind::object)
      return report(Fault::value_malformed, parent, tape_[key].view(), &tape_[key],
                    std::string(row_of(row.type).name) + " is written as an object in JSON, not as " +
                        std::string(kind_name(tape_[at].kind)));
    TypeId type = row.type;
    if (row_of(type).kind == TypeKind::abstract_resource) {
      type = resource_type(tape_, at);
      if (type == TypeId::none)
        return report(Fault::type_unknown, parent, tape_[key].view(), &tape_[key],
                      "A resource needs a resourceType that FHIR R4 has");
    }
    object(at, tree_.append(parent, row, type), type);
  }

  std::string_view original_;
  const Token* tape_;
  const char* buffer_;
  std::size_t most_;
  Tree& tree_;
};

Failure as_one(std::vector<Failure> failures) {
  Failure first = std::move(failures.front());
  first.also.assign(std::make_move_iterator(failures.begin() + 1), std::make_move_iterator(failures.end()));
  return first;
}

/// `forgiven`: where to put what is wrong, when that shall not refuse the rest.
Result<Tree> build(std::string_view text, const JsonLimits& limits, std::vector<Failure>* forgiven) {
  if (text.size() > limits.bytes)
    return fail(Fault::too_large, "The JSON text is larger than " + std::to_string(limits.bytes) + " bytes.");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark, RFC 8259 §8.1
  auto buffer = std::make_unique_for_overwrite<char[]>(text.size() + 1);
  std::memcpy(buffer.get(), text.data(), text.size());
  buffer[text.size()] = '\0';
  const auto tape = json::read_tape(text, buffer.get(), {limits.depth, 2 * limits.elements});
  FHIR_TRY(tape);
  if (tape->tokens[0].kind != Kind::object) return fail(Fault::not_well_formed, "A FHIR resource is a JSON object.");
  const TypeId type = resource_type(tape->tokens.get(), 0);
  if (type == TypeId::none)
    return fail(Fault::type_unknown,
                "The resource needs a member \"resourceType\" with the name of an R4 resource type.");
  Tree tree(type, tape->values);
  const std::size_t most = forgiven ? kMostForgiven : kMostFailures;
  Builder builder(text, tape->tokens.get(), buffer.get(), most, tree);
  builder.object(0, 0, type);
  tree.adopt(std::move(buffer), text.size() + 1);
  if (builder.failures.empty()) return tree;
  for (Failure& failure : builder.failures)
    if (failure.fault == Fault::type_unknown)
      failure.fault = Fault::value_malformed;  // 404 is for the address, not for the body
  Failure all = as_one(std::move(builder.failures));
  locate_json(text, all);
  if (!forgiven || all.also.size() + 1 == most) return tl::unexpected(std::move(all));
  std::vector<Failure> others = std::exchange(all.also, {});
  forgiven->push_back(std::move(all));
  forgiven->insert(forgiven->end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  return tree;
}

}  // namespace

Result<Tree> parse_json(std::string_view text, const JsonLimits& limits) { return build(text, limits, nullptr); }

Result<Tree> parse_json(std::string_view text, const JsonLimits& limits, std::vector<Failure>& wrong) {
  return build(text, limits, &wrong);
}

}  // namespace varde::fhir
