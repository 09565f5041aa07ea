#include "fhir-model/patch/fhirpath_patch.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "fhir-model/fhirpath/node.h"
#include "fhir-model/patch/grow.h"

namespace varde::fhir {
namespace {

using Op = FhirPathPatch::Op;

/// What may stand in an operation: https://hl7.org/fhir/R4/fhirpatch.html#format
enum Part : std::uint8_t { type, path, name, value, index, source, destination };
constexpr std::array<std::string_view, 7> kParts{"type", "path", "name", "value", "index", "source", "destination"};
using Parts = std::array<Element, kParts.size()>;

struct OpRow {
  Op op;
  std::string_view name;
  std::array<Part, 3> needs;  ///< `type` stands for nothing more
};
// clang-format off
constexpr std::array kOps{
    OpRow{Op::add,     "add",     {path, name, value}},
    OpRow{Op::insert,  "insert",  {path, value, index}},
    OpRow{Op::remove,  "delete",  {path, type, type}},
    OpRow{Op::replace, "replace", {path, value, type}},
    OpRow{Op::move,    "move",    {path, source, destination}},
};
// clang-format on

Result<Parts> parts_of(Element parameter) {
  Parts out;
  for (const Element part : parameter.each("part")) {
    const auto known = std::ranges::find(kParts, part["name"].value());
    if (known == kParts.end())
      return fail(Fault::patch_malformed,
                  "The parts of an operation are type, path, name, value, index, source and destination.", part.path());
    Element& place = out[static_cast<std::size_t>(known - kParts.begin())];
    if (place) return fail(Fault::patch_malformed, "An operation has each part once.", part.path());
    place = part;
  }
  return out;
}

Result<std::size_t> number(Element part) {
  static const TypeId kInteger = find_type("integer");
  const Element value = part.choice("value");
  const std::string_view text = value.value();
  std::size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (!value || !derives_from(value.type(), kInteger) || error != std::errc{} || end != text.data() + text.size())
    return fail(Fault::patch_malformed, "This part is a valueInteger that counts from 0.", part.path());
  return out;
}

}  // namespace

Result<FhirPathPatch> FhirPathPatch::parse(Tree parameters, const PatchLimits& limits) {
  FhirPathPatch out;
  out.limits_ = limits;
  out.parameters_ = std::make_shared<const Tree>(std::move(parameters));
  const Element root = out.parameters_->root();
  if (root.type_name() != "Parameters")
    return fail(Fault::patch_malformed,
                "A FHIRPath Patch is a Parameters resource; a JSON Patch has Content-Type application/json-patch+json.",
                std::string(root.type_name()));
  if (root.count("parameter") > limits.operations)
    return fail(Fault::too_large, "A patch has at most " + std::to_string(limits.operations) + " operations.");
  for (const Element parameter : root.each("parameter")) {
    auto operation = read_operation(parameter);
    FHIR_TRY(operation);
    out.operations_.push_back(std::move(*operation));
  }
  return out;
}

Result<FhirPathPatch::Operation> FhirPathPatch::read_operation(Element parameter) {
  if (parameter["name"].value() != "operation")
    return fail(Fault::patch_malformed, "Each parameter of a FHIRPath Patch is named operation.", parameter.path());
  auto parts = parts_of(parameter);
  FHIR_TRY(parts);
  const auto row = std::ranges::find(kOps, (*parts)[type].choice("value").value(), &OpRow::name);
  if (row == kOps.end())
    return fail(Fault::patch_malformed,
                "An operation's part \"type\" is a valueCode: add, insert, delete, replace or move.",
                ((*parts)[type] ? (*parts)[type] : parameter).path());
  for (const Part needed : row->needs)
    if (!(*parts)[needed])
      return fail(
          Fault::patch_malformed,
          "The operation " + std::string(row->name) + " needs the part \"" + std::string(kParts[needed]) + "\".",
          parameter.path());
  auto expression = fhirpath::compile((*parts)[path].choice("value").value());
  if (!expression) return fail(Fault::patch_malformed, "The path is no FHIRPath.", (*parts)[path].path());
  Operation out{row->op, (*parts)[path], (*parts)[value], std::move(*expression), (*parts)[name]};
  const auto take = [&](Part part, std::size_t& into) -> Result<void> {
    if (std::ranges::find(row->needs, part) == row->needs.end()) return {};
    return number((*parts)[part]).map([&](std::size_t n) { into = n; });
  };
  const auto numbers = take(index, out.index).and_then([&] { return take(source, out.source); }).and_then([&] {
    return take(destination, out.destination);
  });
  FHIR_TRY(numbers);
  const fhirpath::Node& node = out.path.root();
  if (out.op == Op::insert && node.op == fhirpath::Node::Op::child) {
    out.owner.emplace(std::make_shared<const fhirpath::Node>(node.focus()));
    out.list = node.name;
  }
  return out;
}

/// One application, on a tree of its own.
class FhirPathPatch::Run {
 public:
  Run(Tree& tree, const PatchLimits& limits, std::size_t operations)
      : tree_(tree), limits_(limits), steps_left_(limits.steps) {
    constexpr std::size_t kLeast = 20'000;
    environment_.budget = limits.budget;
    environment_.limits.steps = std::max(kLeast, limits.steps / std::max<std::size_t>(1, operations));
  }

  Result<void> perform(const Operation& operation) {
    operation_ = &operation;
    switch (operation.op) {
      case Op::add: return add();
      case Op::insert: return insert();
      case Op::remove: return remove();
      case Op::replace: return replace();
      case Op::move: return move();
    }
    return {};
  }

 private:
  tl::unexpected<Failure> failed(std::string what) const {
    return fail(Fault::patch_not_applicable, std::move(what), operation_->path_part.path());
  }

  Result<std::vector<Element>> find(const fhirpath::Expression& path) const {
    auto items = fhirpath::evaluate(path, tree_.root(), environment_);
    if (!items) {
      if (items.error().fault == Fault::too_costly) return hand_on(items);
      const bool limit = items.error().fault == Fault::too_large;
      return fail(limit ? Fault::too_large : Fault::patch_not_applicable,
                  limit ? "The path is too much work." : "The path cannot be followed in this resource.",
                  operation_->path_part.path());
    }
    std::vector<Element> out;
    for (const fhirpath::Item& item : *items) {
      if (item.element().tree() != &tree_) return failed("The path gives a value that is no element of the resource.");
      out.push_back(item.element());
    }
    return out;
  }

  Result<Editor> find_one(const fhirpath::Expression& path) {
    return find(path).and_then([&](const std::vector<Element>& found) -> Result<Editor> {
      if (found.empty()) return failed("The resource has nothing at this path.");
      if (found.size() > 1)
        return failed("The path leads to " + std::to_string(found.size()) + " elements; it must lead to one.");
      return tree_.edit().edit(found.front());
    });
  }

  /// The parent of a list that a path names whole.
  Result<Editor> owner_of(const std::vector<Element>& list) {
    const Element first = list.front(), owner = first.parent();
    if (!owner || !first.definition()->many)
      return failed("The path must lead to a list, and this element does not repeat.");
    const bool together = std::ranges::all_of(
        list, [&](Element one) { return one.parent() == owner && one.definition() == first.definition(); });
    const std::size_t count = owner.count(first.name());
    if (!spend(count)) return exhausted();
    if (!together || list.size() != count) return failed("The path must lead to all elements of one list.");
    return tree_.edit().edit(owner);
  }

  Result<void> add() {
    auto owner = find_one(operation_->path);
    FHIR_TRY(owner);
    const Element name = operation_->name_part.choice("value");
    return put(*owner, name.value(), operation_->value_part).map([](Editor) {});
  }

  Result<void> insert() {
    auto list = find(operation_->path);
    FHIR_TRY(list);
    if (list->empty()) return begin_list();
    auto owner = owner_of(*list);
    FHIR_TRY(owner);
    if (operation_->index > list->size()) return outside(list->size() + 1);
    return put(*owner, list->front().name(), operation_->value_part).map([&](Editor added) {
      owner->move_child(added, operation_->index);
    });
  }
  /// The first element of a list that is not there yet.
  Result<void> begin_list() {
    if (!operation_->owner) return failed("The resource has nothing at this path; use add.");
    auto owner = find_one(*operation_->owner);
    FHIR_TRY(owner);
    const ElementRow* row = find_element(owner->type(), operation_->list);
    if (!row || !row->many) return failed("The path must lead to a list.");
    if (operation_->index > 0) return outside(1);
    return put(*owner, operation_->list, operation_->value_part).map([](Editor) {});
  }

  Result<void> remove() {
    auto found = find(operation_->path);
    FHIR_TRY(found);
    if (found->empty()) return {};
    if (found->size() > 1)
      return failed("The path leads to " + std::to_string(found->size()) + " elements; one can be deleted.");
    Element gone = found->front();
    if (!gone.parent()) return failed("A patch cannot delete the whole resource; that is a DELETE.");
    while (true) {
      Editor owner = tree_.edit().edit(gone.parent());
      if (!spend_children(owner)) return exhausted();
      owner.remove_child(gone);
      const bool empty = owner.children().empty() && !owner.has_value() && !is_resource(owner.type());
      if (!empty) return {};
      gone = owner;
    }
  }

  Result<void> replace() {
    auto old = find_one(operation_->path);
    FHIR_TRY(old);
    if (!old->parent()) return failed("A patch cannot replace the whole resource; that is a PUT.");
    Editor owner = tree_.edit().edit(old->parent());
    if (!spend_children(owner)) return exhausted();
    const ElementRow& row = *old->definition();
    std::size_t index = 0;
    for (const Element sibling : owner.each(row.name)) {
      if (sibling == *old) break;
      ++index;
    }
    owner.remove_child(*old);
    return put(owner, row.choice.empty() ? row.name : row.choice, operation_->value_part).map([&](Editor added) {
      owner.move_child(added, index);
    });
  }

  Result<void> move() {
    auto list = find(operation_->path);
    FHIR_TRY(list);
    if (list->empty()) return failed("The resource has nothing at this path.");
    auto owner = owner_of(*list);
    FHIR_TRY(owner);
    if (operation_->source >= list->size() || operation_->destination >= list->size()) return outside(list->size());
    owner->move_child((*list)[operation_->source], operation_->destination);
    return {};
  }

  tl::unexpected<Failure> outside(std::size_t places) const {
    return failed("The list allows an index below " + std::to_string(places) + " here.");
  }

  Result<Editor> put(Editor owner, std::string_view name, Element part) {
    if (!spend_children(owner)) return exhausted();
    return patch::put(owner, name, part, limits_.depth);
  }

  bool spend(std::size_t steps) {
    const bool enough = steps <= steps_left_ && limits_.spend(steps);
    steps_left_ -= enough ? steps : steps_left_;
    return enough;
  }
  bool spend_children(Element owner) {
    const auto children = owner.children();
    return spend(static_cast<std::size_t>(std::distance(children.begin(), children.end())));
  }
  tl::unexpected<Failure> exhausted() const {
    return tl::unexpected(
        limits_.exhausted({Fault::too_large, "The patch is too much work; send the whole resource by PUT.",
                           operation_->path_part.path()}));
  }

  Tree& tree_;
  const PatchLimits& limits_;
  std::size_t steps_left_;
  fhirpath::Environment environment_ = {};
  const Operation* operation_ = nullptr;
};

Result<Tree> FhirPathPatch::apply(Element resource, Budget* budget) const {
  PatchLimits limits = limits_;
  limits.budget = budget;
  Tree tree = Tree::copy_of(resource);
  Run run(tree, limits, operations_.size());
  for (const Operation& operation : operations_) FHIR_TRY(run.perform(operation));
  FHIR_TRY(require_same_identity(resource, tree.root()));
  return tree;
}

}  // namespace varde::fhir
