#include "fhir-model/element/element.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace varde::fhir {

namespace {
constexpr std::size_t kFirstChunk = 256, kLargestChunk = 64u << 10;  // each twice the one before

std::uint16_t index_of(const ElementRow& row) { return static_cast<std::uint16_t>(&row - elements().data()); }
}  // namespace

// --- Tree ----------------------------------------------------------------------------------------------------------

Tree::Tree(TypeId type, std::size_t elements) {
  nodes_.reserve(elements);
  nodes_.push_back({nullptr, 0, 0, kNoNode, kNoNode, kNoNode, kNoDefinition, type});
}

Tree Tree::of(std::string_view type_name) {
  const TypeId type = find_type(type_name);
  if (type == TypeId::none) throw std::logic_error("no FHIR type named " + std::string(type_name));
  return Tree(type);
}

namespace {
/// In the order of the source, so that nothing is searched for.
void append_children(Element source, Tree& tree, std::uint32_t parent) {
  for (const Element child : source.children()) {
    const std::uint32_t node = tree.append(parent, *child.definition(), child.type());
    if (child.has_value()) tree.set_text(node, tree.keep(child.value()));
    append_children(child, tree, node);
  }
}
}  // namespace

Tree Tree::copy_of(Element source) {
  Tree copy(source.type());
  if (source.has_value()) copy.edit().set_value(source.value());
  append_children(source, copy, 0);
  return copy;
}

std::size_t Tree::memory_bytes() const { return nodes_.capacity() * sizeof(Node) + text_bytes_; }

void Tree::adopt(std::unique_ptr<char[]> text, std::size_t size) {
  text_bytes_ += size;
  // An adopted text is full; kept texts go on in their own chunk, which stays last.
  chunks_.insert(chunks_.begin(), std::move(text));
}

std::string_view Tree::keep(std::string_view text) {
  if (chunk_size_ - chunk_used_ < text.size()) {
    chunk_size_ = std::max(std::clamp(2 * chunk_size_, kFirstChunk, kLargestChunk), text.size());
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_size_));
    chunk_used_ = 0;
    text_bytes_ += chunk_size_;
  }
  if (text.empty()) return "";
  char* at = chunks_.back().get() + chunk_used_;
  std::memcpy(at, text.data(), text.size());
  chunk_used_ += text.size();
  return {at, text.size()};
}

std::uint32_t Tree::insert_after(std::uint32_t sibling, const ElementRow& definition, TypeId actual_type) {
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  const auto [parent, next] = std::pair{nodes_[sibling].parent, nodes_[sibling].next};
  nodes_.push_back({nullptr, 0, parent, kNoNode, kNoNode, next, index_of(definition), actual_type});
  nodes_[sibling].next = node;
  if (next == kNoNode) nodes_[parent].last_child = node;
  return node;
}

// --- Element -------------------------------------------------------------------------------------------------------

Element Element::operator[](std::string_view name) const {
  for (const Element child : children())
    if (child.name() == name) return child;
  return {};
}

Element::Range Element::each(std::string_view name) const { return {(*this)[name], name}; }

Element Element::choice(std::string_view base) const {
  for (const Element child : children())
    if (child.definition()->choice == base) return child;
  return {};
}

Element Element::at(std::string_view name, std::size_t index) const {
  for (const Element child : each(name))
    if (index-- == 0) return child;
  return {};
}

std::size_t Element::count(std::string_view name) const {
  std::size_t n = 0;
  for ([[maybe_unused]] const Element child : each(name)) ++n;
  return n;
}

Element Element::extension(std::string_view url) const {
  for (const Element candidate : each("extension"))
    if (candidate["url"].value() == url) return candidate;
  return {};
}

Element Element::child_of(std::uint16_t row, std::uint16_t rows) const {
  if (!tree_) return {};
  const auto* nodes = tree_->nodes_.data();
  for (auto at = nodes[node_].first_child; at != Tree::kNoNode; at = nodes[at].next)
    if (nodes[at].definition >= row && nodes[at].definition < row + rows) return {*tree_, at};
  return {};
}

bool Element::is_of(std::uint16_t row) const { return tree_ && tree_->nodes_[node_].definition == row; }

Element Element::next_alike() const {
  if (!tree_) return {};
  const auto* nodes = tree_->nodes_.data();
  for (auto at = nodes[node_].next; at != Tree::kNoNode; at = nodes[at].next)
    if (nodes[at].definition == nodes[node_].definition) return {*tree_, at};
  return {};
}

Element Element::parent() const {
  if (!tree_ || node_ == 0) return {};
  return {*tree_, tree_->nodes_[node_].parent};
}

std::string Element::path() const {
  if (!tree_) return {};
  if (node_ == 0) return std::string(type_name());
  std::string text = parent().path() + "." + std::string(name());
  if (definition()->many) {
    std::size_t index = 0;
    for (const Element sibling : parent().each(name())) {
      if (sibling == *this) break;
      ++index;
    }
    text += "[" + std::to_string(index) + "]";
  }
  return text;
}

// --- Editor --------------------------------------------------------------------------------------------------------

Editor::Editor(Tree& tree, std::uint32_t node) : Element(tree, node) {}

Tree& Editor::mutable_tree() const {
  return const_cast<Tree&>(*tree_);
}  // made from a mutable Tree, see the constructor

Editor Editor::edit(Element inside) const { return inside ? Editor(mutable_tree(), inside.node()) : Editor(); }

Editor Editor::add(std::string_view name) {
  const ElementRow* row = find_element(type(), name);
  if (!row) throw std::logic_error(std::string(type_name()) + " has no element " + std::string(name));
  return add(*row);
}

Editor Editor::add(const ElementRow& row) {
  if (&row < elements_of(type()).data() || &row >= elements_of(type()).data() + elements_of(type()).size())
    throw std::logic_error(std::string(type_name()) + " has no such row as " + std::string(row.name));
  Tree& tree = mutable_tree();
  std::uint32_t before = Tree::kNoNode;  // the sibling to come after; none: becomes the first child
  bool same_name_seen = false;
  const auto last = tree.nodes_[node_].last_child;
  const bool repeats_last = last != Tree::kNoNode && tree.nodes_[last].definition == index_of(row);
  if (repeats_last) before = last;  // long lists are made by one after the other
  for (const Element child : repeats_last ? Range({}, {}) : children()) {
    const bool same = child.definition() == &row;
    if (same || (!same_name_seen && child.definition()->order < row.order)) before = child.node();
    same_name_seen |= same;
  }
  auto& nodes = tree.nodes_;
  const auto node = static_cast<std::uint32_t>(nodes.size());
  const auto next = before == Tree::kNoNode ? nodes[node_].first_child : nodes[before].next;
  nodes.push_back({nullptr, 0, node_, Tree::kNoNode, Tree::kNoNode, next, index_of(row), row.type});
  (before == Tree::kNoNode ? nodes[node_].first_child : nodes[before].next) = node;
  if (next == Tree::kNoNode) nodes[node_].last_child = node;
  return {tree, node};
}

Editor Editor::add(std::string_view name, std::string_view value) {
  Editor added = add(name);
  added.set_value(value);
  return added;
}

Editor Editor::add(const ElementRow& row, std::string_view value) {
  Editor added = add(row);
  added.set_value(value);
  return added;
}

Editor Editor::set(std::string_view name, std::string_view value) {
  Editor place = ensure(name);
  place.set_value(value);
  return place;
}

Editor Editor::ensure(std::string_view name) {
  const Editor existing = (*this)[name];
  return existing ? existing : add(name);
}

void Editor::set_value(std::string_view value) {
  Tree& tree = mutable_tree();
  tree.set_text(node_, tree.keep(value));
}

void Editor::remove(std::string_view name) {
  while (const Element child = Element::operator[](name)) remove_child(child);
}

void Editor::remove_child(Element child) {
  auto& nodes = mutable_tree().nodes_;
  std::uint32_t before = Tree::kNoNode;
  for (const Element sibling : children()) {
    if (sibling == child) break;
    before = sibling.node();
  }
  const auto next = nodes[child.node()].next;
  (before == Tree::kNoNode ? nodes[node_].first_child : nodes[before].next) = next;
  if (nodes[node_].last_child == child.node()) nodes[node_].last_child = before;
}

void Editor::move_child(Element child, std::size_t index) {
  const std::string_view name = child.name();
  if (count(name) == 1) return;
  remove_child(child);
  const Element first = Element::operator[](name);
  std::uint32_t before = Tree::kNoNode;  // the sibling to come after; none: becomes the first child
  if (index == 0) {
    for (const Element sibling : children()) {
      if (sibling == first) break;
      before = sibling.node();
    }
  } else {
    for (const Element sibling : each(name)) {
      before = sibling.node();
      if (--index == 0) break;
    }
  }
  auto& nodes = mutable_tree().nodes_;
  std::uint32_t& link = before == Tree::kNoNode ? nodes[node_].first_child : nodes[before].next;
  nodes[child.node()].next = link;
  link = child.node();
  if (nodes[node_].last_child == before) nodes[node_].last_child = child.node();
}

Editor Editor::add_resource(std::string_view name, TypeId resource_type) {
  Editor added = add(name);
  mutable_tree().nodes_[added.node()].type = resource_type;
  return added;
}

Editor Editor::add_copy(std::string_view name, Element source) {
  if (!source) return {};
  Editor copy = is_resource(source.type()) ? add_resource(name, source.type()) : add(name);
  if (source.has_value()) copy.set_value(source.value());
  // Copy through a tree of its own, so that a source inside this very tree cannot move underneath.
  const Tree apart = Tree::copy_of(source);
  append_children(apart.root(), mutable_tree(), copy.node());
  return copy;
}

}  // namespace varde::fhir
