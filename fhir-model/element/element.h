#pragma once
/// @file fhir-model/element/element.h
/// One generic tree for every FHIR type. A Tree owns one resource (or one data type); Element is a cheap read
/// cursor into it, Editor a cursor that may also change it. The literal text of primitives is kept: 1.00 stays 1.00.
/// Source: https://hl7.org/fhir/R4/element.html, https://hl7.org/fhir/R4/json.html
/// Threads: a Tree that nobody edits may be read from any thread.
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/definitions/definitions.h"

namespace varde::fhir {

class Tree;
class Editor;

/// A place in a Tree, or nowhere: every step from an absent element is absent, its value is empty.
/// Valid while the Tree lives; an edit elsewhere in the Tree does not invalidate it.
class Element {
 public:
  Element() = default;
  Element(const Tree& tree, std::uint32_t node) : tree_(&tree), node_(node) {}

  explicit operator bool() const { return tree_ != nullptr; }
  bool operator==(const Element&) const = default;

  std::string_view name() const;         ///< JSON name, "valueQuantity"; the type's name at the root
  const ElementRow* definition() const;  ///< nullptr at the root
  TypeId type() const;                   ///< of a contained or Bundle resource: its actual type
  std::string_view type_name() const;
  bool has_value() const;          ///< a primitive with a value (not only id or extensions)
  std::string_view value() const;  ///< literal text of a primitive, unescaped

  Element operator[](std::string_view name) const;  ///< first child of that JSON name
  Element choice(std::string_view base) const;      ///< first child that is an alternative of base[x]
  Element at(std::string_view name, std::size_t index) const;
  std::size_t count(std::string_view name) const;
  Element extension(std::string_view url) const;  ///< first extension with that url
  Element parent() const;

  // --- by rows of the definition tables, where a name would be looked up each time (the typed views) ----------
  /// First child that elements()[row] describes, or one of the rows that follow it: the alternatives of a choice.
  Element child_of(std::uint16_t row, std::uint16_t rows = 1) const;
  bool is_of(std::uint16_t row) const;  ///< whether elements()[row] describes it
  Element next_alike() const;           ///< next sibling that the same row describes

  class Range;
  Range children() const;
  Range each(std::string_view name) const;  ///< children of that JSON name, in order

  /// FHIRPath with indexes from the nearest resource that has no parent: "Observation.component[1].valueQuantity".
  std::string path() const;

  const Tree* tree() const { return tree_; }
  std::uint32_t node() const { return node_; }

 protected:
  const Tree* tree_ = nullptr;
  std::uint32_t node_ = 0;
};

class Element::Range {
 public:
  class iterator {
   public:
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using reference = Element;
    using pointer = void;
    iterator() = default;
    iterator(Element at, std::string_view name) : at_(at), name_(name) {}
    Element operator*() const { return at_; }
    iterator& operator++();
    iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const { return at_ == other.at_; }

   private:
    Element at_;
    std::string_view name_;
  };
  Range(Element first, std::string_view name) : first_(first), name_(name) {}
  iterator begin() const { return {first_, name_}; }
  iterator end() const { return {}; }
  bool empty() const { return !first_; }

 private:
  Element first_;
  std::string_view name_;
};

/// A cursor that may change its Tree. New children land in definition order among their siblings.
/// A name the type does not have is our own mistake and throws std::logic_error.
class Editor : public Element {
 public:
  Editor() = default;
  Editor(Tree& tree, std::uint32_t node);

  Editor add(std::string_view name);                          ///< appends after earlier ones of that name
  Editor add(std::string_view name, std::string_view value);  ///< primitive
  Editor add(const ElementRow& row);                          ///< by the row of this type, for those who add often
  Editor add(const ElementRow& row, std::string_view value);
  Editor set(std::string_view name, std::string_view value);  ///< the only primitive of that name, replaced
  Editor ensure(std::string_view name);                       ///< first of that name, added when absent
  void set_value(std::string_view value);                     ///< of this primitive
  void remove(std::string_view name);                         ///< all of that name
  void remove_child(Element child);
  void move_child(Element child, std::size_t index);  ///< to be the index-th of its name, or the last
  /// Sets what a contained/entry.resource place holds: an empty resource of that type.
  Editor add_resource(std::string_view name, TypeId resource_type);
  Editor add_copy(std::string_view name, Element source);  ///< deep copy under that name; nothing of nothing
  Editor edit(Element inside) const;                       ///< the same place, editable; must be of this Tree
  Editor operator[](std::string_view name) const { return edit(Element::operator[](name)); }

 private:
  Tree& mutable_tree() const;
};

class Tree {
 public:
  /// `elements`: how many it will hold, as far as that is known.
  explicit Tree(TypeId type, std::size_t elements = 1);
  static Tree of(std::string_view type_name);  ///< throws std::logic_error for an unknown type
  static Tree copy_of(Element source);         ///< deep copy; the new root has the source's actual type
  Tree(Tree&&) = default;
  Tree& operator=(Tree&&) = default;

  Element root() const { return {*this, 0}; }
  Editor edit() { return {*this, 0}; }
  std::size_t element_count() const { return nodes_.size(); }
  std::size_t memory_bytes() const;

  // --- for codecs: fast append in document order -------------------------------------------------------------
  /// Keeps a text of `size` bytes alive as long as the Tree; views into it may be used as values.
  void adopt(std::unique_ptr<char[]> text, std::size_t size);
  std::string_view keep(std::string_view text);  ///< copies into the Tree's own memory
  static constexpr std::uint32_t kNoNode = 0;    ///< the root is never a child, so 0 means none
  /// `kept` must live as long as this Tree: adopted or kept.
  std::uint32_t append(std::uint32_t parent, const ElementRow& definition, TypeId actual_type,
                       std::string_view kept = {});
  /// As append, but next to an earlier sibling.
  std::uint32_t insert_after(std::uint32_t sibling, const ElementRow& definition, TypeId actual_type);
  void set_text(std::uint32_t node, std::string_view kept);
  void reserve(std::size_t elements) { nodes_.reserve(elements); }

 private:
  friend class Element;
  friend class Editor;
  struct Node {
    const char* text;  ///< nullptr: no value
    std::uint32_t text_size;
    std::uint32_t parent, first_child, last_child, next;
    std::uint16_t definition;  ///< index into elements(); kNoDefinition at the root
    TypeId type;
  };
  static constexpr std::uint16_t kNoDefinition = 0xFFFF;

  std::vector<Node> nodes_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_used_ = 0, chunk_size_ = 0, text_bytes_ = 0;
};

// --- the steps that everything walks by, in sight of the compiler ----------------------------------------------------

inline std::uint32_t Tree::append(std::uint32_t parent, const ElementRow& definition, TypeId actual_type,
                                  std::string_view kept) {
  const auto node = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({kept.data(), static_cast<std::uint32_t>(kept.size()), parent, kNoNode, kNoNode, kNoNode,
                    static_cast<std::uint16_t>(&definition - tables::kElements), actual_type});
  Node& above = nodes_[parent];
  (above.last_child == kNoNode ? above.first_child : nodes_[above.last_child].next) = node;
  above.last_child = node;
  return node;
}

inline void Tree::set_text(std::uint32_t node, std::string_view kept) {
  nodes_[node].text = kept.data();
  nodes_[node].text_size = static_cast<std::uint32_t>(kept.size());
}

inline const ElementRow* Element::definition() const {
  if (!tree_) return nullptr;
  const auto index = tree_->nodes_[node_].definition;
  return index == Tree::kNoDefinition ? nullptr : &tables::kElements[index];
}

inline TypeId Element::type() const { return tree_ ? tree_->nodes_[node_].type : TypeId::none; }
inline std::string_view Element::type_name() const { return tree_ ? row_of(type()).name : std::string_view{}; }
inline bool Element::has_value() const { return tree_ && tree_->nodes_[node_].text; }

inline std::string_view Element::name() const {
  if (!tree_) return {};
  const ElementRow* row = definition();
  return row ? row->name : type_name();
}

inline std::string_view Element::value() const {
  if (!has_value()) return {};
  const auto& node = tree_->nodes_[node_];
  return {node.text, node.text_size};
}

inline Element::Range Element::children() const {
  if (!tree_) return {{}, {}};
  const auto first = tree_->nodes_[node_].first_child;
  return {first == Tree::kNoNode ? Element{} : Element{*tree_, first}, {}};
}

inline Element::Range::iterator& Element::Range::iterator::operator++() {
  do {
    const auto next = at_.tree_->nodes_[at_.node_].next;
    at_ = next == Tree::kNoNode ? Element{} : Element{*at_.tree_, next};
  } while (at_ && !name_.empty() && at_.name() != name_);
  return *this;
}

}  // namespace varde::fhir
