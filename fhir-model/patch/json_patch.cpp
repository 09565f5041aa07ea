#include "fhir-model/patch/json_patch.h"

#include <algorithm>
#include <array>

#include "fhir-model/json/json.h"

namespace varde::fhir {
namespace {

using patch::Kind;
using patch::Pointer;
using patch::Size;
using patch::Value;

struct OpRow {
  JsonPatch::Op op;
  std::string_view name;
  bool has_value, has_from;
};
// clang-format off
constexpr std::array kOps{
    //    op                      name       value  from
    OpRow{JsonPatch::Op::add,     "add",     true,  false},
    OpRow{JsonPatch::Op::remove,  "remove",  false, false},
    OpRow{JsonPatch::Op::replace, "replace", true,  false},
    OpRow{JsonPatch::Op::move,    "move",    false, true},
    OpRow{JsonPatch::Op::copy,    "copy",    false, true},
    OpRow{JsonPatch::Op::test,    "test",    true,  false},
};
// clang-format on

const OpRow& row_of(JsonPatch::Op op) { return kOps[static_cast<std::size_t>(op)]; }

tl::unexpected<Failure> malformed(std::size_t index, const std::string& what) {
  return fail(Fault::patch_malformed, "patch[" + std::to_string(index) + "]: " + what);
}

Result<Pointer> pointer(const Value& operation, std::string_view name, std::size_t index) {
  const auto at = operation.find(name);
  if (!at || operation.items[*at].kind != Kind::string)
    return malformed(index, "An operation needs \"" + std::string(name) + "\", a JSON Pointer.");
  auto out = Pointer::parse(operation.items[*at].text);
  if (!out)
    return malformed(index, "A JSON Pointer is empty or starts with a slash, and ~ is written ~0 and / in a name ~1.");
  return std::move(*out);
}

/// Takes out what removing emptied. Where null keeps a place, among the `_name` companions, it becomes null.
void drop_emptied(Value& value, bool in_companion = false) {
  const bool keeps_places = value.kind == Kind::array && in_companion;
  std::size_t kept = 0;
  bool nulled = false;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    Value& item = value.items[i];
    drop_emptied(item, value.kind == Kind::object ? value.names[i].starts_with('_') : in_companion);
    if (item.emptied && item.items.empty()) {
      if (!keeps_places) continue;
      item = Value{};
      nulled = true;
    }
    if (kept != i) {
      value.items[kept] = std::move(item);
      if (value.kind == Kind::object) value.names[kept] = std::move(value.names[i]);
    }
    ++kept;
  }
  const auto is_null = [](const Value& item) { return item.kind == Kind::null; };
  if (nulled && std::ranges::all_of(value.items, is_null)) kept = 0;
  if (kept == value.items.size()) return;
  value.items.resize(kept);
  if (value.kind == Kind::object) value.names.resize(kept);
  value.emptied = kept == 0;
}

/// The codec says where in the text, which here is a text that nobody has seen.
void forget_position(Failure& failure) {
  if (const auto at = failure.diagnostics.find(", at line "); at != std::string::npos)
    failure.diagnostics.replace(at, std::string::npos, ".");
  for (Failure& further : failure.also) forget_position(further);
}

}  // namespace

Result<JsonPatch> JsonPatch::parse(std::string_view text, const PatchLimits& limits) {
  if (text.size() > limits.bytes)
    return fail(Fault::too_large, "The patch is larger than " + std::to_string(limits.bytes) + " bytes.");
  auto document = patch::read(text, {limits.depth, 2 * limits.values});
  FHIR_TRY(document);
  if (document->kind != Kind::array) return fail(Fault::patch_malformed, "A JSON Patch is an array of operations.");
  if (document->items.size() > limits.operations)
    return fail(Fault::too_large, "A patch has at most " + std::to_string(limits.operations) + " operations.");
  JsonPatch out;
  out.limits_ = limits;
  for (std::size_t i = 0; i < document->items.size(); ++i) {
    auto operation = read_operation(document->items[i], i);
    FHIR_TRY(operation);
    out.operations_.push_back(std::move(*operation));
  }
  return out;
}

Result<JsonPatch::Operation> JsonPatch::read_operation(Value& item, std::size_t index) {
  const auto op = item.find("op");
  if (!op || item.items[*op].kind != Kind::string)
    return malformed(index, "An operation is an object with \"op\", \"path\" and what the op needs.");
  const auto row = std::ranges::find(kOps, item.items[*op].text, &OpRow::name);
  if (row == kOps.end()) return malformed(index, "\"op\" is add, remove, replace, move, copy or test.");
  Operation out{row->op, {}, {}, {}};
  auto path = pointer(item, "path", index);
  FHIR_TRY(path);
  out.path = std::move(*path);
  if (row->has_from) {
    auto from = pointer(item, "from", index);
    FHIR_TRY(from);
    out.from = std::move(*from);
    if (row->op == Op::move && out.path.is_inside(out.from))
      return malformed(index, "A value cannot be moved into itself.");
  }
  if (row->has_value) {
    const auto value = item.find("value");
    if (!value) return malformed(index, "The operation " + std::string(row->name) + " needs \"value\".");
    out.value = std::move(item.items[*value]);
  }
  return out;
}

/// One application: the document, its size, and what the limits have left.
class JsonPatch::Run {
 public:
  Run(Value& document, const PatchLimits& limits)
      : document_(document), limits_(limits), size_(patch::size_of(document)), steps_left_(limits.steps) {}

  Result<void> perform(std::size_t index, const Operation& operation) {
    index_ = index, operation_ = &operation;
    switch (operation.op) {
      case Op::add: return add(operation.path, Value(operation.value));
      case Op::remove: return take(operation.path).map([](const Value&) {});
      case Op::replace: return replace(operation.value);
      case Op::move: return move();
      case Op::copy: return copy();
      case Op::test: return test();
    }
    return {};
  }

 private:
  struct Place {
    Value* container;   ///< nullptr: the whole document
    std::size_t index;  ///< of the item; the size when there is none yet
  };

  tl::unexpected<Failure> failed(Fault fault, const std::string& what) const {
    const Operation& o = *operation_;
    const std::string name(row_of(o.op).name);
    const std::string from = row_of(o.op).has_from ? o.from.text() + " to " : std::string();
    return fail(fault, "patch[" + std::to_string(index_) + "] (" + name + " " + from + o.path.text() + "): " + what);
  }
  tl::unexpected<Failure> absent(const Pointer& pointer) const {
    return failed(Fault::patch_not_applicable, "The resource has nothing at " + pointer.text() + ".");
  }
  bool spend(std::size_t steps) {
    const bool enough = steps <= steps_left_ && limits_.spend(steps);
    steps_left_ -= enough ? steps : steps_left_;
    return enough;
  }
  bool spend(const Size& size) { return spend(size.values + size.bytes / 64); }
  tl::unexpected<Failure> exhausted() const {
    return tl::unexpected(limits_.exhausted(
        failed(Fault::too_large, "The patch is too much work; send the whole resource by PUT.").value()));
  }

  /// The place that a pointer names, whose container exists; its item need not.
  Result<Place> find(const Pointer& pointer) {
    Place place{nullptr, 0};
    Value* at = &document_;
    for (const std::string& step : pointer.steps()) {
      if (place.container && place.index == place.container->items.size()) return absent(pointer);
      if (place.container) at = &place.container->items[place.index];
      if (!spend(at->kind == Kind::object ? at->items.size() + 1 : 1)) return exhausted();
      std::optional<std::size_t> index;
      if (at->kind == Kind::object) index = at->find(step).value_or(at->items.size());
      if (at->kind == Kind::array) index = step == "-" ? at->items.size() : patch::list_index(step);
      if (!at->is_container()) return absent(pointer);
      if (!index)
        return failed(Fault::patch_not_applicable, "In an array a step is an index such as 0, or - for its end.");
      if (*index > at->items.size()) return absent(pointer);
      place = {at, *index};
    }
    return place;
  }
  /// The value that a pointer names.
  Result<Value*> value_at(const Pointer& pointer) {
    auto place = find(pointer);
    FHIR_TRY(place);
    if (!place->container) return &document_;
    if (place->index == place->container->items.size()) return absent(pointer);
    return &place->container->items[place->index];
  }

  Result<void> grow(const Value& value, std::size_t depth) {
    const Size more = patch::size_of(value);
    if (!spend(more)) return exhausted();
    size_.values += more.values, size_.bytes += more.bytes;
    if (size_.values > limits_.values || size_.bytes > limits_.bytes)
      return failed(Fault::too_large, "The resource would become too large.");
    if (depth + more.depth > limits_.depth)
      return failed(Fault::too_deep,
                    "The resource would nest deeper than " + std::to_string(limits_.depth) + " levels.");
    return {};
  }
  Result<void> shrink(const Value& value) {
    const Size less = patch::size_of(value);
    if (!spend(less)) return exhausted();
    size_.values -= less.values, size_.bytes -= less.bytes;
    return {};
  }

  Result<void> add(const Pointer& pointer, Value value) {
    auto place = find(pointer);
    FHIR_TRY(place);
    if (auto grown = grow(value, pointer.steps().size()); !grown) return grown;
    if (!place->container) return put(document_, std::move(value));
    Value& container = *place->container;
    const auto at = static_cast<std::ptrdiff_t>(place->index);
    if (container.kind == Kind::array) {
      if (!spend(container.items.size() - place->index)) return exhausted();
      container.items.insert(container.items.begin() + at, std::move(value));
    } else if (place->index < container.items.size()) {
      return put(container.items[place->index], std::move(value));
    } else {
      container.names.push_back(pointer.steps().back());
      container.items.push_back(std::move(value));
    }
    return {};
  }
  Result<void> put(Value& old, Value value) {
    if (auto shrunk = shrink(old); !shrunk) return shrunk;
    old = std::move(value);
    return {};
  }

  /// Removes and gives what was there.
  Result<Value> take(const Pointer& pointer) {
    if (pointer.is_root())
      return failed(Fault::patch_not_applicable, "A patch cannot remove the whole resource; that is a DELETE.");
    auto place = find(pointer);
    FHIR_TRY(place);
    Value& container = *place->container;
    if (place->index == container.items.size()) return absent(pointer);
    const auto at = static_cast<std::ptrdiff_t>(place->index);
    Value out = std::move(container.items[place->index]);
    FHIR_TRY(shrink(out));
    if (!spend(container.items.size() - place->index)) return exhausted();
    container.items.erase(container.items.begin() + at);
    if (container.kind == Kind::object) container.names.erase(container.names.begin() + at);
    container.emptied = container.items.empty();
    return out;
  }

  Result<void> replace(const Value& value) {
    auto at = value_at(operation_->path);
    FHIR_TRY(at);
    if (auto grown = grow(value, operation_->path.steps().size()); !grown) return grown;
    return put(**at, Value(value));
  }

  Result<void> move() {
    if (operation_->from.is_root()) return {};  // to itself; anywhere else is inside it
    return take(operation_->from).and_then([&](Value&& value) { return add(operation_->path, std::move(value)); });
  }

  Result<void> copy() {
    auto from = value_at(operation_->from);
    FHIR_TRY(from);
    const std::size_t weight = patch::size_of(**from).values;
    if (size_.values + weight > limits_.values) return failed(Fault::too_large, "The resource would become too large.");
    return add(operation_->path, Value(**from));
  }

  Result<void> test() {
    auto at = value_at(operation_->path);
    FHIR_TRY(at);
    if (!spend(patch::size_of(operation_->value))) return exhausted();
    if (patch::equal(**at, operation_->value)) return {};
    return failed(Fault::patch_test_failed, "The resource has another value there, so nothing was changed.");
  }

  Value& document_;
  const PatchLimits& limits_;
  Size size_;
  std::size_t steps_left_;
  std::size_t index_ = 0;
  const Operation* operation_ = nullptr;
};

Result<Value> JsonPatch::apply(Value document, Budget* budget) const {
  PatchLimits limits = limits_;
  limits.budget = budget;
  Run run(document, limits);
  for (std::size_t i = 0; i < operations_.size(); ++i) FHIR_TRY(run.perform(i, operations_[i]));
  return document;
}

Result<Tree> JsonPatch::apply(Element resource, Budget* budget) const {
  auto document = patch::read(to_json(resource), {limits_.depth, 2 * limits_.values});
  FHIR_TRY(document);
  auto patched = apply(std::move(*document), budget);
  FHIR_TRY(patched);
  drop_emptied(*patched);
  std::string text;
  patch::write(*patched, text);
  auto tree = parse_json(text, {limits_.bytes, limits_.depth, limits_.values});
  if (!tree) {
    forget_position(tree.error());
    return tree;
  }
  FHIR_TRY(require_same_identity(resource, tree->root()));
  return tree;
}

}  // namespace varde::fhir
